# frozen_string_literal: true

require "json"
require "securerandom"
require "time"

module DurableStreams
  module Rails
    # One event for one stream, complete: whoever sends it, now or in a job, however often, sends the
    # same bytes under the same producer id and epoch, so the server keeps it once.
    #
    # A record's events carry its global id and its version: an older version that arrives late is
    # refused by the server and thereby done with. Other events get a producer when they are sent (see
    # ProducerPool), or an id of their own if a job sends them. (With the outbox, events are sent in
    # batches whose producer is the outbox: see Outbox::Drainer.)
    #
    # `ttl` (seconds) or `expires_at` (ISO 8601) is the life of the stream, if this event makes it.
    Broadcast = Data.define(:stream_name, :body, :txid, :producer_id, :epoch, :ttl, :expires_at) do
      # `event` is made of what JSON has, its `headers` by symbol.
      def self.of(event, stream_name:, producer: nil, ttl: nil, expires_at: nil)
        producer_id, epoch = producer
        new(stream_name:, body: JSON.generate(event), txid: event.dig(:headers, :txid), producer_id:, epoch:,
          ttl: ttl&.to_i, expires_at: expires_at&.to_time&.utc&.iso8601(3))
      end

      # A State Protocol event. `value` is whatever has an `as_json`.
      def self.event(type:, key:, value:, operation:, txid: SecureRandom.uuid)
        { type: type.to_s, key: key.to_s, value: value.as_json, headers: { operation: operation.to_s, txid: } }
      end

      # The `key` of a record's events.
      def self.key_of(record) = Array(record.id).join("_")

      # Sends one that has its producer. Answers what StreamServer#append does; the block gets what that
      # yields.
      #
      # Errors: those of StreamServer#append and #create; KeyMissing.
      def deliver(&block) = append(producer_id, epoch, &block)

      # For a request: never raises for what the server or the network did, or for a missing key. What
      # may succeed later is left to a job; everything is reported. Answers what `deliver` does, nil if
      # it failed.
      def deliver_or_leave_to_job
        if producer_id
          append_or_leave_to_job(producer_id, epoch)
        else
          Runtime.producers.lend { |id, epoch| append_or_leave_to_job(id, epoch) }
        end
      end

      def to_job = job(*(producer_id ? [ producer_id, epoch ] : [ SecureRandom.hex(16), 0 ]))

      private
        def append(producer_id, epoch, &block)
          payload = { stream: stream_name, txid:, bytes: body.bytesize }
          ActiveSupport::Notifications.instrument("broadcast.durable_streams", payload) do
            payload[:outcome] = Runtime.provisioner.with_stream(stream_name, ttl:, expires_at: expiry) do |deadline|
              Runtime.server.append(stream_name, body, producer: [ producer_id, epoch ], deadline:, &block)
            end
          end
        end

        def append_or_leave_to_job(producer_id, epoch)
          append(producer_id, epoch)
        rescue TemporaryFailure, KeyMissing => error
          later = defined?(::ActiveJob) && BroadcastJob.can_run_later?
          Reporting.report(error, severity: later ? :warning : :error, stream: stream_name, txid:)
          job(producer_id, epoch).enqueue_quietly if later
          nil
        rescue Error => error
          Reporting.report(error, stream: stream_name, txid:)
          nil
        end

        def job(producer_id, epoch) = BroadcastJob.new(**to_h, producer_id:, epoch:)

        def expiry = expires_at && Time.iso8601(expires_at)
    end
  end
end
