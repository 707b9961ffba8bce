# frozen_string_literal: true

module DurableStreams
  module Rails
    # The root of what this gem raises, but for programming mistakes, which are ArgumentErrors.
    class Error < StandardError; end

    # No signing key where one must be configured. The message has the command to run.
    class KeyMissing < Error; end

    # May succeed when tried again: jobs retry these.
    class TemporaryFailure < Error; end

    # The server could not be reached, or gave no answer within the deadline (`timeout?`).
    class ServerUnreachable < TemporaryFailure
      def initialize(message = nil, timeout: false)
        @timeout = timeout
        super(message)
      end

      def timeout? = @timeout
    end

    # It was not asked, because it did not answer a moment ago: see CircuitBreaker.
    class ServerDown < ServerUnreachable; end

    # The callable `server_token` raised something; its `cause` tells what.
    class TokenUnavailable < TemporaryFailure; end

    # What came was no HTTP response. Raised within the transport alone, which makes it a
    # ServerUnreachable.
    class MalformedResponse < Error; end

    # The server answered, and the answer was no. `status` is HTTP's.
    module Answered
      attr_reader :status

      def initialize(message = nil, status: nil)
        @status = status
        super(message)
      end
    end

    class ServerFailure < TemporaryFailure   # 5xx
      include Answered
    end

    class ServerFull < ServerFailure; end    # 507: its disk is full

    class RateLimited < TemporaryFailure     # 429
      include Answered
    end

    class Unauthorized < TemporaryFailure    # 401, with a fresh token too: keys may be rotating
      include Answered
    end

    # 403: the token is not the app server's, or this machine's address is not among those allowed. It is
    # never the event's fault, so it may pass once the configuration is right.
    class Forbidden < TemporaryFailure
      include Answered
    end

    class StreamNotFound < TemporaryFailure  # 404, after provisioning too
      include Answered
    end

    # Would be refused again: jobs report these and give up.
    class Rejected < Error
      include Answered
    end

    class StreamConflict < Rejected; end     # 409
    class StreamClosed < StreamConflict; end # 409 with Stream-Closed
    class StreamGone < Rejected; end         # 410
    class PayloadTooLarge < Rejected; end    # 413
  end
end
