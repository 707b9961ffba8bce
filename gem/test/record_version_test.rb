# frozen_string_literal: true

require "test_helper"

class RecordVersionTest < ActiveSupport::TestCase
  setup do
    @now = 1_800_000_000_000_000
    @version = DurableStreams::Rails::RecordVersion.new(clock: ->(_connection) { @now })
  end

  test "a version is the clock in microseconds, within the protocol's limit" do
    assert_equal @now, @version.take(Post)
    assert_operator @now, :<=, DurableStreams::Rails::RecordVersion::MAX
    assert_in_delta Time.now.to_f * 1_000_000, DurableStreams::Rails::RecordVersion.new.take(Post), 60_000_000
  end

  test "two versions in one microsecond differ, and the later is larger" do
    versions = 3.times.map { @version.take(Post) }
    assert_equal versions.sort.uniq, versions
  end

  test "versions rise when the clock steps back" do
    first = @version.take(Post)
    @now -= 1_000_000
    assert_operator @version.take(Post), :>, first
  end

  test "the clock is that of the database which is written, though a request reads from another" do
    asked = []
    version = DurableStreams::Rails::RecordVersion.new(clock: ->(connection) { asked << [ connection.pool.role, connection.preventing_writes? ]; @now })
    ActiveRecord::Base.while_preventing_writes { version.take(Post) }
    version.take(Post)
    assert_equal [ [ :writing, false ] ] * 2, asked
  end

  test "threads get different versions" do
    versions = 4.times.map { Thread.new { 50.times.map { @version.take(Post) } } }.flat_map(&:value)
    assert_equal 200, versions.uniq.size
  end
end
