# frozen_string_literal: true

module DurableStreams
  module Rails
    # Lets the first thing of a kind pass, then one a minute, and counts those between: a server that
    # refuses every token should be heard of, not drown everything else.
    #
    # Threads: any.
    class RepeatFilter
      INTERVAL_SECONDS = 60
      KINDS_MAX = 100

      def initialize(clock: Deadline.method(:now))
        @clock = clock
        @lock = Mutex.new
        @passed = {}
      end

      # How many were held back since the last one that passed; nil if this one is to be held back.
      def pass(kind)
        @lock.synchronize do
          now = @clock.call
          at, held_back = @passed[kind]
          if at && now < at + INTERVAL_SECONDS
            @passed[kind] = [ at, held_back + 1 ]
            next
          end

          @passed.delete(kind)
          @passed.shift if @passed.size >= KINDS_MAX
          @passed[kind] = [ now, 0 ]
          held_back || 0
        end
      end
    end
  end
end
