# frozen_string_literal: true

module Bench
  # 1,000 SSE readers of one stream.
  #
  # flat-out: one writer appends back to back. Readers that fall behind get several
  # events in one piece. lockstep: the writer waits until everybody has the last
  # event, so each delivery is one send; p50 and p99 are the time from sending an
  # event until the last reader has it. Beside it: a program that does nothing but
  # the sends.
  class SseFanout < Workload
    named "sse_fanout"

    READERS = 1000
    CPU_US_MAX = 2

    def run
      # A round of the Node server's takes seconds: in lockstep there is nothing to see.
      { "flat-out" => [log, memory, node], "lockstep" => [log, memory] }.each do |mode, servers|
        servers.each { |server| on(server) { fan_out(server, mode) } }
        on(bare_fanout) { |server| window_row(server, mode, server.stream("fanout")) }
      end
    end

    private
      def fan_out(server, mode)
        path = server.stream("fanout")
        server.client { |client| client.create(path) }
        window_row(server, mode, path)
      end

      def window_row(server, mode, path)
        window = load.sse_readers(server, path, READERS, mode)
        delivered = window["delivered"]
        row(title: "SSE fan-out, #{mode}", server: server.name, operation: "delivery",
          rate: window.rate("delivered"), cpu_us: window.cpu_us_per(delivered), busy: window.server_busy,
          **spread(window, mode), errors: window.errors, notes: notes(server, window))
      end

      def spread(window, mode)
        mode == "lockstep" ? { p50_us: window["spread_p50_us"], p99_us: window["spread_p99_us"] } : {}
      end

      def notes(server, window)
        return if window["delivered"].zero?

        cpu_us = window.cpu_us_per(window["delivered"])
        [(aim("≤ #{CPU_US_MAX} µs", cpu_us, CPU_US_MAX) if server.is_a?(OwnServer)),
         "#{window.rate("acknowledged").round} appends/s",
         "#{(window["delivered"] / window["wakes"].to_f).round(2)} events a read"]
      end
  end
end
