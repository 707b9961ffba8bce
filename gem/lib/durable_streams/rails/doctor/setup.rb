# frozen_string_literal: true

module DurableStreams
  module Rails
    class Doctor
      # Binary, configuration, keys and settings, and whether they agree.
      class Setup
        include Findings

        attr_reader :env

        def initialize(command, settings, env)
          @command = command
          @settings = settings
          @env = env
        end

        def findings
          [ binary, version, configuration_file, data_directory, signing_key, verify_key,
            claim("issuer", :token_issuer), claim("audience", :token_audience), port, client_url ].compact
        end

        # What is in force; nil if that can't be told.
        def configuration
          @configuration, @complaint = @command.configuration if binary_path && !defined?(@configuration)
          @configuration
        end

        def start = "start the server: #{starters}"
        def restart = "start the server again: #{starters}"

        private
          def starters
            @command.local? ? "bin/dev, or bin/durable-streams" : "bin/durable-streams, or Puma with DURABLE_STREAMS_IN_PUMA=1"
          end

          def binary
            binary_path ? well("binary", binary_path) : wrong("binary", "there is none on this machine", @not_found.strip)
          end

          def binary_path
            @binary_path ||= ServerBinary.path(@command.root)
          rescue ServerBinary::NotFound => error
            @not_found = error.message
            nil
          end

          def version
            return unless binary_path

            actual = ServerBinary.version_of(binary_path)
            wanted = Versions.wanted
            if actual.nil?
              wrong("version", "#{binary_path} can't be run on this machine (#{ServerRelease.platform})", "DURABLE_STREAMS_VERSION=#{wanted} bin/rails durable_streams:download")
            elsif Versions.fits?(actual)
              well("version", actual)
            else
              wrong("version", "the server's is #{actual}, this gem goes with #{wanted}", "DURABLE_STREAMS_VERSION=#{wanted} bin/rails durable_streams:download, or bundle update durable_streams-rails")
            end
          end

          def configuration_file
            return unless binary_path

            if configuration
              well("configuration", "#{@command.config}, #{@command.env}")
            else
              wrong("configuration", @complaint.lines.first.to_s.strip, File.exist?(File.expand_path(@command.config, @command.root)) ?
                "correct #{@command.config}" : "bin/rails generate durable_streams:install makes #{@command.config}")
            end
          end

          def data_directory
            return if configuration.nil? || configuration.dig("storage", "engine") == "memory"

            path = File.expand_path(configuration.dig("storage", "data_dir"), @command.root)
            there = path
            there = File.dirname(there) until File.exist?(there)
            return well("data directory", path) if File.directory?(there) && File.writable?(there)

            wrong("data directory", "#{path} can't be written: #{there} is #{File.directory?(there) ? "not writable for this user" : "no directory"}",
              "make #{path} writable, or set storage.data_dir in #{@command.config}")
          end

          def signing_key
            Keys.signing_key(@settings)
            well("signing key", Keys.configured?(@settings) ? "from the settings or the credentials" : "tmp/durable_streams (#{env} needs no other)")
          rescue KeyMissing => error
            wrong("signing key", "there is none", error.message)
          rescue ArgumentError => error
            wrong("signing key", error.message, "bin/rails durable_streams:generate_keys makes a pair")
          end

          # A PEM file is compared. Of directories and JWKS files the running server knows.
          def verify_key
            path = configuration&.dig("auth", "verify_key") or return
            path = File.expand_path(path, @command.root)
            return if File.directory?(path)
            return wrong("verify key", "#{path} is not there", put_public_part(path)) unless File.file?(path)

            public_keys = File.read(path).scan(/-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----/m)
            return if public_keys.empty?

            ours = Keys.signing_key(@settings).public_to_pem
            public_keys.any? { |pem| OpenSSL::PKey.read(pem).public_to_pem == ours } ? well("verify key", path) :
              wrong("verify key", "#{path} is not the public part of the signing key: every token is refused", put_public_part(path))
          rescue KeyMissing, ArgumentError
            nil # told already
          end

          def put_public_part(path)
            if @command.local?
              "set auth.verify_key to tmp/durable_streams/verify_key.pem in #{@command.config} (the app keeps that up to date), and #{restart}"
            else
              "bin/rails runner 'print DurableStreams::Rails::Keys.signing_key.public_to_pem' > #{path}, and #{restart}"
            end
          end

          def claim(name, setting)
            return unless configuration&.dig("auth", "verify_key")

            expected = configuration.dig("auth", name)
            ours = @settings.public_send(setting)
            return well(name, expected || "not checked by the server") if expected.nil? || expected == ours

            wrong(name, "the server wants #{expected}, tokens say #{ours || "nothing"}",
              "DurableStreams.#{setting} in config/initializers/durable_streams.rb and auth.#{name} in #{@command.config} must be the same")
          end

          def port
            return if configuration.nil? || configuration["domain"]

            uri = parse(@settings.server_url)
            return unless uri && LocalPort::HOSTS.include?(uri.host)

            ports = [ configuration["port"], configuration.dig("internal", "port"), LocalPort.new(@command.root, env).record&.port ].compact
            return well("port", uri.port) if ports.include?(uri.port)

            wrong("port", "server_url says #{uri.port}, #{@command.config} says #{ports.first}",
              "set DURABLE_STREAMS_SERVER_URL and DURABLE_STREAMS_CLIENT_URL, or the initializer, or the file")
          end

          def client_url
            uri = parse(@settings.client_url)
            return if @command.local? || uri.nil? || !LocalPort::HOSTS.include?(uri.host)

            wrong("client_url", "browsers elsewhere can't reach #{@settings.client_url}",
              "set DURABLE_STREAMS_CLIENT_URL to the server's public address, such as https://streams.example.com/v1/streams")
          end

          def parse(url)
            uri = URI.parse(url)
            uri if uri.is_a?(URI::HTTP)
          end
      end
    end
  end
end
