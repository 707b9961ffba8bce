# frozen_string_literal: true

module Bench
  # Catch-up reads of streams that hold two 200-byte events, from the start, on 64
  # connections. Beside it: nginx serving the same bytes as a file.
  class ReadSmall < Workload
    named "read_small"

    STREAM_COUNTS = [1, 1000].freeze
    CPU_US_MAX = 11

    def run
      on(log) do |server|
        STREAM_COUNTS.each { |count| read_row(server, count) }
        @page = server.client { |client| client.get(paths(server, 1).first).body }
      end
      on(node) { |server| read_row(server, 1) }
      on(nginx) { |server| file_row(server) } if @page
    end

    private
      def read_row(server, count)
        create(server, count)
        window = load.requests(server, "GET", paths(server, count)).last
        cpu_us = window.cpu_us_per(window["requests"])
        request_row(server, "read", window, title: "small read, #{count} #{count == 1 ? "stream" : "streams"}",
          notes: [(aim("≤ #{CPU_US_MAX} µs", cpu_us, CPU_US_MAX) unless server.is_a?(NodeServer))])
      end

      def create(server, count)
        server.client do |client|
          count.times do |i|
            client.create(stream(server, count, i))
            2.times { client.append(stream(server, count, i), settings.event) }
          end
        end
      end

      def stream(server, count, index) = server.stream("small-#{count}-#{index}")
      def paths(server, count) = Array.new(count) { |i| "#{stream(server, count, i)}?offset=-1" }

      def file_row(server)
        File.binwrite(File.join(server.files, "small.json"), @page)
        request_row(server, "file of #{@page.bytesize} bytes", load.requests(server, "GET", ["/small.json"]).last,
          title: "small read")
      end
  end
end
