# frozen_string_literal: true

module DurableStreams
  module Rails
    # Sends one Broadcast. All of it was fixed when the job was built, so a retry sends the same, and
    # the server keeps it once.
    #
    # What the server may accept later is tried again, ten times over about an hour; what it refused
    # for good is reported. Without a signing key the job fails and stays with the queue's failed jobs.
    class BroadcastJob < ::ActiveJob::Base
      # A rolled back transaction broadcasts nothing.
      self.enqueue_after_transaction_commit = true if respond_to?(:enqueue_after_transaction_commit=)

      retry_on TemporaryFailure, wait: :polynomially_longer, attempts: 10
      discard_on(Rejected) { |job, error| Reporting.report(error, stream: job.stream_name, txid: job.txid) }

      class << self
        # False for an adapter that runs jobs at once or never later.
        def can_run_later?
          !queue_adapter.is_a?(::ActiveJob::QueueAdapters::InlineAdapter)
        end

        # Enqueues jobs, in one go if the queue can. What the queue raises is reported: the
        # transaction has committed, and its request should not fail for a broadcast.
        def enqueue_quietly(jobs)
          if jobs.size > 1 && queue_adapter.respond_to?(:enqueue_all)
            Reporting.guard { ::ActiveJob.perform_all_later(jobs) }
          else
            jobs.each(&:enqueue_quietly)
          end
        end
      end

      def perform(**broadcast)
        Broadcast.new(**broadcast).deliver
      end

      # An adapter that runs jobs at once has no later: there one try must do.
      def retry_job(options = {})
        later = self.class.can_run_later?
        Reporting.report(options[:error], severity: later ? :warning : :error, stream: stream_name, txid:)
        super if later
      end

      def txid = broadcast[:txid]
      def stream_name = broadcast[:stream_name]

      def enqueue_quietly
        Reporting.guard(stream: stream_name, txid:) { enqueue }
      end

      private
        def broadcast = arguments.first || {}

        ActiveSupport.run_load_hooks(:durable_streams_broadcast_job, self)
    end
  end
end
