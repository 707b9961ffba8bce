# frozen_string_literal: true

module Bench
  # 64 connections create one stream after the other, each with a TTL and a name of
  # its own. Beside it: the memory engine and the Node server.
  class Create < Workload
    named "create"

    CPU_US_MAX = 15
    RATE_MIN = 50_000

    def run
      on(memory) { |server| create_row(server) }
      on(log) { |server| create_row(server) { |window| aims(window) } }
      on(node) { |server| create_row(server) }
    end

    private
      def create_row(server)
        windows = load.requests(server, "PUT", [server.stream("create-{n}")])
        request_row(server, "create", windows.last, errors: windows.first.errors,
          notes: (yield windows.last if block_given?))
      end

      def aims(window)
        rate = window.rate("requests")
        [aim("≤ #{CPU_US_MAX} µs", window.cpu_us_per(window["requests"]), CPU_US_MAX),
         aim("≥ #{RATE_MIN} /s", RATE_MIN, rate)]
      end
  end
end
