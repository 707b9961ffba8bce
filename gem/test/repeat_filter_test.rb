# frozen_string_literal: true

require "test_helper"

class RepeatFilterTest < ActiveSupport::TestCase
  setup do
    @now = 1000.0
    @filter = DurableStreams::Rails::RepeatFilter.new(clock: -> { @now })
  end

  test "the first of a kind passes, then one a minute, which knows how many did not" do
    assert_equal 0, @filter.pass(:a)
    3.times { assert_nil @filter.pass(:a) }
    @now += 59.9
    assert_nil @filter.pass(:a)
    @now += 0.1
    assert_equal 4, @filter.pass(:a)
    @now += 60
    assert_equal 0, @filter.pass(:a)
  end

  test "kinds do not hold each other back" do
    assert_equal [ 0, 0, nil ], [ @filter.pass(:a), @filter.pass(:b), @filter.pass(:a) ]
  end

  test "it does not grow without end" do
    max = DurableStreams::Rails::RepeatFilter::KINDS_MAX
    (max + 1).times { |i| @filter.pass(i) }
    assert_equal [ nil, 0 ], [ @filter.pass(max), @filter.pass(0) ]
  end
end
