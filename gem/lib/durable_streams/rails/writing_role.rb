# frozen_string_literal: true

module DurableStreams
  module Rails
    # The connection on which a model is written, also where a request reads from a replica: a replica
    # takes no rows, and its host has a clock of its own.
    module WritingRole
      # Yields the connection.
      def self.with_connection(record_class, &block)
        if record_class.current_role == ::ActiveRecord.writing_role && !record_class.current_preventing_writes
          record_class.with_connection(&block)
        else
          ::ActiveRecord::Base.connected_to(role: ::ActiveRecord.writing_role) { record_class.with_connection(&block) }
        end
      end
    end
  end
end
