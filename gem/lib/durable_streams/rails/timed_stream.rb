# frozen_string_literal: true

require "io/wait"
require "openssl"
require "timeout"

module DurableStreams
  module Rails
    # A connected socket as protocol-http1 reads from it, buffered. Nothing takes longer than until
    # `deadline`.
    #
    # Errors: Timeout::Error when the deadline passes; SystemCallError; OpenSSL::SSL::SSLError.
    # Threads: one.
    class TimedStream
      PIECE_BYTES = 16_384

      attr_writer :deadline

      # `socket`: a Socket, or an OpenSSL::SSL::SSLSocket.
      def initialize(socket)
        @socket = socket
        @tls = socket.is_a?(OpenSSL::SSL::SSLSocket)
        @unread = String.new(capacity: PIECE_BYTES, encoding: Encoding::BINARY)
        @read = 0 # so many bytes of @unread were taken
        @piece = String.new(capacity: PIECE_BYTES, encoding: Encoding::BINARY)
      end

      # All of it. What is left of it after a part was sent, is cut off for the next try; TLS asks for the
      # same bytes again after a wait.
      def write(bytes)
        while true
          case sent = @socket.write_nonblock(bytes, exception: false)
          when bytes.bytesize then return
          when Integer then bytes = bytes.byteslice(sent..)
          else wait(sent)
          end
        end
      end

      # A line with its `ending`; what there is when `bytes_max` or the end of input comes first, nil
      # for nothing.
      def gets(ending, bytes_max, chomp: false)
        from = @read
        until (found = @unread.byteindex(ending, from)) || unread_bytes >= bytes_max
          from = [ @read, @unread.bytesize - ending.bytesize + 1 ].max
          break unless fill
        end
        line = take(found ? found + ending.bytesize - @read : bytes_max) or return
        chomp ? line.chomp(ending) : line
      end

      # Exactly `bytes` bytes, fewer before the end of input, nil at it.
      def read(bytes)
        nil while unread_bytes < bytes && fill
        take(bytes)
      end

      # At least one byte, at most `bytes_max`.
      #
      # Errors: EOFError.
      def readpartial(bytes_max)
        fill if unread_bytes.zero?
        take(bytes_max) or raise EOFError, "the server hung up"
      end

      # Whether nothing came that nobody asked for, the end of the connection included.
      def silent?
        unread_bytes.zero? && !@socket.to_io.wait_readable(0)
      end

      # protocol-http1 calls it after half a body; whoever gets the error closes all of it.
      def close_read = nil

      def close
        @socket.close
      rescue IOError, SystemCallError, OpenSSL::SSL::SSLError
        nil
      end

      private
        # False at the end of input. What a server has yet to say is waited for first; TLS may have some
        # of it already.
        def fill
          wait(:wait_readable) unless @tls
          while true # `loop` would cost an exception to leave it
            case piece = @socket.read_nonblock(PIECE_BYTES, @piece, exception: false)
            when String
              @unread << piece
              return true
            when nil then return false
            else wait(piece)
            end
          end
        end

        def unread_bytes = @unread.bytesize - @read

        def take(bytes_max)
          return if unread_bytes.zero?

          taken = @unread.byteslice(@read, bytes_max)
          @read += taken.bytesize
          forget_what_was_read if unread_bytes.zero? || @read > PIECE_BYTES
          taken
        end

        def forget_what_was_read
          @unread.bytesplice(0, @read, "") # keeps its memory
          @read = 0
        end

        def wait(direction)
          io = @socket.to_io
          ready = direction == :wait_readable ? io.wait_readable(@deadline.remaining) : io.wait_writable(@deadline.remaining)
          raise Timeout::Error, "no answer in time" unless ready
        end
    end
  end
end
