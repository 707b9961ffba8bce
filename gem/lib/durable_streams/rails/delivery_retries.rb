# frozen_string_literal: true

module DurableStreams
  module Rails
    # Included into jobs that send to the server. What it may accept later is tried again, ten times
    # over about four hours; what it refused for good is reported. With an adapter that runs jobs at once
    # there is no later: there one try must do, and what it could not send is lost, and reported so.
    #
    # What the job answers to `stream_name` and `txid` stands in the reports.
    module DeliveryRetries
      extend ActiveSupport::Concern

      included do
        retry_on TemporaryFailure, wait: :polynomially_longer, attempts: 10
        discard_on(Rejected) { |job, error| Reporting.report(error, stream: job.stream_name, txid: job.txid) }
      end

      class_methods do
        # False for an adapter that runs jobs at once or never later.
        def can_run_later?
          !queue_adapter.is_a?(::ActiveJob::QueueAdapters::InlineAdapter)
        end
      end

      # The app may have jobs tried again for errors of its own.
      def retry_job(options = {})
        return super unless options[:error].is_a?(TemporaryFailure)

        later = self.class.can_run_later?
        Reporting.report(options[:error], severity: later ? :warning : :error, stream: stream_name, txid:)
        super if later
      end
    end
  end
end
