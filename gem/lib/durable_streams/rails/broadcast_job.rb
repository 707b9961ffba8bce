# frozen_string_literal: true

module DurableStreams
  module Rails
    # Sends one Broadcast. All of it was fixed when the job was built, so a retry sends the same, and
    # the server keeps it once.
    #
    # Without a signing key the job fails and stays with the queue's failed jobs.
    class BroadcastJob < ::ActiveJob::Base
      include DeliveryRetries

      # The log has the stream and the txid, by the gem's own lines, and never what an event says.
      self.log_arguments = false

      # A rolled back transaction broadcasts nothing.
      self.enqueue_after_transaction_commit = true if respond_to?(:enqueue_after_transaction_commit=)

      # Enqueues jobs, in one go if the queue can. What the queue raises is reported: the
      # transaction has committed, and its request should not fail for a broadcast.
      def self.enqueue_quietly(jobs)
        if jobs.size > 1 && queue_adapter.respond_to?(:enqueue_all)
          Reporting.guard { ::ActiveJob.perform_all_later(jobs) }
        else
          jobs.each(&:enqueue_quietly)
        end
      end

      def perform(**broadcast)
        Broadcast.new(**broadcast).deliver
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
