# frozen_string_literal: true

module DurableStreams
  module Rails
    # Where a stream was at a moment that is over: when the request began, before the page's queries,
    # although its streams are known only after them. Whoever reads from there misses nothing.
    #
    # The server is asked for the tail of so many milliseconds ago. Nothing but that age travels, so
    # clocks need not agree; but the question itself takes time, and by then the same age means a
    # later moment. So it is asked with a margin, and again with a larger one if it took longer.
    class PageOffset
      # The whole stream: what is new, or what the server cannot tell.
      START = "-1"
      MARGIN_SECONDS = 0.02

      # `lifetime` is that of a stream that is made here: see StreamProvisioner.
      def initialize(name, clock: Deadline.method(:now), **lifetime)
        @name = name
        @clock = clock
        @lifetime = lifetime
      end

      # nil, and a report, if the server does not answer in time.
      def at(moment)
        moment -= Runtime.settings.page_overlap.to_f
        Runtime.provisioner.for_page(@name) { |deadline| ask(moment, deadline) }
      end

      private
        def ask(moment, deadline)
          margin = MARGIN_SECONDS
          loop do
            asked_at = @clock.call
            response = Runtime.server.head(@name, tail_age: asked_at - moment + margin, deadline:) or break created(deadline)
            then_offset = response["stream-tail-then"] or break START

            took = @clock.call - asked_at
            break then_offset if took <= margin

            margin = took * 2
          end
        end

        # Its first event is still to come, or came since.
        def created(deadline)
          Runtime.provisioner.create(@name, **@lifetime, deadline:)
          START
        end
    end
  end
end
