# frozen_string_literal: true

module Bench
  # 20,000 appends a second, offered steadily whatever the server does: 200-byte
  # events spread over 1000 streams. First with the tidier off, then with it on, for
  # as long each (`--seconds 600` is what the aim speaks of). Latency counts from the
  # moment at which an append was due, so that a stall shows in all that it delays.
  #
  # The tidier's debt is the log that waits to be folded into runs; it must not grow.
  class Tidying < Workload
    named "tidying"

    RATE = 20_000
    STREAMS = 1_000
    # Of the server, which must have cores to spare: a full one shows only that.
    P99_TIMES_MAX = 2
    # Two segments that wait, one that is being folded, the active one, the next one.
    DEBT_MB_MAX = 64 * 5
    DEBT_EVERY_S = 1

    def run
      alone_us = nil
      on(server("log, not tidied", "off")) { |server| alone_us = measure(server) }
      on(server("log", nil)) { |server| measure(server, alone_us) }
    end

    private
      def server(name, tidy_rate) = OwnServer.new("log", settings, name: name, tidy_rate: tidy_rate)

      # Returns the p99 in µs.
      def measure(server, alone_us = nil)
        paths = Array.new(STREAMS) { |i| server.stream("tidying-#{i}") }
        server.client { |client| paths.each { |path| client.create(path) } }
        debts_mb = []
        window = watching(server, debts_mb) { load.paced_appends(server, paths, RATE) }
        request_row(server, "append", window, title: "#{RATE} appends/s",
          notes: ["p99.9 #{window["p999_us"].round}", *(against(window, alone_us, debts_mb) if alone_us)])
        window["p99_us"]
      end

      def against(window, alone_us, debts_mb)
        times = window["p99_us"] / alone_us
        later = debts_mb.last(debts_mb.size / 2)
        ["p99 #{times.round(2)} times that without, #{aim("≤ #{P99_TIMES_MAX}", times, P99_TIMES_MAX)}",
         "log at most #{later.max} MB in the second half, #{aim("≤ #{DEBT_MB_MAX}", later.max, DEBT_MB_MAX)}"]
      end

      # Looks at the size of the log now and then while the block runs.
      def watching(server, debts_mb)
        stopped = false
        watcher = Thread.new do
          until stopped
            debts_mb << log_mb(server)
            sleep DEBT_EVERY_S
          end
        end
        yield
      ensure
        stopped = true
        watcher&.join
      end

      def log_mb(server)
        Dir[File.join(server.directory, "data", "log", "*")].sum { |path| File.size?(path).to_i } / 1_000_000
      end
  end
end
