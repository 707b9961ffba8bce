# frozen_string_literal: true

require "fileutils"
require "socket"
require "uri"

module DurableStreams
  module Rails
    # Where the server beside Puma listens in development and test: on the configured port, or on a
    # free one if another program has that (another app's server, say). A port that was chosen is
    # recorded in tmp/durable_streams/ENV.port, so that the app's other processes (console, jobs) find
    # the server too. The record counts as long as the Puma that wrote it lives. Needs no Rails.
    class LocalPort
      Record = Struct.new(:configured, :port, :owner)

      HOSTS = %w[localhost 127.0.0.1 [::1] ::1].freeze

      def initialize(root, env)
        @path = File.join(root.to_s, "tmp", "durable_streams", "#{env}.port")
      end

      # The port to listen on. `data_dir` tells our own server from others': one that has it open is
      # this app's, which is ending, or was started beside Puma. The new one waits for it.
      def choose(configured, data_dir:)
        if record
          record.port
        elsif free?(configured) || in_use?(data_dir)
          release
          configured
        else
          free_port.tap { |port| write(Record.new(configured, port, Process.pid)) }
        end
      end

      # Takes back what this process has recorded.
      def release
        recorded = read
        File.delete(@path) if recorded && (recorded.owner == Process.pid || !alive?(recorded.owner))
      rescue SystemCallError
        nil
      end

      # nil: the configured port is used.
      def record
        recorded = read
        recorded if recorded && alive?(recorded.owner)
      end

      # The URL with the port that was chosen, if it is that of the configured one on this machine.
      def relocate(url)
        recorded = record or return url
        uri = URI.parse(url)
        return url unless HOSTS.include?(uri.host) && uri.port == recorded.configured

        uri.port = recorded.port
        uri.to_s
      end

      private
        def read
          numbers = File.read(@path).split.map { |word| Integer(word) }
          Record.new(*numbers) if numbers.size == 3
        rescue SystemCallError, ArgumentError
          nil
        end

        def write(record)
          FileUtils.mkdir_p(File.dirname(@path), mode: 0o700)
          unfinished = "#{@path}.#{Process.pid}"
          File.write(unfinished, "#{record.to_a.join(" ")}\n")
          File.rename(unfinished, @path)
        end

        def alive?(pid)
          Process.kill(0, pid) && true
        rescue Errno::EPERM
          true
        rescue SystemCallError
          false
        end

        def free?(port)
          TCPServer.open("127.0.0.1", port).close
          true
        rescue SystemCallError
          false
        end

        def free_port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }

        def in_use?(data_dir)
          File.open(File.join(data_dir, "LOCK"), File::RDWR) { |lock| !lock.flock(File::LOCK_EX | File::LOCK_NB) }
        rescue SystemCallError
          false
        end
    end
  end
end
