# frozen_string_literal: true

require "test_helper"

# The server that system tests start for themselves.
class SystemTestServerTest < ActiveSupport::TestCase
  include LiveServer
  include RealServer
  include Processes

  SystemTestServer = DurableStreams::Rails::SystemTestServer

  setup do
    require_real_server
    @root = Dir.mktmpdir("system_test_server")
    install_files
    @binary_before, ENV["DURABLE_STREAMS_BIN"] = ENV["DURABLE_STREAMS_BIN"], BINARY
    change_settings(token_issuer: "dummy", token_audience: "dummy/streams", signing_key: File.read(local_keys.tap(&:ensure).signing_key_path))
    # As a system test's.
    DurableStreams::Rails::Testing.stop
    DurableStreams::Rails::Testing.start(live: true)
  end

  teardown { ENV["DURABLE_STREAMS_BIN"] = @binary_before }

  test "tests that are in it broadcast to it, and read from it; after the last the app's URLs are as before" do
    before = [ DurableStreams.client_url, DurableStreams.server_url ]
    with_server do |server|
      server.enter
      server.enter
      server.leave
      assert_equal "Hello", event_sent_and_read
      assert_match %r{\Ahttp://localhost:\d+/v1/streams\z}, DurableStreams.client_url
      assert_not_includes before, DurableStreams.client_url
      server.leave
      assert_equal before, [ DurableStreams.client_url, DurableStreams.server_url ]
    end
    assert_empty Dir[File.join(@root, "tmp/durable_streams/test/*")], "it keeps nothing on disk"
  end

  test "processes have one each, and it ends with them" do
    with_server do |server|
      port = port_of(server)
      reader, writer = IO.pipe
      other = fork do
        forked = SystemTestServer.new(@root).tap(&:start)
        writer.puts port_of(forked), forked.instance_variable_get(:@pid)
        Process.kill("KILL", Process.pid)
      end
      Process.wait(other)
      other_port, pid = 2.times.map { reader.gets.to_i }
      assert_not_equal port, other_port
      eventually { process_gone?(pid) }
      assert_equal "200", Net::HTTP.get_response(URI("http://127.0.0.1:#{port}/up")).code
    end
  end

  test "one that ends at once says why" do
    File.write(File.join(@root, "config/durable_streams.yml"), "test:\n  nonsense: 1\n")
    error = assert_raises(SystemTestServer::Unavailable) { SystemTestServer.new(@root).start }
    assert_match(/log\/durable_streams_test\.log: .*nonsense/, error.message)
  end

  test "one is wanted where nothing else is said" do
    change_settings(system_test_server: true)
    assert_predicate self, :wanted?

    with_environment("DURABLE_STREAMS_SERVER_URL" => "http://localhost:4438/v1/streams") { assert_not_predicate self, :wanted? }
    change_settings(client_url: "https://streams.example.com/v1/streams")
    assert_not_predicate self, :wanted?
    change_settings(client_url: "http://127.0.0.1:4438/v1/streams", system_test_server: false)
    assert_not_predicate self, :wanted?
  end

  test "without a binary tests run, and it is said once" do
    change_settings(system_test_server: true)
    ENV["DURABLE_STREAMS_BIN"] = "/nonexistent"
    _, said = capture_io { 2.times { assert_nil SystemTestServer.of_this_process } }
    assert_equal 1, said.scan("System tests run without a stream server: DURABLE_STREAMS_BIN names no").size
  ensure
    SystemTestServer.instance_variable_set(:@owner, nil)
  end

  private
    def with_server
      server = SystemTestServer.new(@root)
      server.start
      yield server
    ensure
      server.stop
    end

    def event_sent_and_read
      DurableStreams.broadcast_to("room", body: "Hello")
      JSON.parse(Net::HTTP.get(URI("#{DurableStreams.signed_stream_url("room")}&offset=-1"))).sole["body"]
    end

    def wanted? = SystemTestServer.send(:wanted?)
    def port_of(server) = server.instance_variable_get(:@port)
    def local_keys = DurableStreams::Rails::LocalKeys.new(@root)
end
