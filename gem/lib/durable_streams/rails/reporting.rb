# frozen_string_literal: true

module DurableStreams
  module Rails
    # What goes wrong with a broadcast is told to `Rails.error`, never to the user's request.
    module Reporting
      SOURCE = "durable_streams-rails"

      def self.report(error, severity: :error, **context)
        ActiveSupport.error_reporter.report(error, handled: true, severity:, context:, source: SOURCE)
      end

      # Runs the block; nil if it failed, and the failure is reported. A queue adapter that cannot
      # retry later (:inline) says so with a NotImplementedError: then its cause is what matters.
      def self.guard(**context)
        yield
      rescue StandardError, NotImplementedError => error
        error = error.cause if error.is_a?(NotImplementedError) && error.cause
        report(error, **context)
        nil
      end
    end
  end
end
