# frozen_string_literal: true

require "test_helper"

# Puma itself, with a pretended server beside it.
class PumaPluginTest < ActiveSupport::TestCase
  include DummyProcess
  include LiveServer

  PRETEND_SERVER = File.expand_path("support/pretend_server", __dir__)

  setup do
    File.write(File.join(app, "config/puma.rb"), <<~RUBY)
      port 0, "127.0.0.1"
      workers Integer(ENV.fetch("WORKERS", 0))
      silence_fork_callback_warning
      plugin :durable_streams
    RUBY
    File.write(File.join(app, "config.ru"), <<~RUBY)
      require_relative "config/environment"
      run Rails.application
    RUBY
  end

  teardown do
    next unless @puma
    Process.kill("TERM", @puma)
    Process.wait(@puma)
  rescue Errno::ESRCH, Errno::ECHILD
    nil
  end

  [ 0, 2 ].each do |workers|
    test "with #{workers} workers the server is started once, is back when killed, and ends with Puma" do
      start_puma(WORKERS: workers.to_s)
      first = server_pids(1).sole
      assert_match "server --config config/durable_streams.yml --env development --exit-with-parent", output

      Process.kill("KILL", first)
      second = server_pids(2).last
      Process.kill("TERM", @puma)
      assert_equal Signal.list["TERM"], Process.wait2(@puma).last.termsig, output
      assert_match "pretend server #{second} ends", output
      assert_equal 2, server_pids(2).size
    end
  end

  test "the server is kept when Puma restarts" do
    start_puma
    pid = server_pids(1).sole
    Process.kill("USR2", @puma)
    eventually(-> { "Puma did not restart: #{output}" }) { output.include?("still running, pid #{pid}") && output.scan("Use Ctrl-C").size == 2 }
    assert_equal [ pid ], server_pids(1)
  end

  test "the server ends when Puma is killed" do
    start_puma
    pid = server_pids(1).sole
    Process.kill("KILL", @puma)
    assert eventually(-> { "the server goes on: #{output}" }) { output.include?("pretend server #{pid} ends") }
  end

  test "without a binary Puma runs and says so" do
    start_puma(DURABLE_STREAMS_BIN: "/nonexistent")
    assert_match "durable-streams: not started", output
  end

  # A write that may wait is open to the hang that PumaNotify tells of. To a full pipe it does wait.
  test "Puma's signal handler never waits for the pipe that it writes to" do
    require "durable_streams/rails/puma_notify"
    DurableStreams::Rails::PumaNotify.install
    reader, writer = IO.pipe
    nil until writer.write_nonblock("x" * 65_536, exception: false) == :wait_writable
    server = Puma::Server.new(nil)
    server.instance_variable_set(:@notify, writer)
    stopping = Thread.new { server.stop }
    assert stopping.join(10), "still waiting"

    writer.close
    server.stop
    server.instance_variable_set(:@notify, nil)
    server.stop
  ensure
    stopping&.kill
    [ reader, writer ].each { |io| io&.close }
  end

  private
    def start_puma(**env)
      @log = File.join(app, "puma.log")
      env = environment({ DURABLE_STREAMS_BIN: PRETEND_SERVER }.merge(env))
      # Puma restarts in the environment that Bundler began with, which must not be this test's.
      @puma = Bundler.with_original_env do
        Process.spawn(env, "bundle", "exec", "puma", chdir: app, out: [ @log, "a" ], err: [ :child, :out ])
      end
      eventually(-> { "Puma did not start: #{output}" }) { output.include?("Use Ctrl-C") }
    end

    def output = File.exist?(@log) ? File.read(@log) : ""

    def server_pids(count)
      eventually(-> { "not #{count} servers: #{output}" }) do
        pids = output.scan(/^pretend server (\d+): /).flatten.map(&:to_i)
        pids if pids.size >= count
      end
    end
end
