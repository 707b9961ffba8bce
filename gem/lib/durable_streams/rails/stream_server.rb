# frozen_string_literal: true

require "time"
require "durable_streams/rails/http_transport"

module DurableStreams
  module Rails
    # The protocol's operations, as the app server may use them. Names are whole stream names (see
    # StreamName). Each operation ends within `deadline`.
    #
    # Errors of all: ServerUnreachable; Unauthorized (401, once more with a new token); Forbidden,
    # RateLimited, ServerFull, ServerFailure, Rejected; KeyMissing, TokenUnavailable. Those of one
    # operation are told there.
    class StreamServer
      JSON_TYPE = "application/json"

      # Makes sure that the stream exists; answers its tail offset, nil if the server did not tell.
      # One that exists otherwise configured (another TTL, closed) is left as it is. `ttl` is in
      # seconds, `expires_at` a Time; the protocol knows one or the other.
      def create(name, ttl: nil, expires_at: nil, deadline: default_deadline)
        headers = { "Content-Type" => JSON_TYPE }
        headers["Stream-TTL"] = ttl.to_i if ttl
        headers["Stream-Expires-At"] = expires_at.to_time.utc.iso8601(3) if expires_at
        response = call("PUT", name, deadline:, headers:, allow: [ 409 ])
        response["stream-next-offset"]
      end

      # Appends one JSON text. `producer` is [id, epoch]; the sequence is always 0, so each epoch is
      # one append. Answers :appended, :duplicate (it was there already: the retry of an append whose
      # answer was lost) or :superseded (a later epoch of that producer was there first; the block
      # gets it).
      #
      # Errors: StreamNotFound; StreamClosed; StreamConflict; StreamGone; PayloadTooLarge.
      def append(name, body, producer:, deadline: default_deadline, &block)
        id, epoch = producer
        headers = { "Content-Type" => JSON_TYPE, "Producer-Id" => id, "Producer-Epoch" => epoch, "Producer-Seq" => 0 }
        response = call("POST", name, deadline:, headers:, body:, allow: [ 403 ])

        case response.status
        when 200 then :appended
        when 204 then :duplicate
        when 403 then superseded(response, &block) || raise_for(response, name)
        else raise_for(response, name)
        end
      end

      # Answers the final offset. Closing a closed stream is fine.
      #
      # Errors: StreamNotFound; StreamGone.
      def close(name, deadline: default_deadline)
        call("POST", name, deadline:, headers: { "Stream-Closed" => "true" })["stream-next-offset"]
      end

      # True if there was such a stream.
      def delete(name, deadline: default_deadline)
        call("DELETE", name, deadline:, allow: [ 404, 410 ]).status < 300
      end

      # nil if there is no such stream, else the response's headers. With `tail_age`, in seconds,
      # `stream-tail-then` among them is where the stream ended that long ago, or a place before it;
      # our server answers it, if it knows.
      def head(name, tail_age: nil, deadline: default_deadline)
        query = tail_age ? { "tail-age-ms" => (tail_age * 1000).ceil } : {}
        response = call("HEAD", name, deadline:, query:, allow: [ 404 ])
        response unless response.status == 404
      end

      # One page from `offset` on.
      #
      # Errors: StreamNotFound; StreamGone, also for an offset that is no longer kept.
      def read(name, offset:, deadline: default_deadline)
        call("GET", name, deadline:, query: { "offset" => offset })
      end

      private
        # Without an epoch a 403 is about permissions.
        def superseded(response)
          epoch = response["producer-epoch"] or return
          yield epoch.to_i if block_given?
          :superseded
        end

        def default_deadline = Deadline.in(Runtime.settings.deadline)

        def call(verb, name, deadline:, allow: [], headers: Request::NONE, query: Request::NONE, body: nil)
          response = send_with_token(Request.new(verb:, name:, headers:, query:, body:), deadline)
          response.status < 300 || allow.include?(response.status) ? response : raise_for(response, name)
        end

        def send_with_token(request, deadline)
          token = current_token
          response = send_once(request, token, deadline)
          return response unless response.status == 401

          # The server may have changed its keys or its clock since the token was made; or this is another
          # app's server, and ours is elsewhere.
          Runtime.tokens.forget_server_token(token)
          Runtime.settings.relocate
          send_once(request, current_token, deadline)
        end

        def send_once(request, token, deadline)
          payload = { server: Runtime.settings.server_url, verb: request.verb, stream: request.name }
          ActiveSupport::Notifications.instrument("request.durable_streams", payload) do
            Runtime.transport.call(request, token:, deadline:).tap { |response| payload[:status] = response.status }
          end
        end

        def current_token
          callable = Runtime.settings.server_token
          callable ? token_from(callable) : Runtime.tokens.server_token
        end

        # The app's own code: what it raises must not reach the request that broadcasts.
        def token_from(callable)
          callable.call
        rescue Error
          raise
        rescue StandardError => error
          raise TokenUnavailable, "DurableStreams.server_token raised #{error.class}: #{error.message}"
        end

        def raise_for(response, name)
          raise error_class(response).new("#{response.status} for stream #{name.inspect}: #{reason(response)}", status: response.status)
        end

        def error_class(response)
          case response.status
          when 401 then Unauthorized
          when 403 then Forbidden
          when 404 then StreamNotFound
          when 409 then response["stream-closed"] == "true" ? StreamClosed : StreamConflict
          when 410 then StreamGone
          when 413 then PayloadTooLarge
          when 429 then RateLimited
          when 507 then ServerFull
          when 500.. then ServerFailure
          else Rejected
          end
        end

        def reason(response)
          response.body.to_s.dup.force_encoding(Encoding::UTF_8).scrub.truncate(300).presence || "no reason given"
        end
    end
  end
end
