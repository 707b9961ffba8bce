# frozen_string_literal: true

require "durable_streams/rails/http_connections"

module DurableStreams
  module Rails
    # Sends requests to `server_url`. Redirects are not followed: the server's token goes nowhere else.
    #
    # Threads: any.
    class HttpTransport
      # Lost on a kept connection, these mean that the server hung up while it was idle.
      HUNG_UP = [ EOFError, Errno::ECONNRESET, Errno::EPIPE, Errno::ECONNABORTED, IOError ].freeze
      UNREACHABLE = [
        SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError,
        Net::ProtocolError, Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError
      ].freeze

      def initialize(settings)
        @settings = settings
        @lock = Mutex.new
      end

      # Answers a Response, whatever its status.
      #
      # Errors: ServerUnreachable if there is none until the deadline.
      def call(request, token:, deadline:)
        raise ServerUnreachable, "no time left to ask #{@settings.server_url}" if deadline.passed?

        # The inner timeouts bound each read; this one bounds them all, drop by drop as they may come.
        # It can only end what is done on this one connection, which is then closed.
        Timeout.timeout(deadline.remaining) { send_on_a_connection(request, token, deadline) }
      rescue *UNREACHABLE => error
        raise ServerUnreachable, "#{@settings.server_url} can't be reached: #{error.message} (#{error.class})"
      end

      private
        def send_on_a_connection(request, token, deadline, fresh: false)
          reused = false
          connections.with(deadline, fresh:) do |http, used_before|
            reused = used_before
            http.read_timeout = http.write_timeout = deadline.remaining
            response_from http.request(http_request(request, token))
          end
        rescue *HUNG_UP
          raise unless reused
          send_on_a_connection(request, token, deadline, fresh: true)
        end

        def http_request(request, token)
          path = base_uri.path + StreamUrl.path(request.name)
          path += "?#{URI.encode_www_form(request.query)}" if request.query.any?
          Net::HTTPGenericRequest.new(request.verb, !request.body.nil?, request.verb != "HEAD", path).tap do |http|
            request.headers.each { |name, value| http[name] = value.to_s }
            http["Authorization"] = "Bearer #{token}" if token
            http["Accept-Encoding"] = "identity"
            http.body = request.body if request.body
          end
        end

        def response_from(http)
          Response.new(status: http.code.to_i, headers: http.each_header.to_h, body: http.body.to_s)
        end

        def base_uri
          connections && @base_uri
        end

        # Follows `server_url` when it is set anew.
        def connections
          @lock.synchronize do
            unless @url == @settings.server_url
              @connections&.close
              @url = @settings.server_url
              @base_uri = URI.parse(@url)
              @connections = HttpConnections.new(@base_uri, connect_timeout: @settings.connect_timeout)
            end
            @connections
          end
        end
    end
  end
end
