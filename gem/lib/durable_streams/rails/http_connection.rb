# frozen_string_literal: true

require "protocol/http1/connection"
require "protocol/http/body/buffered"
require "durable_streams/rails/timed_stream"

module DurableStreams
  module Rails
    # One connection to the server, for one request at a time. protocol-http1 knows how HTTP/1.1 is
    # written and read.
    #
    # Threads: one. Whoever gets an exception closes it: half an answer may be in it.
    class HttpConnection
      VERSION = "HTTP/1.1"

      # A request as it goes on the wire. `headers` are pairs of printable ASCII; `body` is nil for none.
      Message = Data.define(:verb, :target, :authority, :headers, :body)

      # Looks itself at the two fields that decide how a response is framed: the library parses all
      # fields for that, which is a third of what a request costs, and overlooks a second length.
      # HTTP/1.0 is not kept.
      class Exchange < Protocol::HTTP1::Connection
        def read_headers
          super.tap do |headers|
            raise Protocol::HTTP1::BadHeader, "several lengths" if values(headers, "content-length").size > 1
            @last = values(headers, "connection").any? { |value| value.match?(/\bclose\b/i) }
          end
        end

        def persistent?(version, _method, _headers) = version == VERSION && !@last

        private
          def values(headers, wanted)
            headers.fields.filter_map { |name, value| value if name.casecmp(wanted) == 0 }
          end
      end

      def initialize(socket)
        @stream = TimedStream.new(socket)
        @http = Exchange.new(@stream)
        @used = false
      end

      # Whether it has served a request before.
      def used? = @used

      # False after an answer that ends it.
      def reusable? = @http.idle? && @http.persistent

      # Whether the server closed it, or sent what nobody asked for, while it was idle.
      def disturbed? = !@stream.silent?

      # Sends a Message and answers the Response, in time or not at all.
      #
      # Errors: SystemCallError; IOError (EOFError: the server hung up); Timeout::Error when the
      # deadline passes; MalformedResponse; OpenSSL::SSL::SSLError.
      def exchange(message, deadline:)
        @stream.deadline = deadline
        send_message(message)
        read_response(message.verb).tap { @used = true }
      rescue EOFError, Protocol::HTTP::RemoteError
        raise EOFError, "the server hung up"
      rescue Protocol::HTTP::Error, ArgumentError, TypeError => error
        raise MalformedResponse, "not a response: #{error.message}"
      end

      def close = @stream.close

      private
        def send_message(message)
          @http.write_request(message.authority, message.verb, message.target, VERSION, message.headers)
          @http.write_body(VERSION, message.body && Protocol::HTTP::Body::Buffered.wrap(message.body))
        rescue Protocol::HTTP::RemoteError
          # The server closed before it had all. It may have answered first: that is read, if it is there.
        end

        def read_response(verb)
          version, status, _, headers, body = @http.read_response(verb)
          raise MalformedResponse, "not a response: #{version} #{status}" unless version.match?(%r{\AHTTP/1\.[01]\z}) && (100..599).cover?(status)
          return read_response(verb) if status < 200 # an interim response: the real one follows

          Response.new(status:, headers: HttpFields.new(headers.fields), body: body&.join.to_s)
        end
    end
  end
end
