# frozen_string_literal: true

require "capybara"

module DurableStreams
  module Rails
    # In every system test: wait until a page listens, before something happens that it should show.
    # Named as turbo-rails names its own (Turbo::SystemTestHelper).
    module SystemTestHelper
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

      # Streamables as the URL of an element's `src`.
      module Sources
        extend StreamName

        def self.url(streamables)
          StreamUrl.join(Runtime.settings.client_url, stream_name_from!(streamables))
        end
      end
      private_constant :Sources

      Capybara.add_selector :durable_stream_source do
        visible :all

        xpath do |streamables|
          xpath = XPath.descendant.where(XPath.local_name == "durable-stream-source")
          streamables ? xpath.where(XPath.attr(:src) == Sources.url(streamables)) : xpath
        end

        expression_filter :connected do |xpath, value|
          builder(xpath).add_attribute_conditions(connected: value)
        end
      end
    end
  end
end
