# frozen_string_literal: true

require "active_support/log_subscriber"

module DurableStreams
  module Rails
    # Turns the gem's notifications into log lines.
    class LogSubscriber < ActiveSupport::LogSubscriber
      # "broadcast.durable_streams": stream, txid, bytes, outcome (absent if it failed).
      def broadcast(event)
        payload = event.payload
        debug do
          outcome = payload[:outcome] || "failed (#{payload[:exception]&.first})"
          "DurableStreams  #{outcome}  #{payload[:stream]}  txid=#{payload[:txid]}  " \
            "#{payload[:bytes]} bytes  (#{event.duration.round(1)}ms)"
        end
      end
    end
  end
end
