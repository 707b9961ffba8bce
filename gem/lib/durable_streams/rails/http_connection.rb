# frozen_string_literal: true

require "io/wait"
require "timeout"

module DurableStreams
  module Rails
    # One connection to the server, for one request at a time.
    #
    # Threads: one. Whoever gets an exception closes it: half an answer may be in it.
    class HttpConnection
      READ_BYTES = 16_384

      def initialize(socket)
        @socket = socket
        @read = String.new(capacity: READ_BYTES, encoding: Encoding::BINARY)
        @used = false
      end

      # Whether it has served a request before.
      def used? = @used

      # False after an answer that ends it, and if the server closed it, or sent what nobody asked for,
      # while it was idle.
      def reusable?
        @reusable && !@socket.to_io.wait_readable(0)
      end

      # Sends the bytes of a request and answers the Response, in time or not at all.
      #
      # Errors: SystemCallError; IOError (EOFError: the server hung up); Timeout::Error when the
      # deadline passes; MalformedResponse; OpenSSL::SSL::SSLError.
      def exchange(bytes, verb:, deadline:)
        @reusable = false
        write(bytes, deadline)
        reader = HttpResponseReader.new(verb)
        reader << read(deadline, reader) until reader.complete?
        @reusable = reader.keep_alive?
        @used = true
        reader.response
      end

      def close
        @socket.close
      rescue IOError, SystemCallError, OpenSSL::SSL::SSLError
        nil
      end

      private
        def write(bytes, deadline)
          loop do
            case written = @socket.write_nonblock(bytes, exception: false)
            when Integer
              return if written == bytes.bytesize
              bytes = bytes.byteslice(written..)
            else wait(written, deadline)
            end
          end
        end

        # The next bytes; nil at the end, where the reader can live with one.
        def read(deadline, reader)
          loop do
            case bytes = @socket.read_nonblock(READ_BYTES, @read, exception: false)
            when String then return bytes
            when nil then return reader.end_of_input
            else wait(bytes, deadline)
            end
          end
        end

        def wait(direction, deadline)
          io = @socket.to_io
          ready = direction == :wait_readable ? io.wait_readable(deadline.remaining) : io.wait_writable(deadline.remaining)
          raise Timeout::Error, "no answer in time" unless ready
        end
    end
  end
end
