# frozen_string_literal: true

require "test_helper"
require "durable_streams/rails/server_process"

class ServerProcessTest < ActiveSupport::TestCase
  include LiveServer
  include Processes

  ServerProcess = DurableStreams::Rails::ServerProcess

  setup do
    @root = Dir.mktmpdir
    @lines = Thread::Queue.new
    @seen = []
    ENV["DURABLE_STREAMS_BIN"] = write_script("[ $1 = config ] && exit 2\ntrap 'exit 0' TERM\nwhile :; do read -t 1 < \"$0.pipe\"; done")
    File.mkfifo(ENV["DURABLE_STREAMS_BIN"] + ".pipe")
    @process = new_process
  end

  teardown do
    @process.stop
    ENV.delete("DURABLE_STREAMS_BIN")
    ENV.delete(ServerProcess::PID_VARIABLE)
    FileUtils.rm_rf(@root)
  end

  test "a server that is killed is back" do
    @process.start
    first = @process.pid
    Process.kill("KILL", first)
    second = eventually("no second server") { @process.pid if @process.pid && @process.pid != first }
    assert alive?(second)
    assert_not alive?(first)
  end

  test "stop ends the server, and it stays ended" do
    @process.start
    pid = @process.pid
    @process.stop
    assert_not alive?(pid)
    assert_nil @process.pid
    @process.stop
  end

  test "a server that keeps ending is started less and less often" do
    write_script("exit 3")
    @process.start
    pauses = 3.times.map { line(/starts again in ([\d.]+) s/)[1].to_f }
    assert_equal ServerProcess::BACKOFF_SECONDS.first(3), pauses
  end

  test "one that ran for long is started again as soon as if it had never ended" do
    stub_const(ServerProcess, :STEADY_SECONDS, 0) do
      write_script("exit 3")
      @process.start
      assert_equal [ ServerProcess::BACKOFF_SECONDS.first ] * 3, 3.times.map { line(/starts again in ([\d.]+) s/)[1].to_f }
    end
  end

  test "a server that does not end when told is killed" do
    stub_const(ServerProcess, :STOP_SECONDS, 0.1) do
      write_script("[ $1 = config ] && exit 2\ntrap '' TERM\necho deaf\nwhile :; do read -t 1 < \"$0.pipe\"; done")
      @process.start
      line(/deaf/)
      pid = @process.pid
      @process.stop
      assert_not alive?(pid)
    end
  end

  test "a port that another program has is left to it, unless DURABLE_STREAMS_PORT asks for that very one" do
    TCPServer.open("127.0.0.1", 0) do |other|
      port = other.addr[1]
      write_script("[ $1 = config ] && echo 'test: { port: #{port}, storage: {} }' && exit\necho \"got $*\"\nread < \"$0.pipe\"")
      @process.start
      line(/port #{port} is in use by another program/)
      assert_no_match(/--port #{port}\b/, line(/got .*--port/).string)
      @process.stop

      with_environment("DURABLE_STREAMS_PORT" => port.to_s) do
        @process = new_process.tap(&:start)
        assert_equal [ port.to_s ], line(/got .*/).string.scan(/--port (\d+)/).flatten
      end
    end
  end

  test "stop does not wait for a pause to end" do
    stub_const(ServerProcess, :BACKOFF_SECONDS, [ 1000 ]) do
      write_script("exit 3")
      @process.start
      line(/starts again/)
      @process.stop
    end
    assert_nil @process.pid
  end

  test "a binary that can not be run is told, and tried again" do
    write_script("", shebang: "#!/nonexistent")
    @process.start
    2.times { assert line(/can't start/) }
  end

  test "the program that replaces this one keeps the server" do
    @process.start
    pid = @process.pid
    @process.hand_on
    successor = new_process
    successor.start

    assert_equal pid, successor.pid
    assert_nil ENV[ServerProcess::PID_VARIABLE]
  end

  test "a pid that is not a child's is not taken over" do
    ENV[ServerProcess::PID_VARIABLE] = Process.ppid.to_s
    @process.start
    assert_not_equal Process.ppid, @process.pid
    assert alive?(@process.pid)
  end

  test "another key starts the server again" do
    @process.start
    first = @process.pid
    @process.refresh_keys
    assert_equal first, @process.pid
    DurableStreams::Rails::LocalKeys.new(@root).publish(OpenSSL::PKey::EC.generate("prime256v1"))
    @process.refresh_keys
    eventually("it was not started again") { @process.pid && @process.pid != first }
  end

  private
    def new_process
      ServerProcess.new(DurableStreams::Rails::ServerCommand.new(@root), log: ->(_, line) { @lines << line })
    end

    def write_script(body, shebang: "#!/bin/bash")
      File.join(@root, "server").tap do |path|
        File.write("#{path}.new", "#{shebang}\n#{body}\n")
        File.chmod(0o755, "#{path}.new")
        File.rename("#{path}.new", path)
      end
    end

    # The next logged line that matches.
    def line(pattern)
      eventually(-> { "no line like #{pattern.inspect} in #{@seen.inspect}" }) do
        (line = @lines.pop(timeout: 0.1)) && @seen.push(line) && pattern.match(line)
      end
    end

    def alive?(pid)
      Process.kill(0, pid) && true
    rescue Errno::ESRCH
      false
    end
end
