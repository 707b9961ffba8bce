# frozen_string_literal: true

require "test_helper"

class HttpEndpointTest < ActiveSupport::TestCase
  include LiveServer
  include UnixSockets

  URLS = {
    "http://10.0.0.5:4437/v1/streams" => [ "10.0.0.5:4437", "/v1/streams", false ],
    "http://streams.example.com/v1/streams/" => [ "streams.example.com", "/v1/streams", false ],
    "https://streams.example.com/live" => [ "streams.example.com", "/live", false ],
    "http://[::1]:4437" => [ "[::1]:4437", "", false ],
    "unix:///run/app/streams.sock" => [ "localhost", "/v1/streams", true ],
    "unix:///run/app/streams.sock:/live/" => [ "localhost", "/live", true ],
    "unix:///run/app/streams.sock:/" => [ "localhost", "", true ]
  }.freeze

  URLS.each do |url, (authority, path, unix)|
    test "#{url} is understood" do
      endpoint = endpoint(url)
      assert_equal [ authority, path, unix ], [ endpoint.authority, endpoint.path, endpoint.unix? ]
    end
  end

  [ "", "streams", "ftp://x/y", "http://", "http:///x", "http://u:p@x/", "http://x/?a=b", "http://x/#a", "unix://run/x", "unix://",
    "unix:///a?b", "http://a b/" ].each do |url|
    test "#{url.inspect} is refused" do
      assert_raises(URI::InvalidURIError) { endpoint(url) }
    end
  end

  test "small writes leave at once" do
    TCPServer.open("127.0.0.1", 0) do |server|
      socket = endpoint("http://127.0.0.1:#{server.addr[1]}").connect(5)
      assert socket.getsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY).bool
      socket.close
    end
  end

  test "an address that answers is found behind one that does not" do
    TCPServer.open("127.0.0.1", 0) do |server|
      endpoint("http://localhost:#{server.addr[1]}").connect(5).close # ::1, where it is first, refuses
      pass
    end
  end

  test "a port of this machine is reached through the app's own socket" do
    with_local_socket(1) do |server|
      %w[localhost 127.0.0.1 [::1]].each do |host|
        endpoint("http://#{host}:1/v1/streams").connect(5).close
        server.accept.close
      end
      pass
    end
  end

  test "where nobody answers on the app's own socket the port is taken" do
    TCPServer.open("127.0.0.1", 0) do |server|
      with_local_socket(server.addr[1]) do |abandoned|
        abandoned.close
        endpoint("http://127.0.0.1:#{server.addr[1]}/v1/streams").connect(5).close
        server.accept.close
        pass
      end
    end
  end

  test "the app's own socket stands for no other port, no other machine, and not for TLS" do
    assert_equal Rails.root.join("tmp/durable_streams/4437.sock").to_s, endpoint("http://localhost:4437").local_socket.path
    %w[http://10.0.0.5:4437 http://localhost.example.com:4437 https://localhost:4437 unix:///run/streams.sock].each do |url|
      assert_nil endpoint(url).local_socket, url
    end
  end

  test "a Unix socket at which too many wait fails at once" do
    Dir.mktmpdir do |directory|
      path = File.join(directory, "full.sock")
      with_full_socket(path) do
        assert_raises(SystemCallError) { endpoint("unix://#{path}").connect(5) }
      end
    end
  end

  test "what never agrees on TLS is given up in time" do
    TCPServer.open("127.0.0.1", 0) do |server|
      assert_raises(Timeout::Error) { endpoint("https://127.0.0.1:#{server.addr[1]}").connect(0.1) }
    end
  end

  private
    def endpoint(url) = DurableStreams::Rails::HttpEndpoint.new(url)
end
