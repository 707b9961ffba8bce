# frozen_string_literal: true

require "open3"
require "durable_streams/rails/server_release"

module DurableStreams
  module Rails
    # Finds the server's binary: DURABLE_STREAMS_BIN, the platform gem's own, the app's bin/dist/,
    # PATH; the first that is there. With DURABLE_STREAMS_VERSION, the first of that version. Needs no
    # Rails.
    module ServerBinary
      NAME = "durable-streams"

      NONE_PACKAGED = <<~MESSAGE
        This gem carries no #{NAME} binary for #{ServerRelease.platform}: it is the gem for all platforms, or one for
        another. There are gems for #{ServerRelease::PLATFORMS.join(", ")}:
          bundle lock --add-platform #{ServerRelease.platform} && bundle install
        Elsewhere build the server from source, and set DURABLE_STREAMS_BIN to its path.
      MESSAGE

      class NotFound < StandardError; end

      class << self
        # Errors: NotFound, with what to do.
        def path(root)
          find(root) or raise NotFound, <<~MESSAGE
            The #{NAME} server binary#{" #{version}" if version} for #{ServerRelease.platform} is not here. One of these helps:
              bundle lock --add-platform #{ServerRelease.platform}   the gem of that platform brings it
              bin/rails durable_streams:download   #{ServerRelease.new(root).described}
              DURABLE_STREAMS_BIN=/path/to/#{NAME}   a binary that you have built
              #{in_app(root)}   a copy of it in the app
              a #{NAME} on PATH
          MESSAGE
        end

        # nil if there is none.
        #
        # Errors: NotFound if DURABLE_STREAMS_BIN names no executable file.
        def find(root)
          explicit || candidates(root).find { |path| executable?(path) && (version.nil? || version_of(path) == version) }
        end

        # Where downloads go.
        def in_app(root) = File.join(root.to_s, "bin", "dist", NAME)

        # "0.1.0"; nil if it can't be run here.
        def version_of(path)
          out, status = Open3.capture2e(path, "--version")
          out[/\d+\.\d+\.\d+\S*/] if status.success?
        rescue SystemCallError
          nil
        end

        # The platform gem's own; nil if this gem carries none for this machine.
        def packaged
          path = File.expand_path("../../../exe/#{ServerRelease.platform}/#{NAME}", __dir__)
          path if executable?(path)
        end

        private
          # One that was named is used or complained about, never passed over.
          def explicit
            path = ENV["DURABLE_STREAMS_BIN"].to_s
            return if path.empty?

            executable?(path) ? File.expand_path(path) : raise(NotFound, "DURABLE_STREAMS_BIN names no executable file: #{path}")
          end

          def candidates(root) = [ packaged, in_app(root), *on_path ].compact

          # Not scripts: those are the app's bin/durable-streams and this gem's launcher, which look for
          # the binary themselves.
          def on_path
            ENV["PATH"].to_s.split(File::PATH_SEPARATOR).map { |directory| File.join(directory, NAME) }
              .reject { |path| script?(path) }
          end

          def script?(path) = File.file?(path) && File.readable?(path) && File.binread(path, 2) == "#!"

          def version = ENV["DURABLE_STREAMS_VERSION"].to_s.then { |text| text unless text.empty? }

          def executable?(path) = File.file?(path) && File.executable?(path)
      end
    end
  end
end
