# frozen_string_literal: true

require "test_helper"
require "puma/const"

# The real server beside each supported Puma, in both of its modes, through all that ends and restarts
# either of them. The app answers a signed URL of a stream to which it has just broadcast.
#
# The app asks for the server at 127.0.0.1, where it does not listen: what arrives has gone through the
# app's own socket.
class PumaVersionsTest < ActiveSupport::TestCase
  include PumaProcess
  include RealServer

  ALL = { "6" => "gemfiles/puma_6.rb", "7" => "gemfiles/puma_7.rb", "8" => "Gemfile" }.freeze
  # With another Gemfile, its own Puma.
  GEMFILES = ALL.value?(Bundler.default_gemfile.basename.to_s) ? ALL :
    { Puma::Const::VERSION.to_i.to_s => "gemfiles/#{Bundler.default_gemfile.basename}" }.freeze

  setup do
    require_real_server
    write_puma_app(config_ru: BROADCASTING)
    @port = free_port
    write_server_configuration(@port, bind: "127.0.0.2")
  end

  GEMFILES.each do |version, gemfile|
    test "Puma #{version}, single: the server survives restarts, comes back when killed, and ends with Puma" do
      start_puma(version)
      assert_events 1

      pid = server_pids(1).sole
      Process.kill("KILL", pid)
      second = server_pids(2).last
      assert_listening times: 2
      assert_events 2, "they are on the disk"
      broadcast_from_another_process
      assert_events 4, "one is the other process's"
      assert_match(/durable-streams: listening on/, rails_log, "what the server logs is in Rails' log")

      Process.kill("USR2", @puma)
      wait_for_output("still running, pid #{second}")
      wait_for_output("Use Ctrl-C", times: 2)
      assert_events 5

      assert_equal Signal.list["TERM"], end_puma("TERM").termsig, output
      assert process_gone?(second), output
      assert_match "durable-streams: stopped", rails_log, "the last words too"
      assert_empty Dir[File.join(app, "tmp/durable_streams/{puma-*,*.sock}")]
    end

    test "Puma #{version}, cluster: the same, and a phased restart" do
      start_puma(version, WORKERS: "2")
      assert_events 1
      pid = server_pids(1).sole

      Process.kill("USR1", @puma)
      wait_for_output(/Worker \d \(PID: \d+\) booted in [\d.]+s, phase: 1/, times: 2)
      assert_events 2
      assert_equal [ pid ], server_pids(1)

      Process.kill("KILL", pid)
      second = server_pids(2).last
      assert_listening times: 2
      assert_events 3

      Process.kill("USR2", @puma)
      wait_for_output("still running, pid #{second}")
      wait_for_output("phase: 0", times: 4)
      assert_events 4

      end_puma("TERM")
      assert process_gone?(second), output
    end

    test "Puma #{version}: the server ends when Puma is killed" do
      start_puma(version, WORKERS: "1")
      pid = server_pids(1).sole
      assert_listening
      end_puma("KILL")
      assert eventually(-> { "the server goes on: #{output}" }) { process_gone?(pid) }
    end
  end

  private
    def start_puma(version, **env)
      gemfile = File.expand_path("../#{GEMFILES.fetch(version)}", __dir__)
      super(DURABLE_STREAMS_BIN: BINARY, **urls, BUNDLE_GEMFILE: gemfile, **env)
      assert_match(/Puma version: #{version}\./, output)
      assert_listening
    end

    def urls
      { DURABLE_STREAMS_CLIENT_URL: "http://127.0.0.2:#{@port}/v1/streams", DURABLE_STREAMS_SERVER_URL: "http://127.0.0.1:#{@port}/v1/streams" }
    end

    def assert_listening(times: 1) = wait_for_output("listening on unix:", times:)

    # As a console does, or bin/jobs.
    def broadcast_from_another_process
      out, status = run_in_app("bin/rails", "runner", 'DurableStreams.broadcast_to("room", by: "runner")', **urls)
      assert status.success?, out
    end

    # Broadcasts once more, and reads what there is now.
    def assert_events(count, message = nil)
      response = get_from_app
      assert_equal "200", response.code, output
      events = JSON.parse(Net::HTTP.get(URI(response.body)))
      assert_equal count, events.size, "#{message} #{events.inspect} #{output}"
    end
end
