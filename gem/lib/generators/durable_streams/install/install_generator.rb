# frozen_string_literal: true

require "rails/generators/base"
require "durable_streams/rails/server_binary"

module DurableStreams
  module Generators
    # bin/rails generate durable_streams:install. Running it again changes nothing; bin/rails destroy
    # durable_streams:install takes out what it put in, and leaves everything else as it was.
    #
    # What runs the server in development: the Procfile's entry, where bin/dev runs a Procfile; else
    # Puma, which is all that the bin/dev of a new app runs.
    class InstallGenerator < ::Rails::Generators::Base
      source_root File.expand_path("templates", __dir__)

      desc "Sets an app up for durable streams: settings, the server's configuration and its command."
      class_option :version, type: :string, desc: "Pin the server's version (X.Y.Z)"
      class_option :skip_procfile, type: :boolean, default: false, desc: "Leave Procfile.dev alone"
      class_option :outbox, type: :boolean, default: false, desc: "Make the outbox's tables: no broadcast is lost"

      MADE_HERE = "# Made by durable_streams:install."

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
        template "durable-streams.tt", "bin/durable-streams", skip: !options[:version], force: another_servers_command?
        chmod "bin/durable-streams", 0o755, verbose: false
      end

      def create_dev_command
        return if present?("bin/dev") && !made_here?("bin/dev")

        own_procfile = present?("Procfile.dev") && !made_here?("Procfile.dev")
        template(own_procfile ? "dev_procfile.tt" : "dev.tt", "bin/dev", skip: true)
        chmod "bin/dev", 0o755, verbose: false
      end

      def add_to_procfile
        if options[:skip_procfile]
          nil
        elsif !present?("Procfile.dev") || made_here?("Procfile.dev")
          template "Procfile.dev.tt", "Procfile.dev", skip: true
        else
          edit_line "Procfile.dev", "streams: bin/durable-streams", unless: /^streams:/
        end
      end

      def ignore_the_binary
        create_file ".gitignore", "" unless present?(".gitignore") || behavior == :revoke
        edit_line ".gitignore", "/bin/dist/", unless: %r{^/?bin/dist/?$}
      end

      # One server a data directory: where bin/dev runs a Procfile, Puma has to be asked.
      def add_puma_plugin
        return unless present?("config/puma.rb")

        edit "config/puma.rb" do |text|
          if behavior == :revoke
            text.sub(/^\n# Run the stream server beside Puma.*?^plugin :durable_streams[^\n]*\n/m, "")
          else
            text.match?(/^\s*plugin :durable_streams/) ? text : "#{text}#{"\n" unless text.end_with?("\n")}\n#{puma_lines}"
          end
        end
      end

      def make_the_outbox
        generate_or_destroy "durable_streams:outbox" if options[:outbox]
      end

      def tell_what_is_next
        behavior == :revoke ? tell_what_stays : tell_how_to_start
      end

      private
        # Within this process, to undo as well as to do.
        def generate_or_destroy(name)
          ::Rails::Generators.invoke(name, [], behavior:, destination_root:, quiet: options[:quiet])
        end

        def puma_lines
          default, where = procfile_runs? ? [ %("0"), "" ] :
            [ %(ENV.fetch("RAILS_ENV", "development") == "development" ? "1" : "0"), "in development, and " ]
          <<~RUBY
            # Run the stream server beside Puma: #{where}where DURABLE_STREAMS_IN_PUMA=1 says so. Elsewhere
            # bin/durable-streams runs it, as a process of its own.
            streams_in_puma = ENV.fetch("DURABLE_STREAMS_IN_PUMA") { #{default} }
            plugin :durable_streams unless streams_in_puma == "0"
          RUBY
        end

        # Whether the app's bin/dev starts what Procfile.dev lists.
        def procfile_runs?
          !options[:skip_procfile] && present?("Procfile.dev") && present?("bin/dev") &&
            read("bin/dev").match?(/Procfile|foreman|overmind|hivemind/)
        end

        def tell_how_to_start
          say <<~TEXT

            Start the app with bin/dev#{started_by}
            Development and test need no key: a pair is made under tmp/durable_streams.
            For production, once:  bin/rails durable_streams:generate_keys
            If anything is wrong:  bin/rails durable_streams:doctor
          TEXT
          say "\n#{missing_binary}", :red if missing_binary
        end

        def started_by
          return ": Procfile.dev runs the stream server." if procfile_runs?
          present?("config/puma.rb") ? ": Puma runs the stream server." : ", and the stream server beside it with bin/durable-streams."
        end

        def missing_binary
          return @missing_binary if defined?(@missing_binary)
          @missing_binary = begin
            DurableStreams::Rails::ServerBinary.path(destination_root) && nil
          rescue DurableStreams::Rails::ServerBinary::NotFound => error
            error.message
          end
        end

        def tell_what_stays
          say "\nKeys (tmp/durable_streams), streams (storage/durable_streams) and bin/dist stay: delete them by hand."
        end

        def in_root(path) = File.join(destination_root, path)
        def present?(path) = File.exist?(in_root(path))
        def read(path) = File.read(in_root(path))
        def made_here?(path) = present?(path) && read(path).include?(MADE_HERE)

        # That of the gem before this one's, which runs another server.
        def another_servers_command?
          behavior == :invoke && present?("bin/durable-streams") && read("bin/durable-streams").include?("durable_streams/rails/server_config")
        end

        def app_name
          ::Rails.application.railtie_name.remove(/_application\z/).dasherize
        end

        # Adds the line at the end, or takes it out again; a file without a newline at its end stays so.
        def edit_line(path, line, unless:)
          edit path do |text|
            if behavior == :revoke
              text.end_with?("\n#{line}") ? text.delete_suffix("\n#{line}") : text.sub(/^#{Regexp.escape(line)}\n/, "")
            elsif text.match?(binding.local_variable_get(:unless))
              text
            else
              text.empty? || text.end_with?("\n") ? "#{text}#{line}\n" : "#{text}\n#{line}"
            end
          end
        end

        # Replaces a file's text by what the block makes of it; one that is left empty by destroy goes.
        def edit(path)
          return unless present?(path)

          before = read(path)
          after = yield before
          return say_status(:unchanged, path, :blue) if after == before

          say_status(behavior == :revoke ? :subtract : :append, path)
          return if options[:pretend]
          behavior == :revoke && after.empty? ? File.delete(in_root(path)) : File.write(in_root(path), after)
        end
    end
  end
end
