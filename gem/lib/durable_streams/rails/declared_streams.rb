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
        set_callback :create, :after, :open_stream_change_for_create
        set_callback :update, :after, :open_stream_change_for_update
        set_callback :destroy, :before, :note_streams_before_destroy, prepend: true
        after_save :complete_stream_change
        after_destroy :log_stream_change_for_destroy
      end

      private
        def open_stream_change_for_create
          push_stream_change(suppressed_streams? ? nil : ChangeLog.open(self, {}))
        end

        def open_stream_change_for_update
          logged = saved_changes? && !suppressed_streams?
          push_stream_change(logged ? ChangeLog.open(self, declared_streams_before_save) : nil)
        end

        def complete_stream_change
          change = pop_stream_change or return
          streams = declared_streams
          return if streams.empty? && change.streams_before.empty?

          change.complete(streams_after: streams, value: to_stream_value, version: take_stream_version)
        end

        def note_streams_before_destroy
          @streams_before_destroy = suppressed_streams? || new_record? ? nil : declared_streams_in_database
          true
        end

        def log_stream_change_for_destroy
          streams, @streams_before_destroy = @streams_before_destroy, nil
          return if streams.blank? || suppressed_streams?

          ChangeLog.open(self, streams).complete(streams_after: {}, version: take_stream_version)
        end

        def take_stream_version = Rails.record_version.take(self.class)

        # Saves nest (a callback may save its own record), so their changes do. Every save pushes
        # one, nil if it is not logged. The list is never changed in place: `dup` shares it.
        def push_stream_change(change)
          @stream_changes = [ *@stream_changes, change ]
        end

        def pop_stream_change
          *@stream_changes, change = @stream_changes
          change
        end

        # name => ttl, of all declarations.
        def declared_streams
          streams_of(self.class.stream_declarations) { self }
        end

        # The model as it was before the save is made only for declarations that may have moved it.
        def declared_streams_before_save
          before = nil
          streams_of(self.class.stream_declarations) do |declaration|
            next self unless declaration.moved_by?(self, saved_changes)
            before ||= record_with(saved_changes) { |name| attribute_before_last_save(name) }
          end
        end

        def declared_streams_in_database
          return declared_streams unless has_changes_to_save?

          in_database = record_with(changes_to_save) { |name| attribute_in_database(name) }
          streams_of(self.class.stream_declarations) { in_database }
        end

        def streams_of(declarations)
          declarations.each_with_object({}) do |declaration, streams|
            record = yield declaration
            name = stream_name_for(declaration, record)
            streams[name] ||= declaration.ttl if name
          end
        end

        # The old parent may be gone, and a lambda may stumble over that: then nobody is told, but
        # the save goes on.
        def stream_name_for(declaration, record)
          name = -> { DurableStreams.send(:stream_name_from, declaration.streamables(record)) }
          record.equal?(self) ? name.call : Reporting.guard(record: to_gid.to_s, &name)
        end

        # This row with other values, with the parents that it has in common already loaded.
        def record_with(changes)
          values = attribute_names.index_with do |name|
            self.class.type_for_attribute(name).serialize(yield(name))
          end
          self.class.instantiate(values).tap { |record| share_parents(record, changes) }
        end

        def share_parents(record, changes)
          self.class.reflect_on_all_associations(:belongs_to).each do |parent|
            columns = [ parent.foreign_key, parent.foreign_type ].flatten.compact.map(&:to_s)
            next if columns.intersect?(changes.keys) || !association(parent.name).loaded?

            record.association(parent.name).target = association(parent.name).target
          end
        end
    end
  end
end
