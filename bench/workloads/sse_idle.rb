# frozen_string_literal: true

module Bench
  # 5,000 SSE readers of one quiet stream: what they cost the server's process in
  # memory (growth since before they came) and CPU, keep-alives included. At the
  # end one event is appended, and each of them must get it.
  class SseIdle < Workload
    named "sse_idle"

    READERS = 5000
    KB_MAX = 0.5
    BUSY_MAX = 0.01

    def run
      [log, node].each { |server| on(server) { idle(server) } }
    end

    private
      def idle(server)
        path = server.stream("idle")
        prepare(server, path)
        before = server.memory
        window = load.sse_readers(server, path, READERS, "idle", seconds: settings.idle_seconds) do
          @each = (server.memory - before).to_a.map { |kb| kb / READERS.to_f }
        end
        row(title: "SSE idle, #{READERS} readers", server: server.name, busy: window.server_busy,
          errors: window.errors, notes: notes(server, window))
      end

      # So that the stream holds something and one reader's worth of code is loaded.
      def prepare(server, path)
        server.client do |client|
          client.create(path)
          client.append(path, settings.event)
          client.get("#{path}?offset=-1")
        end
      end

      def notes(server, window)
        rss, pss, uss = @each
        figures = format("KB a reader: RSS %.2f, PSS %.2f, USS %.2f", rss, pss, uss)
        return [figures] if server.is_a?(NodeServer)

        [figures, aim("≤ #{KB_MAX} KB", rss, KB_MAX), aim("≤ 1 % of a core", window.server_busy, BUSY_MAX)]
      end
  end
end
