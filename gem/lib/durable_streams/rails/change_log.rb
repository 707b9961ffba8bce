# frozen_string_literal: true

module DurableStreams
  module Rails
    # What declared models changed in one transaction. When it commits, what happened to each record
    # between its beginning and its end becomes one event per stream; when it rolls back, or the
    # savepoint does, nothing does. A record that was created and changed is an insert; one that was
    # created and destroyed, nothing; one that moved, a delete there and an insert here.
    #
    # Threads: a log belongs to the thread that has the connection.
    class ChangeLog
      # A change to one record. It is opened with the streams that the record was in before, in the
      # order in which the changes began, and completed once the row is written.
      #
      # Streams are hashes, name => ttl.
      class Change
        attr_reader :id, :type, :key, :streams_before, :streams_after, :value, :version

        def initialize(record, streams_before)
          @id = record.to_gid.to_s
          @type = record.model_name.singular
          @key = Broadcast.key_of(record)
          @streams_before = streams_before
        end

        def complete(streams_after:, version:, value: nil)
          @streams_after = streams_after
          @version = version
          @value = value
        end

        def complete? = !@version.nil?
      end

      # connection => its log, which lives as long as the transaction's callbacks hold it.
      LOGS = ObjectSpace::WeakMap.new
      LOGS_LOCK = Mutex.new
      private_constant :LOGS, :LOGS_LOCK

      # Opens a change in the connection's current transaction.
      def self.open(record, streams_before)
        record.class.with_connection do |connection|
          log_of(connection).open(connection.current_transaction, Change.new(record, streams_before))
        end
      end

      def self.log_of(connection)
        LOGS_LOCK.synchronize do
          LOGS[connection]&.then { |log| log if log.open? } || (LOGS[connection] = new)
        end
      end
      private_class_method :log_of

      def initialize
        @transactions = []
        @waiting = 0
        @committed = []
      end

      # False once everything was published or rolled back, or the transactions that it saw are over
      # (a connection that breaks in one may not tell). Rails 8.0 calls a released savepoint open.
      def open?
        @waiting.positive? && @transactions.any?(&:open?)
      end

      def open(transaction, change)
        @txid ||= transaction.user_transaction.uuid || SecureRandom.uuid
        @transactions << transaction unless @transactions.include?(transaction)
        @waiting += 1
        transaction.after_commit { settle(change) }
        transaction.after_rollback { settle }
        change
      end

      private
        # The transaction tells of each change in turn; after the last one everything is known.
        def settle(change = nil)
          @committed << change if change&.complete?
          @waiting -= 1
          Reporting.guard { publish } if @waiting.zero?
        end

        def publish
          changes, @committed = @committed, []
          jobs = changes.group_by(&:id).values.flat_map { |of_one_record| jobs_for(of_one_record) }
          BroadcastJob.enqueue_quietly(jobs) if jobs.any?
        end

        def jobs_for(changes)
          before = changes.first.streams_before
          last = changes.max_by(&:version)

          before.merge(last.streams_after).filter_map do |stream_name, ttl|
            operation = operation_for(before.key?(stream_name), last.streams_after.key?(stream_name))
            job_for(last, operation, stream_name, ttl) if operation
          end
        end

        def operation_for(was_there, is_there)
          if was_there
            is_there ? "update" : "delete"
          elsif is_there
            "insert"
          end
        end

        def job_for(change, operation, stream_name, ttl)
          value = change.value unless operation == "delete"
          event = Broadcast.event(type: change.type, key: change.key, value:, operation:, txid: @txid)
          Broadcast.of(event, stream_name:, producer: [ change.id, change.version ], ttl:).to_job
        end
    end
  end
end
