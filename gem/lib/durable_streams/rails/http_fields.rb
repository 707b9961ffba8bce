# frozen_string_literal: true

module DurableStreams
  module Rails
    # The header fields of a response, as they came. Few requests ask for any, so nothing is made of
    # them before somebody does.
    class HttpFields
      # `fields`: pairs of name and value.
      def initialize(fields)
        @fields = fields
      end

      # A field's value, by its lower-case name; several are joined by ", ". nil if there is none.
      def [](name)
        values = @fields.filter_map { |field, value| value.strip if field.casecmp(name) == 0 }
        values.join(", ") if values.any?
      end

      def to_h = @fields.to_h { |name, _| [ name.downcase, self[name] ] }
    end
  end
end
