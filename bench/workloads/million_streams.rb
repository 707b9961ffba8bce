# frozen_string_literal: true

module Bench
  # A million streams: paths of 40 bytes, a TTL, one producer with an id of 36 bytes
  # and three 200-byte events each (--streams changes how many). What they cost in
  # memory and open files once the server has come to rest, and how long it takes to
  # start on them after `kill -9`, on two cores, until it reads right.
  class MillionStreams < Workload
    named "million_streams"

    # Few enough that what they hold does not count, enough to keep the server busy.
    CONNECTIONS = 256
    SAMPLES = 1000
    BYTES_MAX = 300
    OPEN_FILES_MAX = 20
    RESTART_S_MAX = 3

    # At rest: this little CPU in this long. Background work may take its time.
    QUIET_CPU_S = 0.02
    QUIET_S = 3
    REST_TIMEOUT_S = 180

    def run
      on(log) do |server|
        fill(server)
        come_to_rest(server)
        keep_row(server)
        restart_row(server)
      end
    end

    private
      def streams = settings.streams
      def title = "#{streams} streams"

      def fill(server)
        @before = warmed_up(server)
        load.many_streams(server, streams, CONNECTIONS, "fill").each do |phase, window|
          row(title: title, server: server.name, operation: phase.delete_suffix("s"),
            rate: window.rate("requests"), errors: window.errors)
        end
      end

      # The memory of a server that has served.
      def warmed_up(server)
        path = server.stream("warm-up")
        server.client { |client| client.create(path) }
        load.requests(server, "POST", [path], body: settings.event, connections: CONNECTIONS)
        server.memory
      end

      def come_to_rest(server)
        deadline = Bench.now_s + REST_TIMEOUT_S
        loop do
          before = server.cpu_s
          sleep QUIET_S
          return if server.cpu_s - before < QUIET_CPU_S
          raise Failure, "#{server.name} does not come to rest" if Bench.now_s > deadline
        end
      end

      def keep_row(server)
        bytes = (server.memory - @before).rss_kb * 1024.0 / streams
        files = server.open_files
        row(title: title, server: server.name, operation: "kept",
          notes: [format("%.0f bytes of memory a stream", bytes), aim("≤ #{BYTES_MAX}", bytes, BYTES_MAX),
                  "#{files} open files", aim("≤ #{OPEN_FILES_MAX}", files, OPEN_FILES_MAX)])
      end

      def restart_row(server)
        seconds = server.crash_and_restart
        reads = load.many_streams(server, streams, CONNECTIONS, "check", SAMPLES).fetch("reads")
        row(title: title, server: server.name, operation: "start after kill -9",
          errors: reads.errors,
          notes: [format("%.2f s", seconds), aim("≤ #{RESTART_S_MAX} s", seconds, RESTART_S_MAX),
                  "#{SAMPLES} reads right"])
      end
  end
end
