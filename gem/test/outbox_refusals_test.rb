# frozen_string_literal: true

require "test_helper"

# What the outbox does with events that the server refuses, or does not take yet.
class OutboxRefusalsTest < ActiveSupport::TestCase
  include OutboxDrains

  test "an event that the server refuses waits aside, and the others go" do
    reports
    refuse { |bodies| 413 if bodies.any? { |body| body.include?("large") } }
    %w[a large b].each { |body| add_event("room", body) }
    assert_equal [ 2, false, nil ], drain.to_h.values

    assert_equal %w[a b], arrived("room")
    row = outbox_rows.sole
    assert_nil row["lane"]
    assert_match "413", row["error"]
    assert_equal [ DurableStreams::Rails::PayloadTooLarge ], reports.errors.map(&:class)

    refuse { nil }
    assert_equal 1, Outbox::Table.new(connection).retry_set_aside
    drain
    assert_equal %w[a b large], arrived("room")
  end

  test "killed at any step of sending singly, nothing is lost, doubled or out of order" do
    steps = kill_at_each_step do |step|
      name = "stream#{step}"
      refuse { 500 }
      %w[a b c].each { |body| add_event(name, body) }
      drain
      add_event(name, "d") # is not numbered while the batch before it may get another number
      refuse { |bodies| 400 if bodies.size > 1 }
      killed = killed_at?(step) { drain }
      refuse { nil }
      add_event(name, "e")
      let_leases_end
      assert_nil drain.error, "killed at step #{step}"
      assert_equal %w[a b c d e], arrived(name), "killed at step #{step}"
      assert_empty outbox_rows
      killed
    end
    assert_operator steps, :>=, 20
  end

  test "of events that are sent singly none goes before one that could not be sent" do
    %w[a b c].each { |body| add_event("room", body) }
    refuse { |bodies| bodies.size > 1 ? 400 : (500 if bodies == %w[a]) }
    assert_equal [ 0, true ], drain.then { |result| [ result.sent, result.left? ] }
    assert_empty arrived("room")
    assert_equal 1, fake_server.requests("POST").count { |request| JSON.parse(request.body).one? }

    refuse { nil }
    drain
    assert_equal %w[a b c], arrived("room")
  end

  test "why an event was refused is kept, as far as the column holds it" do
    reports
    fake_server.answer_with { |request| [ 413, {}, %({"error":{"code":"too_large","message":"#{"too large " * 50}"}}) ] if request.verb == "POST" }
    add_event("room", "a")
    drain
    assert_operator outbox_rows.sole["error"].size, :==, Outbox::Table::ERROR_LENGTH_MAX
  end

  test "what a closed stream refuses waits aside" do
    reports
    add_events("a", "b", count: 2)
    DurableStreams.close_stream("a")
    assert_equal [ 2, false, nil ], drain.to_h.values
    assert_equal [ "a", "a" ], outbox_rows.map { |row| row["stream_name"] }
    assert_equal [ DurableStreams::Rails::StreamClosed ], reports.errors.map(&:class)
    status = Outbox::Table.new(connection).status
    assert_equal [ 0, nil, %w[a a] ], [ status[:waiting], status[:oldest], status[:set_aside].map(&:first) ]
    assert_match "409", status[:set_aside].first.last
  end

  test "a stream that fails does not hold up the others of its lane" do
    names = (1..20).map { |i| "stream#{i}" }.group_by { |name| Outbox::Lane.of(name) }.values.find(&:many?).first(2)
    (Outbox::LaneDrain::EVENTS_MAX + 10).times { |i| add_event(names.first, i.to_s) }
    add_event(names.last, "x")
    fake_server.answer_with { |request| [ 500, {}, "" ] if request.verb == "POST" && request.name == names.first }
    result = drain
    assert_equal [ 1, true, DurableStreams::Rails::ServerFailure ], [ result.sent, result.left?, result.error.class ]
    assert_equal %w[x], arrived(names.last)

    fake_server.answer_with { }
    drain
    assert_equal (0...Outbox::LaneDrain::EVENTS_MAX + 10).map(&:to_s), arrived(names.first)
  end

  [ [ 401, "Unauthorized" ], [ 403, "Forbidden" ], [ 429, "RateLimited" ] ].each do |status, error|
    test "nothing is set aside because the server answers #{status}" do
      add_events("a", "b", "c", count: 1)
      fake_server.answer_with { |request| [ status, {}, "" ] if request.verb == "POST" }
      assert_equal [ 0, true, error ], drain.to_h.values.then { |sent, left, failure| [ sent, left, failure.class.name.demodulize ] }
      assert_equal 3, outbox_rows.count { |row| row["lane"] }
      assert_operator fake_server.requests("POST").size, :<=, 2

      fake_server.answer_with { }
      drain
      assert_equal 3, %w[a b c].sum { |name| arrived(name).size }
    end
  end

  private
    # The block answers a status for the bodies that an append has, or nil.
    def refuse
      fake_server.answer_with do |request|
        next unless request.verb == "POST" && !request.headers["stream-closed"]

        status = yield(JSON.parse(request.body).map { |event| event["body"] })
        [ status, {}, "" ] if status
      end
    end
end
