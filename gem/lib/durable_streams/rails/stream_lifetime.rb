# frozen_string_literal: true

module DurableStreams
  module Rails
    # `ttl:` and `expires_at:` of declarations and calls: how long a stream lives that this broadcast
    # is the first for. One that exists keeps the life that it was made with.
    module StreamLifetime
      # Errors: ArgumentError for a TTL below a second, for what is no point in time, for both.
      def self.check(ttl:, expires_at:)
        raise ArgumentError, "give ttl: or expires_at:, not both" if ttl && expires_at
        unless ttl.nil? || (ttl.respond_to?(:to_i) && ttl.to_i >= 1)
          raise ArgumentError, "ttl is a duration of at least a second, not #{ttl.inspect}"
        end
        unless expires_at.nil? || expires_at.acts_like?(:time) || expires_at.acts_like?(:date)
          raise ArgumentError, "expires_at is a time, not #{expires_at.inspect}"
        end
      end
    end
  end
end
