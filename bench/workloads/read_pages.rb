# frozen_string_literal: true

module Bench
  # Reading a stream of 8 MiB page after page, over and over, on 8 connections.
  # Beside it: nginx serving the same bytes as files. Counted in MiB.
  class ReadPages < Workload
    named "read_pages"

    STREAM_BYTES = 8 << 20
    PAGES_MAX = 8
    CONNECTIONS = 8
    BATCH_BYTES = 256 << 10

    def run
      bodies = nil
      on(log) { |server| bodies = page_row(server) }
      on(memory) { |server| page_row(server) }
      on(node) { |server| page_row(server) }
      on(nginx) { |server| file_row(server, bodies) } if bodies
    end

    private
      # Returns the pages.
      def page_row(server)
        path = server.stream("pages")
        fill(server, path)
        pages = read_pages(server, path)
        mebibyte_row(server, pages.keys)
        pages.values
      end

      def fill(server, path)
        batch = "[#{([settings.event] * (BATCH_BYTES / (Settings::EVENT_BYTES + 1))).join(",")}]"
        server.client do |client|
          client.create(path)
          (STREAM_BYTES / BATCH_BYTES + 1).times { client.append(path, batch) }
        end
      end

      # URL path => body of the first pages.
      def read_pages(server, path)
        server.client do |client|
          offset = "-1"
          (1..PAGES_MAX).each_with_object({}) do |_, pages|
            url = "#{path}?offset=#{offset}"
            response = client.get(url)
            pages[url] = response.body
            break pages if response["Stream-Up-To-Date"]

            offset = response["Stream-Next-Offset"]
          end
        end
      end

      def file_row(server, bodies)
        bodies.each_with_index { |body, i| File.binwrite(File.join(server.files, "page-#{i}"), body) }
        mebibyte_row(server, Array.new(bodies.size) { |i| "/page-#{i}" })
      end

      def mebibyte_row(server, paths)
        window = load.requests(server, "GET", paths, connections: CONNECTIONS).last
        mebibytes = window["bytes"] / (1 << 20).to_f
        row(title: "8 MiB in pages", server: server.name, operation: "MiB", rate: mebibytes / window["seconds"],
          cpu_us: window.cpu_us_per(mebibytes), busy: window.server_busy, p50_us: window["p50_us"],
          p99_us: window["p99_us"], errors: window.errors, notes: ["#{paths.size} #{paths.size == 1 ? "page" : "pages"}"])
      end
  end
end
