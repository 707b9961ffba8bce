# frozen_string_literal: true

require "net/http"
require_relative "processes"

# Puma in a copy of the dummy app, as a process.
module PumaProcess
  include DummyProcess
  include LiveServer
  include Processes

  CONFIG = <<~RUBY
    port 0, "127.0.0.1"
    workers Integer(ENV.fetch("WORKERS", 0))
    preload_app! false # or phased restarts are not available
    silence_fork_callback_warning
    plugin :durable_streams
  RUBY

  CONFIG_RU = <<~RUBY
    require_relative "config/environment"
    run Rails.application
  RUBY

  # Answers a signed URL of a stream to which it has just broadcast.
  BROADCASTING = <<~RUBY
    require_relative "config/environment"
    run lambda { |_env|
      DurableStreams.broadcast_to("room", by: Process.pid)
      [ 200, {}, [ DurableStreams.signed_stream_url("room") ] ]
    }
  RUBY

  private
    def write_puma_app(config_ru: CONFIG_RU)
      write_file "config/puma.rb", CONFIG
      write_file "config.ru", config_ru
    end

    # Of the real server, in development.
    def write_server_configuration(port, bind: "127.0.0.1")
      write_file "config/durable_streams.yml", <<~YAML
        development:
          port: #{port}
          bind: #{bind}
          auth:
            verify_key: tmp/durable_streams/verify_key.pem
          storage:
            data_dir: storage/durable_streams
      YAML
    end

    # Waits until Puma serves requests.
    def start_puma(*command, **env)
      command = %w[bundle exec puma] if command.empty?
      # Puma restarts in the environment that Bundler began with, which must not be this test's.
      @puma = Bundler.with_original_env do
        Process.spawn(environment(env), *command, chdir: app, out: [ log_path("puma"), "a" ], err: [ :child, :out ])
      end
      wait_for_output("Use Ctrl-C")
    end

    # Answers how Puma ended.
    def end_puma(signal)
      Process.kill(signal, @puma)
      Process.wait2(@puma).last.tap { @puma = nil }
    end

    # Of Puma and of Rails, one behind the other.
    def output = [ log_path("puma"), log_path("development") ].map { |path| File.exist?(path) ? File.read(path) : "" }.join
    def rails_log = File.exist?(log_path("development")) ? File.read(log_path("development")) : ""

    def log_path(name) = File.join(app, "log", "#{name}.log").tap { |path| FileUtils.mkdir_p(File.dirname(path)) }

    def wait_for_output(text, times: 1)
      eventually(-> { "not #{times} times #{text.inspect}: #{output}" }) { output.scan(text).size >= times }
    end

    # Of the servers that Puma has started, once there are that many.
    def server_pids(count)
      eventually(-> { "not #{count} servers: #{output}" }) do
        pids = output.scan(/durable-streams: started, pid (\d+)/).flatten.map(&:to_i)
        pids if pids.size >= count
      end
    end

    # The port that Puma listens on, by its newest word.
    def puma_port = output[/.*Listening on http:\/\/127\.0\.0\.1:(\d+)/m, 1].to_i

    def get_from_app(path = "/")
      Net::HTTP.get_response(URI("http://127.0.0.1:#{puma_port}#{path}"))
    end

    def after_teardown
      end_puma("TERM") if @puma
    rescue Errno::ESRCH, Errno::ECHILD
      nil
    ensure
      super
    end
end
