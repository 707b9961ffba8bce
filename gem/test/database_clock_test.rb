# frozen_string_literal: true

require "test_helper"

# The database that the tests run on is asked for real: SQLite, PostgreSQL, MariaDB.
class DatabaseClockTest < ActiveSupport::TestCase
  DatabaseClock = DurableStreams::Rails::DatabaseClock

  test "it tells microseconds since 1970, whatever the database's time zone" do
    before = DatabaseClock.host_microseconds
    now = ActiveRecord::Base.with_connection { |connection| DatabaseClock.microseconds(connection) }
    assert_kind_of Integer, now
    assert_in_delta before, now, 60_000_000
  end

  test "it is read anew each time, in a transaction and with the query cache too" do
    times = Post.cache do
      Post.transaction { 3.times.map { DatabaseClock.microseconds(Post.lease_connection) } }
    end
    assert_equal times.sort, times
    assert_operator times.last, :>, times.first
  end

  test "each server that has a clock of its own is asked for it" do
    adapter = ActiveRecord::Base.lease_connection.adapter_name
    queries = []
    subscriber = ActiveSupport::Notifications.subscribe("sql.active_record") { |*, payload| queries << payload[:sql] }
    DatabaseClock.microseconds(ActiveRecord::Base.lease_connection)
    assert_equal [ DatabaseClock::QUERIES[adapter] ].compact, queries
    assert_equal adapter != "SQLite", DatabaseClock::QUERIES.key?(adapter)
  ensure
    ActiveSupport::Notifications.unsubscribe(subscriber)
  end
end
