class CreatePostsAndComments < ActiveRecord::Migration[8.1]
  def change
    create_table :posts do |t|
      t.string :author, null: false
      t.integer :hue, null: false
      t.string :title, null: false
      t.text :body, null: false, default: ""
      t.integer :comments_count, null: false, default: 0
      t.timestamps
    end

    create_table :comments do |t|
      t.references :post, null: false, foreign_key: true
      t.string :author, null: false
      t.integer :hue, null: false
      t.text :body, null: false
      t.timestamps
    end
  end
end
