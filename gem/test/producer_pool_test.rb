# frozen_string_literal: true

require "test_helper"

class ProducerPoolTest < ActiveSupport::TestCase
  setup { @pool = DurableStreams::Rails::ProducerPool.new }

  test "a producer serves one after the other, each with the next epoch" do
    lent = 3.times.map { lend }
    assert_equal 1, lent.map(&:first).uniq.size
    assert_equal [ 0, 1, 2 ], lent.map(&:last)
  end

  test "the answer is the block's" do
    assert_equal :appended, @pool.lend { :appended }
    assert_nil @pool.lend { nil }
  end

  test "two at once have one each" do
    inner = nil
    outer = lend { inner = lend }
    assert_not_equal outer.first, inner.first
  end

  test "one whose event may be missing is not used again" do
    lost = lend { false }.first
    assert_not_equal lost, lend.first
  end

  test "one whose block was interrupted is not used again" do
    lost = nil
    assert_raises(Interrupt) { @pool.lend { |id, _| raise Interrupt, (lost = id) } }
    assert_not_equal lost, lend.first
  end

  test "what many threads get is never the same" do
    lent = 8.times.map { Thread.new { 200.times.map { lend { Thread.pass } } } }.flat_map(&:value)
    assert_equal 1600, lent.uniq.size
  end

  test "a forked child has none of its parent's" do
    ours = lend
    reader, writer = IO.pipe
    pid = fork do
      writer.puts lend.first
      exit!(0)
    end
    Process.wait(pid)
    assert_not_equal ours.first, reader.gets.chomp
    assert_equal [ ours.first, 1 ], lend
  ensure
    reader&.close
    writer&.close
  end

  test "few are kept" do
    used = hold(20)
    assert_equal DurableStreams::Rails::ProducerPool::IDLE_MAX, (hold(20) & used).size
  end

  private
    # [id, epoch] that were lent.
    def lend
      lent = nil
      @pool.lend do |*producer|
        lent = producer
        block_given? ? yield != false : true
      end
      lent
    end

    # The ids of so many at once.
    def hold(count)
      return [] if count.zero?

      inner = nil
      [ lend { inner = hold(count - 1) }.first, *inner ]
    end
end
