# frozen_string_literal: true

module DurableStreams
  module Rails
    # The head of an HTTP/1.1 response: status and header fields. Its form is checked as a whole; the
    # fields are taken apart only when somebody asks for one, because few requests do.
    #
    # Errors: MalformedResponse.
    class HttpHead
      TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]"
      FORM = %r{\AHTTP/1\.[01] [1-5]\d\d(?: [^\r\n\0]*+)?(?:\r\n#{TOKEN}++:[^\r\n\0]*+)*+\z}n
      FRAMING = /^(content-length|transfer-encoding|connection):[ \t]*([^\r\n]*?)[ \t]*\r?$/in

      # `text` is all before the empty line.
      def initialize(text)
        raise MalformedResponse, "no head of an HTTP/1.1 response: #{text[0, 80].inspect}" unless FORM.match?(text)

        @text = text
        text.scan(FRAMING) { |name, value| add_framing(name.downcase, value) }
      end

      def status = @text.byteslice(9, 3).to_i

      # What decides where the response ends; nil where the head has no such field.
      attr_reader :content_length, :transfer_encoding

      # Whether the server keeps the connection open.
      def keep_alive?
        @text.getbyte(7) == 49 && !@connection&.match?(/\bclose\b/i) # HTTP/1.1
      end

      # A field's value, by its lower-case name; several are joined by ", ".
      def [](name) = to_h[name]

      def to_h
        @fields ||= @text.lines("\r\n", chomp: true).drop(1).each_with_object({}) do |line, fields|
          name, _, value = line.partition(":")
          fields[name.downcase] = [ *fields[name.downcase], value.strip ].join(", ")
        end
      end

      private
        def add_framing(name, value)
          case name
          when "content-length" then @content_length = [ *@content_length, value ].join(", ")
          when "transfer-encoding" then @transfer_encoding = [ *@transfer_encoding, value ].join(", ")
          else @connection = [ *@connection, value ].join(", ")
          end
        end
    end
  end
end
