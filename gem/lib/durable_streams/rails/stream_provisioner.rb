# frozen_string_literal: true

module DurableStreams
  module Rails
    # The protocol has no stream before it is created. This makes sure that one exists, and remembers
    # the streams that it knows of, so that few appends cost a second request.
    #
    # The memory is bounded (the least recently used goes first) and short: a stream is asked for
    # again after a minute, or half of its TTL, because the server may have expired or lost it.
    #
    # Threads: any.
    class StreamProvisioner
      KNOWN_MAX = 10_000
      AGE_SECONDS_MAX = 60
      # After a failure, pages do not wait for the same server again for this long.
      QUIET_SECONDS = 2

      def initialize(clock: Deadline.method(:now), known_max: KNOWN_MAX)
        @clock = clock
        @known_max = known_max
        @known = {}
        @lock = Mutex.new
        @quiet_until = 0
      end

      # Errors: those of StreamServer#create.
      def ensure_stream_exists(name, ttl: nil, **options)
        ttl ||= Runtime.settings.stream_ttl
        create(name, ttl, **options) unless known?(name)
      end

      # For pages: a stream that cannot be made is reported, and the page goes on without. Clients
      # come back for a new token, and the stream is made then, or by the first broadcast.
      def try_to_ensure_stream_exists(name, ttl: nil)
        return if @clock.call < @quiet_until

        ensure_stream_exists(name, ttl:, deadline: Deadline.in(Runtime.settings.page_deadline))
      rescue Error => error
        @quiet_until = @clock.call + QUIET_SECONDS if error.is_a?(ServerUnreachable)
        Reporting.report(error, stream: name)
      end

      # Creates the stream even if it is known; answers its tail offset.
      def create(name, ttl = Runtime.settings.stream_ttl, **options)
        Runtime.server.create(name, ttl:, **options).tap { remember(name, ttl) }
      end

      # Runs the block on a stream that exists: if the server turns out not to have it (it was
      # expired, deleted or lost), makes it again and runs the block once more. All of it shares the
      # deadline that the block gets.
      def with_stream(name, ttl: nil, deadline: Deadline.in(Runtime.settings.deadline))
        ensure_stream_exists(name, ttl:, deadline:)
        yield deadline
      rescue StreamNotFound
        create(name, ttl || Runtime.settings.stream_ttl, deadline:)
        yield deadline
      end

      def forget(name)
        @lock.synchronize { @known.delete(name) }
      end

      private
        def known?(name)
          @lock.synchronize do
            until_when = @known.delete(name)
            next false if until_when.nil? || until_when <= @clock.call

            @known[name] = until_when
            true
          end
        end

        def remember(name, ttl)
          @lock.synchronize do
            @known.delete(name)
            @known[name] = @clock.call + [ AGE_SECONDS_MAX, *(ttl.to_f / 2 if ttl) ].min
            @known.shift if @known.size > @known_max
          end
        end
    end
  end
end
