# frozen_string_literal: true

require "open3"
require "yaml"
require "durable_streams/rails/local_keys"
require "durable_streams/rails/local_socket"
require "durable_streams/rails/server_binary"

module DurableStreams
  module Rails
    # The command line that runs the app's server. Needs no Rails: bin/durable-streams and the Puma
    # plugin both start here.
    #
    # Environment: DURABLE_STREAMS_CONFIG names another configuration file than the app's;
    # DURABLE_STREAMS_PORT and DURABLE_STREAMS_DATA_DIR override what the file says.
    class ServerCommand
      # Where durable_streams:generate_keys puts the public part.
      KEY_OF_CREDENTIALS = File.join("config", "durable_streams", "verify_key.pem")
      FLAGS = { "DURABLE_STREAMS_PORT" => "--port", "DURABLE_STREAMS_DATA_DIR" => "--data-dir" }.freeze

      attr_reader :root, :env

      # Replaces this process by the server's, which logs to standard output. Fetches the binary first
      # if it is not there.
      def self.exec(root, arguments = [])
        command = new(root)
        command.prepare
        command.fetch_binary
        configuration, = command.configuration(arguments)
        missing_key = command.missing_key(configuration)
        abort "durable-streams: #{missing_key}" if missing_key
        Dir.chdir(command.root)
        command_line = command.to_a([ *command.socket_flag(configuration), *arguments ])
        begin
          Kernel.exec(*command_line, err: :out)
        rescue SystemCallError => error
          abort "#{command_line.first} can't be run on this machine (#{ServerRelease.platform}): #{error.message}"
        end
      rescue ServerBinary::NotFound, ServerRelease::Unavailable => error
        abort error.message
      end

      # The environment is found as Rails finds it.
      def initialize(root)
        @root = root.to_s
        @env = [ ENV["RAILS_ENV"], ENV["RACK_ENV"], "development" ].find { |env| !env.to_s.empty? }
      end

      # Relative paths in the configuration count from the app's root: run it there.
      #
      # Errors: ServerBinary::NotFound.
      def to_a(arguments = [])
        [ ServerBinary.path(root), "server", *selection, *arguments ]
      end

      def config
        path = ENV["DURABLE_STREAMS_CONFIG"].to_s
        path.empty? ? File.join("config", "durable_streams.yml") : path
      end

      # What is in force, as the server itself reads it: nested settings by their names in the file.
      # `arguments` are more flags of the server's. Answers [configuration, nil], or [nil, what is wrong
      # with it].
      #
      # Errors: ServerBinary::NotFound.
      def configuration(arguments = [])
        settings = arguments - [ "--exit-with-parent" ] # which is none
        out, complaint, status = Open3.capture3(ServerBinary.path(root), "config", "--print", *selection, *settings, chdir: root)
        return [ nil, (complaint.empty? ? out : complaint).strip ] unless status.success?
        [ Hash(YAML.safe_load(out)).fetch(env), nil ]
      rescue SystemCallError, Psych::Exception, TypeError, KeyError => error
        [ nil, error.message ]
      end

      # The server needs its public key before Rails has been loaded for the first time.
      def prepare
        local_keys.ensure if local?
      end

      # What to do if the key that tokens are checked with is not there; nil if it is, or none is needed.
      #
      # Errors: ServerBinary::NotFound.
      def missing_key(configuration = self.configuration.first)
        path = configuration&.dig("auth", "verify_key")
        return if path.nil? || File.exist?(File.expand_path(path, root))

        "#{path} is not there, and without it no token can be checked. It is the public part of the key that signs: #{source_of(path)}."
      end

      # Lets the server listen on the app's own socket too (see LocalSocket), unless its configuration
      # names another one, or none can be made.
      def socket_flag(configuration, port: configuration&.dig("port"))
        return [] if port.nil? || configuration["unix_socket"]

        socket = LocalSocket.new(root, port)
        socket.available? ? [ "--unix-socket", socket.path ] : []
      end

      # Does nothing if there is a binary, or nobody has said where to get one.
      #
      # Errors: ServerRelease::Unavailable.
      def fetch_binary
        release = ServerRelease.new(root)
        return if !release.located? || ServerBinary.find(root)

        warn "durable-streams: fetching #{release.version} from #{release.location}"
        release.download(ServerBinary.in_app(root))
      end

      # The public part of the key that signs in development and test.
      def verify_key
        File.read(local_keys.verify_key_path) if local? && File.exist?(local_keys.verify_key_path)
      end

      # Development and test: this machine alone uses the server.
      def local? = %w[development test].include?(env)

      private
        def local_keys = LocalKeys.new(root)

        # How a public key comes to be there.
        def source_of(path)
          if local?
            "here the app keeps that in tmp/durable_streams/verify_key.pem, which auth.verify_key in #{config} should name"
          else
            "bin/rails durable_streams:generate_keys makes a pair and puts it #{path == KEY_OF_CREDENTIALS ? "there" : "into #{KEY_OF_CREDENTIALS}"}"
          end
        end

        def selection = [ "--config", config, "--env", env, *overrides ]

        def overrides
          FLAGS.flat_map { |name, flag| ENV[name].to_s.empty? ? [] : [ flag, ENV[name] ] }
        end
    end
  end
end
