# frozen_string_literal: true

module DurableStreams
  module Rails
    # The clock that all writers of a database share: its host's, in microseconds since 1970. SQLite's
    # writers are on this host.
    module DatabaseClock
      POSTGRESQL = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)"
      MYSQL = "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))"
      QUERIES = { "PostgreSQL" => POSTGRESQL, "PostGIS" => POSTGRESQL, "Mysql2" => MYSQL, "Trilogy" => MYSQL }.freeze

      # One query on PostgreSQL and MySQL.
      def self.microseconds(connection)
        query = QUERIES[connection.adapter_name]
        query ? connection.uncached { connection.select_value(query) }.to_i : host_microseconds
      end

      def self.host_microseconds = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
    end
  end
end
