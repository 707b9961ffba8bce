# frozen_string_literal: true

require "durable_streams/rails/http_connection"
require "durable_streams/rails/http_connections"
require "durable_streams/rails/http_endpoint"
require "durable_streams/rails/http_message"

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
        message = HttpMessage.new(request, endpoint, token)
        raise ServerUnreachable.new("no time left to ask #{endpoint.url}", timeout: true) if deadline.passed?

        Runtime.breaker.call(deadline, server: endpoint.url) do |allowed|
          exchange(connections, message, allowed)
        rescue *UNREACHABLE => error
          @settings.relocate
          raise ServerUnreachable.new("#{endpoint.url} can't be reached: #{error.message} (#{error.class})",
            timeout: error.is_a?(Timeout::Error))
        end
      end

      private
        # What was lost on a used connection is sent once more, on a new one: see Request.
        def exchange(connections, message, deadline, fresh: false)
          used = false
          connections.with(deadline, fresh:) do |connection|
            used = connection.used?
            connection.exchange(message, deadline:)
          end
        rescue *HUNG_UP
          raise unless used
          exchange(connections, message, deadline, fresh: true)
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
