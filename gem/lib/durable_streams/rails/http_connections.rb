# frozen_string_literal: true

require "net/http"

module DurableStreams
  module Rails
    # Kept-alive connections to one server. A connection serves one request at a time; idle ones are
    # kept for the next caller, at most IDLE_MAX of them and for at most IDLE_SECONDS.
    #
    # Threads: any. Processes: a forked child never touches its parent's sockets, it opens its own.
    class HttpConnections
      IDLE_MAX = 16
      # Less than servers and proxies usually allow, so that they rarely hang up first.
      IDLE_SECONDS = 15

      Idle = Data.define(:http, :since)

      def initialize(uri, connect_timeout:)
        @uri = uri
        @connect_timeout = connect_timeout
        @lock = Mutex.new
        @idle = []
        @pid = Process.pid
      end

      # Yields a started Net::HTTP and whether it was used before. It is kept afterwards, unless the
      # block raised (whatever way: a connection with half an answer in it must not be reused).
      # `fresh: true` never gives a used one.
      def with(deadline, fresh: false)
        http = fresh ? nil : take_idle
        reused = !http.nil?
        http ||= open(deadline)
        result = yield http, reused
        keep(http)
        http = nil
        result
      ensure
        finish(http) if http
      end

      def close
        idle = @lock.synchronize { @idle.tap { @idle = [] } }
        idle.each { |entry| finish(entry.http) }
      end

      private
        def take_idle
          too_old = []
          @lock.synchronize do
            forget_parents_sockets
            while (entry = @idle.pop)
              return entry.http if Deadline.now - entry.since < IDLE_SECONDS
              too_old << entry.http
            end
          end
          nil
        ensure
          too_old&.each { |http| finish(http) }
        end

        def keep(http)
          kept = @lock.synchronize do
            forget_parents_sockets
            http.started? && @idle.size < IDLE_MAX && @idle.push(Idle.new(http, Deadline.now))
          end
          finish(http) unless kept
        end

        def open(deadline)
          # No proxy from the environment: the server's token goes to the configured host alone.
          http = Net::HTTP.new(@uri.hostname, @uri.port, nil)
          http.use_ssl = @uri.is_a?(URI::HTTPS)
          http.open_timeout = http.ssl_timeout = [ @connect_timeout.to_f, deadline.remaining ].min
          http.keep_alive_timeout = IDLE_SECONDS + 1
          http.max_retries = 0
          http.start
        end

        def finish(http)
          http.finish if http.started?
        rescue IOError, SystemCallError
          nil
        end

        def forget_parents_sockets
          return if @pid == Process.pid

          @pid = Process.pid
          @idle = []
        end
    end
  end
end
