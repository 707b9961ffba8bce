# frozen_string_literal: true

module DurableStreams
  module Rails
    # Keeps a server that is down from slowing the app down: after a request that got no answer, requests
    # fail at once for a while (ServerDown, a ServerUnreachable). Then one request, of whoever comes
    # first, tries again, in a second at most; if it gets an answer, all may.
    #
    # The while is ten times as long as the failed try took, so that at most a tenth of a thread's time
    # goes into waiting: a port that nobody listens on is asked ten times a second, a server that hangs
    # every five seconds.
    #
    # A request that ran out of time proves nothing if the server has answered another one meanwhile.
    #
    # Notifications: "down.durable_streams" and "up.durable_streams", once each (see LogSubscriber).
    #
    # Threads: any. Each process has its own.
    class CircuitBreaker
      PAUSE_PER_SECOND_LOST = 10
      PAUSE_SECONDS_MIN = 0.1
      PAUSE_SECONDS_MAX = 5.0
      TRIAL_SECONDS_MAX = 1.0

      def initialize(clock: Deadline.method(:now))
        @clock = clock
        @lock = Mutex.new
        @answered_at = @clock.call
        @outages = 0
        reset
      end

      # How often the server was down so far. Who remembers what a server had, forgets it when this
      # grows: it may have come back with less.
      attr_reader :outages

      # Yields the deadline to keep, and answers what the block does.
      #
      # Errors: ServerDown without a try; those of the block, of which ServerUnreachable counts.
      def call(deadline, server: nil)
        deadline = admit(deadline) if @down_since
        started_at = @clock.call
        result = yield deadline
        answered
        result
      rescue ServerDown
        raise
      rescue ServerUnreachable => error
        failed(error, started_at || @clock.call, server)
        raise
      end

      def down? = !@down_since.nil?

      # Forgets an outage: the server is another one now.
      def reset
        @lock.synchronize { close }
      end

      private
        def close
          @down_since = @retry_at = @cause = nil
          @refused = 0
        end

        # The one that may try takes the next turn too, in case it never comes back.
        def admit(deadline)
          @lock.synchronize do
            return deadline unless @down_since

            now = @clock.call
            if now < @retry_at
              @refused += 1
              raise ServerDown, "#{@cause} (#{(now - @down_since).round(1)} s ago; asked again in #{(@retry_at - now).round(1)} s)"
            end
            @retry_at = now + PAUSE_SECONDS_MAX
            deadline.at_most(TRIAL_SECONDS_MAX)
          end
        end

        def answered
          @answered_at = @clock.call
          return unless @down_since

          payload = @lock.synchronize do
            next unless @down_since
            { seconds: @clock.call - @down_since, refused: @refused, server: @server }.tap { close }
          end
          ActiveSupport::Notifications.instrument("up.durable_streams", payload) if payload
        end

        def failed(error, started_at, server)
          now = @clock.call
          payload = @lock.synchronize do
            next if error.timeout? && @answered_at > started_at

            @retry_at = now + ((now - started_at) * PAUSE_PER_SECOND_LOST).clamp(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX)
            @cause = error.message
            next if @down_since

            @down_since = started_at
            @server = server
            @outages += 1
            { server:, error: }
          end
          ActiveSupport::Notifications.instrument("down.durable_streams", payload) if payload
        end
    end
  end
end
