# frozen_string_literal: true

module Bench
  # One connection appends 200-byte events one after the other: what a single
  # broadcast waits for. Beside it: the disk's own pwrite and fdatasync of as many
  # bytes, before and after, because disks have moods.
  class LoneAppend < Workload
    named "lone_append"

    # An event and what a log keeps beside it.
    RECORD_BYTES = 256
    BEYOND_DISK_US_MAX = 100

    def run
      before = bare
      on(log) { |server| append(server) { |p50_us| against_disk(p50_us, before) } }
      after = bare
      on(memory) { |server| append(server) }
      on(node) { |server| append(server) }
      disk_row(before, after)
    end

    private
      def append(server)
        path = server.stream("lone")
        server.client { |client| client.create(path) }
        window = load.requests(server, "POST", [path], body: settings.event, connections: 1).last
        request_row(server, "append", window, title: "lone append",
          notes: [*(yield window["p50_us"] if block_given?)])
      end

      def bare = settings.in_directory { |directory| load.fdatasync(directory, RECORD_BYTES) }

      def against_disk(p50_us, disk)
        beyond = p50_us - disk["p50_us"]
        "#{beyond.round} µs beyond the disk, #{aim("≤ #{BEYOND_DISK_US_MAX} µs", beyond, BEYOND_DISK_US_MAX)}"
      end

      def disk_row(before, after)
        row(title: "lone append", server: "disk", operation: "pwrite + fdatasync",
          p50_us: before["p50_us"], p99_us: before["p99_us"],
          notes: ["afterwards p50 #{after["p50_us"].round}, p99 #{after["p99_us"].round}"])
      end
  end
end
