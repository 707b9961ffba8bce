# frozen_string_literal: true

module DurableStreams
  module Rails
    # The moment until which an operation may take, all its tries together.
    class Deadline
      def self.in(duration) = new(now + duration.to_f)
      def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

      def initialize(at)
        @at = at
      end

      # Seconds left, never negative.
      def remaining = [ @at - self.class.now, 0.0 ].max

      def passed? = remaining.zero?

      # This one, or one that is so many seconds from now, if that is sooner.
      def at_most(seconds) = remaining > seconds ? Deadline.in(seconds) : self
    end
  end
end
