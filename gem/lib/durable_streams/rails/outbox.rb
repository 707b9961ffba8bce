# frozen_string_literal: true

require "concurrent/map"

module DurableStreams
  module Rails
    # The outbox (`DurableStreams.outbox = true`): a broadcast is first a row, written in the
    # transaction that it tells of, on the connection of its model; so it is there exactly if the
    # transaction is. Drainers send the rows and delete them once the server has acknowledged them.
    #
    # What is promised: every committed event arrives once, whichever process is killed when. The
    # events of a record arrive in the order of its commits; so do those of transactions of which one
    # began after the other had ended. Transactions that overlap, about different records, arrive in
    # either order.
    #
    # Who drains: a thread in each process that commits broadcasts, serves requests or runs jobs
    # (Worker): right after its own commits, and every `outbox_sweep_interval` for what others left.
    # Also OutboxJob and `bin/rails durable_streams:outbox:drain`. Any number at once is safe.
    #
    # `bin/rails generate durable_streams:outbox` makes the tables, one set in each database whose
    # models broadcast.
    module Outbox
      extend ActiveSupport::Autoload

      autoload :Drainer
      autoload :Lane
      autoload :LaneDrain
      autoload :Table
      autoload :Worker

      WITHOUT_TABLES = Concurrent::Map.new # database => when it was asked
      ASK_AGAIN_SECONDS = 60
      private_constant :WITHOUT_TABLES, :ASK_AGAIN_SECONDS

      # The database has no tables for the outbox.
      class TableMissing < Error; end

      class << self
        def enabled?
          Runtime.settings.outbox && defined?(::ActiveRecord::Base) ? true : false
        end

        # Writes in the connection's current transaction, or in one of their own.
        #
        # Errors: TableMissing.
        def write(broadcasts, connection)
          Table.new(connection).insert(broadcasts)
        end

        # Writes a broadcast made by hand: just before the commit if a transaction is open, else now.
        # Without a record's class it goes to the database that has a transaction open, or to the
        # primary one.
        def add(broadcast, record_class = nil)
          with_connection(record_class) do |connection|
            if open_transaction?(connection)
              ChangeLog.add(broadcast, connection)
            else
              write([ broadcast ], connection)
              wake
            end
          end
        end

        # Has this process's worker send what was committed.
        def wake = Runtime.outbox_worker.wake

        # Sends what can be sent now, from all databases; answers Drainer::Results.
        def drain
          pools.map { |pool| Drainer.new(pool).drain }
        end

        # Yields each database's Table and name.
        def each_table
          pools.each { |pool| pool.with_connection { |connection| yield Table.new(connection), pool.db_config.name } }
        end

        # The connection pools of databases that have the outbox's tables.
        def pools
          ::ActiveRecord::Base.connection_handler.connection_pool_list(:writing).uniq(&:db_config).select { |pool| tables_in?(pool) }
        end

        private
          # An app's other databases (its queue's, its cache's) are not asked at each commit.
          def tables_in?(pool)
            return false if WITHOUT_TABLES[pool.db_config]&.then { |asked_at| Deadline.now - asked_at < ASK_AGAIN_SECONDS }

            pool.with_connection { |connection| Table.new(connection).exists? }.tap do |exists|
              exists ? WITHOUT_TABLES.delete(pool.db_config) : WITHOUT_TABLES[pool.db_config] = Deadline.now
            end
          end

          def with_connection(record_class, &block)
            return WritingRole.with_connection(record_class, &block) if record_class

            open = ::ActiveRecord.all_open_transactions.map(&:connection).find { |connection| Table.new(connection).exists? }
            open ? yield(open) : WritingRole.with_connection(::ActiveRecord::Base, &block)
          end

          # The transaction that surrounds a test is none of the app's.
          def open_transaction?(connection)
            connection.current_transaction.open? && connection.current_transaction.joinable?
          end
      end
    end
  end
end
