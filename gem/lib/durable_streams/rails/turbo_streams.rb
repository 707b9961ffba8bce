# frozen_string_literal: true

require "securerandom"

module DurableStreams
  module Rails
    # Turbo Streams over durable streams instead of Action Cable. With `config.durable_streams.turbo =
    # true` an app's `broadcasts_to`, `broadcast_append_to`, `turbo_stream_from` and the rest stay as
    # they are: what is broadcast is kept, and a page that was away is sent what it missed.
    #
    # A stream has Turbo's own name behind "turbo/", so Turbo's HTML and the events of models never
    # share one. Each `<turbo-stream>` text is one event of the type "turbo-stream".
    module TurboStreams
      TYPE = "turbo-stream"

      class << self
        # Whether broadcasts go to Action Cable as well.
        attr_accessor :action_cable_too

        # Takes the place of Turbo's transport and of its element, once.
        def install
          unless defined?(::Turbo::Engine)
            raise ArgumentError, "config.durable_streams.turbo needs turbo-rails in the bundle"
          end
          ::Turbo::Streams::Broadcasts.prepend Transport
          ::Turbo::StreamsHelper.prepend Helper
        end

        # The streamables of the stream that carries what Turbo calls by these; none if all are blank.
        # Turbo's jobs know only the name that it has made already, which is its own name again.
        def streamables(turbo_streamables)
          turbo_streamables = turbo_streamables.flatten.compact_blank
          turbo_streamables.any? ? [ "turbo", NAMES.call(turbo_streamables) ] : []
        end
      end

      # All of Turbo's broadcasts come through this method.
      module Transport
        def broadcast_stream_to(*streamables, content:)
          super if TurboStreams.action_cable_too
          stream = TurboStreams.streamables(streamables)
          return if stream.empty?

          DurableStreams.broadcast_event_to(*stream, type: TYPE, key: SecureRandom.uuid, value: content.to_str,
            operation: :insert, ttl: Runtime.settings.turbo_ttl)
        end
      end

      module Helper
        # As Turbo's, but it takes the options of durable_stream_from, and no channel: what a channel
        # would decide at subscription is decided by whoever renders the page.
        def turbo_stream_from(*streamables, channel: nil, **attributes)
          raise ArgumentError, "channel: is Action Cable's: over durable streams the page's own authorization counts" if channel

          stream = TurboStreams.streamables(streamables)
          raise ArgumentError, "streamables can't be blank" if stream.empty?

          durable_stream_from(*stream, turbo: true, ttl: Runtime.settings.turbo_ttl, **attributes)
        end
      end

      # Turbo's names are made by a private method of a module.
      NAMES = ->(streamables) { (@namer ||= Object.new.extend(::Turbo::Streams::StreamName)).send(:stream_name_from, streamables) }
      private_constant :NAMES
    end
  end
end
