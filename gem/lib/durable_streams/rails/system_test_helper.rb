# frozen_string_literal: true

require "capybara"

module DurableStreams
  module Rails
    # In every system test: a server for its pages (see SystemTestServer), and ways to wait until a page
    # listens, before something happens that it should show. Named as turbo-rails names its own
    # (Turbo::SystemTestHelper).
    module SystemTestHelper
      def before_setup
        Testing.begin_system_test
        @durable_streams_server = SystemTestServer.of_this_process
        @durable_streams_server&.enter
        super
      end

      def after_teardown
        super
      ensure
        @durable_streams_server&.leave
        Testing.end_system_test
      end

      # Waits until every `<durable-stream-source>` on the page is up to date and live.
      #
      #   visit post_path(post)
      #   connect_durable_streams
      #   post.comments.create!(body: "Hello")
      #   assert_text "Hello"
      def connect_durable_streams(**options)
        all(:durable_stream_source, **options, connected: false, wait: 0).each do |element|
          element.assert_matches_selector(:durable_stream_source, **options, connected: true)
        end
      end

      # Passes as soon as the page has an element that is up to date and live; on the stream of these
      # streamables, if there are any.
      #
      #   assert_durable_stream_connected post, :comments
      def assert_durable_stream_connected(*streamables, **options)
        assert_durable_stream_source(*streamables, connected: true, **options)
      end

      # Whether the page follows a stream, connected or not. `connected:` asks for one or the other.
      def assert_durable_stream_source(*streamables, **options)
        assert_selector(:durable_stream_source, streamables.presence, **options)
      end

      def assert_no_durable_stream_source(*streamables, **options)
        assert_no_selector(:durable_stream_source, streamables.presence, **options)
      end

      Capybara.add_selector :durable_stream_source do
        visible :all

        xpath do |streamables|
          xpath = XPath.descendant.where(XPath.local_name == "durable-stream-source")
          next xpath unless streamables

          url = StreamUrl.join(Runtime.settings.client_url, DurableStreams.send(:stream_name_from!, streamables))
          xpath.where(XPath.attr(:src) == url)
        end

        %i[connected turbo].each do |name|
          expression_filter(name) { |xpath, value| builder(xpath).add_attribute_conditions(name => value) }
        end
      end
    end

    # turbo-rails' own tests wait after each `visit` (`config.turbo.test_connect_after_actions`), by
    # this method. Where Turbo Streams travel over durable streams they wait for those.
    module TurboSystemTestHelper
      def connect_turbo_cable_stream_sources(...)
        super
        connect_durable_streams(turbo: true) if DurableStreams.turbo
      end
    end
  end
end
