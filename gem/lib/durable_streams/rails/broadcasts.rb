# frozen_string_literal: true

module DurableStreams
  module Rails
    # Broadcasting to streams that are named by streamables (see StreamName). Blank streamables are
    # dropped; if none is left nothing is sent, and the result is nil.
    #
    # Direct forms send before they return, but inside a transaction once it has committed; after a
    # rollback, never. They do not raise for an unreachable server: see Broadcast#deliver_or_leave_to_job.
    #
    # With the outbox, all forms write a row, in the transaction that is open, if one is, and return;
    # the event is sent at once after the commit. See Outbox.
    module Broadcasts
      OPERATIONS = %w[insert update upsert delete].freeze

      # Sends a State Protocol event and answers its txid, which stands in the event's headers, so
      # that a client can tell when its optimistic change has come back.
      #
      #   DurableStreams.broadcast_event_to room, :presence, type: "presence", key: "1",
      #     value: { name: "Ada" }, operation: :insert
      #
      # If this event is the stream's first, `ttl` is how long the stream lives when idle, or
      # `expires_at` until when.
      #
      #   DurableStreams.broadcast_event_to poll, type: "vote", key: vote.id, value: vote.as_json,
      #     operation: :insert, expires_at: poll.ends_at + 1.day
      def broadcast_event_to(*streamables, type:, key:, value: nil, operation:, ttl: nil, expires_at: nil)
        deliver_broadcast build_broadcast(streamables, type:, key:, value:, operation:, ttl:, expires_at:)
      end

      # The same in a job.
      def broadcast_event_later_to(*streamables, type:, key:, value: nil, operation:, ttl: nil, expires_at: nil)
        enqueue_broadcast build_broadcast(streamables, type:, key:, value:, operation:, ttl:, expires_at:)
      end

      # Answers the job (with its `txid`) without enqueuing it, for `ActiveJob.perform_all_later`.
      def build_broadcast_event_to(*streamables, type:, key:, value: nil, operation:, ttl: nil, expires_at: nil)
        build_broadcast(streamables, type:, key:, value:, operation:, ttl:, expires_at:)&.to_job
      end

      # Sends the hash as it is.
      #
      #   DurableStreams.broadcast_to room, :presence,
      #     type: "presence", key: "1", value: { name: "Ada" }, headers: { operation: "insert" }
      #
      # Answers the txid that the headers have, if any.
      def broadcast_to(*streamables, **event)
        if streamables.last.is_a?(Hash) # passed as a literal in braces, or with string keys
          event = streamables.pop.symbolize_keys.merge(event)
        end
        event = event.transform_values(&:as_json)
        event[:headers] = event[:headers].symbolize_keys if event[:headers].is_a?(Hash)
        check_operation(event.dig(:headers, :operation)) if event.dig(:headers, :operation)
        stream_name = stream_name_from(streamables) or return

        deliver_broadcast Broadcast.of(event, stream_name:)
      end

      private
        def build_broadcast(streamables, type:, key:, value:, operation:, producer: nil, ttl: nil, expires_at: nil)
          check_operation(operation)
          StreamLifetime.check(ttl:, expires_at:)
          stream_name = stream_name_from(streamables) or return

          value = nil if operation.to_s == "delete"
          Broadcast.of(Broadcast.event(type:, key:, value:, operation:), stream_name:, producer:, ttl:, expires_at:)
        end

        # `record_class`: whose database has the outbox.
        def deliver_broadcast(broadcast, record_class = nil)
          return unless broadcast

          if Outbox.enabled?
            Outbox.add(broadcast, record_class)
          else
            Broadcasts.after_transactions { broadcast.deliver_or_leave_to_job }
          end
          broadcast.txid
        end

        def enqueue_broadcast(broadcast, record_class = nil)
          return unless broadcast

          if Outbox.enabled?
            Outbox.add(broadcast, record_class)
          else
            broadcast.to_job.enqueue_quietly
          end
          broadcast.txid
        end

        def check_operation(operation)
          unless OPERATIONS.include?(operation.to_s)
            raise ArgumentError, "unknown operation #{operation.inspect}: one of #{OPERATIONS.join(", ")}"
          end
        end

      # Runs the block now, or when all open transactions have committed.
      def self.after_transactions(&block)
        if defined?(::ActiveRecord::Base)
          ::ActiveRecord.after_all_transactions_commit(&block)
        else
          yield
        end
      end
    end
  end
end
