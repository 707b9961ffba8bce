# frozen_string_literal: true

require "socket"
require_relative "api_client"
require_relative "measured_process"

module Bench
  # A server under load. `with` starts a fresh one in an empty directory, yields
  # it and ends it.
  class Server
    START_TIMEOUT_S = 15
    ROUTE = "/v1/streams"

    attr_reader :name, :port, :directory

    def initialize(name, settings)
      @name = name
      @settings = settings
    end

    def with
      @settings.in_directory do |directory|
        @directory = directory
        @port = @settings.free_port
        @process = start
        begin
          wait_until_up
          yield self
        ensure
          @process.stop
        end
      end
    end

    def cpu_s = @process.cpu_s
    def memory = @process.memory
    def open_files = @process.open_files

    # Kills it and starts it again on what it has left, on all cores. Returns the
    # seconds that it took from its start until /up answered.
    def crash_and_restart
      @process.kill
      started = Bench.now_s
      @cores = @settings.all_cores
      @process = start
      wait_until_up(pause_s: 0.005)
      Bench.now_s - started
    end

    # The path of stream `name`.
    def stream(name) = "#{ROUTE}/bench/#{name}"

    def client
      client = ApiClient.new(port)
      yield client
    ensure
      client&.close
    end

    private
      def spawn(*command, **options)
        MeasuredProcess.new(command.map(&:to_s), core: @cores || @settings.server_core,
          log: File.join(directory, "server.log"), **options)
      end

      def wait_until_up(pause_s: 0.02)
        deadline = Bench.now_s + START_TIMEOUT_S
        until up?
          raise Failure, "#{name} ended at once: #{@process.last_words}" unless @process.running?
          raise Failure, "#{name} does not come up: #{@process.last_words}" if Bench.now_s > deadline

          sleep pause_s
        end
      end

      # The port answers HTTP: whatever the status.
      def up?
        Net::HTTP.start("127.0.0.1", port, open_timeout: 1, read_timeout: 1) { |http| http.head("/up") }
      rescue SystemCallError, Timeout::Error, EOFError
        false
      end
  end

  # The server of this project, one I/O thread as it has one core.
  class OwnServer < Server
    ENGINES = %w[log memory].freeze

    # `tidy_rate`: see the setting; nil: its default.
    def initialize(engine, settings, name: engine, tidy_rate: nil)
      super(name, settings)
      @engine = engine
      @tidy_rate = tidy_rate
    end

    private
      def start
        spawn(@settings.binary, "server", "--port", port, "--bind", "127.0.0.1", "--threads", 1,
          "--engine", @engine, "--data-dir", File.join(directory, "data"),
          *(["--tidy-rate", @tidy_rate] if @tidy_rate))
      end
  end

  # The protocol's reference server for Node, with its file-backed store.
  class NodeServer < Server
    def initialize(settings)
      super("Node", settings)
    end

    private
      def start
        spawn("node", "server.mjs", port, File.join(directory, "data"),
          chdir: @settings.node_folder, env: { "NODE_ENV" => "production" })
      end
  end

  # http_server.cc: our HTTP with nothing behind it.
  class HttpAlone < Server
    def initialize(settings)
      super("HTTP alone", settings)
    end

    private
      def start = spawn(File.join(@settings.clients_folder, "http_server"), port)
  end

  # clients/bare_fanout_bench.cc: what the kernel asks of any server for SSE.
  class BareFanout < Server
    def initialize(settings)
      super("bare sends", settings)
    end

    private
      def start = spawn(File.join(@settings.clients_folder, "bare_fanout_bench"), port)
  end

  # nginx with one worker, serving files of its directory, and 204 at /return204.
  class Nginx < Server
    def initialize(settings)
      super("nginx", settings)
    end

    def files = File.join(directory, "files")

    private
      def start
        Dir.mkdir(files)
        File.write(File.join(directory, "nginx.conf"), configuration)
        spawn("nginx", "-p", directory, "-c", "nginx.conf", "-e", "stderr")
      end

      def configuration
        <<~CONF
          daemon off;
          master_process off;
          worker_processes 1;
          pid nginx.pid;
          error_log stderr error;
          events { worker_connections 4096; }
          http {
            access_log off;
            keepalive_requests 1000000000;
            sendfile on;
            tcp_nopush on;
            open_file_cache max=100;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            server {
              listen 127.0.0.1:#{port};
              location / { root files; }
              location /return204 { return 204; }
            }
          }
        CONF
      end
  end
end
