# frozen_string_literal: true

require "test_helper"

# Against real servers, each set up wrongly in one way: what is wrong is said, with its fix, and nothing
# else is called wrong.
class DoctorTest < ActiveSupport::TestCase
  include LiveServer
  include RealServer
  include DummyProcess
  include UnixSockets

  setup do
    start_real_server
    edit_configuration { |text| text.sub("port: 4438", "port: #{@port}") }
    @binary_before, ENV["DURABLE_STREAMS_BIN"] = ENV["DURABLE_STREAMS_BIN"], BINARY
  end

  teardown { ENV["DURABLE_STREAMS_BIN"] = @binary_before }

  test "all is well" do
    assert_wrong
    assert_match "All is well.", @report
    %w[binary version configuration verify\ key issuer audience port server running\ version clock token].each do |subject|
      assert_match(/^ok    #{subject}: /, @report)
    end
  end

  test "the way through the app's own socket is told" do
    with_local_socket(@port) { assert_match(/^ok    socket: .*#{@port}\.sock/, report) }
  end

  test "no server" do
    kill_server
    assert_wrong "server" => [ "nothing answers at http://127.0.0.1:#{@port}", "start the server: bin/dev, or bin/durable-streams" ]
  end

  test "a signing key that is not the server's" do
    change_settings(signing_key: OpenSSL::PKey::EC.generate("prime256v1").private_to_pem)
    assert_wrong "verify key" => [ "not the public part of the signing key", "tmp/durable_streams/verify_key.pem" ],
      "token" => [ "401, the token's signature is wrong", "the server's auth.verify_key must be the public part" ]
  end

  test "a server that was started with another key" do
    kill_server
    local = DurableStreams::Rails::LocalKeys.new(@root)
    ours = OpenSSL::PKey.read(File.read(local.signing_key_path))
    local.publish(OpenSSL::PKey::EC.generate("prime256v1"))
    spawn_server
    local.publish(ours)
    assert_wrong "token" => [ "signature is wrong", "start the server again" ]
  end

  test "no verify key" do
    File.delete(DurableStreams::Rails::LocalKeys.new(@root).verify_key_path)
    assert_wrong "verify key" => [ "verify_key.pem is not there", "keeps that up to date" ]
  end

  { "issuer" => :token_issuer, "audience" => :token_audience }.each do |name, setting|
    test "another #{name}" do
      change_settings(setting => "other")
      assert_wrong name => [ "tokens say other", "DurableStreams.#{setting} in config/initializers/durable_streams.rb and auth.#{name}" ],
        "token" => [ "another #{name}", "must be the server's auth.#{name}" ]
    end
  end

  test "a clock that is ahead, and one that is behind" do
    travel 1.hour do
      assert_wrong "clock" => [ "s ahead of the server", "NTP" ], "token" => [ "not valid yet", "NTP" ]
    end
    DurableStreams::Rails::Runtime.reset
    travel(-1.hour) do
      assert_wrong "clock" => [ "s behind the server", "NTP" ], "token" => [ "has expired", "NTP" ]
    end
  end

  test "another version" do
    ENV["DURABLE_STREAMS_BIN"] = script(%([ "$1" = --version ] && echo 9.9.0 || exec #{BINARY} "$@"))
    assert_wrong "version" => [ "the server's is 9.9.0, this gem goes with #{DurableStreams::Rails::VERSION}", "durable_streams:download" ]
  end

  test "a server that runs in another version" do
    kill_server
    other = FakeServer.new(port: @port)
    other.answer_with { [ 200, {}, '{"status":"ok","version":"9.9.0"}' ] }
    assert_wrong "running version" => [ "the server that runs is 9.9.0, this gem goes with #{DurableStreams::Rails::VERSION}", "start the server again" ]
    other.answer_with { [ 200, {}, '{"status":"ok"}' ] }
    assert_wrong
  ensure
    other&.stop
  end

  test "a binary that can't be run here" do
    ENV["DURABLE_STREAMS_BIN"] = script("", shebang: "#!/nonexistent")
    assert_includes report, "can't be run on this machine"
  end

  test "no binary" do
    ENV["DURABLE_STREAMS_BIN"] = "/nonexistent"
    assert_wrong "binary" => [ "there is none on this machine", "DURABLE_STREAMS_BIN names no executable file: /nonexistent" ]
  end

  test "a data directory that can't be written" do
    edit_configuration { |text| text.sub("data_dir: tmp/durable_streams/test", "data_dir: Gemfile/streams") }
    File.write(File.join(@root, "Gemfile"), "")
    assert_wrong "data directory" => [ "Gemfile is no directory", "set storage.data_dir" ]
  end

  test "a configuration with a mistake, and none at all" do
    edit_configuration { |text| text.sub("route:", "ruote:") }
    assert_wrong "configuration" => [ "ruote", "correct config/durable_streams.yml" ]
    File.delete(File.join(@root, "config/durable_streams.yml"))
    assert_wrong "configuration" => [ "durable_streams.yml", "bin/rails generate durable_streams:install" ]
  end

  test "a port that another program has" do
    kill_server
    other = FakeServer.new(port: @port)
    answers = [ [ 404, {}, "not a stream server" ], [ 200, {}, "<p>Some other page</p>" ] ]
    answers.each do |answer|
      other.answer_with { answer }
      assert_wrong "server" => [ "another program answers", "choose another port" ]
    end
  ensure
    other&.stop
  end

  test "a listener that does not let this machine in, and one that does" do
    kill_server
    internal = free_port
    edit_configuration { |text| text.sub("test:\n", "test:\n  internal: { port: #{internal}, bind: 127.0.0.1, allowed_ips: [ 10.9.9.9 ] }\n") }
    spawn_server
    change_settings(server_url: "http://127.0.0.1:#{internal}/v1/streams")
    assert_wrong "server" => [ "does not let this machine in", "internal.allowed_ips" ]

    kill_server
    edit_configuration { |text| text.sub("10.9.9.9", "127.0.0.1") }
    spawn_server
    assert_wrong
    assert_match(/^ok    port: #{internal}$/, @report)
  end

  test "a callable that answers a client's token" do
    change_settings(server_token: -> { DurableStreams::Rails::Runtime.tokens.client_token("another") })
    assert_wrong "token" => [ "403", "DurableStreams.server_token must answer the app server's token" ]
  end

  test "a server on a Unix socket" do
    path = File.join(@root, "streams.sock")
    server = FakeServer.new(listener: UNIXServer.new(path))
    server.answer_with { |request| [ 200, {}, %({"status":"ok","version":"#{DurableStreams::Rails::VERSION}"}) ] if request.target == "/up" }
    change_settings(server_url: "unix://#{path}")
    assert_wrong
    assert_match(/^ok    server: unix:.*streams\.sock/, @report)
    assert_equal [ "/up", "/v1/streams/durable-streams-doctor?offset=-1" ], server.requests.map(&:target)

    server.stop
    assert_wrong "server" => [ "nothing answers at unix:", "start the server" ]
  ensure
    server&.stop
  end

  test "an address that can't be asked" do
    untrusted = FakeServer.new(listener: Certificates.new.listener("localhost"))
    other = FakeServer.new.tap { |server| server.answer_with { "this is no HTTP\r\n\r\n" } }
    [ "https://localhost:#{untrusted.port}/v1/streams", other.url ].each do |url|
      change_settings(server_url: url)
      assert_wrong "port" => [ "server_url says", "DURABLE_STREAMS_SERVER_URL" ], "server" => [ "can't be asked", "check the address" ]
    end
  ensure
    [ untrusted, other ].compact.each(&:stop)
  end

  test "another port than the server's" do
    edit_configuration { |text| text.sub("port: #{@port}", "port: #{@port + 1}") }
    assert_wrong "port" => [ "server_url says #{@port}, config/durable_streams.yml says #{@port + 1}", "DURABLE_STREAMS_SERVER_URL" ]
  end

  test "URLs for browsers that lead nowhere" do
    change_settings(client_url: "http://127.0.0.1:#{free_port}/v1/streams")
    assert_wrong "client_url" => [ "nothing answers", "start the server" ]
  end

  test "the task tells of a production without key and server, and its exit status is 1" do
    kill_server
    FileUtils.cp_r(File.join(@root, "config/durable_streams.yml"), File.join(app, "config"))
    out, status = run_in_app("bin/rails", "durable_streams:doctor", RAILS_ENV: "production", DURABLE_STREAMS_BIN: BINARY,
      DURABLE_STREAMS_SERVER_URL: "http://127.0.0.1:#{@port}/v1/streams")
    assert_equal 1, status.exitstatus, out
    assert_match(/^WRONG signing key: there is none\n      no signing key.*generate_keys/, out)
    assert_match(/^WRONG server: nothing answers.*\n      start the server: bin\/durable-streams, or Puma/, out)
    assert_match(/^WRONG client_url: browsers elsewhere/, out)
  end

  private
    def report
      out = StringIO.new
      @well = DurableStreams::Rails::Doctor.new(@root, "test", out:).run
      @report = out.string
    end

    # Subject => [part of what is wrong, part of the fix]
    def assert_wrong(findings = {})
      report
      assert_equal findings.keys.sort, @report.scan(/^WRONG ([^:]+):/).flatten.sort, @report
      findings.each do |subject, (problem, fix)|
        text = @report[/^WRONG #{subject}: .*\n(?:      .*\n)*/]
        assert_includes text.lines.first, problem
        assert_includes text.lines.drop(1).join, fix
      end
      assert_equal findings.empty?, @well
    end

    def edit_configuration
      path = File.join(@root, "config/durable_streams.yml")
      File.write(path, yield(File.read(path)))
    end

    def script(body, shebang: "#!/bin/sh")
      File.join(@root, "script").tap do |path|
        File.write(path, "#{shebang}\n#{body}\n")
        File.chmod(0o755, path)
      end
    end
end
