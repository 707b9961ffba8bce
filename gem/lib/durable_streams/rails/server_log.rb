# frozen_string_literal: true

require "fileutils"
require "json"

module DurableStreams
  module Rails
    # Brings what the server beside Puma logs into the log of this process, line by line.
    #
    # The server writes into a named pipe, which it and this process hold open for reading and writing:
    # so it outlives a Puma that starts itself anew, which would lose the end of an ordinary pipe; the
    # new one opens the same by its name. Where none can be made the server writes to standard output.
    #
    # Threads: reading is done in one of its own, which calls `sink`. `close` may run in a signal handler.
    class ServerLog
      LEVELS = { "trace" => :debug, "debug" => :debug, "info" => :info, "warn" => :warn, "warning" => :warn,
                 "error" => :error, "critical" => :fatal }.freeze
      CONSOLE_LINE = /\A\d{4}-\d\d-\d\d [\d:.]+ (?<level>[a-z]+) +(?<message>.*)\z/
      LAST_LINE = "\u0004\n"
      CLOSE_SECONDS = 2

      # `sink` is called with a level of Logger's (:info) and a message.
      def initialize(root, sink)
        @sink = sink
        @path = File.join(root.to_s, "tmp", "durable_streams", "puma-#{Process.pid}.log")
      end

      def open
        FileUtils.mkdir_p(File.dirname(@path), mode: 0o700)
        remove_abandoned
        File.mkfifo(@path, 0o600) unless File.pipe?(@path)
        @pipe = File.open(@path, File::RDWR)
        @reader = Thread.new { read }.tap { |thread| thread.name = "durable_streams log" }
      rescue SystemCallError, NotImplementedError
        @pipe = nil
      end

      # Options for Process.spawn.
      def redirection = @pipe ? { out: @pipe, err: @pipe } : {}

      # Once the server has ended: what it wrote last is brought too.
      def close
        return unless @pipe

        @pipe.syswrite(LAST_LINE)
        @reader.join(CLOSE_SECONDS)
        File.delete(@path) if File.exist?(@path)
        @pipe = nil
      end

      private
        def read
          while (line = @pipe.gets) && line != LAST_LINE
            forward(line.scrub.chomp)
          end
        rescue IOError
          nil
        end

        def forward(line)
          level, message = parse(line)
          @sink.call(LEVELS.fetch(level, :info), message)
        rescue StandardError
          nil # a log that fails must not stop the server, which waits when nobody reads
        end

        def parse(line)
          if line.start_with?("{")
            JSON.parse(line).values_at("level", "message")
          else
            match = CONSOLE_LINE.match(line)
            match ? [ match[:level], match[:message] ] : [ "info", line ]
          end
        rescue JSON::ParserError
          [ "info", line ]
        end

        # Of Pumas that were killed.
        def remove_abandoned
          Dir[File.join(File.dirname(@path), "puma-*.log")].each do |path|
            Process.kill(0, path[/puma-(\d+)\.log\z/, 1].to_i)
          rescue Errno::ESRCH
            File.delete(path)
          rescue SystemCallError
            nil
          end
        end
    end
  end
end
