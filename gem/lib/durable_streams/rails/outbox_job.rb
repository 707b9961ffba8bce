# frozen_string_literal: true

module DurableStreams
  module Rails
    # Drains the outbox from a queue's worker: for apps that want the sweep in a schedule of theirs,
    # beside the threads that do it anyway. With Solid Queue, in config/recurring.yml:
    #
    #   drain_durable_streams_outbox:
    #     class: DurableStreams::Rails::OutboxJob
    #     schedule: every minute
    class OutboxJob < ::ActiveJob::Base
      def perform
        Outbox.drain.each do |result|
          Reporting.report(result.error, severity: :warning, outbox: true) if result.error
        end
      end
    end
  end
end
