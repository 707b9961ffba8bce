# frozen_string_literal: true

module DurableStreams
  module Rails
    module Outbox
      # The outbox's two tables on one connection; the SQL is common to SQLite, PostgreSQL and MySQL.
      #
      # `durable_streams_outbox` has the events. `lane` is null for one that the server refused for
      # good: such wait aside with their `error`. `epoch` is null until a drainer has numbered it.
      # `durable_streams_outbox_lanes` has who drains which lane until when, and its last epoch.
      class Table
        EVENTS = "durable_streams_outbox"
        LANES = "durable_streams_outbox_lanes"
        ERROR_LENGTH_MAX = 250
        STATUS_ROWS_MAX = 1000
        INSERT_ROWS_MAX = 500

        Event = Data.define(:id, :stream_name, :body, :ttl, :expires_at, :epoch)

        def initialize(connection)
          @connection = connection
        end

        def exists?
          schema_cache = @connection.schema_cache
          schema_cache.data_source_exists?(EVENTS) || @connection.data_source_exists?(EVENTS)
        end

        # Errors: TableMissing.
        def insert(broadcasts)
          check_existence
          now = Time.now.utc
          broadcasts.each_slice(INSERT_ROWS_MAX) do |some|
            rows = some.map do |broadcast|
              "(#{quoted([ Lane.of(broadcast.stream_name), *broadcast.to_h.values_at(:stream_name, :body, :ttl, :expires_at), now ])})"
            end
            change "INSERT INTO #{EVENTS} (lane, stream_name, body, ttl, expires_at, created_at) VALUES #{rows.join(", ")}"
          end
        end

        # The numbers of the lanes that have events waiting. Asked so often that the log is spared.
        def lanes_waiting
          silently { values "SELECT DISTINCT lane FROM #{EVENTS} WHERE lane IS NOT NULL" }
        end

        # Whether a lane can be claimed; only a look. Lanes come into being when they are first needed.
        def free?(number, now:)
          leased_until = values("SELECT leased_until FROM #{LANES} WHERE lane = :number", number:).first
          leased_until ? leased_until.to_i < now : add_lane(number)
        end

        # Takes a lane if nobody has it; answers a Lane, or nil. `now` and `leased_until` are in
        # microseconds of the database's clock.
        def claim(number, token:, now:, leased_until:)
          claimed = change("UPDATE #{LANES} SET token = :token, leased_until = :leased_until " \
            "WHERE lane = :number AND leased_until < :now", number:, token:, leased_until:, now:)
          return unless claimed == 1

          producer_id, epoch = rows("SELECT producer_id, epoch FROM #{LANES} WHERE lane = :number", number:).first
          Lane.new(number:, producer_id:, epoch: epoch.to_i, token:, leased_until:)
        end

        # False if the lane is somebody else's by now.
        def extend_lease(lane, leased_until:)
          1 == change("UPDATE #{LANES} SET leased_until = :leased_until WHERE lane = :number AND token = :token",
            number: lane.number, token: lane.token, leased_until:)
        end

        # The last epoch that was given. False if the lane is somebody else's by now.
        def note_epoch(lane, epoch)
          1 == change("UPDATE #{LANES} SET epoch = :epoch WHERE lane = :number AND token = :token",
            number: lane.number, token: lane.token, epoch:)
        end

        def release(lane)
          change "UPDATE #{LANES} SET token = NULL, leased_until = 0 WHERE lane = :number AND token = :token",
            number: lane.number, token: lane.token
        end

        # The lane's events that have been numbered, in the order in which they are to be sent.
        def numbered(number)
          events("lane = :number AND epoch IS NOT NULL ORDER BY epoch, id", number:)
        end

        # The first of the lane's events that have no number yet, but for those of some streams.
        def unnumbered(number, limit:, except: [])
          condition = " AND stream_name NOT IN (:except)" if except.any?
          events("lane = :number AND epoch IS NULL#{condition} ORDER BY id LIMIT :limit", number:, limit:, except:)
        end

        def number(ids, epoch)
          change("UPDATE #{EVENTS} SET epoch = :epoch WHERE id IN (:ids)", epoch:, ids:)
        end

        def delete(ids)
          change("DELETE FROM #{EVENTS} WHERE id IN (:ids)", ids:)
        end

        # Events that cannot be delivered are kept, out of the others' way.
        def set_aside(ids, error)
          change "UPDATE #{EVENTS} SET lane = NULL, epoch = NULL, error = :error WHERE id IN (:ids)",
            ids:, error: error.truncate(ERROR_LENGTH_MAX)
        end

        # Puts the events that were set aside back in line; answers how many.
        def retry_set_aside
          rows("SELECT id, stream_name FROM #{EVENTS} WHERE lane IS NULL").each do |id, stream_name|
            change("UPDATE #{EVENTS} SET lane = :lane, error = NULL WHERE id = :id", lane: Lane.of(stream_name), id:)
          end.size
        end

        # How many events wait, since when (nil if none), and the first of those set aside, as
        # [stream name, error].
        def status
          waiting, oldest = rows("SELECT COUNT(*), MIN(created_at) FROM #{EVENTS} WHERE lane IS NOT NULL").first
          { waiting: waiting.to_i, oldest:,
            set_aside: rows("SELECT stream_name, error FROM #{EVENTS} WHERE lane IS NULL ORDER BY id LIMIT #{STATUS_ROWS_MAX}") }
        end

        private
          def check_existence
            return if exists?

            database = @connection.pool.db_config.name
            raise TableMissing, "the database #{database.inspect} has no table #{EVENTS}, which DurableStreams.outbox " \
              "needs: bin/rails generate durable_streams:outbox#{" --database=#{database}" unless database == "primary"} " \
              "and bin/rails db:migrate"
          end

          # Somebody else may be faster.
          def add_lane(number)
            @connection.transaction(requires_new: true) do
              change "INSERT INTO #{LANES} (lane, producer_id, epoch, leased_until) VALUES (:number, :producer_id, 0, 0)", number:,
                producer_id: "outbox-#{SecureRandom.uuid}"
            end
          rescue ::ActiveRecord::RecordNotUnique
            true
          end

          def events(condition, **values)
            rows("SELECT id, stream_name, body, ttl, expires_at, epoch FROM #{EVENTS} WHERE #{condition}", **values)
              .map { |row| Event.new(*row) }
          end

          def rows(sql, **values)
            @connection.uncached { @connection.select_rows(bind(sql, values), "DurableStreams Outbox") }
          end

          def values(sql, **values) = rows(sql, **values).map(&:first)

          # Answers the number of rows that were changed.
          def change(sql, **values)
            @connection.update(bind(sql, values), "DurableStreams Outbox")
          end

          def bind(sql, values)
            values.empty? ? sql : sql.gsub(/:([a-z_]+)\b/) { quoted([ values.fetch($1.to_sym) ].flatten) }
          end

          def silently(&block)
            logger = ::ActiveRecord::Base.logger
            logger.respond_to?(:silence) ? logger.silence(&block) : yield
          end

          def quoted(values) = values.map { |value| @connection.quote(value) }.join(", ")
      end
    end
  end
end
