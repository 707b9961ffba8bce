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

      def initialize(clock: DatabaseClock.method(:microseconds))
        @clock = clock
        @lock = Mutex.new
        @last = Hash.new(0)
      end

      # Any thread. One query on PostgreSQL and MySQL; SQLite's writers share this host's clock.
      def take(record_class)
        WritingRole.with_connection(record_class) do |connection|
          now = @clock.call(connection)
          @lock.synchronize do
            database = record_class.connection_db_config
            @last[database] = [ now, @last[database] + 1 ].max
          end
        end
      end
    end
  end
end
