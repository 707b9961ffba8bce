# frozen_string_literal: true

require "test_helper"

class StreamServerTest < ActiveSupport::TestCase
  include LiveServer

  Errors = DurableStreams::Rails

  setup do
    fake_server
    @server = DurableStreams::Rails::StreamServer.new
  end

  test "an append is appended once, then a duplicate, and superseded by a later epoch" do
    @server.create("x")

    assert_equal :appended, @server.append("x", %({"a":1}), producer: [ "p", 5 ])
    assert_equal :duplicate, @server.append("x", %({"a":1}), producer: [ "p", 5 ])
    assert_equal :superseded, @server.append("x", %({"a":0}), producer: [ "p", 4 ])
    assert_equal [ { "a" => 1 } ], fake_server.events("x")
  end

  test "an append carries its producer and type" do
    @server.create("x")
    @server.append("x", "{}", producer: [ "gid://app/Room/1", 2**53 - 1 ])

    headers = fake_server.requests("POST").last.headers
    assert_equal [ "gid://app/Room/1", "9007199254740991", "0", "application/json" ],
      headers.values_at("producer-id", "producer-epoch", "producer-seq", "content-type")
  end

  test "a TTL is sent in whole seconds" do
    @server.create("x", ttl: 1.hour)
    assert_equal "3600", fake_server.requests.last.headers["stream-ttl"]
  end

  test "a stream that exists otherwise configured will do" do
    @server.create("x", ttl: 60)
    assert_nothing_raised { @server.create("x") }
  end

  {
    400 => Errors::Rejected, 403 => Errors::Forbidden, 404 => Errors::StreamNotFound, 405 => Errors::Rejected,
    409 => Errors::StreamConflict, 410 => Errors::StreamGone, 413 => Errors::PayloadTooLarge, 429 => Errors::RateLimited,
    500 => Errors::ServerFailure, 503 => Errors::ServerFailure, 507 => Errors::ServerFull, 302 => Errors::Rejected
  }.each do |status, error_class|
    test "#{status} raises #{error_class.name.demodulize}, with the status and the reason" do
      fake_server.answer_with { [ status, {}, %({"error":"because"}) ] }
      error = assert_raises(error_class) { @server.append("x", "{}", producer: [ "p", 0 ]) }
      assert_equal error_class, error.class
      assert_equal status, error.status
      assert_match "because", error.message
    end
  end

  test "a closed stream is told from other conflicts" do
    @server.create("x")
    @server.close("x")
    assert_raises(Errors::StreamClosed) { @server.append("x", "{}", producer: [ "p", 0 ]) }
  end

  test "what may pass later is told from what may not" do
    assert_operator Errors::ServerFailure, :<, Errors::TemporaryFailure
    assert_operator Errors::ServerUnreachable, :<, Errors::TemporaryFailure
    assert_not_operator Errors::Rejected, :<, Errors::TemporaryFailure
  end

  test "a 401 is asked again, once, with a new token" do
    tokens = %w[old new newer]
    asked = 0
    change_settings(server_token: -> { tokens[(asked += 1) - 1] })
    fake_server.answer_with { |request| [ 401, {}, "" ] if request.headers["authorization"] == "Bearer old" }

    @server.create("x")
    assert_equal [ "Bearer old", "Bearer new" ], fake_server.requests.map { |request| request.headers["authorization"] }
  end

  test "after a 401 the gem's own token is made anew" do
    fake_server.answer_with { [ 401, {}, "" ] if fake_server.requests.size == 1 }
    @server.create("x")
    assert_equal 2, fake_server.requests.map { |request| request.headers["authorization"] }.uniq.size
  end

  test "after a 401 the server that has moved meanwhile is asked" do
    moved = FakeServer.new
    fake_server.answer_with { [ 401, {}, "another app's" ] }
    moves_to(moved) { @server.create("x") }
    assert_equal %w[PUT], moved.requests.map(&:verb)
  ensure
    moved&.stop
  end

  test "a server that did not answer is asked where it is now, the next time" do
    moved = FakeServer.new
    fake_server.answer_with { :hang_up }
    moves_to(moved) do
      assert_raises(Errors::ServerUnreachable) { @server.create("x") }
      @server.create("x")
    end
    assert_equal 1, moved.requests.size
  ensure
    moved&.stop
  end

  test "a 401 with a new token too raises" do
    fake_server.answer_with { [ 401, {}, "no" ] }
    assert_raises(Errors::Unauthorized) { @server.create("x") }
    assert_equal 2, fake_server.requests.size
  end

  test "the token callable is asked for each request" do
    count = 0
    change_settings(server_token: -> { (count += 1).to_s })
    3.times { @server.create("x") }
    assert_equal [ "Bearer 1", "Bearer 2", "Bearer 3" ], fake_server.requests.map { |request| request.headers["authorization"] }
  end

  test "the gem's own token is the server's" do
    @server.create("x")
    claims, = JWT.decode(fake_server.requests.last.headers["authorization"].delete_prefix("Bearer "), nil, false)
    assert_equal true, claims["server"]
  end

  test "head tells of a stream, or that there is none" do
    assert_nil @server.head("x")
    @server.create("x")
    assert_equal 200, @server.head("x").status
  end

  test "delete tells whether there was one" do
    @server.create("x")
    assert_equal true, @server.delete("x")
    assert_equal false, @server.delete("x")
  end

  private
    # As if the server beside Puma had moved since this process was started, because another program,
    # the fake server, has its port.
    def moves_to(server)
      root = Dir.mktmpdir
      settings = DurableStreams::Rails::Runtime.settings
      settings.relocate(DurableStreams::Rails::LocalPort.new(root, "test"))
      FileUtils.mkdir_p(File.join(root, "tmp/durable_streams"))
      File.write(File.join(root, "tmp/durable_streams/test.port"), [ fake_server.port, server.port, Process.pid ].join(" "))
      yield
    ensure
      settings.relocate(DurableStreams::Rails::LocalPort.new(Rails.root, "test"))
      FileUtils.rm_rf(root)
    end
end
