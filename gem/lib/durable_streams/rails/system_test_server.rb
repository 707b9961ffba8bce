# frozen_string_literal: true

require "fileutils"
require "net/http"
require "durable_streams/rails/local_port"
require "durable_streams/rails/server_command"

module DurableStreams
  module Rails
    # The stream server of a process's system tests: the app's own binary and configuration, but in
    # memory and on a free port. It starts with the first system test and ends with the process. Each
    # process of parallel tests has its own, because their databases give the same ids, and so streams
    # the same names.
    #
    # Threads: any. Tests in threads share their process's server.
    class SystemTestServer
      class Unavailable < StandardError; end

      READY_SECONDS = 10
      LOG = File.join("log", "durable_streams_test.log")

      @lock = Mutex.new

      class << self
        # The server of this process, started if need be. nil where the app's settings or the environment
        # name one that is to be used, and where none can be started: that is said once.
        def of_this_process
          return unless wanted?

          @lock.synchronize do
            next @server if @owner == Process.pid

            @owner = Process.pid
            @server = started
          end
        end

        private
          def wanted?
            settings = Runtime.settings
            settings.system_test_server && ENV["DURABLE_STREAMS_SERVER_URL"].to_s.empty? &&
              LocalPort::HOSTS.include?(URI.parse(settings.client_url).host)
          end

          def started
            new(::Rails.root).tap(&:start)
          rescue Unavailable, ServerBinary::NotFound => error
            warn "System tests run without a stream server: #{error.message}"
            nil
          end
      end

      def initialize(root, settings: Runtime.settings)
        @command = ServerCommand.new(root)
        @settings = settings
        @log = File.join(@command.root, LOG)
        @lock = Mutex.new
        @tests = 0
      end

      # Waits until it is ready. It ends with this process, however that ends.
      #
      # Errors: Unavailable, ServerBinary::NotFound.
      def start
        @command.prepare
        @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
        arguments = @command.to_a([ "--engine", "memory", "--bind", "127.0.0.1", "--port", @port.to_s, "--exit-with-parent" ])
        FileUtils.mkdir_p(File.dirname(@log))
        @pid = Process.spawn(*arguments, chdir: @command.root, out: [ @log, "a" ], err: [ :child, :out ])
        wait_until_ready
        owner = Process.pid
        at_exit { stop if Process.pid == owner }
      rescue SystemCallError => error
        raise Unavailable, "it can't be started: #{error.message}"
      end

      def stop
        return unless @pid

        Process.kill("TERM", @pid)
        Process.wait(@pid)
      rescue Errno::ESRCH, Errno::ECHILD
        nil
      ensure
        @pid = nil
      end

      # A test begins: until the last one has left, the app's URLs lead to this server.
      def enter
        @lock.synchronize do
          next unless (@tests += 1) == 1

          @urls = [ @settings.client_url, @settings.server_url ]
          use(url, url)
        end
      end

      def leave
        @lock.synchronize { use(*@urls) if (@tests -= 1).zero? }
      end

      private
        def use(client_url, server_url)
          @settings.client_url = client_url
          @settings.server_url = server_url
          Runtime.reset
        end

        def url
          URI.parse(@settings.client_url).tap { |url| url.port = @port }.to_s
        end

        def wait_until_ready
          deadline = Deadline.in(READY_SECONDS)
          until ready?
            raise Unavailable, "it has ended. Its last words, in #{LOG}: #{last_words}" if Process.wait(@pid, Process::WNOHANG)
            raise Unavailable, "it is not ready after #{READY_SECONDS} seconds; see #{LOG}" if deadline.passed?

            IO.select(nil, nil, nil, 0.02)
          end
        rescue Unavailable
          stop
          raise
        end

        def ready?
          Net::HTTP.get_response(URI("http://127.0.0.1:#{@port}/up")).code == "200"
        rescue SystemCallError, IOError
          false
        end

        def last_words = File.readlines(@log).last.to_s.strip
    end
  end
end
