# frozen_string_literal: true

require "test_helper"

class HttpTransportTest < ActiveSupport::TestCase
  include LiveServer

  Deadline = DurableStreams::Rails::Deadline
  Unreachable = DurableStreams::Rails::ServerUnreachable

  setup do
    @settings = DurableStreams::Rails::Settings.new
    @settings.server_url = fake_server.url
    @transport = DurableStreams::Rails::HttpTransport.new(@settings)
  end

  test "requests share a kept connection" do
    3.times { put "x" }
    assert_equal 1, fake_server.connections
  end

  test "threads at once have connections of their own, which are kept" do
    gate = Thread::Queue.new
    fake_server.answer_with { gate.num_waiting.zero? && nil }
    8.times.map { |i| Thread.new { 5.times { put "x#{i}" } } }.each(&:join)

    assert_equal 40, fake_server.requests.size
    assert_operator fake_server.connections, :<=, 8
  end

  test "a connection that the server has closed meanwhile is replaced" do
    put "x"
    fake_server.close_connections
    assert_equal 200, put("x").status
    assert_equal 2, fake_server.connections
  end

  test "an answer lost on a used connection is asked for once more, on a new one" do
    put "x"
    lost = false
    fake_server.answer_with { |request| (lost = true) && :hang_up if request.connection == 1 && !lost }

    assert_equal 200, put("x").status
    assert_equal [ 1, 1, 2 ], fake_server.requests.map(&:connection)
  end

  test "a server that hangs up on new connections is unreachable" do
    fake_server.answer_with { :hang_up }
    assert_raises(Unreachable) { put "x" }
    assert_equal 1, fake_server.requests.size
  end

  test "nobody listening is unreachable" do
    @settings.server_url = "http://127.0.0.1:#{unused_port}/v1/streams"
    assert_raises(Unreachable) { put "x" }
  end

  test "a server that never answers is unreachable when the deadline passes, and its connection is closed" do
    fake_server.answer_with { :hang }
    assert_raises(Unreachable) { put "x", deadline: Deadline.in(0.1) }
    server_is_back
    put "x"
    assert_equal 2, fake_server.connections
  end

  test "a server that answers drop by drop is unreachable when the deadline passes" do
    dripping = TCPServer.new("127.0.0.1", 0)
    thread = Thread.new do
      socket = dripping.accept
      "HTTP/1.1 200 OK\r\nX-Long: #{"x" * 10_000}".each_char do |char|
        socket.write(char)
        IO.select(nil, nil, nil, 0.02)
      end
    rescue SystemCallError, IOError
      nil
    end
    thread.report_on_exception = false
    @settings.server_url = "http://127.0.0.1:#{dripping.addr[1]}/v1/streams"

    assert_raises(Unreachable) { put "x", deadline: Deadline.in(0.2) }
  ensure
    dripping.close
    thread.kill.join
  end

  test "what is not HTTP is unreachable" do
    fake_server.answer_with { "SSH-2.0-OpenSSH\r\n\r\n" }
    assert_raises(Unreachable) { put "x", deadline: Deadline.in(1) }
  end

  test "a passed deadline asks nobody" do
    assert_raises(Unreachable) { put "x", deadline: Deadline.in(0) }
    assert_empty fake_server.requests
  end

  test "the name is sent as it is, encoded where a path needs it" do
    put "gid://app/Room/1/a b?c%2F../é"
    assert_equal "/v1/streams/gid://app/Room/1/a%20b%3Fc%252F../%C3%A9", fake_server.requests.last.target
  end

  test "the token goes to the configured host, whatever the name spells, and follows no redirect" do
    elsewhere = FakeServer.new
    fake_server.answer_with { [ 307, { "Location" => elsewhere.url + "/x" }, "" ] }

    [ "http://127.0.0.1:#{elsewhere.port}/x", "//127.0.0.1:#{elsewhere.port}", "@127.0.0.1:#{elsewhere.port}/" ].each do |name|
      assert_equal 307, put(name).status
    end
    assert_equal [ "Bearer secret" ], fake_server.requests.map { |request| request.headers["authorization"] }.uniq
    assert_equal 3, fake_server.requests.size
    assert_equal 0, elsewhere.connections
  ensure
    elsewhere.stop
  end

  test "proxies of the environment are not used" do
    before, ENV["http_proxy"] = ENV["http_proxy"], "http://127.0.0.1:#{fake_server.port}"
    @settings.server_url = "http://streams.invalid/v1/streams"
    assert_raises(Unreachable) { put "x" }
    assert_equal 0, fake_server.connections
  ensure
    ENV["http_proxy"] = before
  end

  test "a forked process opens a connection of its own" do
    each_kind_of_server do |server|
      put "x"
      pid = fork { exit!(put("x").status == 200 ? 0 : 1) }
      assert_predicate Process.wait2(pid).last, :success?
      put "x"
      assert_equal [ 1, 2, 1 ], server.requests.map(&:connection)
    end
  end

  test "large bodies pass both ways" do
    each_kind_of_server do |server|
      body = "ä€" * 1_000_000
      server.answer_with { |request| [ 200, {}, request.body ] if request.verb == "POST" }
      response = @transport.call(DurableStreams::Rails::Request.new(verb: "POST", name: "x", body:), token: "t", deadline: Deadline.in(30))
      assert_equal body.b, response.body
    end
  end

  test "an answer that comes before the body was sent is heard" do
    impatient = TCPServer.new("127.0.0.1", 0)
    thread = Thread.new do
      socket = impatient.accept
      nil until socket.gets == "\r\n"
      socket.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      socket.close
    end
    @settings.server_url = "http://127.0.0.1:#{impatient.addr[1]}/v1/streams"
    request = DurableStreams::Rails::Request.new(verb: "POST", name: "x", body: "x" * 30_000_000)
    assert_equal 413, @transport.call(request, token: nil, deadline: Deadline.in(30)).status
  ensure
    impatient.close
    thread.join
  end

  test "a certificate for another host is unreachable and gets no token" do
    assert_untrusted(Certificates.new.trust.listener("streams.example.com"), host: "localhost", reason: /hostname/i)
    assert_untrusted(Certificates.new.trust.listener("streams.example.com"), host: "127.0.0.1", reason: /hostname/i)
  end

  test "a certificate of an unknown authority is unreachable and gets no token" do
    assert_untrusted(Certificates.new.listener("localhost"), host: "localhost", reason: /certificate/i)
  end

  test "an answer that ends the connection is the last on it" do
    fake_server.answer_with { "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" }
    2.times { put "x" }
    assert_equal [ 1, 2 ], fake_server.requests.map(&:connection)
  end

  test "what the server sends unasked on an idle connection is never taken for an answer" do
    fake_server.answer_with { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n" }
    2.times { assert_equal 200, put("x").status }
    assert_equal [ 1, 2 ], fake_server.requests.map(&:connection)
  end

  test "an exception from outside closes the connection that it interrupts" do
    put "x"
    fake_server.answer_with { |request| :hang if request.name == "slow" }
    thread = Thread.new { put "slow" }
    thread.report_on_exception = false
    eventually { fake_server.requests.size == 2 }
    thread.raise(Interrupt)
    assert_raises(Interrupt) { thread.join }

    put "x"
    assert_equal [ 1, 1, 2 ], fake_server.requests.map(&:connection)
  end

  test "a header that would end early is not sent" do
    [ [ { "Producer-Id" => "a\r\nX: b" }, nil ], [ {}, "a\nX: b" ], [ { "X" => "é" }, nil ] ].each do |headers, token|
      request = DurableStreams::Rails::Request.new(verb: "PUT", name: "x", headers:)
      assert_raises(ArgumentError) { @transport.call(request, token:, deadline: Deadline.in(5)) }
    end
    assert_empty fake_server.requests
  end

  test "another server_url counts from the next request on" do
    put "x"
    other = FakeServer.new
    @settings.server_url = other.url
    put "x"
    assert_equal 1, other.requests.size
  ensure
    other.stop
  end

  test "query and body arrive" do
    request = DurableStreams::Rails::Request.new(verb: "POST", name: "x", query: { "offset" => "a&b" }, body: "ä")
    @transport.call(request, token: nil, deadline: Deadline.in(5))

    received = fake_server.requests.last
    assert_equal({ "offset" => "a&b" }, received.query)
    assert_equal "ä", received.body.force_encoding("UTF-8")
    assert_nil received.headers["authorization"]
  end

  private
    def assert_untrusted(listener, host:, reason:)
      server = FakeServer.new(listener:)
      @settings.server_url = "https://#{host}:#{server.port}/v1/streams"
      assert_match reason, assert_raises(Unreachable) { put "x" }.message
      assert_empty server.requests
    ensure
      server.stop
      DurableStreams::Rails::Runtime.breaker.reset
    end

    # TCP, with TLS too, and a Unix socket.
    def each_kind_of_server
      directory = Dir.mktmpdir
      path = File.join(directory, "s")
      tls = FakeServer.new(listener: Certificates.new.trust.listener("localhost"))
      unix = FakeServer.new(listener: UNIXServer.new(path))

      { fake_server => fake_server.url, tls => "https://localhost:#{tls.port}/v1/streams", unix => "unix://#{path}" }.each do |server, url|
        @settings.server_url = url
        yield server
      end
    ensure
      [ tls, unix ].each { |server| server&.stop }
      FileUtils.rm_rf(directory)
    end

    def put(name, deadline: Deadline.in(5))
      request = DurableStreams::Rails::Request.new(verb: "PUT", name:, headers: { "Content-Type" => "application/json" })
      @transport.call(request, token: "secret", deadline:)
    end

    def unused_port
      TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    end
end
