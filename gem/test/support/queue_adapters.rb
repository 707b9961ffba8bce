# frozen_string_literal: true

require "active_job/test_helper"

# Runs a test with another queue adapter than the suite's.
module QueueAdapters
  # Performs jobs in threads, in any order, as queues may when they fall behind: of `backlog` jobs that
  # wait, each thread takes whichever it happens upon.
  class Shuffled < ActiveJob::QueueAdapters::AbstractAdapter
    def initialize(threads:, backlog: 50, seed: Minitest.seed)
      @backlog = backlog
      @random = Random.new(seed)
      @jobs = []
      @lock = Monitor.new
      @changed = @lock.new_cond
      @threads = threads.times.map { Thread.new { perform_any while wait_for_any } }
    end

    def enqueue(job)
      @lock.synchronize do
        @jobs << job.serialize
        @changed.signal
      end
    end

    # Performs what is left.
    def shutdown
      @lock.synchronize do
        @ending = true
        @changed.broadcast
      end
      @threads.each(&:join)
    end

    private
      # False if nothing will come any more.
      def wait_for_any
        @lock.synchronize do
          @changed.wait_while { @jobs.size < @backlog && !@ending }
          @jobs.any?
        end
      end

      def perform_any
        job = @lock.synchronize { @jobs.delete_at(@random.rand(@jobs.size)) unless @jobs.empty? }
        ActiveJob::Base.execute(job) if job
      end
  end

  private
    def use_queue_adapter(adapter)
      @adapter_before ||= [ ActiveJob::Base._test_adapter ]
      ActiveJob::Base.enable_test_adapter(adapter)
    end

    def after_teardown
      super
    ensure
      ActiveJob::Base.enable_test_adapter(@adapter_before.first) if @adapter_before
    end
end
