# frozen_string_literal: true

require "socket"

# Stands between the app and a server, request by request, and stops at each step of one:
#
#   :arrived    the request is here, the server knows nothing of it
#   :half_sent  the server has half of it
#   :sent       the server has all of it
#   :answered   the answer is here, the app knows nothing of it
#   :done       the app has the answer
#
# The block is called with (verb, step), in a thread of the relay's. If it answers :cut, or the server
# is gone, the app's connection is closed.
class Relay
  STEPS = %i[arrived half_sent sent answered done].freeze

  attr_reader :port

  def initialize(server_port, &at_step)
    @server_port = server_port
    @at_step = at_step
    @listener = TCPServer.new("127.0.0.1", 0)
    @port = @listener.addr[1]
    @acceptor = Thread.new { accept }
  end

  def stop
    @listener.close
    @acceptor.join
  end

  private
    def accept
      loop do
        client = @listener.accept
        Thread.new { serve(client) }
      end
    rescue IOError, SystemCallError
      nil
    end

    def serve(client)
      server = nil
      while (request = read_message(client))
        verb = request[/\A\S+/]
        step(verb, :arrived)
        server ||= TCPSocket.new("127.0.0.1", @server_port)
        half = request.bytesize / 2
        server.write(request.byteslice(0, half))
        step(verb, :half_sent)
        server.write(request.byteslice(half..))
        step(verb, :sent)
        answer = read_message(server, head_only: verb == "HEAD") or break
        step(verb, :answered)
        client.write(answer)
        step(verb, :done)
      end
    rescue IOError, SystemCallError
      nil
    ensure
      [ client, server ].compact.each(&:close)
    end

    def step(verb, name)
      raise IOError, "cut" if @at_step.call(verb, name) == :cut
    end

    def read_message(socket, head_only: false)
      message = +"".b
      while (line = socket.gets)
        message << line
        break if line == "\r\n"
      end
      return if message.empty?

      length = head_only ? 0 : message[/^content-length: *(\d+)/i, 1].to_i
      message << socket.read(length) if length.positive?
      message
    end
end
