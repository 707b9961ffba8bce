# frozen_string_literal: true

require "test_helper"

class LocalSocketTest < ActiveSupport::TestCase
  include UnixSockets

  setup do
    @root = Dir.mktmpdir
    @socket = DurableStreams::Rails::LocalSocket.new(@root, 4437)
  end

  teardown { FileUtils.rm_rf(@root) }

  test "it is named after the port, in a directory of the app that nobody else may enter" do
    assert_equal File.join(@root, "tmp/durable_streams/4437.sock"), @socket.path
    assert @socket.available?
    assert_equal 0o700, File.stat(File.dirname(@socket.path)).mode & 0o777
    assert_empty Dir.children(File.dirname(@socket.path)), "the attempt leaves nothing"
  end

  test "none is available where its path is too long, or none can be made" do
    assert_not DurableStreams::Rails::LocalSocket.new("/" + "a" * 74, 65_535).available?
    File.write(File.join(@root, "tmp"), "no directory")
    assert_not @socket.available?
  end

  test "who listens is connected to" do
    listen do |server|
      @socket.connect(1).write("hello")
      assert_equal "hello", server.accept.readpartial(5)
    end
  end

  test "without a server, and after one that was killed, there is no connection" do
    assert_nil @socket.connect(1)
    listen(&:close)
    assert File.socket?(@socket.path)
    assert_nil @socket.connect(1)
  end

  test "a server at which too many wait is passed over at once" do
    assert @socket.available?
    with_full_socket(@socket.path) { assert_nil @socket.connect(60) }
  end

  test "another user's socket is left alone" do
    skip "only root can give a file away" unless Process.uid.zero?
    listen do |server|
      File.chown(65_534, nil, @socket.path)
      assert_nil @socket.connect(1)
      assert_equal :wait_readable, server.accept_nonblock(exception: false)
    end
  end

  private
    def listen(&block)
      assert @socket.available?
      UNIXServer.open(@socket.path, &block)
    end
end
