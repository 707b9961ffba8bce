# frozen_string_literal: true

require "test_helper"

class PageBudgetTest < ActiveSupport::TestCase
  include LiveServer

  PageBudget = DurableStreams::Rails::PageBudget

  test "what a call took is not there for the next, and no call has less than nothing" do
    now = 1000.0
    budget = PageBudget.new(1.second, clock: -> { now })

    assert_in_delta 1, budget.spend { |deadline| (now += 0.7) && deadline.remaining }, 0.1
    assert_in_delta 0.3, budget.left
    assert_raises(IOError) { budget.spend { (now += 0.2) && raise(IOError) } }
    assert_in_delta 0.1, budget.left
    budget.spend { now += 5 }
    assert_equal 0, budget.left
    assert_predicate budget.spend(&:itself), :passed?
  end

  test "the calls of one request share it, those of another have their own" do
    fake_server
    reports
    app = DurableStreams::Rails::PageClock.new(lambda do |_env|
      DurableStreams.signed_stream_url("a")
      Fiber[PageBudget::KEY].instance_variable_set(:@left, 0.0) # as if that had taken long
      [ DurableStreams.signed_stream_url("b"), DurableStreams.stream_offset("c") ]
    end)

    2.times do
      url, offset = app.call({})
      assert_match "/b?token=", url
      assert_nil offset
    end
    assert_equal [ "a" ], fake_server.requests.map(&:name)
    assert_equal "no time left to ask #{fake_server.url}", reports.errors.sole.message
    assert_not_predicate DurableStreams::Rails::Runtime.breaker, :down?
  end

  test "a thread that outlives the request that started it has all of it again, each time" do
    calls, left = Thread::Queue.new, Thread::Queue.new
    worker = nil
    DurableStreams::Rails::PageClock.new(lambda do |_env|
      worker = Thread.new { left << PageBudget.spend(&:remaining) while calls.pop }
      Fiber[PageBudget::KEY].instance_variable_set(:@left, 0.0)
      calls << true
      assert_equal 0, left.pop
    end).call({})

    2.times { calls << true }
    2.times { assert_in_delta 1, left.pop, 0.1 }
  ensure
    calls.close
    worker.join
  end

  test "where there is no request each call has all of it" do
    fake_server
    3.times { |i| PageBudget.spend { |deadline| assert_in_delta 1, deadline.remaining, 0.1, i } }
    assert_nil Fiber[PageBudget::KEY]
  end
end
