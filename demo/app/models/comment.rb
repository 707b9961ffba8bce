class Comment < ApplicationRecord
  include Authored

  belongs_to :post

  streams_to :post

  validates :body, presence: true, length: { maximum: 2_000 }

  after_create { post.count_comments }
  after_destroy { post.count_comments unless destroyed_by_association }
end
