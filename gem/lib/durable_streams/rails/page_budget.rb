# frozen_string_literal: true

module DurableStreams
  module Rails
    # How long one page may wait for the server, all its streams together: `page_deadline`. A server that
    # answers slowly would otherwise take that long for each of them.
    #
    # Where there is no request (a job, a script) each call has all of it.
    #
    # Threads: those that a request starts share its budget until it ends. (They may stay longer, as those
    # of the :async queue adapter do.)
    class PageBudget
      KEY = :durable_streams_page_budget

      class << self
        # The block is a request.
        def for_request
          before = Fiber[KEY]
          budget = Fiber[KEY] = new(Runtime.settings.page_deadline)
          yield
        ensure
          budget.request_ended
          Fiber[KEY] = before
        end

        # Yields the Deadline of one call.
        def spend(&block)
          (of_request || new(Runtime.settings.page_deadline)).spend(&block)
        end

        private
          def of_request = Fiber[KEY]&.then { |budget| budget unless budget.request_ended? }
      end

      # Seconds.
      attr_reader :left

      def initialize(seconds, clock: Deadline.method(:now))
        @left = seconds.to_f
        @clock = clock
        @request_ended = false
      end

      def request_ended = @request_ended = true
      def request_ended? = @request_ended

      def spend
        started_at = @clock.call
        yield Deadline.in(@left)
      ensure
        @left = [ @left - (@clock.call - started_at), 0.0 ].max
      end
    end
  end
end
