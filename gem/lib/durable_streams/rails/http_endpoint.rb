# frozen_string_literal: true

require "openssl"
require "socket"
require "timeout"
require "uri"

module DurableStreams
  module Rails
    # Where requests go, as a `server_url` tells:
    #
    #   http://10.0.0.5:4437/v1/streams      https://streams.example.com/v1/streams
    #   unix:///run/app/streams.sock         a Unix socket, streams under /v1/streams
    #   unix:///run/app/streams.sock:/live   ... under /live
    #
    # A port of this machine is reached through the socket that the app's own server has besides, if it
    # is there: see LocalSocket. Proxies of the environment are not used: the server's token goes to this
    # host alone. TLS certificates are verified against the system's authorities and the host's name.
    class HttpEndpoint
      UNIX_URL = %r{\Aunix://(?<socket>/[^?#:]+)(?::(?<path>(?:/[^?#]*)?))?\z}
      DEFAULT_PATH = "/v1/streams"

      # `authority` is what the Host header says; `path` what every stream's path begins with.
      attr_reader :url, :authority, :path

      # Errors: URI::InvalidURIError for what is no such URL.
      def initialize(url)
        @url = url.to_s.chomp("/").freeze
        unix = UNIX_URL.match(@url)
        unix ? use_unix_socket(unix) : use_host(URI.parse(@url))
      end

      def unix? = !@unix_socket.nil?

      # A connected socket, non-blocking, within `timeout` seconds: all addresses, and TLS's greetings.
      #
      # Errors: SystemCallError; SocketError; OpenSSL::SSL::SSLError; Timeout::Error.
      def connect(timeout)
        deadline = Deadline.in(timeout)
        return Addrinfo.unix(@unix_socket).connect(timeout:) if unix?
        if (socket = local_socket&.connect(timeout))
          return socket
        end

        socket = connect_to_host(deadline)
        socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
        @tls ? start_tls(socket, deadline) : socket
      end

      # The LocalSocket that stands for the port; nil where there can be none.
      def local_socket
        LocalSocket.new(::Rails.root, @port) if !unix? && !@tls && LocalPort::HOSTS.include?(@host) && ::Rails.root
      end

      private
        def use_unix_socket(match)
          @unix_socket = match[:socket]
          @path = (match[:path] || DEFAULT_PATH).chomp("/")
          @authority = "localhost"
        end

        def use_host(uri)
          unless uri.is_a?(URI::HTTP) && uri.host.present? && uri.query.nil? && uri.fragment.nil? && uri.userinfo.nil?
            raise URI::InvalidURIError
          end
          @host, @port, @path = uri.hostname, uri.port, uri.path
          @tls = uri.is_a?(URI::HTTPS)
          @authority = uri.port == uri.default_port ? uri.host : "#{uri.host}:#{uri.port}"
        end

        # Each address gets its share of the time, so that a silent one leaves some for the next.
        def connect_to_host(deadline)
          addresses = addresses_of_host(deadline)
          addresses.each_with_index do |address, i|
            return address.connect(timeout: deadline.remaining / (addresses.size - i))
          rescue SystemCallError
            raise if address == addresses.last
          end
        end

        def addresses_of_host(deadline)
          # Names are looked up in the C library, which has no limit of its own.
          Timeout.timeout(deadline.remaining) { Addrinfo.getaddrinfo(@host, @port, nil, :STREAM) }
        end

        def start_tls(socket, deadline)
          tls = OpenSSL::SSL::SSLSocket.new(socket, tls_context)
          tls.sync_close = true
          tls.hostname = @host unless @host.match?(/\A[\d.]+\z|:/) # a name, not an address
          while (direction = tls.connect_nonblock(exception: false)).is_a?(Symbol)
            wait(socket, direction, deadline)
          end
          tls.post_connection_check(@host)
          tls
        rescue StandardError
          socket.close
          raise
        end

        def wait(socket, direction, deadline)
          ready = direction == :wait_readable ? socket.wait_readable(deadline.remaining) : socket.wait_writable(deadline.remaining)
          raise Timeout::Error, "TLS was not agreed on in time" unless ready
        end

        def tls_context
          @tls_context ||= OpenSSL::SSL::SSLContext.new.tap(&:set_params)
        end
    end
  end
end
