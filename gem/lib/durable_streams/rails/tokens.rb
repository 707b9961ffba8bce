# frozen_string_literal: true

require "jwt"

module DurableStreams
  module Rails
    # Mints the ES256 tokens that the server verifies.
    #
    # Threads: any.
    class Tokens
      PERMISSIONS = %w[read write].freeze

      def initialize(settings, clock: -> { Time.now.to_i })
        @settings = settings
        @clock = clock
        @lock = Mutex.new
      end

      # A client's token: it opens the one stream that it names, until it expires.
      def client_token(stream_name, permissions: [ :read ], identity: nil, expires_in: nil)
        permissions = checked_permissions(permissions)
        claims = { stream: stream_name, permissions: }
        claims[:identity] = identity.to_s if identity.present?
        sign(claims, checked_expiry(expires_in))
      end

      # The app server's own token: every right on every stream. The same one is answered until half
      # of its life is over.
      def server_token
        @lock.synchronize do
          if @server_token.nil? || @server_token_settings != token_settings || @clock.call >= @renew_at
            @server_token_settings = token_settings
            @renew_at = @clock.call + @settings.token_expiry.to_f / 2
            @server_token = sign({ server: true }, @settings.token_expiry)
          end
          @server_token
        end
      end

      # After a 401. Another thread may have renewed it meanwhile: only `token` is forgotten.
      def forget_server_token(token)
        @lock.synchronize { @server_token = nil if @server_token == token }
      end

      private
        def sign(claims, expires_in)
          now = @clock.call
          claims[:iss] = @settings.token_issuer if @settings.token_issuer.present?
          claims[:aud] = @settings.token_audience if @settings.token_audience.present?
          claims.update(iat: now, exp: now + expires_in.to_i)
          JWT.encode(claims, Keys.signing_key(@settings), "ES256", { kid: Keys.signing_kid(@settings) }.compact)
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
          expires_in
        end
    end
  end
end
