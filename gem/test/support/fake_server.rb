# frozen_string_literal: true

require "cgi"
require "socket"

# A small stream server on a real socket, for what the recorder cannot show: connections, deadlines,
# lost answers. It keeps the protocol's rules for creation, producers, closure and deletion.
#
#   server.answer_with { |request| [ 503, {}, "" ] if request.verb == "POST" }  # nil: as usual
#   server.requests  # => what came, in order
class FakeServer
  Request = Struct.new(:verb, :target, :headers, :body, :connection, keyword_init: true) do
    def path = CGI.unescapeURIComponent(target.split("?").first)
    def name = path.delete_prefix("/v1/streams/")
    def query = URI.decode_www_form(target.split("?")[1].to_s).to_h
  end

  Stream = Struct.new(:bodies, :producers, :closed, :ttl, :expires_at)

  REASONS = Hash.new("Whatever").merge(200 => "OK", 201 => "Created", 204 => "No Content").freeze

  attr_reader :port, :connections

  # `listener`: another kind of server socket, as UNIXServer or OpenSSL's SSLServer.
  def initialize(port: 0, listener: TCPServer.new("127.0.0.1", port))
    @server = listener
    @port = listener.addr[1]
    @lock = Monitor.new
    @requests = []
    @streams = {}
    @sockets = []
    @connections = 0
    @acceptor = Thread.new { accept }
    @acceptor.report_on_exception = false
  end

  def url = "http://127.0.0.1:#{port}/v1/streams"

  def requests(verb = nil)
    @lock.synchronize { @requests.select { |request| verb.nil? || request.verb == verb } }
  end

  def events(name)
    @lock.synchronize { @streams[name]&.bodies.to_a.map { |body| JSON.parse(body) } }
  end

  def stream(name) = @lock.synchronize { @streams[name] }

  # As if the server had lost its data, or the stream had expired.
  def forget(name) = @lock.synchronize { @streams.delete(name) }

  # The block sees each request before it is answered. It answers [status, headers, body] to be sent
  # instead; :hang for no answer; :hang_up; a String for raw bytes; nil to go on as usual.
  def answer_with(&block) = @lock.synchronize { @answer = block }

  # As an idle timeout does.
  def close_connections
    @lock.synchronize { @sockets.each(&:close).clear }
  end

  def stop
    @server.close
    @acceptor.join
    close_connections
  end

  private
    def accept
      loop do
        socket = @server.accept
        number = @lock.synchronize do
          @sockets << socket
          @connections += 1
        end
        Thread.new { serve(socket, number) }.report_on_exception = false
      end
    rescue OpenSSL::SSL::SSLError
      retry # a client that did not like the certificate
    rescue IOError, SystemCallError
      nil
    end

    def serve(socket, number)
      while (request = read_request(socket, number))
        answer = @lock.synchronize do
          @requests << request
          @answer&.call(request) || answer_to(request)
        end
        case answer
        when :hang then return
        when :hang_up then return socket.close
        when String then socket.write(answer)
        else respond(socket, request, *answer)
        end
      end
    rescue IOError, SystemCallError
      nil
    end

    def read_request(socket, connection)
      verb, target, = socket.gets&.split(" ")
      return unless verb

      headers = {}
      while (line = socket.gets.chomp) != ""
        name, value = line.split(": ", 2)
        headers[name.downcase] = value
      end
      body = headers["content-length"] && socket.read(headers["content-length"].to_i)
      Request.new(verb:, target:, headers:, body:, connection:)
    end

    def respond(socket, request, status, headers = {}, body = "")
      headers = headers.merge("Content-Length" => body.bytesize) unless status == 204
      head = headers.map { |name, value| "#{name}: #{value}\r\n" }.join
      socket.write("HTTP/1.1 #{status} #{REASONS[status]}\r\n#{head}\r\n#{body unless request.verb == "HEAD"}")
    end

    def answer_to(request)
      stream = @streams[request.name]
      case request.verb
      when "PUT" then create(request, stream)
      when "DELETE" then [ @streams.delete(request.name) ? 204 : 404 ]
      else stream ? answer_on(stream, request) : [ 404, {}, %({"error":"stream_not_found"}) ]
      end
    end

    def create(request, stream)
      ttl, expires_at = request.headers.values_at("stream-ttl", "stream-expires-at")
      return [ 409 ] if stream && (stream.ttl != ttl || stream.expires_at != expires_at || stream.closed)

      status = stream ? 200 : 201
      stream = @streams[request.name] ||= Stream.new([], {}, false, ttl, expires_at)
      [ status, facts(stream) ]
    end

    def answer_on(stream, request)
      case request.verb
      when "POST" then request.headers["stream-closed"] ? close(stream) : append(stream, request)
      when "GET" then [ 200, facts(stream).merge("Stream-Up-To-Date" => "true"), "[#{stream.bodies.drop(request.query["offset"].to_i.clamp(0..)).join(",")}]" ]
      else [ 200, facts(stream).merge("Content-Type" => "application/json") ]
      end
    end

    def append(stream, request)
      return [ 409, facts(stream) ] if stream.closed

      id, epoch = request.headers.values_at("producer-id", "producer-epoch")
      known = stream.producers[id]
      return [ 403, { "Producer-Epoch" => known } ] if known && epoch.to_i < known
      return [ 204, facts(stream) ] if known == epoch.to_i

      stream.producers[id] = epoch.to_i
      stream.bodies.concat(Array.wrap(JSON.parse(request.body)).map { |message| JSON.generate(message) })
      [ 200, facts(stream) ]
    end

    def close(stream)
      stream.closed = true
      [ 204, facts(stream) ]
    end

    def facts(stream)
      { "Stream-Next-Offset" => format("%016d", stream.bodies.size), "Stream-Closed" => ("true" if stream.closed),
        "Stream-TTL" => stream.ttl }.compact
    end
end
