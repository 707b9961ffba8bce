# frozen_string_literal: true

ActiveRecord::Schema[8.0].define do
  create_table :posts, force: true do |t|
    t.string :title
    t.timestamps
  end

  create_table :comments, force: true do |t|
    t.references :post
    t.string :type
    t.text :body
    t.boolean :published, default: true
    t.json :details
    t.string :author_secret
    t.timestamps
  end

  create_table :attachments, force: true do |t|
    t.references :holder, polymorphic: true
    t.string :name
  end

  create_table :boards, force: true do |t|
    t.string :name
    t.string :password_digest
    t.timestamps
  end

  create_table :rooms, force: true do |t|
    t.string :name
    t.boolean :streams_enabled
    t.timestamps
  end

  create_table :documents, id: :string, force: true do |t|
    t.string :name
  end
end
