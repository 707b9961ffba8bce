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
        STOPPING = [ ServerUnreachable, Unauthorized, Forbidden, RateLimited, KeyMissing ].freeze

        # How many events were sent; whether some are left; what went wrong, if anything did.
        Result = Data.define(:sent, :left, :error) do
          alias_method :left?, :left
        end

        # `clock`: see DatabaseClock.
        def initialize(pool, clock: DatabaseClock.method(:microseconds))
          @pool = pool
          @clock = clock
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

        # Streams whose events wait for the next drain, because the server could not take one.
        attr_reader :failing_streams

        def sent(events)
          @sent += events
        end

        def failing(stream_name, error)
          @failing_streams << stream_name
          @error = error
        end

        def with_table
          @pool.with_connection { |connection| yield Table.new(connection) }
        end

        # Yields a Table and the database's time in microseconds. No transaction is open while the
        # server is asked.
        def transaction
          @pool.with_connection do |connection|
            now = @clock.call(connection)
            connection.transaction { yield Table.new(connection), now }
          end
        end

        private
          # True if events are left.
          def drain_lanes
            loop do
              waiting = with_table(&:lanes_waiting)
              return false if waiting.empty?

              went = waiting.shuffle.map { |number| LaneDrain.new(self, number).run }
              return true if went.none?
            end
          rescue *STOPPING => error
            @error = error
            true
          end
      end
    end
  end
end
