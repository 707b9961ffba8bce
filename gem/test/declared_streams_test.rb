# frozen_string_literal: true

require "test_helper"

class DeclaredStreamsTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include LiveServer
  extend CommentModels

  comment_model(:Nested) { streams_to ->(comment) { [ comment.post, :comments ] if comment.published? } }
  comment_model(:Restless) do
    after_create { update!(body: "#{body}!") }
    after_update { update!(body: "#{body}?") unless body.end_with?("?") }
    streams_to :post
  end
  comment_model(:Stumbling) { streams_to ->(comment) { comment.post.comments.any?; comment.post } }
  comment_model(:Both) do
    streams_to :post
    streams_to :post, ttl: 60
    streams "both"
  end
  comment_model(:Alone) { streams collection: false }
  comment_model(:Everywhere) { streams }

  setup do
    @post = Post.create!(title: "Hello")
    @other = Post.create!(title: "Other")
  end

  test "create, update and destroy are insert, update and delete, through jobs" do
    comment = nil
    assert_enqueued_jobs(1, only: DurableStreams::Rails::BroadcastJob) { comment = @post.comments.create!(body: "a") }
    comment.update!(body: "b")
    comment.destroy!

    events = capture_stream_broadcasts(@post)
    assert_equal %w[insert update delete], operations(events)
    assert_equal [ "a", "b", nil ], events.map { |event| event["value"]&.fetch("body") }
    assert_equal [ [ "comment", comment.id.to_s ] ], events.map { |event| event.values_at("type", "key") }.uniq
    assert_equal 3, events.map { |event| event["headers"]["txid"] }.uniq.size
  end

  test "subclasses inherit what is declared, and do not add to it" do
    assert_equal [ "reply" ], capture_stream_broadcasts(@post) { Reply.create!(post: @post, body: "x") }.map { |event| event["type"] }
    assert_equal 1, Comment.durable_stream_declarations.size
  end

  test "a lambda names the stream, and nil names none" do
    nested = nil
    assert_stream_broadcasts([ @post, :comments ], count: 1) { nested = Nested.create!(post: @post) }
    assert_equal %w[delete], operations(capture_stream_broadcasts([ @post, :comments ]) { nested.update!(published: false) })
    assert_no_stream_broadcasts([ @post, :comments ]) { nested.update!(body: "silent") }
    assert_equal %w[insert], operations(capture_stream_broadcasts([ @post, :comments ]) { nested.update!(published: true) })
  end

  test "a record without a parent is nobody's" do
    comment = nil
    assert_enqueued_jobs(0) { comment = Comment.create!(body: "x") }
    assert_enqueued_jobs(0) { comment.destroy! }
  end

  test "streams goes to the record's own stream and to the collection's" do
    board = Board.create!(name: "a")
    board.update!(name: "b")
    board.destroy!

    assert_equal %w[insert update delete], operations(capture_stream_broadcasts(board))
    assert_equal %w[insert update delete], operations(capture_stream_broadcasts("boards"))
  end

  test "streams takes another name for the collection, or none" do
    both = Both.create!(post: @post)
    assert_equal [ 1, 1, 1 ], [ @post, both, "both" ].map { |target| capture_stream_broadcasts(target).size }

    assert_enqueued_jobs(1) { Alone.create! }
    assert_enqueued_jobs(2) { Everywhere.create! }
    assert_stream_broadcasts Everywhere.model_name.plural
  end

  test "a save that changes nothing sends nothing" do
    comment = @post.comments.create!(body: "a")
    assert_no_stream_broadcasts(@post) { comment.save! }
    assert_no_stream_broadcasts(@post) { comment.update!(body: "a") }
    assert_stream_broadcasts(@post, count: 1) { comment.update!(body: "b") }
  end

  test "touch sends nothing, to the record or through its children" do
    comment = @post.comments.create!(body: "a")
    assert_no_stream_broadcasts(@post) { comment.touch }
    board = Board.create!(name: "a")
    assert_no_stream_broadcasts(board) { board.touch }
    assert_stream_broadcasts(board, count: 1) { board.update!(name: "b") }
  end

  test "a record that moves is deleted on the old stream and inserted on the new" do
    comment = @post.comments.create!(body: "a")
    clear

    events = capture_stream_broadcasts(@post) { comment.update!(post: @other) }
    assert_equal %w[delete], operations(events)
    assert_nil events.sole["value"]
    assert_equal [ "insert", "a" ], capture_stream_broadcasts(@other).sole.then { |event| [ event["headers"]["operation"], event["value"]["body"] ] }
  end

  test "a record that moves away from a parent without name, or to none, is told once" do
    comment = Comment.create!(body: "a")
    assert_equal %w[insert], operations(capture_stream_broadcasts(@post) { comment.update!(post: @post) })
    assert_equal %w[delete], operations(capture_stream_broadcasts(@post) { comment.update!(post: nil) })
  end

  test "a lambda that stumbles over the old parent does not break the save" do
    reports
    comment = Stumbling.create!(post: @post)
    Post.where(id: @post.id).delete_all

    assert_equal %w[insert], operations(capture_stream_broadcasts(@other) { comment.update!(post: @other) })
    assert_instance_of NoMethodError, reports.errors.sole
  end

  test "a record destroyed with unsaved changes leaves the stream that it was in" do
    comment = @post.comments.create!(body: "a")
    comment.post = @other
    assert_equal %w[delete], operations(capture_stream_broadcasts(@post) { comment.destroy! })
    assert_no_stream_broadcasts @other
  end

  test "children destroyed with their parent are deleted on its stream" do
    2.times { @post.comments.create!(body: "a") }
    assert_equal %w[delete delete], operations(capture_stream_broadcasts(@post) { @post.destroy! })
  end

  test "a record that is not saved sends nothing, nor does one that is halted" do
    assert_no_stream_broadcasts(@post) { @post.comments.build(body: "a") }
    halting = Class.new(Comment) { before_save { throw :abort } }
    assert_no_stream_broadcasts(@post) { assert_not halting.new(post: @post).save }
    undying = Class.new(Comment) { def self.name = "Comment"; before_destroy { throw :abort } }
    comment = undying.create!(post: @post)
    assert_no_stream_broadcasts(@post) { assert_not comment.destroy }
    assert_stream_broadcasts(@post, count: 1) { comment.update!(body: "still here") }
  end

  test "callbacks that save the record again do not hide what happened first" do
    events = capture_stream_broadcasts(@post) { @restless = Restless.create!(post: @post, body: "a") }
    assert_equal [ [ "insert", "a!?" ] ], events.map { |event| [ event["headers"]["operation"], event["value"]["body"] ] }

    events = capture_stream_broadcasts(@post) { @restless.update!(post: @other, body: "b") }
    assert_equal %w[delete], operations(events)
    assert_equal [ "insert", "b?" ], capture_stream_broadcasts(@other).sole.then { |event| [ event["headers"]["operation"], event["value"]["body"] ] }
  end

  test "suppressed saves send nothing" do
    comment = nil
    assert_no_stream_broadcasts @post do
      Comment.suppressing_streams do
        comment = @post.comments.create!(body: "a")
        comment.update!(body: "b")
        comment.update!(post: @other)
        comment.destroy!
      end
    end
    assert_no_stream_broadcasts @other
    assert_stream_broadcasts(@post) { @post.comments.create!(body: "c") }
  end

  test "an update that moves nothing loads nothing for it" do
    nested = Nested.create!(post: @post)
    nested.reload.post
    queries = capture_queries { nested.update!(body: "x") }
    assert_empty queries.grep(/ FROM ["`]/)
  end

  private
    def operations(events) = events.map { |event| event["headers"]["operation"] }

    def clear = perform_enqueued_jobs

    def capture_queries
      queries = []
      subscriber = ActiveSupport::Notifications.subscribe("sql.active_record") { |*, payload| queries << payload[:sql] }
      yield
      queries
    ensure
      ActiveSupport::Notifications.unsubscribe(subscriber)
    end
end
