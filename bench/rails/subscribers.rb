# frozen_string_literal: true

require "net/http"
require "socket"
require "websocket/driver"

module RailsBench
  # Watches the room from outside, as a browser does, and notes how long each event was on its way.
  #
  # Threads: it reads in one of its own.
  class Subscriber
    SENT_AT = /"at":(\d+)/

    def initialize
      @delays = []
      @ready = Thread::Queue.new
      @thread = Thread.new { watch }
      @ready.pop(timeout: 10) or raise Bench::Failure, "#{self.class.name} could not subscribe"
    end

    # Microseconds, in the order of arrival.
    def delays = @delays.dup
    def forget = @delays.clear

    # Waits until so many events have come; fewer if none comes for a while.
    def wait_for(count)
      deadline = Bench.now_s + 10
      sleep 0.01 until @delays.size >= count || Bench.now_s > deadline
    end

    def stop
      @thread.kill.join # before its socket goes
      @socket&.close
    end

    private
      def note(text)
        now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
        text.scan(SENT_AT) { |(sent_at)| @delays << (now - sent_at.to_i) / 1e3 }
      end
  end

  class CableSubscriber < Subscriber
    attr_reader :url

    def initialize(port)
      @port = port
      @url = "ws://127.0.0.1:#{port}/cable"
      super()
    end

    def write(bytes) = @socket.write(bytes)

    private
      def watch
        @socket = TCPSocket.new("127.0.0.1", @port)
        driver = WebSocket::Driver.client(self, protocols: %w[actioncable-v1-json])
        driver.set_header("Origin", "http://127.0.0.1:#{@port}")
        driver.on(:open) { driver.text({ command: "subscribe", identifier: { channel: "RailsBench::RoomChannel" }.to_json }.to_json) }
        driver.on(:message) { |event| event.data.include?("confirm_subscription") ? @ready << true : note(event.data) }
        driver.start
        loop { driver.parse(@socket.readpartial(65_536)) }
      end
  end

  # Reads the stream by SSE from its end.
  class StreamSubscriber < Subscriber
    def initialize(url)
      @uri = URI("#{url}&offset=now&live=sse")
      super()
    end

    private
      def watch
        @socket = TCPSocket.new(@uri.host, @uri.port)
        @socket.write("GET #{@uri.request_uri} HTTP/1.1\r\nHost: #{@uri.host}:#{@uri.port}\r\nAccept: text/event-stream\r\n\r\n")
        raise Bench::Failure, "no event stream: #{@socket.gets}" unless @socket.gets.include?(" 200 ")

        nil until @socket.gets.start_with?("event: control")
        @ready << true
        while (line = @socket.gets)
          note(line)
        end
      end
  end
end
