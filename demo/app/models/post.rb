# A card on the board.
#
# Every change goes to the post's own stream, which its page reads, and to the
# stream "posts", which the board reads.
class Post < ApplicationRecord
  include Authored

  has_many :comments, -> { order(:id) }, dependent: :destroy

  streams

  validates :title, presence: true, length: { maximum: 120 }
  validates :body, length: { maximum: 5_000 }

  # An ordinary update, unlike a counter cache, is an event: the board sees it.
  def count_comments
    update!(comments_count: comments.count)
  end
end
