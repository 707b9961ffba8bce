# frozen_string_literal: true

require "socket"
require "tmpdir"

module Bench
  class Failure < StandardError; end

  # Where things are and how long a point lasts.
  class Settings
    # The bytes of one event, everywhere.
    EVENT_BYTES = 200
    # Of `wrk`, where nothing else is said.
    CONNECTIONS = 64

    attr_reader :binary, :clients_folder, :node_folder, :seconds, :idle_seconds, :streams, :server_core, :client_core

    # `apart`: the server and its clients have a core each. Throughput is measured so. Whoever waits for
    # one answer at a time is not: to wake the other core can take longer than the rest of it.
    def initialize(binary:, clients_folder:, node_folder:, temporary_folder:, seconds:, idle_seconds:, streams:,
        first_port:, apart: true)
      @binary = binary
      @clients_folder = clients_folder
      @node_folder = node_folder
      @temporary_folder = temporary_folder
      @seconds = seconds
      @idle_seconds = idle_seconds
      @streams = streams
      @next_port = first_port
      @cores = usable_cores.first(2)
      @server_core, @client_core = apart ? @cores : [ all_cores, all_cores ]
    end

    def warm_up_seconds = 1

    # The server's and the clients', for taskset.
    def all_cores = @cores.join(",")

    # A directory that is gone afterwards.
    def in_directory(&block) = Dir.mktmpdir("durable-streams-bench-", @temporary_folder, &block)

    # A port of 127.0.0.1 that nobody listens on; each call gives another one.
    def free_port
      loop do
        @next_port += 1
        TCPServer.new("127.0.0.1", @next_port).close
        return @next_port
      rescue Errno::EADDRINUSE
        next
      end
    end

    # An event as a Rails app sends it, of EVENT_BYTES bytes.
    def event
      head = '{"type":"comment","key":"5","value":{"body":"'
      tail = '"},"headers":{"operation":"insert"}}'
      head + "x" * (EVENT_BYTES - head.size - tail.size) + tail
    end

    private
      def usable_cores
        list = File.read("/proc/self/status")[/^Cpus_allowed_list:\s*(\S+)/, 1]
        cores = list.split(",").flat_map do |range|
          first, last = range.split("-").map(&:to_i)
          (first..(last || first)).to_a
        end
        raise Failure, "needs two cores: one for the server, one for the clients" if cores.size < 2

        cores
      end
  end
end
