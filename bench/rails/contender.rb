# frozen_string_literal: true

require "json"
require "net/http"
require_relative "subscribers"

module RailsBench
  # One way to bring an event from a Rails process to a subscriber. `with` starts the app, and yields;
  # the app is measured while it broadcasts.
  class Contender
    FOLDER = __dir__

    attr_reader :name

    # `via`: the app's route that broadcasts; `cable`: Action Cable's adapter.
    def initialize(name, settings, via:, cable: "async")
      @name = name
      @settings = settings
      @via = via
      @cable = cable
      @env = {}
    end

    def with
      @settings.in_directory do |directory|
        @port = @settings.free_port
        prepare(directory)
        @process = Bench::MeasuredProcess.new([ "bundle", "exec", "puma", "-b", "tcp://127.0.0.1:#{@port}", "-t", "5:5", "-w", "0",
          File.join(FOLDER, "config.ru") ], core: @settings.client_core, log: File.join(directory, "puma.log"), chdir: FOLDER,
          env: @env.merge("BENCH_ROOT" => directory))
        wait_until_up(directory)
        yield self
      ensure
        @process&.stop
      end
    end

    # What the route measured: microseconds of each call (`times`) and of the thread's CPU (`cpu`);
    # `all_cpu` is that of all processes, for each call.
    def measure(calls, pause: 0, via: @via)
      before = cpu_s
      result = JSON.parse(get("/measure/#{via}?calls=#{calls}&pause=#{pause}"), symbolize_names: true)
      yield if block_given?
      result.merge(all_cpu: (cpu_s - before) * 1e6 / calls)
    end

    def subscriber = CableSubscriber.new(@port)

    private
      def prepare(directory)
        Dir.mkdir(File.join(directory, "config"))
        File.write(File.join(directory, "config/database.yml"),
          "production: { adapter: sqlite3, database: #{directory}/production.sqlite3, pool: 10, timeout: 5000 }\n")
        File.write(File.join(directory, "config/cable.yml"),
          "production: { adapter: #{@cable}, polling_interval: 0.1.seconds, message_retention: 1.day }\n")
      end

      def cpu_s = @process.cpu_s

      def get(path)
        Net::HTTP.start("127.0.0.1", @port, read_timeout: 120) do |http|
          response = http.get(path)
          response.is_a?(Net::HTTPOK) ? response.body : raise(Bench::Failure, "#{path}: #{response.code} #{response.body[0, 300]}")
        end
      end

      def why(directory)
        File.readlines(File.join(directory, "puma.log")).grep(/error/i).first || @process.last_words
      end

      def wait_until_up(directory)
        deadline = Bench.now_s + 60
        begin
          get("/up")
        rescue SystemCallError
          raise Bench::Failure, "the app does not come up: #{why(directory)}" if Bench.now_s > deadline || !@process.running?
          sleep 0.1
          retry
        end
      end
  end

  # Through a stream server beside the app, with tokens.
  class StreamsContender < Contender
    # The server of this project, with the log engine, for one app.
    class Server < Bench::OwnServer
      # `key` signs the app's tokens; `open`: the server does not look at them.
      def initialize(settings, key, open:)
        super("log", settings)
        @key = key
        @open = open
      end

      def url = "http://127.0.0.1:#{port}#{ROUTE}"
      def socket_url = "unix://#{socket}"
      def key_path = File.join(directory, "signing_key.pem")

      private
        def socket = File.join(directory, "socket")

        def start
          File.write(key_path, @key.private_to_pem)
          File.write(File.join(directory, "verify_key.pem"), @key.public_to_pem)
          spawn(@settings.binary, "server", "--port", port, "--bind", "127.0.0.1", "--unix-socket", socket, "--threads", 1,
            "--engine", "log", "--data-dir", File.join(directory, "data"), *(access unless @open))
        end

        def access = [ "--auth-verify-key", File.join(directory, "verify_key.pem"), "--auth-issuer", "bench", "--auth-audience", "bench" ]
    end

    # `unix`: the app reaches the server through a Unix socket.
    def initialize(name, settings, via: "streams", unix: false, open: false)
      super(name, settings, via:)
      @unix = unix
      @server = Server.new(settings, OpenSSL::PKey::EC.generate("prime256v1"), open:)
    end

    def with(&block)
      @server.with do |server|
        @env = @env.merge("BENCH_STREAMS" => @unix ? server.socket_url : server.url, "BENCH_CLIENT_URL" => server.url,
          "BENCH_KEY" => server.key_path)
        super(&block)
      end
    end

    def subscriber = StreamSubscriber.new(get("/measure/url"))

    private
      def cpu_s = super + @server.cpu_s
  end

  # The gem of this name that was published before, beside the same server. Its server takes tokens that
  # ours refuses, so ours does not look at them.
  class PublishedContender < StreamsContender
    def initialize(name, settings)
      super(name, settings, open: true)
      @env = { "BUNDLE_GEMFILE" => File.join(FOLDER, "published/Gemfile") }
    end
  end
end
