# frozen_string_literal: true

module DurableStreams
  module Rails
    # Mints the ES256 tokens that the server verifies.
    #
    # Threads: any.
    class Tokens
      PERMISSIONS = %w[read write].freeze
      # How much of its life a client's token may have lost when it is given to another page.
      SPENT_MAX = 0.01
      KEPT_MAX = 1_000

      def initialize(settings, clock: -> { Time.now.to_i })
        @settings = settings
        @clock = clock
        @lock = Mutex.new
        @client_tokens = {}
      end

      # A client's token: it opens the one stream that it names, until it expires.
      #
      # Who asks again for the same may get the same token, which then has at least 99 % of its life
      # before it.
      def client_token(stream_name, permissions: [ :read ], identity: nil, expires_in: nil)
        permissions = checked_permissions(permissions)
        expires_in = checked_expiry(expires_in)
        identity = identity.to_s.presence

        ActiveSupport::Notifications.instrument("sign.durable_streams", stream: stream_name, permissions:, expires_in:) do |payload|
          wanted = [ stream_name, permissions, identity, expires_in ]
          token = kept_token(wanted)
          payload[:reused] = !token.nil?
          token || keep(wanted, @clock.call + expires_in * SPENT_MAX) do
            sign({ stream: stream_name, permissions:, identity: }, expires_in)
          end
        end
      end

      # The app server's own token: every right on every stream. The same one is answered until half
      # of its life is over.
      def server_token
        @lock.synchronize do
          forget_tokens_of_other_settings
          if @server_token.nil? || @clock.call >= @renew_at
            @renew_at = @clock.call + @settings.token_expiry.to_f / 2
            @server_token = sign({ server: true }, @settings.token_expiry.to_i)
          end
          @server_token
        end
      end

      # After a 401. Another thread may have renewed it meanwhile: only `token` is forgotten.
      def forget_server_token(token)
        @lock.synchronize { @server_token = nil if @server_token == token }
      end

      private
        # Claims that are nil are left out.
        def sign(claims, expires_in)
          now = @clock.call
          claims[:iss] = @settings.token_issuer.presence
          claims[:aud] = @settings.token_audience.presence
          claims[:iat] = now
          claims[:exp] = now + expires_in
          JsonWebToken.sign(claims.compact, Keys.signing_key(@settings), kid: Keys.signing_kid(@settings))
        end

        def kept_token(wanted)
          @lock.synchronize do
            forget_tokens_of_other_settings
            token, until_when = @client_tokens[wanted]
            next token if token && @clock.call <= until_when

            @client_tokens.delete(wanted) if token
            nil
          end
        end

        # Signing is the long part, so it is done outside the lock. The oldest goes first when there
        # are too many.
        def keep(wanted, until_when)
          settings = @settings_of_tokens
          yield.tap do |token|
            @lock.synchronize do
              next unless settings.equal?(@settings_of_tokens)

              @client_tokens.shift if @client_tokens.size >= KEPT_MAX
              @client_tokens[wanted] = [ token, until_when ]
            end
          end
        end

        def forget_tokens_of_other_settings
          settings = token_settings
          return if settings == @settings_of_tokens

          @settings_of_tokens = settings
          @server_token = nil
          @client_tokens.clear
        end

        def token_settings
          [ @settings.signing_key, @settings.signing_kid, @settings.token_issuer, @settings.token_audience,
            @settings.token_expiry ]
        end

        def checked_permissions(permissions)
          permissions = Array(permissions).map(&:to_s).uniq
          unknown = permissions - PERMISSIONS
          if permissions.empty? || unknown.any?
            raise ArgumentError, "permissions are :read, :write or both, not #{permissions.inspect}"
          end
          permissions
        end

        def checked_expiry(expires_in)
          expires_in ||= @settings.signed_stream_url_expires_in
          raise ArgumentError, "expires_in is at least a second, not #{expires_in.inspect}" unless expires_in.to_i >= 1
          expires_in.to_i
        end
    end
  end
end
