# frozen_string_literal: true

require "fileutils"
require "openssl"
require "durable_streams/rails/server_command"

module DurableStreams
  module Rails
    # bin/rails durable_streams:generate_keys: makes a pair, writes the private part into the app's
    # credentials and the public part into config/durable_streams/verify_key.pem, which belongs into
    # version control. Where the credentials cannot be written (no master key) it prints what to add.
    #
    # It never replaces a key unless told to: the server would refuse every token until it has the
    # new public part. Nor does it put one, unless told to, where production would not see it.
    class KeyInstallation
      PUBLIC_PATH = ServerCommand::KEY_OF_CREDENTIALS
      PRODUCTION_CREDENTIALS = File.join("config", "credentials", "production.yml.enc")

      def initialize(app, force: false, out: $stdout)
        @app = app
        @force = force
        @out = out
      end

      # Exits with 1 if there is a key already, or the key would not be production's.
      def run
        unless @force
          refuse_to_replace if credentials_have_key? || File.exist?(public_path)
          refuse_to_miss_production if production_has_other_credentials?
        end

        key = OpenSSL::PKey::EC.generate("prime256v1")
        write_public_part(key)
        write_private_part(key)
      end

      private
        def public_path = @app.root.join(PUBLIC_PATH).to_s

        def credentials_have_key?
          @app.credentials.dig(:durable_streams, :signing_key).present?
        end

        # From the app's root.
        def credentials_path
          Pathname(@app.credentials.content_path).relative_path_from(@app.root).to_s
        end

        def production_has_other_credentials?
          credentials_path != PRODUCTION_CREDENTIALS && @app.root.join(PRODUCTION_CREDENTIALS).exist?
        end

        def refuse_to_miss_production
          @out.puts "Production reads #{PRODUCTION_CREDENTIALS}, not #{credentials_path}:\n" \
                    "  RAILS_ENV=production bin/rails durable_streams:generate_keys\n" \
                    "(FORCE=1 puts the key into #{credentials_path} all the same.)"
          exit 1
        end

        def refuse_to_replace
          @out.puts "There is a key already (credentials or #{PUBLIC_PATH}). FORCE=1 replaces it: every " \
                    "token is refused from then on until the server has the new public part."
          exit 1
        end

        def write_public_part(key)
          FileUtils.mkdir_p(File.dirname(public_path))
          File.write(public_path, key.public_to_pem)
          @out.puts "Public part, for the server's auth.verify_key: #{PUBLIC_PATH}"
        end

        def write_private_part(key)
          if @app.credentials.key.nil?
            @out.puts "Private part: there is no key for #{credentials_path} here. Add this by #{edit_command}", "", block(key)
          elsif @app.credentials.config.key?(:durable_streams)
            @out.puts "Private part: #{credentials_have_key? ? "replace" : "add to what is there"} durable_streams.signing_key by #{edit_command}", "", block(key)
          else
            add_to_credentials(key)
            @out.puts "Private part: written into #{credentials_path} as durable_streams.signing_key"
          end
        end

        def edit_command
          environment = credentials_path[%r{\Aconfig/credentials/(\w+)\.yml\.enc\z}, 1]
          "bin/rails credentials:edit#{" --environment #{environment}" if environment}"
        end

        def add_to_credentials(key)
          text = @app.credentials.content_path.exist? ? @app.credentials.read : +""
          text += "\n" unless text.empty? || text.end_with?("\n")
          @app.credentials.write(text + block(key))
        end

        def block(key)
          "durable_streams:\n  signing_key: |\n#{key.private_to_pem.gsub(/^/, "    ")}"
        end
    end
  end
end
