# frozen_string_literal: true

require "time"

module DurableStreams
  module Rails
    # What an app does with a stream besides broadcasting: lets clients in, reads, closes, deletes.
    # Streams are named by streamables (see StreamName); an ArgumentError if all of them are blank.
    module Streams
      # `events` are parsed (string keys); `next_offset` is where the next read goes on.
      Page = Data.define(:events, :next_offset, :up_to_date, :closed) do
        alias_method :up_to_date?, :up_to_date
        alias_method :closed?, :closed
      end

      # `ttl` is in seconds, `expires_at` a Time; nil if there is none.
      Metadata = Data.define(:content_type, :next_offset, :closed, :ttl, :expires_at) do
        alias_method :closed?, :closed
      end

      # A URL with a token for that stream, for a client to read (or with `permissions: [:read,
      # :write]` to append). Makes the stream if need be; if the server cannot be reached, that is
      # reported, and the URL is good all the same once it is back.
      #
      #   DurableStreams.signed_stream_url(room, :messages, expires_in: 1.hour)
      #   # => "http://localhost:4437/v1/streams/gid://app/Room/1/messages?token=eyJ..."
      def signed_stream_url(*streamables, **options)
        url, token = signed_stream_primitives(*streamables, **options)
        "#{url}?token=#{token}"
      end

      # [url, token]: a page can fetch a new token before the old one expires, and keep its URL.
      def signed_stream_primitives(*streamables, expires_in: nil, permissions: [ :read ], identity: nil, ttl: nil, expires_at: nil)
        name = stream_name_from!(streamables)
        token = Runtime.tokens.client_token(name, permissions:, identity:, expires_in:)
        Runtime.provisioner.try_to_ensure_stream_exists(name, ttl:, expires_at:)
        [ StreamUrl.join(Runtime.settings.client_url, name), token ]
      end

      # The offset of the stream's end. A page takes it before it queries what it shows, and its
      # client reads from there: nothing is missed in between. nil, and a report, if the server does
      # not answer: the client then reads from the start.
      def stream_offset(*streamables)
        name = stream_name_from!(streamables)
        Runtime.provisioner.for_page(name) do |deadline|
          response = Runtime.server.head(name, deadline:)
          response ? response["stream-next-offset"] : Runtime.provisioner.create(name, deadline:)
        end
      end

      # One page of events after an offset (nil: from the start), a Page.
      #
      # Errors: StreamNotFound; StreamGone; ServerUnreachable.
      def read_stream(*streamables, after: nil)
        response = Runtime.server.read(stream_name_from!(streamables), offset: after || "-1")
        Page.new(events: response.body.empty? ? [] : JSON.parse(response.body),
          next_offset: response["stream-next-offset"],
          up_to_date: response["stream-up-to-date"] == "true",
          closed: response["stream-closed"] == "true")
      end

      # nil if there is no such stream, else its Metadata.
      #
      # Errors: StreamGone; ServerUnreachable.
      def stream_metadata(*streamables)
        response = Runtime.server.head(stream_name_from!(streamables)) or return

        Metadata.new(content_type: response["content-type"],
          next_offset: response["stream-next-offset"],
          closed: response["stream-closed"] == "true",
          ttl: response["stream-ttl"]&.to_i,
          expires_at: response["stream-expires-at"]&.then { |time| Time.iso8601(time) })
      end

      # Ends the stream: clients learn that nothing more will come. Answers the final offset.
      # A stream that was never written is made first, so that its readers learn it too.
      #
      # Errors: StreamGone; ServerUnreachable.
      def close_stream(*streamables)
        name = stream_name_from!(streamables)
        Runtime.provisioner.with_stream(name) { |deadline| Runtime.server.close(name, deadline:) }
      end

      # Deletes the stream with all its events. True if there was one.
      #
      # Errors: ServerUnreachable.
      def delete_stream(*streamables)
        name = stream_name_from!(streamables)
        Runtime.server.delete(name).tap { Runtime.provisioner.forget(name) }
      end
    end
  end
end
