# frozen_string_literal: true

module DurableStreams
  module Rails
    # All settings, with their defaults in real units. Each is read and written as
    # `DurableStreams.name`, or set as `config.durable_streams.name`. What is written is checked at
    # once: an ArgumentError says what a good value looks like.
    class Settings
      DEFAULT_URL = "http://localhost:4437/v1/streams"

      # What clients' URLs begin with, and where this app's own requests go, which may be a Unix socket:
      # see HttpEndpoint.
      attr_reader :client_url, :server_url

      # ES256: a PEM string or an OpenSSL::PKey::EC. nil: see Keys.
      attr_accessor :signing_key

      # The `kid` header of tokens, for servers that know several keys.
      attr_accessor :signing_kid

      # The claims `iss` and `aud`. The server's configuration names the same two; nil leaves one out.
      attr_accessor :token_issuer, :token_audience

      # How long the app server's own tokens live, and those in signed URLs.
      attr_reader :token_expiry, :signed_stream_url_expires_in

      # Stands before every stream's name, so that apps or environments can share a server.
      attr_reader :stream_prefix

      # How long an idle stream lives if its declaration or call says nothing. nil: for ever.
      attr_reader :stream_ttl

      # Whether broadcasts go through a table of the database, and how often a process looks there for
      # what others left. See Outbox.
      attr_accessor :outbox
      attr_reader :outbox_sweep_interval

      # For connecting, and for a whole operation, retries included. `page_deadline` bounds what
      # happens while a page is rendered: signed URLs and offsets.
      attr_reader :connect_timeout, :deadline, :page_deadline

      # Answers the Bearer token of a request to the server; called for each request. nil: the
      # gem's own (see Tokens), which mints a token and reuses it until half of its life.
      attr_accessor :server_token

      # Pages (see StreamsHelper). Whether `durable_stream_from` brings its script along; how long an
      # open page may renew its token; by how much queries may lag behind what was committed when they
      # read from a replica.
      attr_accessor :page_script
      attr_reader :page_expires_in, :page_overlap

      # Who gets a new token (see TokensController): whether there is a route for it at all; the
      # controller whose before_actions run first; a callable that is given the Grant, in that
      # controller's context; the cookies that a visitor's sign-in is kept in.
      attr_accessor :draw_routes, :parent_controller, :allow_renewal, :session_cookies

      # Whether Turbo Streams travel over durable streams instead of Action Cable (see TurboStreams),
      # and how long their streams live when idle.
      attr_accessor :turbo
      attr_reader :turbo_ttl

      # Whether system tests start a server of their own: see SystemTestServer.
      attr_accessor :system_test_server

      # Where released server binaries are: see ServerRelease.
      attr_accessor :releases_url

      NAMES = %i[
        client_url server_url signing_key signing_kid token_issuer token_audience token_expiry
        signed_stream_url_expires_in stream_prefix stream_ttl connect_timeout deadline
        page_deadline server_token outbox outbox_sweep_interval
        page_script page_expires_in page_overlap
        draw_routes parent_controller allow_renewal session_cookies turbo turbo_ttl
        system_test_server releases_url
      ].freeze

      def self.accessors = NAMES.flat_map { |name| [ name, :"#{name}=" ] }

      def initialize
        self.client_url = ENV.fetch("DURABLE_STREAMS_CLIENT_URL", DEFAULT_URL)
        self.server_url = ENV.fetch("DURABLE_STREAMS_SERVER_URL", DEFAULT_URL)
        self.token_expiry = 120.seconds
        self.signed_stream_url_expires_in = 15.minutes
        self.connect_timeout = 1.second
        self.deadline = 5.seconds
        self.page_deadline = 1.second
        self.outbox_sweep_interval = 10.seconds
        @token_audience = "durable-streams"
        self.page_script = true
        self.page_expires_in = 1.day
        self.page_overlap = 0.seconds
        self.draw_routes = true
        self.parent_controller = "ActionController::Base"
        self.session_cookies = %w[session_id]
        self.turbo = false
        self.turbo_ttl = 1.day
        self.system_test_server = true
      end

      # Takes `config.durable_streams`.
      def update(options)
        options.each do |name, value|
          unless NAMES.include?(name.to_sym)
            raise ArgumentError, "unknown setting config.durable_streams.#{name}; the settings are #{NAMES.join(", ")}"
          end
          public_send(:"#{name}=", value)
        end
      end

      # Follows a server that had to take another port (see LocalPort). Without an argument: looks again,
      # because it has moved since, or been started later than this process.
      def relocate(local_port = @local_port)
        @local_port = local_port or return
        @client_url = local_port.relocate(@configured_client_url)
        @server_url = local_port.relocate(@configured_server_url)
      end

      def client_url=(url)
        endpoint = checked_endpoint(:client_url, url)
        raise ArgumentError, "client_url is for browsers: they know no Unix sockets (#{url})" if endpoint.unix?
        @client_url = @configured_client_url = endpoint.url
      end

      def server_url=(url)
        @server_url = @configured_server_url = checked_endpoint(:server_url, url).url
      end

      %i[
        token_expiry signed_stream_url_expires_in connect_timeout deadline page_deadline outbox_sweep_interval
        page_expires_in turbo_ttl
      ].each do |name|
        define_method(:"#{name}=") do |duration|
          instance_variable_set(:"@#{name}", positive(name, duration))
        end
      end

      def page_overlap=(duration)
        @page_overlap = duration.to_f.zero? ? 0.seconds : positive(:page_overlap, duration)
      end

      def stream_ttl=(duration)
        @stream_ttl = duration && positive(:stream_ttl, duration)
      end

      def stream_prefix=(prefix)
        prefix = prefix&.to_s.presence
        if prefix && prefix.split("/", -1).any? { |part| part.empty? || part == "." || part == ".." }
          raise ArgumentError, "stream_prefix is words joined by \"/\", such as \"shop/staging\", not #{prefix.inspect}"
        end
        @stream_prefix = prefix
      end

      private
        def checked_endpoint(name, url)
          HttpEndpoint.new(url)
        rescue URI::InvalidURIError
          raise ArgumentError, "#{name} is an http or https URL such as #{DEFAULT_URL}, not #{url.inspect}"
        end

        def positive(name, duration)
          unless (duration.is_a?(Numeric) || duration.is_a?(ActiveSupport::Duration)) && duration.to_f.positive?
            raise ArgumentError, "#{name} is a duration such as 5.seconds, not #{duration.inspect}"
          end
          duration
        end
    end
  end
end
