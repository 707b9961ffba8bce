# frozen_string_literal: true

require "test_helper"

class LocalPortTest < ActiveSupport::TestCase
  setup do
    @root = Dir.mktmpdir
    @data = File.join(@root, "data").tap { |path| FileUtils.mkdir_p(path) }
    @other = TCPServer.new("127.0.0.1", 0)
    @taken = @other.addr[1]
    @port = DurableStreams::Rails::LocalPort.new(@root, "development")
  end

  teardown do
    @other.close unless @other.closed?
    FileUtils.rm_rf(@root)
  end

  test "a configured port that is free is used, and nothing recorded" do
    @other.close
    assert_equal @taken, @port.choose(@taken, data_dir: @data)
    assert_nil @port.record
    assert_equal url(@taken), @port.relocate(url(@taken))
  end

  test "a port that another program has is left to it, and URLs follow" do
    chosen = @port.choose(@taken, data_dir: @data)
    assert_not_equal @taken, chosen
    TCPServer.open("127.0.0.1", chosen).close

    %w[localhost 127.0.0.1 [::1]].each { |host| assert_equal url(chosen, host), @port.relocate(url(@taken, host)) }
    [ url(@taken, "streams.example.com"), url(@taken + 1), "unix:///run/streams.sock" ].each do |other|
      assert_equal other, @port.relocate(other)
    end
    assert_equal chosen, @port.choose(@taken, data_dir: @data), "it stays"
  end

  test "settings follow the server when they look again, and back, and forget nothing that is set meanwhile" do
    settings = DurableStreams::Rails::Settings.new
    settings.client_url = settings.server_url = url(@taken)
    settings.relocate
    assert_equal url(@taken), settings.server_url, "it follows nobody yet"
    settings.relocate(@port)
    chosen = @port.choose(@taken, data_dir: @data)
    settings.relocate
    assert_equal [ url(chosen) ] * 2, [ settings.client_url, settings.server_url ]

    settings.server_url = "http://10.0.0.5:4437/v1/streams"
    @port.release
    settings.relocate
    assert_equal [ url(@taken), "http://10.0.0.5:4437/v1/streams" ], [ settings.client_url, settings.server_url ]
  end

  test "a port that this app's own server has is waited for" do
    File.write(File.join(@data, "LOCK"), "")
    File.open(File.join(@data, "LOCK")) do |lock|
      lock.flock(File::LOCK_EX)
      assert_equal @taken, @port.choose(@taken, data_dir: @data)
    end
    assert_not_equal @taken, @port.choose(@taken, data_dir: @data)
  end

  test "a record counts as long as its process lives, and is taken back by that one" do
    pid = Process.spawn("sleep", "60")
    record(@taken, 4999, pid)
    @port.release
    assert_equal pid, @port.record.owner, "another's"

    Process.kill("KILL", pid)
    Process.wait(pid)
    assert_nil @port.record
    @port.choose(@taken, data_dir: @data)
    assert_equal Process.pid, @port.record.owner
    @port.release
    assert_nil @port.record
  end

  test "environments have records of their own, and rubbish is none" do
    @port.choose(@taken, data_dir: @data)
    assert_nil DurableStreams::Rails::LocalPort.new(@root, "test").record
    File.write(File.join(@root, "tmp/durable_streams/development.port"), "x")
    assert_nil @port.record
  end

  private
    def url(port, host = "localhost") = "http://#{host}:#{port}/v1/streams"

    def record(*numbers)
      FileUtils.mkdir_p(File.join(@root, "tmp/durable_streams"))
      File.write(File.join(@root, "tmp/durable_streams/development.port"), numbers.join(" "))
    end
end
