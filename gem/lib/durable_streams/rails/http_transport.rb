# frozen_string_literal: true

require "durable_streams/rails/http_connection"
require "durable_streams/rails/http_connections"
require "durable_streams/rails/http_endpoint"
require "durable_streams/rails/http_response_reader"

module DurableStreams
  module Rails
    # Sends requests to `server_url`. Redirects are not followed: the server's token goes nowhere else.
    #
    # Threads: any.
    class HttpTransport
      # Lost on a used connection, these mean that the server hung up while it was idle.
      HUNG_UP = [ EOFError, IOError, Errno::ECONNRESET, Errno::EPIPE, Errno::ECONNABORTED ].freeze
      UNREACHABLE = [
        SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError, MalformedResponse
      ].freeze
      NOT_IN_A_FIELD = /[^\t\x20-\x7e]/

      def initialize(settings)
        @settings = settings
        @lock = Mutex.new
      end

      # Answers a Response, whatever its status.
      #
      # Errors: ServerUnreachable if there is none until the deadline; ServerDown, one of these, if the
      # server was not asked because it is known to be down; ArgumentError for a header that cannot be
      # sent.
      def call(request, token:, deadline:)
        connections = current_connections
        endpoint = connections.endpoint
        bytes = bytes_of(request, token, endpoint)
        raise ServerUnreachable.new("no time left to ask #{endpoint.url}", timeout: true) if deadline.passed?

        Runtime.breaker.call(deadline, server: endpoint.url) do |allowed|
          exchange(connections, bytes, request.verb, allowed)
        rescue *UNREACHABLE => error
          raise ServerUnreachable.new("#{endpoint.url} can't be reached: #{error.message} (#{error.class})",
            timeout: error.is_a?(Timeout::Error))
        end
      end

      private
        # What was lost on a used connection is sent once more, on a new one: see Request.
        def exchange(connections, bytes, verb, deadline, fresh: false)
          used = false
          connections.with(deadline, fresh:) do |connection|
            used = connection.used?
            connection.exchange(bytes, verb:, deadline:)
          end
        rescue *HUNG_UP
          raise unless used
          exchange(connections, bytes, verb, deadline, fresh: true)
        end

        # The whole request in one piece, so that it is one write and one packet.
        def bytes_of(request, token, endpoint)
          body = request.body
          bytes = +"#{request.verb} #{target(request, endpoint)} HTTP/1.1\r\nHost: #{endpoint.authority}\r\n" \
                   "Accept-Encoding: identity\r\n"
          request.headers.each { |name, value| add_field(bytes, name, value.to_s) }
          add_field(bytes, "Authorization", "Bearer #{token}") if token
          bytes << "Content-Length: " << body.bytesize.to_s << "\r\n" if body
          bytes << "\r\n"
          body ? bytes.force_encoding(Encoding::BINARY) << body.b : bytes
        end

        def add_field(bytes, name, value)
          if value.match?(NOT_IN_A_FIELD)
            raise ArgumentError, "the header #{name} must be printable ASCII, unlike #{value.inspect}"
          end
          bytes << name << ": " << value << "\r\n"
        end

        def target(request, endpoint)
          path = endpoint.path + StreamUrl.path(request.name)
          request.query.empty? ? path : "#{path}?#{URI.encode_www_form(request.query)}"
        end

        # Follows `server_url` when it is set anew.
        def current_connections
          connections = @connections
          return connections if connections&.endpoint&.url == @settings.server_url

          @lock.synchronize do
            next @connections if @connections&.endpoint&.url == @settings.server_url

            Runtime.breaker.reset
            @connections&.close
            @connections = HttpConnections.new(HttpEndpoint.new(@settings.server_url), connect_timeout: @settings.connect_timeout)
          end
        end
    end
  end
end
