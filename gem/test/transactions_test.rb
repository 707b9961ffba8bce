# frozen_string_literal: true

require "test_helper"

class TransactionsTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include LiveServer

  setup do
    @post = Post.create!(title: "Hello")
    @other = Post.create!(title: "Other")
  end

  test "nothing is sent before the transaction commits" do
    Comment.transaction do
      @post.comments.create!(body: "a")
      assert_no_stream_broadcasts @post
      assert_no_enqueued_jobs
    end
    assert_stream_broadcasts @post, count: 1
  end

  test "a rollback publishes nothing" do
    Comment.transaction do
      @post.comments.create!(body: "a")
      raise ActiveRecord::Rollback
    end
    assert_no_stream_broadcasts @post
    assert_stream_broadcasts(@post, count: 1) { @post.comments.create!(body: "b") }
  end

  test "what happened to a record in a transaction is one event" do
    events = capture_stream_broadcasts(@post) do
      Comment.transaction do
        comment = @post.comments.create!(body: "a")
        comment.update!(body: "b")
        comment.update!(body: "c")
      end
    end
    assert_equal [ [ "insert", "c" ] ], summary(events)
  end

  test "a record created and destroyed in a transaction was never there" do
    assert_no_stream_broadcasts(@post) do
      Comment.transaction { @post.comments.create!(body: "a").destroy! }
    end
  end

  test "other instances of the same row count" do
    comment = @post.comments.create!(body: "a")
    events = capture_stream_broadcasts(@post) do
      Comment.transaction do
        Comment.find(comment.id).update!(body: "b")
        Comment.find(comment.id).update!(published: false)
      end
    end
    assert_equal [ [ "update", "b" ] ], summary(events)
    assert_equal false, events.sole["value"]["published"]
  end

  test "a record that moves twice is told of where it was and where it is" do
    comment = @post.comments.create!(body: "a")
    between = Post.create!(title: "Between")
    capture_stream_broadcasts(@post)

    Comment.transaction do
      comment.update!(post: between)
      comment.update!(post: @other)
    end
    assert_equal %w[insert delete], capture_stream_broadcasts(@post).map { |event| event["headers"]["operation"] }
    assert_no_stream_broadcasts between
    assert_equal [ [ "insert", "a" ] ], summary(capture_stream_broadcasts(@other))
  end

  test "a record that moves there and back is updated" do
    comment = @post.comments.create!(body: "a")
    events = capture_stream_broadcasts(@post) do
      Comment.transaction do
        comment.update!(post: @other)
        comment.update!(post: @post, body: "b")
      end
    end
    assert_equal [ [ "update", "b" ] ], summary(events)
    assert_no_stream_broadcasts @other
  end

  test "a savepoint that rolls back takes its changes with it, and only those" do
    comment = @post.comments.create!(body: "a")
    events = capture_stream_broadcasts(@post) do
      Comment.transaction do
        comment.update!(body: "b")
        Comment.transaction(requires_new: true) do
          Comment.find(comment.id).update!(body: "never")
          @post.comments.create!(body: "never")
          raise ActiveRecord::Rollback
        end
      end
    end
    assert_equal [ [ "update", "b" ] ], summary(events)
  end

  test "a savepoint that is released counts" do
    events = capture_stream_broadcasts(@post) do
      Comment.transaction do
        comment = @post.comments.create!(body: "a")
        Comment.transaction(requires_new: true) { comment.update!(body: "b") }
      end
    end
    assert_equal [ [ "insert", "b" ] ], summary(events)
  end

  test "the events of a transaction share its txid" do
    uuid = nil
    Comment.transaction do |transaction|
      uuid = transaction.uuid
      @post.comments.create!(body: "a")
      @other.comments.create!(body: "b")
    end
    txids = [ @post, @other ].flat_map { |post| capture_stream_broadcasts(post) }.map { |event| event["headers"]["txid"] }
    assert_equal [ uuid, uuid ], txids
  end

  test "targets and values are those of the transaction, not of when the job runs" do
    comment = @post.comments.create!(body: "a")
    comment.update!(body: "b")
    Post.where(id: @post.id).delete_all
    Comment.where(id: comment.id).delete_all

    assert_equal [ %w[insert a], %w[update b] ], summary(capture_stream_broadcasts(@post))
  end

  test "a value that can't be written as JSON is reported, and takes no other event with it" do
    reports
    model = Class.new(Comment) do
      def self.name = "Comment"
      private def to_stream_value = body == "bad" ? { body: "\xFF" } : super
    end
    events = capture_stream_broadcasts(@post) do
      assert_nothing_raised do
        Comment.transaction { %w[a bad b].each { |body| model.create!(post: @post, body:) } }
      end
    end
    assert_equal [ [ "insert", "a" ], [ "insert", "b" ] ], summary(events)
    assert_equal 3, @post.comments.count
    error, details = reports.all.sole
    assert_instance_of JSON::GeneratorError, error
    assert_equal [ :error, stream_name_from(@post), @post.comments.second.to_gid.to_s ],
      [ details[:severity], *details[:context].values_at(:stream, :record) ]
  end

  test "changing a saved record in memory before the commit changes nothing" do
    events = capture_stream_broadcasts(@post) do
      Comment.transaction do
        comment = @post.comments.create!(body: +"a")
        comment.body = "unsaved"
      end
    end
    assert_equal [ %w[insert a] ], summary(events)
  end

  private
    def summary(events)
      events.map { |event| [ event["headers"]["operation"], event["value"]["body"] ] }
    end
end
