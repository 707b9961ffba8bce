# frozen_string_literal: true

module DurableStreams
  module Rails
    # Where a record's declarations put it: the streams (name => StreamDeclaration::Destination) of
    # the record as it is, as it was before the save that is going on, and as it stands in the
    # database.
    class RecordStreams
      def initialize(record)
        @record = record
        @declarations = record.class.durable_stream_declarations
      end

      def now
        streams { @record }
      end

      # The record as it was is made only for declarations that may have moved it.
      def before_save
        before = nil
        streams do |declaration|
          next @record unless declaration.moved_by?(@record, @record.saved_changes)
          before ||= record_with(@record.saved_changes) { |name| @record.attribute_before_last_save(name) }
        end
      end

      def in_database
        return now unless @record.has_changes_to_save?

        in_database = record_with(@record.changes_to_save) { |name| @record.attribute_in_database(name) }
        streams { in_database }
      end

      private
        # Where two declarations name the same stream, the first one counts.
        def streams
          @declarations.each_with_object({}) do |declaration, streams|
            record = yield(declaration)
            guarded(record) do
              name = DurableStreams.send(:stream_name_from, declaration.streamables(record)) or next
              streams[name] ||= declaration.destination(record)
            end
          end
        end

        # The old parent may be gone, and a lambda may stumble over that: then nobody is told, but
        # the save goes on.
        def guarded(record, &block)
          record.equal?(@record) ? yield : Reporting.guard(record: record.to_gid.to_s, &block)
        end

        # This row with other values, and with the parents that it has in common already loaded.
        def record_with(changes)
          values = @record.attribute_names.index_with do |name|
            @record.class.type_for_attribute(name).serialize(yield(name))
          end
          @record.class.instantiate(values).tap { |other| share_parents(other, changes) }
        end

        def share_parents(other, changes)
          @record.class.reflect_on_all_associations(:belongs_to).each do |parent|
            columns = [ parent.foreign_key, parent.foreign_type ].flatten.compact.map(&:to_s)
            association = @record.association(parent.name)
            next if columns.intersect?(changes.keys) || !association.loaded?

            other.association(parent.name).target = association.target
          end
        end
    end
  end
end
