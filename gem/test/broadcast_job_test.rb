# frozen_string_literal: true

require "test_helper"

class BroadcastJobTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include LiveServer

  BroadcastJob = DurableStreams::Rails::BroadcastJob

  test "a job is retried while the server is away, and its event arrives once, the same" do
    fake_server.answer_with { |request| [ 503, {}, "" ] if request.verb == "POST" && fake_server.requests("POST").size < 3 }
    txid = DurableStreams.broadcast_event_later_to("room", type: "x", key: "1", value: "é", operation: :insert)
    3.times { perform_enqueued_jobs }

    assert_equal [ { "type" => "x", "key" => "1", "value" => "é", "headers" => { "operation" => "insert", "txid" => txid } } ],
      fake_server.events("room")
    assert_equal 3, fake_server.requests("POST").size
    assert_equal 1, fake_server.requests("POST").map { |request| [ request.body.b, request.headers["producer-id"] ] }.uniq.size
  end

  test "a job that has been tried ten times fails" do
    fake_server.answer_with { [ 503, {}, "" ] }
    DurableStreams.broadcast_event_later_to("room", type: "x", key: "1", operation: :insert)
    error = assert_raises(DurableStreams::Rails::ServerFailure) { 10.times { perform_enqueued_jobs } }
    assert_equal 503, error.status
    assert_equal 10, fake_server.requests("PUT").size
  end

  test "a job that the server refuses is reported with its stream and txid, and ends" do
    reports
    fake_server.answer_with { |request| [ 409, { "Stream-Closed" => "true" }, "" ] if request.verb == "POST" }
    txid = DurableStreams.broadcast_event_later_to("room", type: "x", key: "1", operation: :insert)
    perform_enqueued_jobs

    assert_no_enqueued_jobs
    error, details = reports.all.sole
    assert_instance_of DurableStreams::Rails::StreamClosed, error
    assert_equal({ stream: "room", txid: }, details[:context].slice(:stream, :txid))
  end

  test "a job without a key fails, so that it can be run again when there is one" do
    fake_server
    DurableStreams.broadcast_event_later_to("room", type: "x", key: "1", operation: :insert)
    change_settings(server_token: -> { raise DurableStreams::Rails::KeyMissing })
    assert_raises(DurableStreams::Rails::KeyMissing) { perform_enqueued_jobs }
  end
end
