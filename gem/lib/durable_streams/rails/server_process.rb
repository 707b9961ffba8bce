# frozen_string_literal: true

require "durable_streams/rails/local_port"
require "durable_streams/rails/server_command"
require "durable_streams/rails/server_log"

module DurableStreams
  module Rails
    # Keeps the server running beside Puma: starts it, starts it again when it ends, and ends it.
    # A server that keeps ending is started less and less often. `--exit-with-parent` ends it should
    # this process be killed.
    #
    # When Puma starts itself anew, it becomes the new program and stays the same process: the server
    # is left running, and its pid handed on in the environment.
    #
    # In development and test another port is taken if the configured one is not free: see LocalPort.
    # Besides, the server listens on a Unix socket for this app: see LocalSocket.
    #
    # Threads: `start` and `stop` belong to one; the watching is done in one of its own. `stop` may run
    # in a signal handler.
    class ServerProcess
      BACKOFF_SECONDS = [ 0.1, 0.5, 1, 2, 5 ].freeze
      # One that ran this long counts as started well.
      STEADY_SECONDS = 10
      # The server's own drain deadline is 10 s.
      STOP_SECONDS = 12

      PID_VARIABLE = "DURABLE_STREAMS_SERVER_PID"

      attr_reader :pid

      # `log` is called with a level of Logger's and a message: this object's own, and those that the
      # server logs.
      def initialize(command, log:)
        @command = command
        @log = log
        @output = ServerLog.new(command.root, log)
        @local_port = LocalPort.new(command.root, command.env)
        @wake = Thread::Queue.new
      end

      # Does not wait for the server to be ready.
      #
      # Errors: ServerBinary::NotFound.
      def start
        @command.prepare
        @verify_key = @command.verify_key
        configuration, = @command.configuration
        @log.call :error, @command.missing_key(configuration) if @command.missing_key(configuration)
        @output.open
        adopted = adopt_server
        @arguments = @command.to_a([ *listener_flags(configuration, adopted), "--exit-with-parent" ])
        spawn_server unless adopted
        @watcher = Thread.new { watch }.tap { |thread| thread.name = "durable_streams server" }
      end

      # The app has been loaded: it may have published another key than the server started with.
      def refresh_keys
        return if @command.verify_key == @verify_key

        @verify_key = @command.verify_key
        @log.call :info, "the key has changed, starting again"
        signal "TERM"
      end

      # Lets the program that replaces this one find the server.
      def hand_on
        ENV[PID_VARIABLE] = @pid.to_s if @pid
      end

      # Ends the server and waits for that.
      def stop
        return unless @watcher

        @stopping = true
        @wake << :stop
        signal "TERM"
        signal("KILL") unless @watcher.join(STOP_SECONDS)
        @watcher.join
        @watcher = nil
        @output.close
        @local_port.release
      end

      private
        def listener_flags(configuration, adopted)
          return [] unless configuration

          port = port_to_take(configuration, adopted)
          [ *([ "--port", port.to_s ] unless port == configuration["port"]), *@command.socket_flag(configuration, port:) ]
        end

        def port_to_take(configuration, adopted)
          configured = configuration["port"]
          return configured unless @command.local? && ENV["DURABLE_STREAMS_PORT"].to_s.empty?

          adopted ? @local_port.record&.port || configured : choose_port(configuration)
        end

        def choose_port(configuration)
          configured = configuration["port"]
          data_dir = File.expand_path(configuration.dig("storage", "data_dir").to_s, @command.root)
          @local_port.choose(configured, data_dir:).tap do |port|
            @log.call :warn, "port #{configured} is in use by another program: listening on #{port}" unless port == configured
          end
        end

        def adopt_server
          pid = ENV.delete(PID_VARIABLE).to_i
          return unless pid.positive? && Process.wait(pid, Process::WNOHANG).nil?

          @started = monotonic
          @pid = pid
          @log.call :info, "still running, pid #{pid}"
          true
        rescue Errno::ECHILD
          false # somebody else's
        end

        def spawn_server
          @started = monotonic
          @pid = Process.spawn({ PID_VARIABLE => nil }, *@arguments, chdir: @command.root, close_others: true, **@output.redirection)
          @log.call :info, "started, pid #{@pid}"
        rescue SystemCallError => error
          @log.call :error, "can't start #{@arguments.first}: #{error.message}"
          @pid = nil
        end

        def watch
          failures = 0
          until @stopping
            status = wait_for_exit
            break if @stopping

            failures = 0 if monotonic - @started >= STEADY_SECONDS
            pause = BACKOFF_SECONDS[[ failures, BACKOFF_SECONDS.size - 1 ].min]
            failures += 1
            @log.call :warn, "ended (#{status || "not running"}), starts again in #{pause} s"
            @wake.pop(timeout: pause)
            spawn_server unless @stopping
          end
          wait_for_exit
        end

        # nil if Puma reaped it first, which as the parent of workers it may.
        def wait_for_exit
          return unless @pid

          Process.wait2(@pid).last
        rescue Errno::ECHILD
          nil
        ensure
          @pid = nil
        end

        def signal(name)
          Process.kill(name, @pid) if @pid
        rescue Errno::ESRCH
          nil
        end

        def monotonic = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
