# frozen_string_literal: true

require "durable_streams/rails/local_keys"
require "durable_streams/rails/server_binary"

module DurableStreams
  module Rails
    # The command line that runs the app's server. Needs no Rails: bin/durable-streams and the Puma
    # plugin both start here.
    #
    # Environment: DURABLE_STREAMS_CONFIG names another configuration file than the app's;
    # DURABLE_STREAMS_PORT and DURABLE_STREAMS_DATA_DIR override what the file says.
    class ServerCommand
      FLAGS = { "DURABLE_STREAMS_PORT" => "--port", "DURABLE_STREAMS_DATA_DIR" => "--data-dir" }.freeze

      attr_reader :root, :env

      # Replaces this process by the server's.
      def self.exec(root, arguments = [])
        command = new(root)
        command.prepare
        Dir.chdir(command.root)
        Kernel.exec(*command.to_a(arguments))
      rescue ServerBinary::NotFound => error
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
        [ ServerBinary.path(root), "server", "--config", config, "--env", env, *overrides, *arguments ]
      end

      def config
        path = ENV["DURABLE_STREAMS_CONFIG"].to_s
        path.empty? ? File.join("config", "durable_streams.yml") : path
      end

      # The server needs its public key before Rails has been loaded for the first time.
      def prepare
        local_keys.ensure if local?
      end

      # The public part of the key that signs in development and test.
      def verify_key
        File.read(local_keys.verify_key_path) if local? && File.exist?(local_keys.verify_key_path)
      end

      private
        def local? = %w[development test].include?(env)
        def local_keys = LocalKeys.new(root)

        def overrides
          FLAGS.flat_map { |name, flag| ENV[name].to_s.empty? ? [] : [ flag, ENV[name] ] }
        end
    end
  end
end
