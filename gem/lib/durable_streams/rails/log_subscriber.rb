# frozen_string_literal: true

require "active_support/log_subscriber"

module DurableStreams
  module Rails
    # Turns the gem's notifications into log lines. No line has a token or what an event says.
    #
    # | event, `.durable_streams` | payload                                         | level |
    # |---------------------------|-------------------------------------------------|-------|
    # | broadcast                 | stream, txid, bytes, outcome                    | debug |
    # | provision                 | stream, ttl                                     | debug |
    # | sign                      | stream, permissions, expires_in, reused         | debug |
    # | drain_outbox              | database, sent, left, error                     | debug |
    # | request                   | server, verb, stream, status                    | none  |
    # | failure                   | error, severity, and stream, txid, held_back    | warn  |
    # | down                      | server, error                                   | warn  |
    # | up                        | server, seconds, refused                        | warn  |
    #
    # `outcome` is :appended, :duplicate or :superseded; absent, as is `status`, if there was no answer:
    # then `exception_object` tells why. `failure` of severity :warning loses nothing and comes once a
    # minute at most for each kind of error (see Reporting); :error is an event that is lost, and is
    # logged as an error.
    class LogSubscriber < ActiveSupport::LogSubscriber
      def broadcast(event)
        payload = event.payload
        debug do
          line "#{payload[:outcome] || failed(payload)}  #{payload[:stream]}  txid=#{payload[:txid]}  " \
               "#{payload[:bytes]} bytes  (#{event.duration.round(1)}ms)"
        end
      end
      subscribe_log_level :broadcast, :debug

      def provision(event)
        payload = event.payload
        debug do
          line "#{payload[:exception] ? failed(payload) : "provided"}  #{payload[:stream]}  " \
               "ttl=#{payload[:ttl] || "none"}  (#{event.duration.round(1)}ms)"
        end
      end
      subscribe_log_level :provision, :debug

      def sign(event)
        payload = event.payload
        debug do
          line "signed  #{payload[:stream]}  #{payload[:permissions].join(",")} for #{payload[:expires_in]} s" \
               "#{"  (again)" if payload[:reused]}  (#{event.duration.round(2)}ms)"
        end
      end
      subscribe_log_level :sign, :debug

      # A sweep that finds nothing is not worth a line.
      def drain_outbox(event)
        payload = event.payload
        return unless payload[:sent]&.positive? || payload[:left]

        debug do
          line "sent #{payload[:sent]} from the outbox of #{payload[:database]}#{", some are left" if payload[:left]}  " \
               "(#{event.duration.round(1)}ms)"
        end
      end
      subscribe_log_level :drain_outbox, :debug

      # Where the server is down, `down` has told.
      def failure(event)
        payload = event.payload
        if payload[:severity] != :warning
          error { line "lost: #{described(payload)}" }
        elsif !(payload[:error].is_a?(ServerUnreachable) && Runtime.breaker.down?)
          warn { line "will be tried again: #{described(payload)}" }
        end
      end

      def down(event)
        warn do
          line "#{event.payload[:error].message}. Until it answers, broadcasts are left to jobs and pages go without it."
        end
      end

      def up(event)
        payload = event.payload
        warn do
          line "#{payload[:server]} answers again after #{payload[:seconds].round(1)} s; " \
               "#{payload[:refused]} requests were not sent meanwhile."
        end
      end

      private
        def line(text) = "DurableStreams  #{text}"
        def failed(payload) = "failed (#{payload[:exception]&.first})"

        def described(payload)
          [ payload[:error].message, *("stream #{payload[:stream]}" if payload[:stream]),
            *("txid #{payload[:txid]}" if payload[:txid]),
            *("#{payload[:held_back]} more like it in the last minute" if payload[:held_back]) ].join("; ")
        end
    end
  end
end
