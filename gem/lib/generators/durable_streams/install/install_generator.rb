# frozen_string_literal: true

require "rails/generators/base"

module DurableStreams
  module Generators
    # bin/rails generate durable_streams:install. Running it again changes nothing.
    class InstallGenerator < ::Rails::Generators::Base
      source_root File.expand_path("templates", __dir__)

      desc "Sets an app up for durable streams: settings, the server's configuration and its command."
      class_option :version, type: :string, desc: "Pin the server's version (X.Y.Z)"
      class_option :skip_procfile, type: :boolean, default: false, desc: "Leave Procfile.dev alone"
      class_option :outbox, type: :boolean, default: false, desc: "Make the outbox's tables: no broadcast is lost"

      def check_version
        return if options[:version].nil? || options[:version].match?(/\A\d+\.\d+\.\d+\S*\z/)
        raise Thor::Error, "--version is X.Y.Z, not #{options[:version].inspect}"
      end

      def create_initializer
        template "initializer.rb.tt", "config/initializers/durable_streams.rb", skip: true
      end

      def create_server_configuration
        template "durable_streams.yml.tt", "config/durable_streams.yml", skip: true
      end

      def create_command
        template "durable-streams.tt", "bin/durable-streams", skip: !options[:version]
        chmod "bin/durable-streams", 0o755, verbose: false
      end

      def add_to_procfile
        return unless procfile?
        append_line "Procfile.dev", "streams: bin/durable-streams", unless: /^streams:/
      end

      def ignore_the_binary
        create_file ".gitignore", "" unless File.exist?(in_root(".gitignore"))
        append_line ".gitignore", "/bin/dist/", unless: %r{^/?bin/dist/?$}
      end

      # One server a data directory: with a Procfile its entry runs it, without one Puma does in
      # development. DURABLE_STREAMS_IN_PUMA=1 says so anywhere.
      def add_puma_plugin
        path = "config/puma.rb"
        return unless File.exist?(in_root(path))
        return if File.read(in_root(path)).include?("plugin :durable_streams")

        condition = %(ENV["DURABLE_STREAMS_IN_PUMA"])
        condition += %( || ENV.fetch("RAILS_ENV", "development") == "development") unless procfile?
        append_to_file path, <<~RUBY

          # Run the stream server beside Puma, where no process of its own does (bin/durable-streams).
          plugin :durable_streams if #{condition}
        RUBY
      end

      def make_the_outbox
        generate_or_destroy "durable_streams:outbox" if options[:outbox]
      end

      def tell_what_is_next
        say <<~TEXT

          Development and test need no key: a pair is made under tmp/durable_streams.
          For production:  bin/rails durable_streams:generate_keys
          Run the server:  bin/durable-streams
          or beside Puma:  DURABLE_STREAMS_IN_PUMA=1 bin/rails server
        TEXT
      end

      private
        # Within this process, to undo as well as to do.
        def generate_or_destroy(name)
          ::Rails::Generators.invoke(name, [], behavior:, destination_root:, quiet: options[:quiet])
        end

        def in_root(path) = File.join(destination_root, path)

        def procfile?
          !options[:skip_procfile] && File.exist?(in_root("Procfile.dev"))
        end

        def app_name
          ::Rails.application.railtie_name.remove(/_application\z/).dasherize
        end

        def append_line(path, line, unless:)
          text = File.read(in_root(path))
          return if text.match?(binding.local_variable_get(:unless))

          append_to_file path, "#{"\n" unless text.empty? || text.end_with?("\n")}#{line}\n"
        end
    end
  end
end
