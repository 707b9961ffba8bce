# frozen_string_literal: true

require "test_helper"

# Puma itself, with a pretended server beside it.
class PumaPluginTest < ActiveSupport::TestCase
  include PumaProcess

  PRETEND_SERVER = File.expand_path("support/pretend_server", __dir__)

  setup { write_puma_app }

  [ 0, 2 ].each do |workers|
    test "with #{workers} workers the server is started once, is back when killed, and ends with Puma" do
      start_puma(WORKERS: workers.to_s)
      first = server_pids(1).sole
      wait_for_output("server --config config/durable_streams.yml --env development --exit-with-parent")

      Process.kill("KILL", first)
      second = server_pids(2).last
      wait_for_output("pretend server #{second}:")
      assert_equal Signal.list["TERM"], end_puma("TERM").termsig, output
      assert_match "pretend server #{second} ends", output
      assert_equal 2, server_pids(2).size
    end
  end

  test "the server is kept when Puma restarts" do
    start_puma
    pid = server_pids(1).sole
    Process.kill("USR2", @puma)
    wait_for_output("still running, pid #{pid}")
    wait_for_output("Use Ctrl-C", times: 2)
    assert_equal [ pid ], server_pids(1)
  end

  test "a server that started before the app gets the key that the app brings" do
    pem = OpenSSL::PKey::EC.generate("prime256v1").private_to_pem
    write_file "config/initializers/durable_streams.rb", "DurableStreams.signing_key = #{pem.inspect}\n"
    start_puma
    wait_for_output("the key has changed, starting again")
    assert_equal 2, server_pids(2).size
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
    def start_puma(**env) = super(DURABLE_STREAMS_BIN: PRETEND_SERVER, **env)
end
