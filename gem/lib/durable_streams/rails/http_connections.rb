# frozen_string_literal: true

module DurableStreams
  module Rails
    # Kept-alive connections to one endpoint. A connection serves one request at a time, so there are as
    # many as there are requests at once; idle ones are kept for the next caller, at most IDLE_MAX of
    # them and for at most IDLE_SECONDS.
    #
    # Threads: any. Processes: a forked child never touches its parent's sockets, it opens its own.
    class HttpConnections
      IDLE_MAX = 16
      # Less than servers and proxies usually allow, so that they rarely hang up first.
      IDLE_SECONDS = 30

      attr_reader :endpoint

      def initialize(endpoint, connect_timeout:)
        @endpoint = endpoint
        @connect_timeout = connect_timeout
        @lock = Mutex.new
        @idle = []
        @pid = Process.pid
      end

      # Yields an HttpConnection. It is kept afterwards, unless the block raised (in whatever way: half
      # an answer may be in it). `fresh: true` never gives a used one.
      #
      # Errors: those of HttpEndpoint#connect.
      def with(deadline, fresh: false)
        connection = (take_idle unless fresh) || open(deadline)
        result = yield connection
        done = true
        result
      ensure
        done ? keep(connection) : connection&.close
      end

      def close
        idle = @lock.synchronize { @idle.tap { @idle = [] } }
        idle.each(&:close)
      end

      private
        # The newest that is still good; those above it that are not are closed.
        def take_idle
          while (connection = pop)
            return connection if Deadline.now - connection.used_at < IDLE_SECONDS && !connection.disturbed?
            connection.close
          end
        end

        def pop
          @lock.synchronize do
            forget_parents_sockets
            @idle.pop
          end
        end

        def keep(connection)
          kept = connection.reusable? && @lock.synchronize do
            forget_parents_sockets
            @idle.size < IDLE_MAX && @idle.push(connection)
          end
          connection.close unless kept
        end

        def open(deadline)
          HttpConnection.new(@endpoint.connect([ @connect_timeout.to_f, deadline.remaining ].min))
        end

        # They are left open: closing one that speaks TLS would say goodbye in the parent's name.
        def forget_parents_sockets
          return if @pid == Process.pid

          @pid = Process.pid
          @parents, @idle = @idle, []
        end
    end
  end
end
