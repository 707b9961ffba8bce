# frozen_string_literal: true

module DurableStreams
  module Rails
    # In all views.
    module StreamsHelper
      # An element that follows a stream for as long as it is on the page, and misses nothing: it
      # reads from where the stream was when this request began, before the page's queries, resumes
      # after any interruption, and renews its token before that expires.
      #
      #   <%= durable_stream_from @post %>
      #   <%= durable_stream_from @room, :messages, expires_in: 1.hour %>
      #
      # The page hears of each event as `durable-stream:event`.
      # What the element's script offers stands at the head of durable_streams.js.
      #
      #   expires_in:, permissions:, identity:, ttl:, expires_at:  as for DurableStreams.signed_stream_url
      #   offset:      one that was taken by hand (DurableStreams.stream_offset), before the queries
      #   background:  true: stays connected while the page is hidden
      #   paused:      true: connects when its resume() is called
      #   turbo:       true: events of the type "turbo-stream" are rendered by Turbo. Only for streams
      #                that nobody but the app writes: what is in them becomes part of the page.
      #
      # Other options become attributes of the element, which is hidden: it takes no place in a grid or a
      # flex box. Never put it into a cached fragment: it
      # carries a token, and is good for this request alone.
      #
      # Errors: ArgumentError if all streamables are blank, or for `turbo` with a permission to write.
      def durable_stream_from(*streamables, background: false, paused: false, turbo: false, **options)
        if turbo && options.key?(:permissions) && Array(options[:permissions]).map(&:to_s) != %w[read]
          raise ArgumentError, "a page that renders a stream's HTML must not let its visitor write it"
        end

        source = durable_stream_attributes(*streamables, **options.extract!(*PageSource::OPTIONS))
        switches = { background:, paused:, turbo: }.transform_values { |on| "" if on }
        safe_join [ tag.durable_stream_source(hidden: true, **options, **switches, **source), durable_streams_script_once ].compact
      end

      # The attributes of that element, for a page that makes it by itself (React, Vue, Inertia's
      # props). `paused`, `background` and `turbo` are its to add.
      #
      #   helpers.durable_stream_attributes(@post)
      #   # => { src: "http://...", token: "eyJ...", offset: "0000...", "renew-url": "/durable_streams/token", grant: "..." }
      def durable_stream_attributes(*streamables, **options)
        PageSource.new(streamables, request: page_stream_request, **options).attributes
      end

      # The script that makes those elements work, for the page's head: only needed where the setting
      # `page_script` is off and no import of "durable_streams" loads it.
      def durable_streams_script_tag
        javascript_include_tag "durable_streams", type: "module", nonce: (true if page_stream_request)
      end

      private
        # A view that is rendered by a job has none.
        def page_stream_request
          controller.request if controller.respond_to?(:request)
        end

        # A module is run once, however often its tag stands on a page, and also if the import map
        # loads it.
        def durable_streams_script_once
          return if @durable_streams_script_rendered || !DurableStreams.page_script

          @durable_streams_script_rendered = true
          durable_streams_script_tag
        end
    end
  end
end
