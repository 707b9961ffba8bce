# frozen_string_literal: true

require "test_helper"
require_relative "transactions_test"
require_relative "moving_records_test"
require_relative "stream_declaration_test"

# What is written to the outbox, and when.
class OutboxTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include OutboxMode

  # Without the outbox, and with it, the same is told.
  class TransactionsTest < ::TransactionsTest; include OutboxMode; end
  class MovingRecordsTest < ::MovingRecordsTest; include OutboxMode; end
  class StreamDeclarationTest < ::StreamDeclarationTest; include OutboxMode; end

  setup do
    @post = Post.create!(title: "Hello")
    @name = stream_name_from(@post)
  end

  test "a save is a row in its transaction, and no job" do
    held = hold_outbox
    txid = nil
    Comment.transaction do |transaction|
      @post.comments.create!(body: "a")
      txid = transaction.uuid
      assert_equal 0, held.wake_ups
    end

    assert_equal [ @name ], outbox_rows.map { |row| row["stream_name"] }
    assert_equal [ [ "insert", "a", txid ] ], outbox_events.map { |event| [ *summary([ event ]).first, event["headers"]["txid"] ] }
    assert_equal 1, held.wake_ups
    assert_no_enqueued_jobs
    assert_no_stream_broadcasts @post
  end

  test "all of a transaction is written by one statement, just before it commits" do
    hold_outbox
    statements = capture_statements do
      Comment.transaction do
        3.times { |i| @post.comments.create!(body: i.to_s) }
        @post.stream_update
      end
    end
    inserts = statements.each_index.select { |i| statements[i].include?("INTO durable_streams_outbox") }
    assert_equal 1, inserts.size
    assert_match(/RELEASE SAVEPOINT|COMMIT/, statements[inserts.first + 1])
    assert_equal 4, outbox_rows.size
  end

  test "a large transaction is written by several statements, in order" do
    hold_outbox
    count = Outbox::Table::INSERT_ROWS_MAX + 1
    statements = capture_statements { Post.transaction { count.times { |i| DurableStreams.broadcast_to("room", i:) } } }
    assert_equal 2, statements.grep(/INTO durable_streams_outbox/).size
    assert_equal (0...count).to_a, outbox_events.map { |event| event["i"] }
  end

  test "where a request may only read, broadcasts by hand are rows all the same" do
    hold_outbox
    ActiveRecord::Base.while_preventing_writes do
      assert_raises(ActiveRecord::ReadOnlyError) { Post.create!(title: "no") }
      @post.stream_update
      DurableStreams.broadcast_to("room", a: 1)
    end
    assert_equal [ @name, "room" ], outbox_rows.map { |row| row["stream_name"] }
  end

  test "it is sent after the commit, and the row is gone" do
    assert_stream_broadcasts(@post, count: 1) { @post.comments.create!(body: "a") }
    assert_empty outbox_rows
  end

  test "broadcasts by hand in a transaction are rows of it, in place among the changes" do
    hold_outbox
    txids = []
    Comment.transaction do
      comment = @post.comments.create!(body: "a")
      comment.update!(body: "b")
      txids << comment.stream_delete_to(@post)
      txids << comment.stream_upsert_later_to(@post)
      txids << DurableStreams.broadcast_event_to(@post, type: "x", key: "1", operation: :insert)
      txids << DurableStreams.broadcast_to(@post, type: "y", headers: { txid: "t" })
      assert_empty outbox_rows
    end
    assert_equal [ %w[insert b], [ "delete", nil ], %w[upsert b], [ "insert", nil ], [ nil, nil ] ], summary(outbox_events)
    assert_equal txids, outbox_events.drop(1).map { |event| event["headers"]["txid"] }
    assert_no_enqueued_jobs
  end

  test "a change after a broadcast by hand comes after it" do
    hold_outbox
    Comment.transaction do
      comment = @post.comments.create!(body: "a")
      comment.stream_delete_to(@post)
      comment.update!(body: "b")
    end
    assert_equal [ [ "delete", nil ], %w[insert b] ], summary(outbox_events)
  end

  test "a rollback leaves nothing, whether of saves or of broadcasts by hand" do
    hold_outbox
    Comment.transaction do
      comment = @post.comments.create!(body: "a")
      comment.stream_update
      comment.stream_update_later
      DurableStreams.broadcast_event_to("room", type: "x", key: "1", operation: :insert)
      DurableStreams.broadcast_event_later_to("room", type: "x", key: "1", operation: :insert)
      raise ActiveRecord::Rollback
    end
    assert_empty outbox_rows
    assert_no_enqueued_jobs
  end

  test "a savepoint that rolls back takes what was broadcast by hand with it, and only that" do
    hold_outbox
    Comment.transaction do
      @post.stream_update
      Comment.transaction(requires_new: true) do
        @post.stream_delete
        raise ActiveRecord::Rollback
      end
      Comment.transaction(requires_new: true) { @post.stream_upsert }
    end
    assert_equal %w[update upsert], outbox_events.map { |event| event["headers"]["operation"] }
  end

  test "outside of a transaction a broadcast by hand is a row at once" do
    held = hold_outbox
    txid = DurableStreams.broadcast_event_later_to("room", type: "x", key: "1", operation: :insert, ttl: 60)
    assert_equal [ txid ], outbox_events.map { |event| event["headers"]["txid"] }
    assert_equal [ "room", 60 ], outbox_rows.sole.values_at("stream_name", "ttl")
    assert_equal 1, held.wake_ups
  end

  test "what callbacks change just before the commit is written too" do
    hold_outbox
    model = Class.new(Comment) do
      def self.name = "Comment"
      before_commit { Comment.create!(post_id: post_id, body: "late") if body == "early" }
    end
    model.create!(post: @post, body: "early")
    assert_equal %w[early late], outbox_events.map { |event| event["value"]["body"] }.sort
  end

  test "texts that look like SQL's, and any length of name" do
    names = [ "it's", "a:limit", "back\\slash", "é" * 300, "?$1" ]
    names.each { |name| DurableStreams.broadcast_to(name, body: name) }
    names.each { |name| assert_equal [ { "body" => name } ], capture_stream_broadcasts(name), name }
  end

  test "without its tables a save says what to do, and is rolled back" do
    table = Outbox::Table
    table.class_eval { alias_method :really_exists?, :exists?; def exists? = false }
    error = assert_raises(Outbox::TableMissing) { @post.comments.create!(body: "a") }
    assert_match "bin/rails generate durable_streams:outbox", error.message
    assert_equal 0, @post.comments.count
  ensure
    table.class_eval { alias_method :exists?, :really_exists?; remove_method :really_exists? }
  end

  test "what wakes the drainer is not the request's trouble" do
    reports
    use_outbox_worker(Object.new.tap { |worker| def worker.wake = raise("no threads") })
    assert_nothing_raised { @post.comments.create!(body: "a") }
    assert_equal [ "no threads" ], reports.errors.map(&:message)
    assert_equal 1, outbox_rows.size
  end

  private
    def capture_statements
      statements = []
      subscriber = ActiveSupport::Notifications.subscribe("sql.active_record") { |*, payload| statements << payload[:sql] }
      yield
      statements
    ensure
      ActiveSupport::Notifications.unsubscribe(subscriber)
    end
end
