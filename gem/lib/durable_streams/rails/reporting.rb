# frozen_string_literal: true

module DurableStreams
  module Rails
    # What goes wrong with a broadcast is told to `Rails.error` and, as "failure.durable_streams", to
    # the log; never to the user's request.
    #
    # With severity :warning nothing is lost: a job tries again, or a page goes without. Of those the
    # first of a kind is told, then one a minute, with `held_back`, the number of those between. Of
    # :error, an event that is lost, each is told.
    module Reporting
      SOURCE = "durable_streams-rails"

      def self.report(error, severity: :error, **context)
        if severity == :warning
          held_back = Runtime.repeat_filter.pass(kind(error)) or return
          context[:held_back] = held_back if held_back.positive?
        end

        ActiveSupport::Notifications.instrument("failure.durable_streams", error:, severity:, **context)
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

      # An outage is one kind, whether a request met it or was spared.
      def self.kind(error)
        return ServerUnreachable if error.is_a?(ServerUnreachable)

        [ error.class, (error.status if error.is_a?(Answered)) ]
      end
      private_class_method :kind
    end
  end
end
