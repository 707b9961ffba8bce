# frozen_string_literal: true

require "test_helper"

# Beside Puma, while another app's server has the configured port.
class PumaPortTest < ActiveSupport::TestCase
  include PumaProcess
  include RealServer

  setup do
    require_real_server
    write_puma_app(config_ru: BROADCASTING)
    @other = TCPServer.new("127.0.0.1", 0)
    @taken = @other.addr[1]
    write_server_configuration(@taken)
    write_file "config/initializers/durable_streams.rb", <<~RUBY
      DurableStreams.client_url = "http://localhost:#{@taken}/v1/streams"
      DurableStreams.server_url = "http://localhost:#{@taken}/v1/streams"
    RUBY
  end

  teardown { @other.close }

  test "a free port is taken and kept; the app, its console and its jobs follow" do
    start_puma(DURABLE_STREAMS_BIN: BINARY)
    wait_for_output("port #{@taken} is in use by another program: listening on")
    wait_for_output("listening on 127.0.0.1")
    url = URI(get_from_app.body)
    assert_not_equal @taken, url.port
    assert_equal 1, events(url)
    assert_equal [ "#{url.port}.sock" ], sockets
    assert_equal "http://localhost:#{url.port}/v1/streams", in_another_process("DurableStreams.server_url")

    Process.kill("KILL", server_pids(1).sole)
    server_pids(2)
    wait_for_output("listening on 127.0.0.1:#{url.port}", times: 2)
    Process.kill("USR2", @puma)
    wait_for_output("Use Ctrl-C", times: 2)
    again = URI(get_from_app.body)
    assert_equal [ url.port, 2 ], [ again.port, events(again) ]

    end_puma("TERM")
    assert_empty sockets
    assert_equal "http://localhost:#{@taken}/v1/streams", in_another_process("DurableStreams.client_url")
  end

  test "where the app was loaded before Puma, as by bin/rails server, it follows too" do
    start_puma("bin/rails", "server", DURABLE_STREAMS_BIN: BINARY)
    wait_for_output("port #{@taken} is in use by another program: listening on")
    wait_for_output("listening on 127.0.0.1")
    assert_not_equal @taken, URI(get_from_app.body).port
    assert_no_match "can't be reached", output, "the first request did not know yet"
  end

  test "in production the configured port is the only one" do
    write_file "config/durable_streams.yml", "production:\n  port: #{@taken}\n  storage:\n    engine: memory\n"
    start_puma(DURABLE_STREAMS_BIN: BINARY, RAILS_ENV: "production")
    wait_for_output("port #{@taken} is in use")
    wait_for_output("starts again in")
    assert_empty Dir[File.join(app, "tmp/durable_streams/*.port")]
  end

  test "in production without the public key it is said what makes one" do
    write_file "config/durable_streams.yml", "production:\n  auth:\n    verify_key: config/verify_key.pem\n"
    start_puma(DURABLE_STREAMS_BIN: BINARY, RAILS_ENV: "production")
    assert_match(/durable-streams: config\/verify_key.pem is not there.*generate_keys/, output)
  end

  private
    def sockets = Dir.glob("*.sock", base: File.join(app, "tmp/durable_streams"))

    def events(url) = JSON.parse(Net::HTTP.get(url)).size

    def in_another_process(expression)
      out, status = run_in_app("bin/rails", "runner", "print #{expression}")
      assert status.success?, out
      out.lines.last
    end

    def output = super + [ log_path("production") ].map { |path| File.exist?(path) ? File.read(path) : "" }.join
end
