# frozen_string_literal: true

require "test_helper"

# A record that moves is deleted where it was and inserted where it is; nowhere is no stream.
class MovingRecordsTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper

  setup do
    @post = Post.create!(title: "Hello")
    @room = Room.create!(name: "Lobby")
  end

  test "from nowhere to a parent, from parent to parent, and back to nowhere" do
    comment = Comment.create!(body: "a")
    other = Post.create!(title: "Other")

    assert_operations(@post => %w[insert], other => []) { comment.update!(post: @post) }
    assert_operations(@post => %w[delete], other => %w[insert]) { comment.update!(post: other) }
    assert_operations(@post => [], other => %w[delete]) { comment.update!(post: nil) }
    assert_operations(@post => [], other => []) { comment.update!(body: "b") }
    assert_operations(@post => [], other => []) { comment.destroy! }
  end

  test "a polymorphic parent, whichever it is" do
    attachment = nil
    assert_operations(@post => %w[insert], @room => []) { attachment = Attachment.create!(holder: @post, name: "a") }
    assert_operations(@post => %w[update], @room => []) { attachment.update!(name: "b") }
    assert_operations(@post => %w[delete], @room => %w[insert]) { attachment.update!(holder: @room) }
    assert_operations(@post => [], @room => %w[delete]) { attachment.update!(holder: nil) }
    assert_operations(@post => %w[insert], @room => []) { attachment.update!(holder: @post) }
    assert_operations(@post => %w[delete], @room => []) { attachment.destroy! }
  end

  test "a polymorphic parent of another class with the same id" do
    room = Room.find_by(id: @post.id) || Room.create!(id: @post.id, name: "Same")
    attachment = Attachment.create!(holder: @post)
    assert_operations(@post => %w[delete], room => %w[insert]) { attachment.update!(holder_type: "Room") }
  end

  test "the parent's own column, changed by hand" do
    comment = Comment.create!(post: @post)
    other = Post.create!(title: "Other")
    assert_operations(@post => %w[delete], other => %w[insert]) { comment.update!(post_id: other.id) }
  end

  test "the insert has the value, the delete has none" do
    comment = Comment.create!(post: @post, body: "a")
    other = Post.create!(title: "Other")
    events = capture_stream_broadcasts(@post) { comment.update!(post: other, body: "b") }
    assert_equal [ { "key" => comment.id.to_s, "value" => nil } ], events.map { |event| event.slice("key", "value") }
    assert_equal "b", capture_stream_broadcasts(other).sole["value"]["body"]
  end

  private
    def assert_operations(expected)
      before = expected.keys.index_with { |target| capture_stream_broadcasts(target).size }
      yield
      operations = expected.keys.index_with do |target|
        capture_stream_broadcasts(target).drop(before[target]).map { |event| event["headers"]["operation"] }
      end
      assert_equal expected, operations
    end
end
