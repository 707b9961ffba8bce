# frozen_string_literal: true

module DurableStreams
  module Rails
    # What is broadcast about one transaction. What happened to each declared record between its
    # beginning and its end becomes one event per stream; when it rolls back, or the savepoint does,
    # nothing does. A record that was created and changed is an insert; one that was created and
    # destroyed, nothing; one that moved, a delete there and an insert here.
    #
    # Plainly, the events are enqueued as jobs after the commit. With the outbox they become rows just
    # before it, in the same transaction, and so do the broadcasts that were made by hand in it.
    #
    # Threads: a log belongs to the thread that has the connection.
    class ChangeLog
      # connection => its log, which lives as long as the transaction's callbacks hold it.
      LOGS = ObjectSpace::WeakMap.new
      LOGS_LOCK = Mutex.new
      private_constant :LOGS, :LOGS_LOCK

      # A broadcast by hand, in place among the changes.
      ByHand = Struct.new(:broadcast, :number) do
        def complete? = true
      end

      class << self
        # Opens a Change in the current transaction of the record's connection.
        def open(record, streams_before)
          record.class.with_connection do |connection|
            log = log_of(connection)
            Change.new(record, streams_before, log).tap { |change| log.enter(change, connection) }
          end
        end

        # Only with the outbox, and in a transaction.
        def add(broadcast, connection)
          log = log_of(connection)
          ByHand.new(broadcast).tap do |entry|
            log.enter(entry, connection)
            log.completed(entry)
          end
        end

        private
          def log_of(connection)
            LOGS_LOCK.synchronize do
              LOGS[connection]&.then { |log| log if log.open? } || (LOGS[connection] = new)
            end
          end
      end

      def initialize
        @transactions = []
        @waiting = 0
        @entries = []
        @last_number = 0
        # The connection, from just before the commit on: what other callbacks that run there still
        # change is written at once.
        @writing_to = nil
        @written = false
      end

      # False once everything was published or rolled back, or the transactions that it saw are over
      # (a connection that breaks in one may not tell). Rails 8.0 calls a released savepoint open.
      def open?
        @waiting.positive? && @transactions.any?(&:open?)
      end

      def enter(entry, connection)
        transaction = connection.current_transaction
        @txid ||= transaction.user_transaction.uuid || SecureRandom.uuid
        watch(transaction, connection)
        @entries << entry
        @waiting += 1
        transaction.after_commit { settle }
        transaction.after_rollback { settle(rolled_back: entry) }
      end

      # Entries are published in the order in which they were completed.
      def completed(entry)
        entry.number = (@last_number += 1)
        write(@writing_to) if @writing_to
      end

      private
        def watch(transaction, connection)
          return if @transactions.include?(transaction)

          @transactions << transaction
          transaction.before_commit { write(connection) } if Outbox.enabled?
        end

        # Every entry's transaction tells in turn; after the last one everything is known.
        def settle(rolled_back: nil)
          @entries.delete_if { |entry| entry.equal?(rolled_back) }
          @waiting -= 1
          Reporting.guard { publish } if @waiting.zero?
        end

        def publish
          jobs = take_broadcasts.map(&:to_job)
          BroadcastJob.enqueue_quietly(jobs) if jobs.any?
          Outbox.wake if @written
        end

        # In the transaction: what goes wrong here rolls it back.
        def write(connection)
          @writing_to = connection
          broadcasts = take_broadcasts
          return if broadcasts.empty?

          Outbox.write(broadcasts, connection)
          @written = true
        end

        # Each entry's broadcasts are taken once.
        def take_broadcasts
          complete, @entries = @entries.partition(&:complete?)
          changes, by_hand = complete.partition { |entry| entry.is_a?(Change) }
          merged = changes.group_by(&:id).values.flat_map { |of_one_record| merge(of_one_record) }
          (merged + by_hand.map { |entry| [ entry.number, entry.broadcast ] }).sort_by.with_index { |(number, _), i| [ number, i ] }.map(&:last)
        end

        # [[number, broadcast], ...]
        def merge(changes)
          before = changes.first.streams_before
          last = changes.max_by(&:number)

          before.merge(last.streams_after).filter_map do |stream_name, destination|
            operation = operation_for(before.key?(stream_name), last.streams_after.key?(stream_name)) or next
            broadcast = broadcast_of(last, operation, stream_name, destination) or next
            [ last.number, broadcast ]
          end
        end

        # A value that can't be written as JSON (text that is no UTF-8, say) is reported, and takes neither
        # the other events with it nor the transaction.
        def broadcast_of(change, operation, stream_name, destination)
          Reporting.guard(stream: stream_name, txid: @txid, record: change.id) do
            change.broadcast(operation, stream_name, destination, txid: @txid)
          end
        end

        def operation_for(was_there, is_there)
          if was_there
            is_there ? "update" : "delete"
          elsif is_there
            "insert"
          end
        end
    end
  end
end
