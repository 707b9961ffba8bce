# frozen_string_literal: true

require "test_helper"

# What the log and `ActiveSupport::Notifications` tell, and what they do not.
class InstrumentationTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include LiveServer

  SECRET = "the value of the event"

  setup do
    fake_server
    change_settings(server_token: -> { "the-token-of-the-server" })
  end

  test "a broadcast tells of itself, of the stream that it made and of its requests" do
    txid = nil
    events = recorded { txid = broadcast }

    assert_equal %w[request provision request broadcast], events.map(&:first)
    broadcast, provision, put, post = events.to_a.values_at(3, 1, 0, 2).map(&:last)
    assert_equal({ stream: "room", txid:, bytes: fake_server.requests("POST").sole.body.bytesize, outcome: :appended }, broadcast)
    assert_equal({ stream: "room", ttl: nil }, provision)
    assert_equal({ server: fake_server.url, verb: "PUT", stream: "room", status: 201 }, put)
    assert_equal [ "POST", 200 ], post.values_at(:verb, :status)
  end

  test "a signed URL tells for whom, and not the token" do
    DurableStreams.signed_stream_url("room", permissions: %i[read write], expires_in: 60)
    events = recorded { DurableStreams.signed_stream_url("room", permissions: %i[read write], expires_in: 60) }
    assert_equal [ [ "sign", { stream: "room", permissions: %w[read write], expires_in: 60, reused: true } ] ], events
  end

  test "the log has a line for each at the debug level, and none at the info level" do
    lines = LogLines.of(:debug) { broadcast && DurableStreams.signed_stream_url("room") }
    assert_equal 3, lines.size
    assert_match(/provided  room  ttl=none/, lines[0])
    assert_match(/appended  room  txid=\S+  \d+ bytes  \(\d+\.\dms\)/, lines[1])
    assert_match(/signed  room  read for 900 s  \(\d+\.\d+ms\)/, lines[2])

    assert_empty LogLines.of(:info) { broadcast && DurableStreams.signed_stream_url("room") }
  end

  test "the outbox tells of what it sent, and of what is left" do
    lines = LogLines.of(:debug) do
      drained(sent: 0, left: false, error: nil)
      drained(sent: 3, left: false, error: nil)
      drained(sent: 0, left: true, error: DurableStreams::Rails::ServerUnreachable.new("no answer"))
    end
    assert_match(/sent 3 from the outbox of primary  \(\d/, lines.first)
    assert_match(/sent 0 from the outbox of primary, some are left  \(\d/, lines.last)
    assert_equal 2, lines.size
  end

  test "no line and no payload has a token or the event's value" do
    told = recorded do
      lines = LogLines.of(:debug) do
        broadcast
        DurableStreams.signed_stream_url("room", identity: "ada@example.com")
        fake_server.answer_with { [ 401, {}, "no" ] }
        broadcast
        fake_server.answer_with { :hang_up }
        broadcast
      end
      assert_operator lines.size, :>=, 5
      assert_no_match(/token-of-the-server|eyJ|#{SECRET}|ada@/, lines.join)
    end
    assert_operator told.size, :>=, 8
    assert_no_match(/token-of-the-server|eyJ|#{SECRET}|ada@/, told.inspect)
  end

  test "nor has Active Job's log, when jobs are enqueued, performed and tried again" do
    output = StringIO.new
    before, ActiveJob::Base.logger = ActiveJob::Base.logger, ActiveSupport::Logger.new(output, level: :debug)
    enqueue = -> { DurableStreams.broadcast_event_later_to("room", type: "x", key: "1", value: SECRET, operation: :insert) }
    enqueue.call
    perform_enqueued_jobs
    fake_server.answer_with { :hang_up }
    enqueue.call
    perform_enqueued_jobs

    assert_match(/Enqueued .*Performed .*Retrying DurableStreams::Rails::BroadcastJob/m, output.string)
    assert_no_match SECRET, output.string
  ensure
    ActiveJob::Base.logger = before
  end

  test "a failure has a line of warning, and one a minute for its like" do
    fake_server.answer_with { [ 401, {}, "the signature is wrong" ] }
    lines = LogLines.of(:info) { 20.times { broadcast } }
    assert_equal 1, lines.size
    assert_match(/will be tried again: 401 .*the signature is wrong; stream room; txid /, lines.first)
  end

  test "a server that answers others is not down, and who waited in vain has a line of its own" do
    change_settings(deadline: 1)
    fake_server.answer_with { |request| :hang if request.name == "slow" }
    lines = LogLines.of(:info) do
      slow = Thread.new { DurableStreams.broadcast_to("slow", a: 1) }
      eventually { fake_server.requests.any? }
      broadcast
      slow.join
    end
    assert_match(/will be tried again: .* no answer in time/, lines.sole)
    assert_equal 1, fake_server.events("room").size
  end

  test "an event that is lost has a line of error, each" do
    fake_server.answer_with { |request| [ 413, {}, "too large" ] if request.verb == "POST" }
    lines = LogLines.of(:error) { 2.times { broadcast } }
    assert_equal 2, lines.size
    assert_match(/lost: 413 .*too large; stream room; txid /, lines.first)
  end

  test "a server that goes down and comes back has a line of warning each" do
    lines = LogLines.of(:info) do
      fake_server.answer_with { :hang_up }
      20.times { broadcast }
      fake_server.answer_with { nil }
      eventually { broadcast && fake_server.events("room").any? }
    end

    assert_equal 2, lines.size, lines.join
    assert_match(%r{#{fake_server.url} can't be reached: the server hung up \(EOFError\)\. Until it answers, }, lines.first)
    assert_match(%r{#{fake_server.url} answers again after \d+\.\d s; \d+ requests were not sent meanwhile}, lines.last)
  end

  test "a broadcast that fails tells why" do
    fake_server.answer_with { :hang_up }
    events = recorded { broadcast }
    assert_equal %w[down request provision broadcast failure], events.map(&:first)
    payload = events.to_h["broadcast"]
    assert_instance_of DurableStreams::Rails::ServerUnreachable, payload[:exception_object]
    assert_not payload.key?(:outcome)
    assert_equal({ severity: :warning, stream: "room" }, events.to_h["failure"].slice(:severity, :stream))
  end

  private
    def drained(payload)
      ActiveSupport::Notifications.instrument("drain_outbox.durable_streams", database: "primary", **payload)
    end

    def broadcast
      DurableStreams.broadcast_event_to("room", type: "x", key: "1", value: SECRET, operation: :insert)
    end

    # [[name, payload]] of the gem's notifications, in the order of their ends.
    def recorded(&block)
      events = []
      record = ->(event) { events << [ event.name.delete_suffix(".durable_streams"), event.payload ] }
      ActiveSupport::Notifications.subscribed(record, /\.durable_streams\z/, &block)
      events
    end
end
