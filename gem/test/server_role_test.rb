# frozen_string_literal: true

require "test_helper"

# bin/durable-streams as a role of its own, as Kamal runs it: one process, which logs to standard output
# and ends well at SIGTERM.
class ServerRoleTest < ActiveSupport::TestCase
  include LiveServer
  include RealServer
  include DummyProcess

  setup do
    require_real_server
    @root = app
    install_files
    @port = free_port
  end

  test "it becomes the server, logs to standard output, and ends with 0 at SIGTERM, readers included" do
    write_file "config/master.key", SecureRandom.hex(16)
    run_in_app("bin/rails", "durable_streams:generate_keys", RAILS_ENV: "production")
    start_role
    assert_equal File.realpath(BINARY), File.readlink("/proc/#{server_pid}/exe"), "no process is left between"
    assert_equal [ "info", "listening on 0.0.0.0:#{@port}" ], log_lines.find { |line| line["message"].start_with?("listening") }.values_at("level", "message")
    assert_includes log_lines.map { |line| line["message"] }, "listening on unix:#{socket_path}"
    assert_equal "401", Net::HTTP.get_response(URI("http://127.0.0.1:#{@port}/v1/streams/x")).code

    idle = TCPSocket.new("127.0.0.1", @port) # has asked for nothing yet
    url = URI("#{signed_url}&offset=-1&live=sse")
    received = +""
    reader = Thread.new { Net::HTTP.get_response(url) { |response| response.read_body { |part| received << part } } }
    eventually { received.include?("event: control") }
    Process.kill("TERM", server_pid)
    status = Process.wait2(server_pid).last
    @server_pid = nil
    assert_equal 0, status.exitstatus, File.read(@log)
    assert_match "stopped", log_lines.last["message"]
    assert_empty File.read(@errors)
    assert reader.join(30), "the reader goes on"
  ensure
    idle&.close
  end

  test "without the public key it does not start, and says what makes one" do
    start_role(wait: false)
    assert_equal 1, Process.wait2(server_pid).last.exitstatus
    @server_pid = nil
    assert_match(/\Adurable-streams: config\/durable_streams\/verify_key.pem is not there.*durable_streams:generate_keys/, File.read(@errors))
  end

  test "a binary that can't be run here is told by its path" do
    binary = write_file("server", "#!/nonexistent\n").then { File.join(app, "server") }
    File.chmod(0o755, binary)
    start_role(wait: false, RAILS_ENV: "development", DURABLE_STREAMS_BIN: binary)
    assert_equal 1, Process.wait2(server_pid).last.exitstatus
    @server_pid = nil
    assert_match(/\A#{binary} can't be run on this machine \(#{DurableStreams::Rails::ServerRelease.platform}\): No such file/, File.read(@log)) # where the server would log
  end

  test "DURABLE_STREAMS_CONFIG names another file, and a Caddyfile is told from one" do
    write_file "elsewhere.yml", "production:\n  port: #{@port}\n  storage:\n    engine: memory\n"
    start_role(DURABLE_STREAMS_CONFIG: File.join(app, "elsewhere.yml"))
    kill_server("TERM")

    start_role("--exit-with-parent", "--log-level", "debug", DURABLE_STREAMS_CONFIG: File.join(app, "elsewhere.yml"))
    assert File.socket?(socket_path), "arguments take nothing away"
    kill_server("TERM")

    write_file "Caddyfile", ":4437 {\n  route /v1/streams/* {\n    durable_streams\n  }\n}\n"
    start_role(wait: false, DURABLE_STREAMS_CONFIG: File.join(app, "Caddyfile"))
    assert_equal 2, Process.wait2(server_pid).last.exitstatus
    @server_pid = nil
    assert_match(/this is a Caddyfile.* it reads YAML/, File.read(@log))
  end

  private
    def start_role(*arguments, wait: true, **env)
      @log = File.join(app, "out.log")
      @errors = File.join(app, "err.log")
      env = environment({ RAILS_ENV: "production", DURABLE_STREAMS_BIN: BINARY, DURABLE_STREAMS_PORT: @port.to_s }.merge(env))
      @server_pid = Process.spawn(env, "bin/durable-streams", *arguments, chdir: app, out: @log, err: @errors)
      eventually(-> { "the server is not up: #{File.read(@log)} #{File.read(@errors)}" }) { up? } if wait
    end

    def socket_path = File.join(File.realpath(app), "tmp/durable_streams/#{@port}.sock")

    def signed_url
      url = "http://127.0.0.1:#{@port}/v1/streams"
      out, = run_in_app("bin/rails", "runner", 'print DurableStreams.signed_stream_url("room")', RAILS_ENV: "production",
        DURABLE_STREAMS_SERVER_URL: url, DURABLE_STREAMS_CLIENT_URL: url)
      out.lines.last
    end

    def log_lines = File.readlines(@log).map { |line| JSON.parse(line) }
end
