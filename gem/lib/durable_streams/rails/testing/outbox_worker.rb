# frozen_string_literal: true

module DurableStreams
  module Rails
    module Testing
      # In place of Outbox::Worker: drains in the thread that commits, so that a test finds what it
      # broadcast, and sees no other test's.
      module OutboxWorker
        class << self
          def wake
            Outbox.drain.each { |result| Reporting.report(result.error) if result.error }
          end

          def start; end
        end
      end
    end
  end
end
