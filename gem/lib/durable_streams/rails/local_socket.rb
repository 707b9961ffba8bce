# frozen_string_literal: true

require "fileutils"
require "socket"

module DurableStreams
  module Rails
    # The Unix socket on which the app's own server listens besides its port, for the app's processes:
    # tmp/durable_streams/PORT.sock. Whoever has a URL of that port on this machine finds it, in every
    # process and whenever that was started. Nobody depends on it: where it is missing, or nobody
    # answers, requests take the port. Needs no Rails.
    class LocalSocket
      # Of a path, on macOS; Linux takes a few more.
      PATH_BYTES_MAX = 103

      attr_reader :path

      def initialize(root, port)
        @path = File.join(root.to_s, "tmp", "durable_streams", "#{port}.sock")
      end

      # Whether a server can listen there: not if the path is too long, or on file systems without
      # sockets, such as directories that a virtual machine shares with its host.
      def available?
        return false unless defined?(UNIXServer) && path.bytesize <= PATH_BYTES_MAX

        FileUtils.mkdir_p(File.dirname(path), mode: 0o700)
        attempt = File.join(File.dirname(path), "#{Process.pid}.try")
        UNIXServer.open(attempt) { true }
      rescue SystemCallError, ArgumentError
        false
      ensure
        File.delete(attempt) if attempt && File.exist?(attempt)
      end

      # A connected socket; nil if nobody listens, or too many wait already. A file of another user is
      # left alone, or that one would get the app's token.
      def connect(timeout)
        Addrinfo.unix(path).connect(timeout:) if File.owned?(path)
      rescue SystemCallError, ArgumentError
        nil
      end
    end
  end
end
