# frozen_string_literal: true

require "protocol/http1/connection"
require "durable_streams/rails/http_fields"
require "durable_streams/rails/timed_stream"

module DurableStreams
  module Rails
    # One connection to the server, for one request at a time. protocol-http1 knows how a response of
    # HTTP/1.1 is framed, and its state.
    #
    # Threads: one. Whoever gets an exception closes it: half an answer may be in it.
    class HttpConnection
      # The fields that frame a response, as protocol-http1 asks for them: it takes them away. Two lengths,
      # joined, are none to it. Trailers are passed over.
      class Framing
        def initialize(values)
          @values = values
        end

        def [](name) = @values[name]

        def delete(name)
          value = @values.delete(name)
          name == "transfer-encoding" ? value&.downcase&.split(/\s*,\s*/) : value
        end

        def add(*, **) = nil
      end

      # Writes a request's head, and reads a response's, in one piece: line by line, as the library does,
      # they take most of the time that a request costs its client. HTTP/1.0 is not kept.
      #
      # A head that says itself that nothing follows, as the answer to an append does, is all there is to
      # read.
      class Exchange < Protocol::HTTP1::Connection
        REASON = /(?: [^\0\r\n]*)?\r\n/n
        FIELD = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\0\r\n]*\r\n/n
        HEAD = %r{\AHTTP/1\.[01] [1-5]\d\d#{REASON}(?:#{FIELD})*\r\n\z}n
        NOT_FRAMING = /(?!(?i:content-length|connection|transfer-encoding):)#{FIELD}/n
        EMPTY = %r{\AHTTP/1\.1 [2-5]\d\d#{REASON}(?:#{NOT_FRAMING})*(?i:content-length):[ \t]*0[ \t]*\r\n(?:#{NOT_FRAMING})*\r\n\z}n
        HEAD_END = "\r\n\r\n"
        HEAD_BYTES_MAX = 65_536

        def write_whole_request(message)
          open!
          @stream.write(message.bytes)
        rescue Errno::EPIPE, Errno::ECONNRESET
          # The server closed before it had all. It may have answered first: that is read, if it is there.
        ensure
          send_end_stream!
        end

        # `verb` is the request's.
        def read_whole_response(verb)
          @head = read_head
          if EMPTY.match?(@head)
            receive_end_stream!
          else
            body = read_response(verb).last
          end
          return read_whole_response(verb) if status < 200 # an interim response: the real one follows

          Response.new(status:, headers: HttpFields.new(@head), body: body&.join.to_s)
        end

        # The library calls these.

        def read_response_line
          HEAD.match?(@head) or raise Protocol::HTTP1::BadHeader, @head.byteslice(0, 100).inspect
          [ @head.start_with?(HTTP11) ? HTTP11 : HTTP10, status, nil ]
        end

        def read_headers = Framing.new(HttpFields.new(@head).framing)

        def persistent?(version, _method, headers)
          version == HTTP11 && !headers["connection"]&.match?(/\bclose\b/i)
        end

        private
          def read_head
            head = @stream.gets(HEAD_END, HEAD_BYTES_MAX)
            raise EOFError if head.nil? || (head.bytesize < HEAD_BYTES_MAX && !head.end_with?(HEAD_END))
            head
          rescue Errno::ECONNRESET
            raise EOFError
          end

          def status = @head.byteslice(9, 3).to_i
      end

      def initialize(socket)
        @stream = TimedStream.new(socket)
        @http = Exchange.new(@stream)
      end

      # When it last served a request (as Deadline.now); nil before it has.
      attr_reader :used_at

      # Whether it has served a request before.
      def used? = !used_at.nil?

      # False after an answer that ends it.
      def reusable? = @http.idle? && @http.persistent

      # Whether the server closed it, or sent what nobody asked for, while it was idle.
      def disturbed? = !@stream.silent?

      # Sends an HttpMessage and answers the Response, in time or not at all.
      #
      # Errors: SystemCallError; IOError (EOFError: the server hung up); Timeout::Error when the
      # deadline passes; MalformedResponse; OpenSSL::SSL::SSLError.
      def exchange(message, deadline:)
        @stream.deadline = deadline
        @http.write_whole_request(message)
        @http.read_whole_response(message.verb).tap { @used_at = Deadline.now }
      rescue EOFError, Protocol::HTTP::RemoteError
        raise EOFError, "the server hung up"
      rescue Protocol::HTTP::Error, ArgumentError, TypeError => error
        raise MalformedResponse, "not a response: #{error.message}"
      end

      def close = @stream.close
    end
  end
end
