# frozen_string_literal: true

module DurableStreams
  module Rails
    # Reads one HTTP/1.1 response out of the bytes that it is given (RFC 9112), strictly: what could be
    # read in two ways is refused, because the rest of it would be taken for the next response.
    #
    #   reader = HttpResponseReader.new("GET")
    #   reader << bytes until reader.complete?
    #   reader.response
    #
    # Errors: MalformedResponse.
    class HttpResponseReader
      HEAD_BYTES_MAX = 65_536
      CHUNK_LINE_BYTES_MAX = 1024

      HEAD_END = "\r\n\r\n"
      LENGTH = /\A\d{1,15}\z/
      CHUNK_LINE = /\A(\h{1,12})[ \t]*(?:;[^\r\n]*)?\z/n

      # `verb`: the answer to HEAD has no body, whatever its headers say.
      def initialize(verb)
        @verb = verb
        @buffer = String.new(encoding: Encoding::BINARY)
        @body = String.new(encoding: Encoding::BINARY)
        @state = :head
      end

      # nil is taken for nothing.
      def <<(bytes)
        @buffer << bytes if bytes
        nil while @state != :complete && advance
        self
      end

      def complete? = @state == :complete

      # Whether another request may follow on the connection.
      def keep_alive? = @head.keep_alive? && !@ended_by_close && @buffer.empty?

      def response
        Response.new(status: @head.status, headers: @head, body: @body)
      end

      # Only a body without a length may end with the connection.
      #
      # Errors: EOFError.
      def end_of_input
        raise EOFError, "the server hung up" unless @state == :until_end
        @state = :complete
        nil
      end

      private
        # Takes what it can from the buffer; false if it needs more.
        def advance
          case @state
          when :head then take_head
          when :length then take_length
          when :until_end then take_all
          when :chunk_line then take_chunk_line
          when :chunk then take_chunk
          when :trailers then take_trailers
          end
        end

        def take_head
          ending = @buffer.index(HEAD_END)
          refuse "a head of more than #{HEAD_BYTES_MAX} bytes" if (ending || @buffer.bytesize) > HEAD_BYTES_MAX
          return false unless ending

          @head = HttpHead.new(@buffer.slice!(0, ending + HEAD_END.bytesize).chomp!(HEAD_END))
          @state = framing unless @head.status < 200 # an interim response: the real one follows
          true
        end

        # How the body ends (RFC 9112, 6.3).
        def framing
          return :complete if @verb == "HEAD" || @head.status == 204 || @head.status == 304
          return length_framing unless (encoding = @head.transfer_encoding)

          refuse "both Transfer-Encoding and Content-Length" if @head.content_length
          refuse "Transfer-Encoding #{encoding.inspect}" unless encoding.casecmp?("chunked")
          :chunk_line
        end

        def length_framing
          length = @head.content_length
          return until_end unless length

          refuse "Content-Length #{length.inspect}" unless length.match?(LENGTH)
          @missing = length.to_i
          @missing.zero? ? :complete : :length
        end

        def until_end
          @ended_by_close = true
          :until_end
        end

        def take_length
          move_to_body or return false
          @state = :complete if @missing.zero?
          true
        end

        def take_all
          @missing = @buffer.bytesize
          move_to_body
        end

        def take_chunk_line
          line = take_line or return false
          size = CHUNK_LINE.match(line) or refuse "no chunk: #{line[0, 50].inspect}"
          @missing = size[1].hex
          @state = @missing.zero? ? :trailers : :chunk
          true
        end

        def take_chunk
          return move_to_body if @missing.positive?
          return false if @buffer.bytesize < 2

          refuse "a chunk longer than it says" unless @buffer.slice!(0, 2) == "\r\n"
          @state = :chunk_line
          true
        end

        # Read over: nothing of ours is in them.
        def take_trailers
          line = take_line or return false
          @state = :complete if line.empty?
          true
        end

        def take_line
          ending = @buffer.index("\r\n")
          refuse "a line of more than #{CHUNK_LINE_BYTES_MAX} bytes" if (ending || @buffer.bytesize) > CHUNK_LINE_BYTES_MAX
          @buffer.slice!(0, ending + 2).chomp!("\r\n") if ending
        end

        # False if there was nothing to move.
        def move_to_body
          return false if @buffer.empty?

          piece = @buffer.bytesize <= @missing ? @buffer : @buffer.byteslice(0, @missing)
          @missing -= piece.bytesize
          @body << piece
          @buffer.equal?(piece) ? @buffer.clear : @buffer.slice!(0, piece.bytesize)
          true
        end

        def refuse(what)
          raise MalformedResponse, "not a response: #{what}"
        end
    end
  end
end
