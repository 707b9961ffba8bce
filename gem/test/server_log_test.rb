# frozen_string_literal: true

require "test_helper"
require "durable_streams/rails/server_log"

class ServerLogTest < ActiveSupport::TestCase
  include LiveServer

  setup do
    @root = Dir.mktmpdir
    @lines = []
    @log = DurableStreams::Rails::ServerLog.new(@root, ->(level, message) { @lines << [ level, message ] })
    @log.open
  end

  teardown do
    @log.close
    FileUtils.rm_rf(@root)
  end

  test "lines of both formats come with their levels, others as they are" do
    server_logs "2026-11-23 08:58:17.240 info  durable-streams 0.1.0", "2026-11-23 08:58:17.240 critical cannot start: no",
      %({"time":"2026-11-23T08:58:17.240Z","level":"warning","message":"a \\"word\\""}), "{ no json", "é\xff".b
    @log.close
    assert_equal [ [ :info, "durable-streams 0.1.0" ], [ :fatal, "cannot start: no" ], [ :warn, "a \"word\"" ],
      [ :info, "{ no json" ], [ :info, "é\u{fffd}" ] ], @lines
  end

  test "what the server wrote last is there once it is closed, and the pipe is gone" do
    server_logs(*Array.new(1000) { |i| "line #{i}" })
    @log.close
    assert_equal "line 999", @lines.last.last
    assert_empty Dir.children(File.join(@root, "tmp/durable_streams"))
    @log.close
  end

  test "what was written while nobody read is read by the next one of the same process" do
    pid = Process.spawn("sh", "-c", "echo before; read line; echo after", in: (reader, writer = IO.pipe).first, **@log.redirection)
    eventually { @lines.any? }
    successor = DurableStreams::Rails::ServerLog.new(@root, ->(_, message) { @lines << [ :successor, message ] })
    successor.open
    writer.puts
    Process.wait(pid)
    assert eventually { @lines.any? { |_, message| message == "after" } }
    successor.close
  ensure
    [ reader, writer ].each(&:close)
  end

  test "pipes of processes that were killed are removed" do
    pid = Process.spawn("true")
    Process.wait(pid)
    abandoned = File.join(@root, "tmp/durable_streams/puma-#{pid}.log")
    File.mkfifo(abandoned)
    DurableStreams::Rails::ServerLog.new(@root, ->(*) { }).open
    assert_not File.exist?(abandoned)
  end

  test "where no pipe can be made the server writes where Puma does" do
    File.write(File.join(@root, "file"), "")
    log = DurableStreams::Rails::ServerLog.new(File.join(@root, "file"), ->(*) { })
    log.open
    assert_empty log.redirection
    log.close
  end

  test "a sink that fails does not stop the reading" do
    @log.close
    log = DurableStreams::Rails::ServerLog.new(@root, ->(_, message) { message == "one" ? raise("no") : @lines << message })
    log.open
    Process.wait(Process.spawn("echo one; echo two", **log.redirection))
    log.close
    assert_equal [ "two" ], @lines.flatten
  end

  private
    def server_logs(*lines)
      path = File.join(@root, "lines")
      File.binwrite(path, lines.map { |line| "#{line.b}\n" }.join)
      Process.wait(Process.spawn("cat", path, **@log.redirection))
    end
end
