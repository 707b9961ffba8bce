# frozen_string_literal: true

module DurableStreams
  module Rails
    module Outbox
      # A thread of this process that drains the outbox: when it is woken, which each commit with
      # broadcasts does, and every `outbox_sweep_interval` for what other processes left. It holds a
      # database connection only while it asks the database, never while it asks the server.
      #
      # While the server cannot be reached it tries less and less often, up to every FAILURE_WAIT_MAX
      # seconds; what is committed meanwhile waits in the table, and no request waits for it.
      #
      # Threads: any. Processes: a forked child starts its own at its first wake-up.
      class Worker
        # Seconds between tries, at first and at last: after a failure, and for a lane that somebody
        # else drains.
        FAILURE_WAIT = 0.2
        FAILURE_WAIT_MAX = 5
        BUSY_WAIT = 0.05
        BUSY_WAIT_MAX = 1

        # `drain` answers Drainer::Results; `pause` waits for that many seconds.
        def initialize(drain: Outbox.method(:drain), pause: method(:sleep))
          @drain = drain
          @pause = pause
          @lock = Mutex.new
          @wake_ups = Thread::Queue.new
          @failures = @busy = 0
          @stopped = false
        end

        # Returns at once.
        def wake
          @wake_ups << true if @wake_ups.empty?
          start
        end

        # Makes sure that the thread runs.
        def start
          return if @thread&.alive?

          @lock.synchronize { @thread = new_thread unless @stopped || @thread&.alive? }
        end

        # For good; waits for the drain that is going on.
        def stop
          @lock.synchronize { @stopped = true }
          @wake_ups << true
          @thread&.join
        end

        private
          def new_thread
            Thread.new { run }.tap do |thread|
              thread.name = "durable_streams outbox"
            end
          end

          # The first sweep takes up what a process before this one left.
          def run
            loop do
              wait_after(drain_once)
              @wake_ups.pop(timeout: next_sweep)
              break if @stopped
            end
          end

          # Answers what is in the way: nil, :busy or :failure.
          def drain_once
            results = @drain.call
            error = results.filter_map(&:error).first
            return failed(error) if error

            :busy if results.any?(&:left?)
          rescue StandardError => error # of the database
            failed(error)
          end

          def failed(error)
            Reporting.report(error, severity: :warning, outbox: true)
            :failure
          end

          def wait_after(obstacle)
            @failures = obstacle == :failure ? @failures + 1 : 0
            @busy = obstacle == :busy ? @busy + 1 : 0
            return unless obstacle

            @pause.call(obstacle == :failure ? doubled(FAILURE_WAIT, @failures, FAILURE_WAIT_MAX) : doubled(BUSY_WAIT, @busy, BUSY_WAIT_MAX))
            @wake_ups << true if @wake_ups.empty?
          end

          def doubled(first, time, max) = spread([ first * 2**[ time - 1, 10 ].min, max ].min)
          def next_sweep = spread(Runtime.settings.outbox_sweep_interval.to_f)

          # Not all processes at once.
          def spread(seconds) = seconds * (0.75 + rand / 2)
      end
    end
  end
end
