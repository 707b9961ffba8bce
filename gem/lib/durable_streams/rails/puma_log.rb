# frozen_string_literal: true

module DurableStreams
  module Rails
    # Rails' log if the app is loaded in this process, else Puma's: a master whose workers load the app
    # has no other.
    class PumaLog
      def initialize(log_writer)
        @log_writer = log_writer
      end

      # `level` is one of Logger's methods.
      def call(level, message)
        logger = ::Rails.logger if defined?(::Rails.application) && ::Rails.application&.initialized?
        logger ? logger.public_send(level, "durable-streams: #{message}") : @log_writer.log("durable-streams: #{message}")
      end
    end
  end
end
