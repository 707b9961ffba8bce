# frozen_string_literal: true

module DurableStreams
  module Rails
    # The protocol has no stream before it is created. This makes sure that one exists, and remembers
    # the streams that it knows of, so that few appends cost a second request.
    #
    # The memory is bounded (the least recently used goes first) and short: a stream is asked for
    # again after a minute, or half of its TTL, because the server may have expired or lost it. After
    # an outage all is forgotten: the server may have come back empty.
    #
    # Threads: any.
    class StreamProvisioner
      KNOWN_MAX = 10_000
      AGE_SECONDS_MAX = 60

      def initialize(clock: Deadline.method(:now), known_max: KNOWN_MAX)
        @clock = clock
        @known_max = known_max
        @known = {}
        @lock = Mutex.new
        @outages = Runtime.breaker.outages
      end

      # A stream that is made here lives for `ttl` seconds when idle, or until `expires_at` (a Time);
      # without either, as `stream_ttl` says.
      #
      # Errors: those of StreamServer#create.
      def ensure_stream_exists(name, **options)
        create(name, **options) unless known?(name)
      end

      # For pages: a stream that cannot be made is reported, and the page goes on without. Clients
      # come back for a new token, and the stream is made then, or by the first broadcast.
      def try_to_ensure_stream_exists(name, **lifetime)
        for_page(name) { |deadline| ensure_stream_exists(name, **lifetime, deadline:) }
      end

      # Runs the block, which asks the server on behalf of a page, with the deadline for that (see
      # PageBudget). nil, and a report, if it fails.
      def for_page(name, &block)
        PageBudget.spend(&block)
      rescue Error => error
        Reporting.report(error, severity: :warning, stream: name)
        nil
      end

      # Creates the stream even if it is known; answers its tail offset.
      def create(name, ttl: nil, expires_at: nil, **options)
        ttl ||= Runtime.settings.stream_ttl unless expires_at
        ActiveSupport::Notifications.instrument("provision.durable_streams", stream: name, ttl: ttl&.to_i) do
          Runtime.server.create(name, ttl:, expires_at:, **options).tap { remember(name, ttl) }
        end
      end

      # Runs the block on a stream that exists: if the server turns out not to have it (it was
      # expired, deleted or lost), makes it again and runs the block once more. All of it shares the
      # deadline that the block gets.
      def with_stream(name, deadline: Deadline.in(Runtime.settings.deadline), ttl: nil, expires_at: nil)
        ensure_stream_exists(name, ttl:, expires_at:, deadline:)
        yield deadline
      rescue StreamNotFound
        create(name, ttl:, expires_at:, deadline:)
        yield deadline
      end

      def forget(name)
        @lock.synchronize { @known.delete(name) }
      end

      private
        def known?(name)
          @lock.synchronize do
            forget_all_after_outage
            until_when = @known.delete(name)
            next false if until_when.nil? || until_when <= @clock.call

            @known[name] = until_when
            true
          end
        end

        def forget_all_after_outage
          return if @outages == Runtime.breaker.outages

          @outages = Runtime.breaker.outages
          @known.clear
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
