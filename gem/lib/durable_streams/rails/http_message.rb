# frozen_string_literal: true

module DurableStreams
  module Rails
    # A request as it goes on the wire, its head in one piece. It can be sent more than once.
    class HttpMessage
      # They could end a field before its time.
      CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/

      # `body` is nil for none.
      attr_reader :verb, :head, :body

      # `headers`: names that are good as they are, and values that have a `to_s`.
      #
      # Errors: ArgumentError for a value that is not printable ASCII.
      def initialize(verb:, target:, authority:, headers: {}, body: nil)
        @verb = verb
        @body = body
        @head = "#{verb} #{target} HTTP/1.1\r\nhost: #{authority}\r\ncontent-length: #{body&.bytesize.to_i}\r\n"
        headers.each { |name, value| add(name, value.to_s) }
        @head << "\r\n"
      end

      private
        def add(name, value)
          unless value.ascii_only? && !value.match?(CONTROL)
            raise ArgumentError, "the header #{name} must be printable ASCII, unlike #{value.inspect}"
          end
          @head << name << ": " << value << "\r\n"
        end
    end
  end
end
