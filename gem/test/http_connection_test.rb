# frozen_string_literal: true

require "test_helper"

class HttpConnectionTest < ActiveSupport::TestCase
  Malformed = DurableStreams::Rails::MalformedResponse

  READABLE = {
    "a body with a length" => [ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true ],
    "no reason, no space before it" => [ "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", true ],
    "204 without a length" => [ "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true ],
    "304 with the length of what it does not send" => [ "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, "", true ],
    "chunks" => [ "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00A;x=y\r\n 0123456\r\n\r\n0\r\n\r\n", 200, "hello 0123456\r\n", true ],
    "trailers" => [ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", 200, "", true ],
    "an interim response before the real one" => [ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true ],
    "the end of the connection" => [ "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", 200, "", false ],
    "HTTP/1.0" => [ "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", false ],
    "a field without a value" => [ "HTTP/1.1 200 OK\r\nX:\r\nContent-Length: 0\r\n\r\n", 200, "", true ]
  }.freeze

  READABLE.each do |what, (bytes, status, body, keep_alive)|
    test "#{what}, in one piece and byte by byte" do
      [ [ bytes ], bytes.chars ].each do |pieces|
        response = exchange(*pieces)
        assert_equal [ status, body, keep_alive ], [ response.status, response.body, @connection.reusable? ]
      end
    end

    test "#{what}, cut short, is no response" do
      bytes.length.times { |length| assert_raises(EOFError, Malformed, bytes[0, length].inspect) { exchange(bytes[0, length]) } }
    end
  end

  MALFORMED = {
    "another protocol" => "SSH-2.0-OpenSSH\r\n\r\n",
    "another version" => "HTTP/2 200 OK\r\n\r\n",
    "no status" => "HTTP/1.1 OK\r\n\r\n",
    "a status that is none" => "HTTP/1.1 999 OK\r\n\r\n",
    "a space before the colon" => "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
    "a line that goes on" => "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a field without a name" => "HTTP/1.1 200 OK\r\n: a\r\n\r\n",
    "no field at all" => "HTTP/1.1 200 OK\r\nhello\r\n\r\n",
    "a bare line feed" => "HTTP/1.1 200 OK\r\nX: a\nContent-Length: 0\r\n\r\n",
    "a bare carriage return" => "HTTP/1.1 200 OK\r\nX: a\rContent-Length: 0\r\n\r\n",
    "a zero byte" => "HTTP/1.1 200 OK\r\nX: a\0\r\n\r\n",
    "two lengths" => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a negative length" => "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "a length in words" => "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
    "a length and chunks" => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a chunk without a size" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
    "a chunk of negative size" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    "a chunk longer than it says" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n",
    "a head without end" => "HTTP/1.1 200 OK\r\nX: #{"x" * 70_000}",
    "a chunk line without end" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n#{"0" * 2000}"
  }.freeze

  MALFORMED.each do |what, bytes|
    test "#{what} is refused" do
      assert_raises(Malformed) { exchange(bytes) }
      assert_raises(Malformed) { exchange(*bytes.chars) }
    end
  end

  test "the answer to HEAD has no body" do
    response = exchange("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", verb: "HEAD")
    assert_equal [ 200, "", true ], [ response.status, response.body, @connection.reusable? ]
  end

  test "a body without a length ends with the connection, which is not used again" do
    response = exchange("HTTP/1.1 200 OK\r\n\r\nhel", "lo")
    assert_equal [ "hello", false ], [ response.body, @connection.reusable? ]
  end

  # Fields that together decide where a response ends, and some that do not.
  FIELDS = [ "Content-Length: 0", "content-length:0 \t", "Content-Length: 00", "Content-Length: 5", "Content-Length:", "Connection: close",
    "connection: keep-alive", "Transfer-Encoding: chunked", "Content-Lengths: 7", "X: y" ].freeze

  test "a head that says that nothing follows is understood as the library would" do
    heads = (0..3).flat_map { |count| FIELDS.repeated_permutation(count).to_a }.flat_map do |fields|
      [ "HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 204", "HTTP/1.1 103" ].map { |start| [ start, *fields, "", "" ].join("\r\n") }
    end
    at_once = heads.map { |head| outcome(head) }
    with_the_library = stub_const(DurableStreams::Rails::HttpConnection::Exchange, :EMPTY, /\A\z/) { heads.map { |head| outcome(head) } }

    assert_equal heads.zip(with_the_library), heads.zip(at_once)
  end

  test "bytes after the response spoil the connection" do
    response = exchange("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK")
    assert_equal [ 204, true ], [ response.status, @connection.disturbed? ]
  end

  test "fields are found whatever the case of their names, and repeated ones are joined" do
    response = exchange("HTTP/1.1 200 OK\r\nStream-Next-Offset:  5 \t\r\nVary: a\r\nVARY: b\r\nContent-Length: 0\r\n\r\n")
    assert_equal [ "5", "a, b", nil ], [ response["stream-next-offset"], response["Vary"], response["x"] ]
  end

  test "a request leaves in one piece" do
    exchange("HTTP/1.1 204 No Content\r\n\r\n", verb: "POST", body: "hello")
    assert_equal [ "POST /v1/streams/a HTTP/1.1\r\nhost: b\r\naccept-encoding: identity\r\nX: y\r\ncontent-length: 5\r\n\r\nhello" ], @socket.written
  end

  private
    # A socket whose other side sends these pieces, one a read, and then hangs up or stays silent.
    class PiecesSocket
      attr_reader :written

      def initialize(pieces)
        @pieces = pieces
        @written = []
      end

      def write_nonblock(bytes, **)
        @written << bytes.dup
        bytes.bytesize
      end

      def read_nonblock(_, buffer, **) = (piece = @pieces.shift) && buffer.replace(piece.b)

      def to_io = self
      # The end can be read too, for whoever waits for something.
      def wait_readable(seconds) = @pieces.any? || seconds.positive?
    end

    def outcome(bytes)
      response = exchange(bytes)
      [ response.status, response.body, @connection.reusable?, response.headers.to_h ]
    rescue EOFError, Malformed => error
      error.class
    end

    def exchange(*pieces, verb: "GET", body: nil)
      @socket = PiecesSocket.new(pieces)
      @connection = DurableStreams::Rails::HttpConnection.new(@socket)
      request = DurableStreams::Rails::Request.new(verb:, name: "a", headers: { "X" => "y" }, body:)
      message = DurableStreams::Rails::HttpMessage.new(request, DurableStreams::Rails::HttpEndpoint.new("http://b/v1/streams"))
      @connection.exchange(message, deadline: DurableStreams::Rails::Deadline.in(10))
    end
end
