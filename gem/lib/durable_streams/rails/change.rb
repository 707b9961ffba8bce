# frozen_string_literal: true

module DurableStreams
  module Rails
    # A change to one record, in a ChangeLog. It is opened with the streams that the record was in
    # before, and completed once the row is written, while it is still locked. Changes count in the
    # order in which they were opened for where a record was, and by `number`, the order in which they
    # were completed, for what became of it.
    #
    # Streams are hashes: name => StreamDeclaration::Destination.
    class Change
      attr_reader :id, :streams_before, :streams_after
      attr_accessor :number

      def initialize(record, streams_before, log)
        @record_class = record.class
        @id = record.to_gid.to_s
        @type = record.model_name.singular
        @key = Broadcast.key_of(record)
        @streams_before = streams_before
        @log = log
      end

      def complete(streams_after:, value: nil)
        @streams_after = streams_after
        @value = value
        # The outbox keeps order by itself.
        @version = Runtime.record_version.take(@record_class) unless Outbox.enabled?
        @log.completed(self)
      end

      def complete? = !number.nil?

      def broadcast(operation, stream_name, destination, txid:)
        value = destination.select_from(@value) unless operation == "delete"
        event = Broadcast.event(type: @type, key: @key, value:, operation:, txid:)
        Broadcast.of(event, stream_name:, producer: ([ id, @version ] if @version),
          ttl: destination.ttl, expires_at: destination.expires_at)
      end
    end
  end
end
