# frozen_string_literal: true

module DurableStreams
  module Rails
    module Outbox
      # One claim on one lane: takes it, numbers what waits in it, sends, deletes, gives it back.
      #
      # What makes it safe to be killed anywhere, and to run beside others:
      #
      # 1. Events are numbered with a new epoch of the lane in the transaction that claims it: always
      #    *what is there*, never *what is above a mark*, because ids commit out of order.
      # 2. The events of one stream and epoch are one batch: one append, with the lane as producer,
      #    that epoch, and sequence 0. Whoever sends it again sends the same, and the server keeps it
      #    once.
      # 3. A stream's next batch is numbered only when the one before was acknowledged and deleted. So
      #    a server that has a later epoch has this batch too, and the late send of a drainer that
      #    lost its lease is refused (403).
      #
      # Safety rests neither on the lease nor on a clock; they spare work. An epoch is the database's
      # time in microseconds, or one more than the last: so it exceeds all that the server has seen
      # even where the database was restored from a backup. A server that lost its data takes any.
      class LaneDrain
        EVENTS_MAX = 100
        BATCH_BYTES_MAX = 1024 * 1024   # unless one event is larger
        MICROSECONDS = 1_000_000

        # The stream takes no event any more.
        ENDED = [ StreamClosed, StreamGone, StreamConflict ].freeze

        # `fresh`: numbered by this drain, so nobody else has sent it.
        Batch = Data.define(:stream_name, :epoch, :events, :fresh) do
          def self.all_of(events, fresh:)
            events.group_by { |event| [ event.epoch.to_i, event.stream_name ] }.map do |(epoch, stream_name), of_batch|
              new(stream_name:, epoch:, events: of_batch, fresh:)
            end
          end

          def body = "[#{events.map(&:body).join(",")}]"
          def ids = events.map(&:id)
        end

        class LeaseLost < StandardError; end

        def initialize(drainer, number)
          @drainer = drainer
          @number = number
          @delivered = []
          @went = false
        end

        # True if events went, to the server or aside.
        #
        # Errors: Drainer::STOPPING.
        def run
          batches = (claim if free?) or return false
          begin
            batches.each { |batch| send_batch(batch) }
          rescue LeaseLost
            # Somebody else has the lane by now, and sends the rest.
          ensure
            finish
          end
          @went
        end

        private
          def free?
            now = @drainer.now
            @drainer.with_table { |table| table.free?(@number, now:) }
          end

          # Answers batches, or nil if somebody else has the lane.
          def claim
            @drainer.transaction do |table, now|
              @lane = table.claim(@number, token: SecureRandom.uuid, now:, leased_until: now + lease) or next
              @epoch = @lane.epoch
              numbered = Batch.all_of(table.numbered(@number), fresh: false)
              numbered + number_more(table, now, numbered)
            end
          end

          # A stream whose last batch is not through waits for it.
          def number_more(table, now, numbered)
            except = @drainer.failing_streams | numbered.map(&:stream_name)
            events = fitting(table.unnumbered(@number, limit: EVENTS_MAX, except: except.to_a))
            return [] if events.empty?

            epoch = next_epoch(now)
            table.number(events.map(&:id), epoch)
            note_epoch(table, epoch)
            Batch.all_of(events.map { |event| event.with(epoch:) }, fresh: true)
          end

          # Each stream's first events, as many as one append should hold.
          def fitting(events)
            events.group_by(&:stream_name).values.flat_map do |of_stream|
              bytes = 0
              of_stream.take_while.with_index { |event, i| (bytes += event.body.bytesize) <= BATCH_BYTES_MAX || i.zero? }
            end
          end

          def send_batch(batch)
            return if @drainer.failing_streams.include?(batch.stream_name)

            keep_lease
            later = nil
            outcome = broadcast_of(batch).deliver { |server_epoch| later = server_epoch }
            # Nobody can have sent it under this epoch: the server's is from another past of this
            # database, or of its clock.
            return send_singly(batch, above: later) if outcome == :superseded && batch.fresh

            delivered(batch)
          rescue *Drainer::STOPPING
            raise
          rescue *ENDED => error
            set_aside(batch, error)
          rescue Rejected => error
            # One of several events may be what the server refuses.
            batch.events.one? ? set_aside(batch, error) : send_singly(batch)
          rescue TemporaryFailure => error
            @drainer.failing(batch.stream_name, error)
          end

          # Sends each event of a batch that the server never took under an epoch of its own. All get
          # theirs before the first is sent, or the others' would pass for overtaken.
          def send_singly(batch, above: 0)
            singles = @drainer.transaction do |table, now|
              batch.events.map do |event|
                epoch = next_epoch(now, above:)
                table.number([ event.id ], epoch)
                note_epoch(table, epoch)
                batch.with(epoch:, events: [ event.with(epoch:) ])
              end
            end
            singles.each { |single| send_batch(single.with(fresh: true)) }
          end

          def broadcast_of(batch)
            first = batch.events.find { |event| event.ttl || event.expires_at } || batch.events.first
            Broadcast.new(stream_name: batch.stream_name, body: batch.body, txid: nil, producer_id: @lane.producer_id,
              epoch: batch.epoch, ttl: first.ttl, expires_at: first.expires_at)
          end

          def next_epoch(now, above: 0) = [ @epoch + 1, now, above + 1 ].max

          def note_epoch(table, epoch)
            table.note_epoch(@lane, epoch) or raise LeaseLost
            @epoch = epoch
          end

          # Before each append, so that the lease outlasts it.
          def keep_lease
            return if Deadline.now < @renew_at

            @drainer.transaction { |table, now| table.extend_lease(@lane, leased_until: now + lease) } or raise LeaseLost
          end

          # In microseconds.
          def lease
            @renew_at = Deadline.now + @drainer.lease_seconds / 2
            (@drainer.lease_seconds * MICROSECONDS).to_i
          end

          def delivered(batch)
            @delivered.concat(batch.ids)
            @drainer.sent(batch.events.size)
            @went = true
          end

          def set_aside(batch, error)
            Reporting.report(error, stream: batch.stream_name, events: batch.events.size)
            @drainer.with_table { |table| table.set_aside(batch.ids, error.message) }
            @went = true
          end

          # If the process ends before this, others send the same again, once the lease has ended.
          def finish
            @drainer.transaction do |table, _|
              table.delete(@delivered) if @delivered.any?
              table.release(@lane)
            end
          end
      end
    end
  end
end
