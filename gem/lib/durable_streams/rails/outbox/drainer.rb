# frozen_string_literal: true

module DurableStreams
  module Rails
    module Outbox
      # Sends the events of one database, lane by lane (see LaneDrain), until nothing is left or
      # nothing more can be sent now.
      #
      # Threads: one for each object; any number of objects and processes beside one another.
      class Drainer
        # Whatever the server said to one event, it would say to all: the drainer gives up for now.
        STOPPING = [ ServerUnreachable, ServerFull, Unauthorized, Forbidden, RateLimited, KeyMissing, TokenUnavailable ].freeze

        TRIES_MAX = 3

        # How many events were sent; whether some are left; what went wrong, if anything did.
        Result = Data.define(:sent, :left, :error) do
          alias_method :left?, :left
        end

        # How long a lane is taken for, in seconds: half of it outlasts an append with all its tries.
        def self.lease_seconds = 4 * Runtime.settings.deadline.to_f + 10

        # `clock`: see DatabaseClock.
        def initialize(pool, clock: DatabaseClock.method(:microseconds), lease_seconds: self.class.lease_seconds)
          @pool = pool
          @clock = clock
          @lease_seconds = lease_seconds
        end

        # Answers a Result. What the server refuses to take now is no exception, but the Result's error.
        def drain
          @sent = 0
          @error = nil
          @failing_streams = Set.new
          ActiveSupport::Notifications.instrument("drain_outbox.durable_streams", database: @pool.db_config.name) do |payload|
            left = drain_lanes
            payload.merge!(sent: @sent, left:, error: @error)
            Result.new(sent: @sent, left:, error: @error)
          end
        end

        # The rest is for LaneDrain.

        attr_reader :lease_seconds

        # Streams whose events wait for the next drain, because the server could not take one.
        attr_reader :failing_streams

        def sent(events)
          @sent += events
        end

        def failing(stream_name, error)
          @failing_streams << stream_name
          @error = error
        end

        # Yields a Table.
        def with_table
          @pool.with_connection { |connection| yield Table.new(connection) }
        end

        # The database's time in microseconds.
        def now
          @pool.with_connection { |connection| @clock.call(connection) }
        end

        # Yields a Table and the database's time, in a transaction, which is tried again if the database gives it up (a deadlock, a
        # serialization failure). None is open while the server is asked.
        def transaction
          tries = 0
          begin
            @pool.with_connection do |connection|
              now = @clock.call(connection)
              connection.transaction { yield Table.new(connection), now }
            end
          rescue ::ActiveRecord::TransactionRollbackError
            (tries += 1) < TRIES_MAX ? retry : raise
          end
        end

        private
          # True if events are left.
          def drain_lanes
            loop do
              waiting = with_table(&:lanes_waiting)
              return false if waiting.empty?

              failing = @failing_streams.size
              went = waiting.shuffle.map { |number| LaneDrain.new(self, number).run }
              # Behind the first events of a stream that fails there may be others'.
              return true if went.none? && failing == @failing_streams.size
            end
          rescue *STOPPING => error
            @error = error
            true
          end
      end
    end
  end
end
