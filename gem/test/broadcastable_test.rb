# frozen_string_literal: true

require "test_helper"

class BroadcastableTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper

  setup do
    @post = Post.create!(title: "Hello")
    @room = Room.create!(name: "Lobby")
  end

  %w[insert update upsert delete].each do |operation|
    test "stream_#{operation}_to sends one event at once and answers its txid" do
      txid = nil
      events = capture_stream_broadcasts([ @post, :rooms ]) { txid = @room.public_send("stream_#{operation}_to", @post, nil, :rooms) }
      assert_event operation, txid, events.sole
      assert_no_enqueued_jobs
    end

    test "stream_#{operation} goes to the record's own stream" do
      txid = nil
      events = capture_stream_broadcasts(@room) { txid = @room.public_send("stream_#{operation}") }
      assert_event operation, txid, events.sole
    end

    test "stream_#{operation}_later_to enqueues a job with the txid it answers" do
      txid = nil
      assert_enqueued_jobs(1, only: DurableStreams::Rails::BroadcastJob) do
        txid = @room.public_send("stream_#{operation}_later_to", @post, :rooms)
      end
      assert_event operation, txid, capture_stream_broadcasts([ @post, :rooms ]).sole
    end

    test "stream_#{operation}_later goes to the record's own stream" do
      txid = @room.public_send("stream_#{operation}_later")
      assert_event operation, txid, capture_stream_broadcasts(@room).sole
    end

    test "stream_#{operation} in all forms is nil and silent when suppressed or without a target" do
      Room.suppressing_streams do
        assert_nil @room.public_send("stream_#{operation}")
        assert_nil @room.public_send("stream_#{operation}_later")
        assert_nil @room.public_send("stream_#{operation}_to", @post)
        assert_nil @room.public_send("stream_#{operation}_later_to", @post)
      end
      assert_nil @room.public_send("stream_#{operation}_to", nil, [ "", [] ])
      assert_nil @room.public_send("stream_#{operation}_later_to")

      assert_no_enqueued_jobs
      assert_no_stream_broadcasts @room
      assert_no_stream_broadcasts @post
      assert_stream_broadcasts(@room, count: 1) { @room.stream_update }
    end
  end

  test "the value is taken when the job is made" do
    @room.stream_update_later
    @room.update!(name: "Changed")
    assert_equal "Lobby", capture_stream_broadcasts(@room).sole["value"]["name"]
  end

  test "direct forms inside a transaction send what they saw once it has committed" do
    Room.transaction do
      @room.update!(name: "Inside")
      assert_not_nil @room.stream_update
      assert_not_nil @room.stream_update_later
      assert_no_stream_broadcasts @room
      @room.update!(name: "Afterwards")
    end
    assert_equal %w[Inside Inside], capture_stream_broadcasts(@room).map { |event| event["value"]["name"] }
  end

  test "direct forms inside a transaction that rolls back send nothing" do
    Room.transaction do
      @room.stream_update
      @room.stream_update_later
      raise ActiveRecord::Rollback
    end
    assert_no_stream_broadcasts @room
    assert_no_enqueued_jobs
  end

  test "a new record can not be broadcast" do
    assert_raises(ArgumentError) { Room.new.stream_insert }
    assert_raises(ArgumentError) { Room.new.stream_insert_to(@post) }
  end

  test "to_stream_value is private and can be overridden" do
    document = Document.create!(id: "a", name: "Plan")
    assert_raises(NoMethodError) { document.to_stream_value }
    assert_equal({ "title" => "Plan" }, capture_stream_broadcasts(document) { document.stream_insert }.sole["value"])
  end

  test "what filter_attributes filters does not leave, at any depth" do
    board = Board.create!(name: "Plans", password_digest: "xyz")
    value = capture_stream_broadcasts(board) { board.stream_update }.sole["value"]
    assert_equal %w[created_at id name updated_at], value.keys.sort

    comment = Comment.create!(body: "x", author_secret: "s", details: { a: 1, password: "p", list: [ { secret: 1, b: 2 } ] })
    value = capture_stream_broadcasts(comment) { comment.stream_update }.sole["value"]
    assert_not_includes value.keys, "author_secret"
    assert_equal({ "a" => 1, "list" => [ { "b" => 2 } ] }, value["details"])
  end

  test "suppression holds for the class and its subclasses, nests, and survives exceptions" do
    assert_raises(RuntimeError) { Comment.suppressing_streams { raise } }
    assert_not Comment.suppressed_streams?

    Comment.suppressing_streams do
      Comment.suppressing_streams { }
      assert Comment.suppressed_streams?
      assert Reply.suppressed_streams?
      assert_predicate Reply.new, :suppressed_streams?
      assert_not Post.suppressed_streams?
    end
    Reply.suppressing_streams { assert_not Comment.suppressed_streams? }
    ApplicationRecord.suppressing_streams { assert Post.suppressed_streams? && Comment.suppressed_streams? }
    assert_not Post.suppressed_streams?
    assert_equal 7, Comment.suppressing_streams { 7 }
  end

  test "suppression holds for one fiber" do
    Comment.suppressing_streams do
      assert_equal false, Fiber.new { Comment.suppressed_streams? }.resume
      assert_equal false, Thread.new { Comment.suppressed_streams? }.value
      assert Comment.suppressed_streams?
    end
  end

  test "a scope or association may be called streams" do
    enabled = Room.create!(streams_enabled: true)
    assert_equal [ enabled ], Room.streams.to_a
    assert_not ActiveRecord::Base.respond_to?(:streams)
    assert Board.respond_to?(:streams)
  end

  private
    def assert_event(operation, txid, event)
      assert_match(/\A\h{8}-\h{4}-\h{4}-\h{4}-\h{12}\z/, txid)
      assert_equal [ "room", @room.id.to_s, { "operation" => operation, "txid" => txid } ], event.values_at("type", "key", "headers")
      assert event.key?("value")
      operation == "delete" ? assert_nil(event["value"]) : assert_equal(@room.as_json, event["value"])
    end
end
