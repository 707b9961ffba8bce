# frozen_string_literal: true

module DurableStreams
  module Rails
    # Numbers a record's versions, so that the server can tell an older one from a newer one whatever
    # the order in which jobs deliver them.
    #
    # `take` is called while the record's row is locked by the write that it numbers. So for one row
    # the calls come in commit order, and the clock that all its writers share, the database host's,
    # numbers them: microseconds since 1970, read after the write. Within a process no number is
    # given twice, nor does it fall, even if the clock stands still or steps back. (If the database
    # host's clock is set back, writes of *other* processes may be taken for older ones until it has
    # caught up: let it be slewed, as NTP daemons do by default.)
    #
    # `lock_version` would not do: it starts anew when a deleted row's id is used again, and a second
    # event about the same version would count as a duplicate.
    class RecordVersion
      # The protocol's largest epoch; in microseconds that is the year 2255.
      MAX = 2**53 - 1

      QUERIES = {
        "PostgreSQL" => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)",
        "PostGIS" => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)",
        "Mysql2" => "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))",
        "Trilogy" => "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))"
      }.freeze

      def initialize(host_clock: -> { Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond) })
        @host_clock = host_clock
        @lock = Mutex.new
        @last = Hash.new(0)
      end

      # Any thread. One query on PostgreSQL and MySQL; SQLite's writers share this host's clock.
      def take(record_class)
        record_class.with_connection do |connection|
          now = database_time(connection)
          @lock.synchronize do
            database = record_class.connection_db_config
            @last[database] = [ now, @last[database] + 1 ].max
          end
        end
      end

      private
        def database_time(connection)
          query = QUERIES[connection.adapter_name]
          query ? connection.uncached { connection.select_value(query) }.to_i : @host_clock.call
        end
    end
  end
end
