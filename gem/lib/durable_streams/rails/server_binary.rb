# frozen_string_literal: true

module DurableStreams
  module Rails
    # Finds the server's binary: DURABLE_STREAMS_BIN, the platform gem's own, the app's bin/dist/,
    # PATH; the first that is there. Needs no Rails.
    module ServerBinary
      NAME = "durable-streams"

      class NotFound < StandardError; end

      class << self
        # Errors: NotFound, with what to do.
        def path(root)
          find(root) or raise NotFound, <<~MESSAGE
            The #{NAME} server binary is not here. One of these helps:
              DURABLE_STREAMS_BIN=/path/to/#{NAME}   a binary that you have built
              #{File.join(root.to_s, "bin", "dist", NAME)}   a copy of it in the app
              a #{NAME} on PATH
          MESSAGE
        end

        # nil if there is none.
        def find(root)
          explicit || [ packaged, File.join(root.to_s, "bin", "dist", NAME), *on_path(root) ].find { |path| executable?(path) }
        end

        private
          # One that was named is used or complained about, never passed over.
          def explicit
            path = ENV["DURABLE_STREAMS_BIN"].to_s
            return if path.empty?

            executable?(path) ? File.expand_path(path) : raise(NotFound, "DURABLE_STREAMS_BIN names no executable file: #{path}")
          end

          def packaged
            File.expand_path("../../../exe/#{Gem::Platform.local.os}-#{Gem::Platform.local.cpu}/#{NAME}", __dir__)
          end

          # Not the app's own bin/durable-streams, which is the script that is looking.
          def on_path(root)
            script = File.join(root.to_s, "bin", NAME)
            ENV["PATH"].to_s.split(File::PATH_SEPARATOR).map { |directory| File.join(directory, NAME) }
              .reject { |path| File.exist?(path) && File.exist?(script) && File.identical?(path, script) }
          end

          def executable?(path)
            File.file?(path) && File.executable?(path)
          end
      end
    end
  end
end
