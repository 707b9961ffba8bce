# frozen_string_literal: true

require "test_helper"

class BroadcastsTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include LiveServer

  setup { @room = Room.create!(name: "Lobby") }

  test "broadcast_event_to sends a State Protocol event and answers its txid" do
    txid = nil
    events = capture_stream_broadcasts([ @room, :presence ]) do
      txid = DurableStreams.broadcast_event_to(@room, :presence, type: "presence", key: 1, value: { name: "Ada" }, operation: :insert)
    end

    assert_match(/\A\h{8}-\h{4}-\h{4}-\h{4}-\h{12}\z/, txid)
    assert_equal [ { "type" => "presence", "key" => "1", "value" => { "name" => "Ada" },
      "headers" => { "operation" => "insert", "txid" => txid } } ], events
  end

  test "broadcast_event_later_to enqueues a job with the txid it answers" do
    txid = nil
    assert_enqueued_jobs 1, only: DurableStreams::Rails::BroadcastJob do
      txid = DurableStreams.broadcast_event_later_to(@room, type: "x", key: "1", value: 1, operation: "upsert")
    end
    assert_equal txid, capture_stream_broadcasts(@room).sole["headers"]["txid"]
  end

  test "build_broadcast_event_to builds jobs for perform_all_later" do
    jobs = 2.times.map { |i| DurableStreams.build_broadcast_event_to(@room, type: "x", key: i, operation: :insert) }
    assert_no_enqueued_jobs
    assert_no_stream_broadcasts @room

    events = capture_stream_broadcasts(@room) { ActiveJob.perform_all_later(jobs) }
    assert_equal jobs.map(&:txid), events.map { |event| event["headers"]["txid"] }
    assert_equal 2, jobs.map(&:txid).uniq.size
  end

  test "broadcast_to sends the hash as it is" do
    event = { "type" => "presence", "key" => "1", "value" => { "id" => 1, "_aj_symbol_keys" => [] },
      "headers" => { "operation" => "insert", "at" => "now" }, "extra" => true }

    events = capture_stream_broadcasts([ @room, :presence ]) do
      DurableStreams.broadcast_to(@room, :presence, type: "presence", key: "1", value: { id: 1, _aj_symbol_keys: [] },
        headers: { operation: "insert", at: "now" }, extra: true)
      DurableStreams.broadcast_to(@room, :presence, event)
    end
    assert_equal [ event, event ], events
  end

  test "broadcast_to passes control messages" do
    assert_stream_broadcasts(@room) { DurableStreams.broadcast_to(@room, headers: { control: "snapshot-start" }) }
  end

  test "blank streamables send nothing" do
    assert_nil DurableStreams.broadcast_event_to(nil, [ "" ], type: "x", key: "1", operation: :insert)
    assert_nil DurableStreams.broadcast_event_later_to(nil, type: "x", key: "1", operation: :insert)
    assert_nil DurableStreams.build_broadcast_event_to([], type: "x", key: "1", operation: :insert)
    assert_nil DurableStreams.broadcast_to(nil, type: "x")
    assert_no_enqueued_jobs
  end

  test "a delete has no value" do
    events = capture_stream_broadcasts(@room) do
      DurableStreams.broadcast_event_to(@room, type: "x", key: "1", value: { a: 1 }, operation: :delete)
    end
    assert events.sole.key?("value")
    assert_nil events.sole["value"]
  end

  test "an unknown operation is refused" do
    assert_raises(ArgumentError) { DurableStreams.broadcast_event_to(@room, type: "x", key: "1", operation: :replace) }
    assert_raises(ArgumentError) { DurableStreams.broadcast_event_later_to(@room, type: "x", key: "1", operation: nil) }
    assert_raises(ArgumentError) { DurableStreams.broadcast_to(@room, type: "x", headers: { operation: "replace" }) }
  end

  test "inside a transaction it is sent after the commit" do
    Room.transaction do
      txid = DurableStreams.broadcast_event_to(@room, type: "x", key: "1", operation: :insert)
      DurableStreams.broadcast_event_later_to(@room, type: "x", key: "2", operation: :insert)
      assert_not_nil txid
      assert_no_stream_broadcasts @room
    end
    assert_stream_broadcasts @room, count: 2
  end

  test "after a rollback it is not sent" do
    Room.transaction do
      DurableStreams.broadcast_event_to(@room, type: "x", key: "1", operation: :insert)
      DurableStreams.broadcast_event_later_to(@room, type: "x", key: "2", operation: :insert)
      DurableStreams.broadcast_to(@room, type: "x")
      raise ActiveRecord::Rollback
    end
    assert_no_stream_broadcasts @room
  end

  test "a server that can't be reached breaks nothing: it is reported and a job takes over, which sends the same once" do
    reports
    fake_server.answer_with { |request| :hang_up if request.verb == "POST" }
    txid = DurableStreams.broadcast_event_to("room", type: "x", key: "1", operation: :insert)
    assert_equal [ DurableStreams::Rails::ServerUnreachable ], reports.errors.map(&:class)

    server_is_back
    perform_enqueued_jobs
    assert_equal [ txid ], fake_server.events("room").map { |event| event["headers"]["txid"] }
    assert_equal 1, fake_server.requests("POST").map { |request| request.headers["producer-id"] }.uniq.size
  end

  test "an append whose answer was lost is not doubled by its job" do
    appended = false
    fake_server.answer_with do |request|
      if request.verb == "POST" && !appended
        appended = true
        fake_server.send(:answer_to, request)
        :hang_up
      end
    end
    DurableStreams.broadcast_event_to("room", type: "x", key: "1", operation: :insert)
    perform_enqueued_jobs

    assert_equal 2, fake_server.requests("POST").size
    assert_equal 1, fake_server.events("room").size
  end

  test "without a key the event is kept in a job, and reported" do
    reports
    fake_server
    change_settings(server_token: -> { raise DurableStreams::Rails::KeyMissing })
    assert_not_nil DurableStreams.broadcast_event_to("room", type: "x", key: "1", operation: :insert)
    assert_instance_of DurableStreams::Rails::KeyMissing, reports.errors.sole

    DurableStreams.server_token = nil
    perform_enqueued_jobs
    assert_equal 1, fake_server.events("room").size
  end

  test "what the server refuses for good is reported, and no job made" do
    reports
    fake_server.answer_with { |request| [ 413, {}, "too large" ] if request.verb == "POST" }
    assert_not_nil DurableStreams.broadcast_event_to("room", type: "x", key: "1", operation: :insert)

    assert_instance_of DurableStreams::Rails::PayloadTooLarge, reports.errors.sole
    assert_no_enqueued_jobs
  end
end
