# frozen_string_literal: true

module DurableStreams
  module Rails
    # The header fields of a response, as they came. Few requests ask for any, so they are taken apart
    # only when somebody does.
    class HttpFields
      FIELD = /([^:]+):[ \t]*([^\r]*)\r\n/n
      FRAMING_FIELD = /^(connection|content-length|transfer-encoding):[ \t]*([^\r]*)\r\n/in

      # `head`: a well-formed head of a response.
      def initialize(head)
        @head = head
      end

      # A field's value, by its lower-case name; several are joined by ", ". nil if there is none.
      def [](name) = to_h[name]

      def to_h = @all ||= values(FIELD)

      # Of these, the fields that tell where the response ends, and whether the connection does.
      def framing = values(FRAMING_FIELD)

      private
        def values(pattern)
          values = {}
          lines.scan(pattern) do |name, value|
            name.downcase!
            value.rstrip!
            values[name] = values.key?(name) ? "#{values[name]}, #{value}" : value
          end
          values
        end

        # Without the status line.
        def lines = @head.byteslice((@head.byteindex("\n") + 1)..-3)
    end
  end
end
