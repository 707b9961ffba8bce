# frozen_string_literal: true

module DurableStreams
  module Rails
    # Included into models with stream declarations: notes their changes in the transaction's
    # ChangeLog. Everything that is sent is captured here, while the row is locked: where the record
    # was and is, its value, its version.
    #
    # A change is opened before any callback of the model runs (one that saves the record again must
    # not hide where it was before), and completed after those of create and update, so that records
    # saved along with it are there.
    module DeclaredStreams
      extend ActiveSupport::Concern

      included do
        # Set this way, "after" callbacks run before those that a model declares.
        set_callback :create, :after, :open_durable_stream_insert
        set_callback :update, :after, :open_durable_stream_update
        set_callback :destroy, :before, :note_durable_streams, prepend: true
        after_save :complete_durable_stream_change
        after_destroy :log_durable_stream_delete
      end

      private
        def open_durable_stream_insert
          push_durable_stream_change(suppressed_streams? ? nil : ChangeLog.open(self, {}))
        end

        def open_durable_stream_update
          logged = saved_changes? && !suppressed_streams?
          push_durable_stream_change(logged ? ChangeLog.open(self, RecordStreams.new(self).before_save) : nil)
        end

        def complete_durable_stream_change
          change = pop_durable_stream_change or return
          streams = RecordStreams.new(self).now
          return if streams.empty? && change.streams_before.empty?

          change.complete(streams_after: streams, value: to_stream_value)
        end

        # Before the destroy, because dependent records, which a lambda may ask for, go with it.
        def note_durable_streams
          @durable_streams = suppressed_streams? || new_record? ? nil : RecordStreams.new(self).in_database
        end

        def log_durable_stream_delete
          streams, @durable_streams = @durable_streams, nil
          return if streams.blank?

          ChangeLog.open(self, streams).complete(streams_after: {})
        end

        # Saves nest (a callback may save its own record), so their changes do. Every save pushes
        # one, nil if it is not logged. The list is never changed in place: `dup` shares it.
        def push_durable_stream_change(change)
          @durable_stream_changes = [ *@durable_stream_changes, change ]
        end

        def pop_durable_stream_change
          *@durable_stream_changes, change = @durable_stream_changes
          change
        end
    end
  end
end
