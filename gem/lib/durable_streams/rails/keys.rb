# frozen_string_literal: true

require "openssl"

module DurableStreams
  module Rails
    # Which key signs. In this order: the setting (the installed initializer reads it from the
    # credentials); the credentials; in development and test a pair made under tmp/.
    #
    # Errors: KeyMissing with the command to run; ArgumentError for what is no ES256 private key.
    module Keys
      REMEDY = "no signing key for durable streams: run bin/rails durable_streams:generate_keys and " \
               "put the private part into the credentials as durable_streams.signing_key"

      class << self
        def signing_key(settings = Runtime.settings)
          parse(settings.signing_key.presence || from_credentials(:signing_key) || local_key || raise(KeyMissing, REMEDY))
        end

        def signing_kid(settings = Runtime.settings)
          settings.signing_kid.presence || from_credentials(:signing_kid)
        end

        def configured?(settings = Runtime.settings)
          settings.signing_key.present? || from_credentials(:signing_key).present?
        end

        # Development and test: leaves the public part of the key that signs where the server's
        # configuration expects it.
        def publish_local
          return unless local_keys

          configured? ? local_keys.publish(signing_key) : local_keys.ensure
        end

        # Takes a PEM text (also one with "\n" spelled out, as environment variables have it) or a key.
        def parse(key)
          return checked(key) unless key.is_a?(String)

          # Parsing costs more than signing; the last key is remembered.
          last_text, last_key = @last_parsed
          return last_key if last_text == key

          checked(OpenSSL::PKey.read(key.gsub("\\n", "\n"))).tap { |parsed| @last_parsed = [ key, parsed ] }
        rescue OpenSSL::PKey::PKeyError
          raise ArgumentError, "signing_key is not a PEM text of an ES256 (P-256) private key"
        end

        private
          def checked(key)
            unless key.is_a?(OpenSSL::PKey::EC) && key.private? && key.group.curve_name == "prime256v1"
              raise ArgumentError, "signing_key must be an ES256 (P-256) private key"
            end
            key
          end

          def from_credentials(name)
            ::Rails.application&.credentials&.dig(:durable_streams, name).presence
          end

          def local_key = local_keys&.ensure

          def local_keys
            @local_keys ||= LocalKeys.new(::Rails.root) if ::Rails.env.local? && ::Rails.root
          end
      end
    end
  end
end
