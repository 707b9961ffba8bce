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
    #
    # What is promised where the server could not be reached: everything arrives once. What Turbo's own
    # jobs render (the `_later` forms, and with them `broadcasts_to`) is rendered anew by each try, so it
    # never shows an older state than what overtook it. What a direct form has rendered is kept as it
    # is and may come behind later broadcasts. With the outbox all arrive in the order of the calls.
    module TurboStreams
      TYPE = "turbo-stream"
      JOBS = %i[ActionBroadcastJob BroadcastJob BroadcastStreamJob].freeze

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
          when_loaded(JOBS) { |job| job.include RenderedAnew } if defined?(::ActiveJob)
        end

        # The streamables of the stream that carries what Turbo calls by these; none if all are blank.
        # Turbo's jobs know only the name that it has made already, which is its own name again.
        def streamables(turbo_streamables)
          turbo_streamables = turbo_streamables.flatten.compact_blank
          turbo_streamables.any? ? [ "turbo", NAMES.call(turbo_streamables) ] : []
        end

        # Raises what the server or the network did only in a job that is tried again for it.
        def broadcast(stream, html)
          event = { type: TYPE, key: SecureRandom.uuid, value: html, operation: :insert, ttl: Runtime.settings.turbo_ttl }
          producer = RenderedAnew.producer unless Outbox.enabled?
          return DurableStreams.broadcast_event_to(*stream, **event) unless producer

          broadcast = DurableStreams.send(:build_broadcast, stream, producer:, **event)
          Broadcasts.after_transactions { broadcast.deliver }
        end

        private
          # They stay unloaded until they are needed.
          def when_loaded(names, &block)
            names.each do |name|
              if ::Turbo::Streams.autoload?(name)
                ::Rails.autoloaders.each { |loader| loader.on_load("Turbo::Streams::#{name}", &block) }
              else
                yield ::Turbo::Streams.const_get(name)
              end
            end
          end
      end

      # All of Turbo's broadcasts come through this method.
      module Transport
        def broadcast_stream_to(*streamables, content:)
          super if TurboStreams.action_cable_too
          stream = TurboStreams.streamables(streamables)
          TurboStreams.broadcast(stream, content.to_str) if stream.any?
        end
      end

      # Included into Turbo's jobs. One that could not send is performed again, as a whole. Its events
      # have the job's id and their number in it as their producer: what was sent already counts once.
      module RenderedAnew
        extend ActiveSupport::Concern

        KEY = :durable_streams_turbo_job
        Performance = Struct.new(:job_id, :events)

        # Of the next event of the job that is performed here; nil if none is.
        def self.producer
          performance = Thread.current[KEY] or return
          [ "turbo:#{performance.job_id}:#{performance.events += 1}", 0 ]
        end

        included do
          include DeliveryRetries
          around_perform :number_durable_streams_events
        end

        # For reports.
        def stream_name = arguments.first
        def txid = nil

        private
          def number_durable_streams_events
            before, Thread.current[KEY] = Thread.current[KEY], Performance.new(job_id, 0)
            yield
          ensure
            Thread.current[KEY] = before
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
