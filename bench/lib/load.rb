# frozen_string_literal: true

require "json"
require "open3"

module Bench
  # Clients that put load on a Server, pinned to the clients' core.
  class Load
    ROOT = File.expand_path("..", __dir__)

    # What a window came to. `cpu_s` is the server's.
    Window = Struct.new(:cpu_s, :result, keyword_init: true) do
      def [](key) = result.fetch(key)
      def rate(key) = self[key] / self["seconds"]
      def cpu_us_per(count) = count.zero? ? 0.0 : cpu_s * 1e6 / count
      def server_busy = cpu_s / self["seconds"]

      # What makes the figures worthless, in words; wrk's and the readers' own names.
      def errors
        return ["nothing done"] if [result["requests"], result["delivered"]].include?(0)

        { "refused" => "answers not 2xx", "failed" => "broken connections or timeouts",
          "lost" => "readers lost", "missing" => "deliveries missing",
          "doubled" => "deliveries doubled" }.filter_map do |key, words|
          "#{result[key]} #{words}" if result.fetch(key, 0).positive?
        end
      end
    end

    def initialize(settings)
      @settings = settings
    end

    # Sends `method` to each of `paths` in turn with wrk, after a warm-up. Returns
    # the warm-up's window and the measured one.
    def requests(server, method, paths, body: nil, connections: Settings::CONNECTIONS)
      @settings.in_directory do |directory|
        paths_file = write(directory, "paths", paths.join("\n"))
        body_file = body ? write(directory, "body", body) : "-"
        [@settings.warm_up_seconds, @settings.seconds].map do |seconds|
          wrk(server, seconds, connections, [method, body_file, paths_file])
        end
      end
    end

    # Appends events to `paths` in turn, `rate` a second whatever the server does.
    def paced_appends(server, paths, rate)
      @settings.in_directory do |directory|
        paths_file = write(directory, "paths", paths.join("\n"))
        before = server.cpu_s
        result = json(pinned(File.join(@settings.clients_folder, "paced_append_bench"), server.port, paths_file,
          rate, @settings.seconds))
        Window.new(cpu_s: server.cpu_s - before, result: result)
      end
    end

    # Opens `readers` event streams on `path`; `mode` as in sse_readers_bench.cc.
    # Yields once they all wait, before anything is written.
    def sse_readers(server, path, readers, mode, seconds: @settings.seconds)
      command = pinned(File.join(@settings.clients_folder, "sse_readers_bench"), server.port, path, readers,
        mode, @settings.warm_up_seconds, seconds)
      Open3.popen2(*command) do |input, output, _waiter|
        expect_line(output, "ready")
        yield if block_given?
        input.puts
        expect_line(output, "begin")
        before = server.cpu_s
        expect_line(output, "end")
        cpu_s = server.cpu_s - before
        Window.new(cpu_s: cpu_s, result: JSON.parse(output.gets || raise(Failure, "sse_readers_bench failed")))
      end
    end

    # Fills `streams` streams or reads `samples` of them, as many_streams_bench.cc
    # says. Returns a Window for each of its phases, by name; their CPU is not known.
    def many_streams(server, *arguments)
      phases = json(pinned(File.join(@settings.clients_folder, "many_streams_bench"), server.port, *arguments))
      phases.transform_values { |result| Window.new(cpu_s: 0, result: result) }
    end

    # The disk's own pwrite and fdatasync of `bytes`, in `directory`.
    def fdatasync(directory, bytes)
      json(pinned(File.join(@settings.clients_folder, "fdatasync_bench"), directory, bytes, @settings.seconds))
    end

    private
      def wrk(server, seconds, connections, arguments)
        before = server.cpu_s
        result = json(pinned("wrk", "-t1", "-c#{connections}", "-d#{seconds}s", "--timeout", "10s",
          "-s", File.join(ROOT, "wrk", "requests.lua"), "http://127.0.0.1:#{server.port}/", "--", *arguments))
        Window.new(cpu_s: server.cpu_s - before, result: result)
      end

      def pinned(*command) = ["taskset", "-c", @settings.client_core, *command].map(&:to_s)

      # Runs a command whose last line is JSON.
      def json(command)
        output, status = Open3.capture2e(*command)
        raise Failure, "#{command[3]} failed: #{output}" unless status.success?

        JSON.parse(output.lines.last)
      end

      def expect_line(output, line)
        got = output.gets&.chomp
        raise Failure, "sse_readers_bench ended before '#{line}'" unless got == line
      end

      def write(directory, name, content)
        File.join(directory, name).tap { |path| File.binwrite(path, content) }
      end
  end
end
