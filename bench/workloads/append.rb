# frozen_string_literal: true

module Bench
  # 64 connections append one 200-byte JSON event at a time, to one stream and
  # spread over many. Beside it: the memory engine (what durability costs), nginx
  # that answers the same request with 204 and keeps nothing (what HTTP costs), our
  # own HTTP doing the same, and the Node server.
  #
  # Afterwards the streams' tails tell how many events are there: all that were
  # acknowledged, and no more than were sent.
  class Append < Workload
    named "append"

    STREAM_COUNTS = [1, 256, 1000].freeze
    CPU_US_MAX = 10
    SHARE_OF_MEMORY_MIN = 0.7

    def run
      [nginx, http_alone].each do |server|
        on(server) { request_row(server, "return 204", measure(server, ["/return204"]).last) }
      end
      STREAM_COUNTS.each { |count| append_to(count) }
    end

    private
      def append_to(count)
        title = "append, #{count} #{count == 1 ? "stream" : "streams"}"
        memory_rate = nil
        on(memory) { |server| memory_rate = append_row(server, title, count).rate }
        on(log) do |server|
          append_row(server, title, count) { |window| aims(window, memory_rate) }
        end
        on(node) { |server| append_row(server, title, count) }
      end

      def append_row(server, title, count)
        paths = Array.new(count) { |i| server.stream("append-#{i}") }
        event_size = create(server, paths)
        windows = measure(server, paths)
        request_row(server, "append", windows.last, title: title,
          errors: [*windows.first.errors, *lost_events(server, paths, event_size, windows)],
          notes: (yield windows.last if block_given?))
      end

      def measure(server, paths) = load.requests(server, "POST", paths, body: settings.event)

      # Creates the streams; returns how many bytes one event takes in a stream.
      def create(server, paths)
        server.client do |client|
          paths.each { |path| client.create(path) }
          client.append(paths.first, settings.event)
          client.tail_position(paths.first)
        end
      end

      def lost_events(server, paths, event_size, windows)
        bytes = server.client { |client| paths.sum { |path| client.tail_position(path) } }
        stored = bytes / event_size - 1
        answered = windows.sum { |window| window["requests"] }
        acknowledged = answered - windows.sum { |window| window["refused"] }
        sent_at_most = answered + windows.size * Settings::CONNECTIONS
        return if stored.between?(acknowledged, sent_at_most)

        "#{acknowledged} acknowledged, #{stored} stored"
      end

      def aims(window, memory_rate)
        share = memory_rate && window.rate("requests") / memory_rate
        [aim("≤ #{CPU_US_MAX} µs", window.cpu_us_per(window["requests"]), CPU_US_MAX),
         share && "#{share.round(2)} of memory's rate, #{aim("≥ #{SHARE_OF_MEMORY_MIN}", SHARE_OF_MEMORY_MIN, share)}"]
      end
  end
end
