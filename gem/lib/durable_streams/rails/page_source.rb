# frozen_string_literal: true

module DurableStreams
  module Rails
    # What one page is given so that it can follow one stream: address, token, offset, and the grant
    # for further tokens. See StreamsHelper#durable_stream_from.
    class PageSource
      include StreamName

      OPTIONS = %i[expires_in permissions identity ttl expires_at offset].freeze

      # `request` is nil where there is none: then the page cannot renew its token, and reads on from
      # where the stream is now.
      #
      # The other options are those of Streams#signed_stream_primitives.
      def initialize(streamables, request:, offset: nil, permissions: [ :read ], **options)
        @name = stream_name_from!(streamables)
        @grant = Grant.new(stream_name: @name, streamables: Grant.described(streamables), permissions:, **options)
        @request = request
        @offset = offset
      end

      # The element's attributes. Reports and goes on if the server cannot be reached.
      def attributes
        { src: StreamUrl.join(Runtime.settings.client_url, @name), token: @grant.token, offset:, **renewal }
      end

      private
        # The stream is made if need be, whoever took the offset.
        def offset
          taken = PageOffset.new(@name, **@grant.lifetime).at(PageClock.began_at(@request))
          @offset || taken
        end

        def renewal
          return {} unless @request && Runtime.settings.draw_routes

          { "renew-url": ::Rails.application.routes.url_helpers.durable_streams_token_path(script_name: @request.script_name),
            grant: @grant.sign(request: @request) }
        end
    end
  end
end
