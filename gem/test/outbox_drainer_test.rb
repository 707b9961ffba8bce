# frozen_string_literal: true

require "test_helper"

# How the outbox is emptied: in which order, and what happens when drainers are killed or meet, and when
# the server forgets or goes. What it refuses: outbox_refusals_test.rb.
class OutboxDrainerTest < ActiveSupport::TestCase
  include OutboxDrains

  test "all events arrive, in the order in which they were written, and their rows are gone" do
    events = add_events("a", "b", count: 10)
    assert_equal [ 20, false, nil ], drain.to_h.values
    %w[a b].each { |name| assert_equal events[name], arrived(name) }
    assert_empty outbox_rows
    assert_equal [ false, nil ], drain.to_h.values_at(:left, :error)
  end

  test "the events of a stream that wait go in one append" do
    add_events("a", count: 10)
    drain
    assert_equal 1, fake_server.requests("POST").size
  end

  test "appends hold no more than so many bytes, but at least one event" do
    big = "x" * (Outbox::LaneDrain::BATCH_BYTES_MAX * 2 / 5)
    4.times { |i| add_event("a", big + i.to_s) }
    add_event("a", big * 3)
    drain
    assert_equal [ 2, 2, 1 ], fake_server.requests("POST").map { |request| JSON.parse(request.body).size }
    assert_equal 5, arrived("a").size
  end

  test "an event that becomes visible late is sent, though later ones went before" do
    add_event("a", "early")
    row = outbox_rows.sole
    connection.execute("DELETE FROM durable_streams_outbox")
    add_event("a", "overtaking")
    drain
    columns = row.keys.reject { |name| row[name].nil? }
    connection.execute("INSERT INTO durable_streams_outbox (#{columns.join(", ")}) VALUES (#{columns.map { |name| connection.quote(row[name]) }.join(", ")})")
    drain
    assert_equal %w[overtaking early], arrived("a")
  end

  # SQLite has one writer at a time.
  unless ActiveRecord::Base.lease_connection.adapter_name == "SQLite"
    test "transactions that commit in another order than they began" do
      go_on, written = Thread::Queue.new, Thread::Queue.new
      slow = Thread.new do
        ActiveRecord::Base.transaction do
          Outbox.write([ DurableStreams::Rails::Broadcast.of({ body: "slow" }, stream_name: "a") ], ActiveRecord::Base.lease_connection)
          written << true
          go_on.pop
        end
      end
      written.pop
      add_event("a", "quick")
      assert_equal 1, drain.sent
      go_on << true
      slow.join
      assert_equal 1, drain.sent
      assert_equal %w[quick slow], arrived("a")
    end
  end

  test "killed at any step, nothing is lost, doubled or out of order" do
    steps = kill_at_each_step do |step|
      name = "stream#{step}"
      %w[a b c].each { |body| add_event(name, body) }
      killed = killed_at?(step) { drain }
      add_event(name, "d")
      let_leases_end
      drain
      assert_equal %w[a b c d], arrived(name), "killed at step #{step}"
      assert_empty outbox_rows
      killed
    end
    assert_operator steps, :>=, 10
  end

  test "a lost answer is asked for again, and the batch is there once" do
    events = add_events("a", count: 3)
    lose_answer_to_append
    assert_instance_of DurableStreams::Rails::ServerUnreachable, drain.error
    DurableStreams::Rails::Runtime.reset # it would leave the server alone for a while
    add_event("a", "after")
    drain
    assert_equal events["a"] + [ "after" ], arrived("a")
    assert_equal 1, fake_server.requests("POST").first(2).map { |request| request.body }.uniq.size
  end

  test "while one drainer has a lane, another leaves it alone" do
    add_event("a", "x")
    other = nil
    during_append { other = drain }
    drain
    assert_equal [ 0, true ], other.to_h.values_at(:sent, :left)
    assert_equal %w[x], arrived("a")
  end

  test "what is written while a lane is drained goes in the same drain" do
    add_event("a", "first")
    during_append { add_event("a", "second") }
    drain
    assert_equal %w[first second], arrived("a")
  end

  test "of two that find a lane free at once one gets it" do
    add_event("a", "x")
    table = Outbox::Table.new(connection)
    number = table.lanes_waiting.sole
    2.times { assert table.free?(number, now: 1000) }
    claims = %w[one other].map { |token| table.claim(number, token:, now: 1000, leased_until: 2000) }
    assert_equal [ "one", nil ], claims.map { |lane| lane&.token }

    table.release(claims.first.with(token: "other"))
    assert_not table.free?(number, now: 1000), "who has lost a lane can't give it back"
    table.release(claims.first)
    assert table.free?(number, now: 1000)
  end

  test "a drainer that slept over its lease sends nothing twice and deletes nothing that is not sent" do
    add_event("a", "first")
    during_append do
      let_leases_end
      drain
      add_event("a", "second")
      drain
      add_event("a", "third")
    end
    2.times { drain }
    assert_equal %w[first second third], arrived("a")
    assert_empty outbox_rows
  end

  test "a drainer that finds its lease gone before it sends stops" do
    %w[a b c].each { |name| add_event(name, "x") }
    connection.execute("UPDATE durable_streams_outbox SET lane = 1")
    during_append { drain }
    drain(lease_seconds: 0)
    assert_equal 3 + 1, fake_server.requests("POST").size
    assert_equal [ %w[x] ] * 3, %w[a b c].map { |name| arrived(name) }
  end

  test "a server that lost the stream gets what comes, under the same producer" do
    add_event("a", "first")
    drain
    fake_server.forget("a")
    add_event("a", "second")
    drain
    assert_equal %w[second], arrived("a")
  end

  test "where the database was restored to an older state, nothing new passes for old" do
    add_event("a", "before")
    drain
    lanes = outbox_lanes
    add_event("a", "lost with the database")
    drain
    connection.execute("UPDATE durable_streams_outbox_lanes SET epoch = #{lanes.sole["epoch"]}")
    add_event("a", "after")
    drain
    assert_equal [ "before", "lost with the database", "after" ], arrived("a")
  end

  test "even if its clock was set back as well" do
    add_event("a", "before")
    drain
    connection.execute("UPDATE durable_streams_outbox_lanes SET epoch = 0")
    add_events("a", count: 3, from: 1)
    drain(clock: ->(_) { 1_000_000 })
    assert_equal %w[before 1 2 3], arrived("a")
    assert_empty outbox_rows
  end

  test "the life that an event gives its stream is kept in its row" do
    DurableStreams.broadcast_event_to("a", type: "x", key: "1", operation: :insert, ttl: 60)
    DurableStreams.broadcast_event_to("b", type: "x", key: "1", operation: :insert, expires_at: Time.utc(2100))
    add_event("c", "gives none, and is sent with the next")
    DurableStreams.broadcast_event_to("c", type: "x", key: "1", operation: :insert, ttl: 90)
    drain
    assert_equal [ "60", "2100-01-01T00:00:00.000Z", "90" ], [ fake_server.stream("a").ttl, fake_server.stream("b").expires_at, fake_server.stream("c").ttl ]
  end

  test "a transaction that the database gives up is tried again, twice" do
    [ [ "a", 2 ], [ "b", 3 ] ].each do |name, times|
      add_event(name, "x")
      give_up_writing_transactions(times) do
        times < 3 ? drain : assert_raises(ActiveRecord::Deadlocked) { drain }
      end
      assert_equal times < 3 ? %w[x] : [], arrived(name)
    end
    assert_equal 1, outbox_rows.size
  end

  test "no connection is held, and so no transaction open, while the server is asked" do
    add_event("a", "x")
    ActiveRecord::Base.connection_handler.clear_active_connections!
    drainer, held = Thread.current, nil
    during_append { held = ActiveRecord::Base.connection_pool.connections.select { |connection| connection.owner == drainer } }
    drain
    assert_equal [], held
  end

  test "each database is drained that has the tables, and only those" do
    assert_equal [ "primary" ], Outbox.pools.map { |pool| pool.db_config.name }
    add_event("a", "x")
    assert_equal [ 1 ], Outbox.drain.map(&:sent)
  end

  test "several workers at once" do
    workers = 3.times.map { Outbox::Worker.new }
    writers = 4.times.map do |writer|
      Thread.new do
        25.times do |i|
          add_event("stream#{i % 5}", "#{writer}-#{i}")
          workers.sample.wake
        end
      end
    end
    writers.each(&:join)
    eventually { outbox_empty? }
    workers.each(&:stop)

    streams = 5.times.map { |i| arrived("stream#{i}") }
    assert_equal 100, streams.flatten.uniq.size
    assert_equal 100, streams.flatten.size
    streams.each do |bodies|
      bodies.group_by { |body| body.split("-").first }.each_value do |of_writer|
        assert_equal of_writer.sort_by { |body| body.split("-").last.to_i }, of_writer
      end
    end
  end

  private
    def outbox_empty?
      ActiveRecord::Base.with_connection { |connection| connection.uncached { connection.select_value("SELECT COUNT(*) FROM durable_streams_outbox").to_i.zero? } }
    end

    # The first statements to write fail.
    def give_up_writing_transactions(times)
      Outbox::Table.class_eval do
        alias_method :really_claim, :claim
        define_method(:claim) { |*arguments, **options| (times -= 1) >= 0 ? raise(ActiveRecord::Deadlocked, "test") : really_claim(*arguments, **options) }
      end
      yield
    ensure
      Outbox::Table.class_eval { alias_method :claim, :really_claim; remove_method :really_claim }
    end

    # Runs the block, in another thread, when the next append is about to be sent.
    def during_append(&block)
      transport = DurableStreams::Rails::Runtime.transport
      interrupted = Object.new
      interrupted.define_singleton_method(:call) do |request, **options|
        if request.verb == "POST"
          DurableStreams::Rails::Runtime.transport = transport
          Thread.new(&block).join
        end
        transport.call(request, **options)
      end
      DurableStreams::Rails::Runtime.transport = interrupted
    end

    def lose_answer_to_append
      lost = 0
      fake_server.answer_with do |request|
        next unless request.verb == "POST" && (lost += 1) <= 2 # the transport tries twice

        fake_server.send(:answer_to, request)
        :hang_up
      end
    end
end
