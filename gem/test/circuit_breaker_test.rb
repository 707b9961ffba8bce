# frozen_string_literal: true

require "test_helper"

class CircuitBreakerTest < ActiveSupport::TestCase
  Deadline = DurableStreams::Rails::Deadline
  Down = DurableStreams::Rails::ServerDown
  Unreachable = DurableStreams::Rails::ServerUnreachable

  setup do
    @now = 1000.0
    @breaker = DurableStreams::Rails::CircuitBreaker.new(clock: -> { @now })
  end

  test "it answers what the block does" do
    assert_equal 7, @breaker.call(Deadline.in(1)) { 7 }
  end

  test "after a failure nobody asks for a while, and then one does" do
    fail_after 0.001
    assert_predicate @breaker, :down?
    @now += 0.099
    assert_raises(Down) { @breaker.call(Deadline.in(1)) { flunk } }

    @now += 0.001
    asked = @breaker.call(Deadline.in(1)) do
      assert_raises(Down) { @breaker.call(Deadline.in(1)) { flunk } }
      :asked
    end
    assert_equal :asked, asked
    assert_not_predicate @breaker, :down?
    assert_equal :asked, @breaker.call(Deadline.in(1)) { :asked }
  end

  test "the while is ten times as long as the failure took, and five seconds at most" do
    fail_after 0.2
    @now += 1.99
    assert_raises(Down) { @breaker.call(Deadline.in(1)) { flunk } }
    @now += 0.02
    fail_after 5
    @now += 4.99
    assert_raises(Down) { @breaker.call(Deadline.in(1)) { flunk } }
    @now += 0.02
    assert @breaker.call(Deadline.in(1)) { true }
  end

  test "the one that tries again has a second" do
    remaining = @breaker.call(Deadline.in(60)) { |deadline| deadline.remaining }
    assert_operator remaining, :>, 59

    fail_after 1
    @now += 5
    remaining = @breaker.call(Deadline.in(60)) { |deadline| deadline.remaining }
    assert_operator remaining, :<=, 1
  end

  test "the one that tries again and never comes back stops nobody for ever" do
    fail_after 1
    @now += 5
    assert_raises(Interrupt) { @breaker.call(Deadline.in(1)) { raise Interrupt } }
    assert_raises(Down) { @breaker.call(Deadline.in(1)) { flunk } }
    @now += 5
    assert @breaker.call(Deadline.in(1)) { true }
  end

  test "what else is raised says nothing about the server" do
    assert_raises(ArgumentError) { @breaker.call(Deadline.in(1)) { raise ArgumentError } }
    assert_not_predicate @breaker, :down?

    fail_after 0.001
    @now += 1
    assert_raises(ArgumentError) { @breaker.call(Deadline.in(1)) { raise ArgumentError } }
    assert_predicate @breaker, :down?
  end

  test "a request that ran out of time counts only if nobody got an answer meanwhile" do
    assert_raises(Unreachable) do
      @breaker.call(Deadline.in(1)) do
        @now += 1
        @breaker.call(Deadline.in(1)) { :answer }
        @now += 1
        raise Unreachable.new("slow", timeout: true)
      end
    end
    assert_not_predicate @breaker, :down?

    assert_raises(Unreachable) do
      @breaker.call(Deadline.in(1)) do
        @now += 1
        raise Unreachable.new("slow", timeout: true)
      end
    end
    assert_predicate @breaker, :down?
  end

  test "down and up are told once each" do
    events = []
    ActiveSupport::Notifications.subscribed(->(event) { events << [ event.name, event.payload ] }, /\A(down|up)\.durable_streams/) do
      2.times do
        fail_after 0.1
        @now += 5
      end
      @now -= 4.9
      3.times { assert_raises(Down) { @breaker.call(Deadline.in(1)) { flunk } } }
      @now += 4.9
      2.times { @breaker.call(Deadline.in(1)) { true } }
    end

    assert_equal %w[down.durable_streams up.durable_streams], events.map(&:first)
    assert_equal [ "http://s", "no" ], [ events.first.last[:server], events.first.last[:error].message ]
    assert_equal({ server: "http://s", refused: 3 }, events.last.last.slice(:server, :refused))
    assert_in_delta 10.2, events.last.last[:seconds]
    assert_equal 1, @breaker.outages
  end

  test "who is refused is told why and for how long" do
    fail_after 0.1
    @now += 0.2
    error = assert_raises(Down) { @breaker.call(Deadline.in(1)) { flunk } }
    assert_equal "no (0.3 s ago; asked again in 0.8 s)", error.message
  end

  test "of many threads one tries" do
    fail_after 1
    @now += 5
    refused, gate = Thread::Queue.new, Thread::Queue.new
    threads = 20.times.map do
      Thread.new do
        @breaker.call(Deadline.in(1)) { gate.pop }
      rescue Down
        refused << true
      end
    end

    19.times { assert refused.pop(timeout: 10) }
  ensure
    gate.close
    threads.each(&:join)
  end

  private
    def fail_after(seconds)
      assert_raises(Unreachable) do
        @breaker.call(Deadline.in(60), server: "http://s") do
          @now += seconds
          raise Unreachable, "no"
        end
      end
    end
end
