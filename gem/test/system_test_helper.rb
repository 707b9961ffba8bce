# frozen_string_literal: true

ENV["DUMMY_PAGES"] = "1"
require "test_helper"
require_relative "../../demo/test/support/browser"

# The dummy app in this process, the real stream server beside it, and Chromium.
class SystemTestCase < ActionDispatch::SystemTestCase
  include RealServer
  include LiveServer
  include BrowserControls

  driven_by :chromium

  setup do
    start_real_server
    @post = Post.create!(title: "Hello")
    PagesController.queried = PagesController.rendered = PagesController.source_options = nil
  end

  teardown do
    page.driver.quit unless passed? # It may be frozen, or offline.
  end

  private
    # An event on the post's stream, sent before this returns.
    def tell(body, on: @post)
      DurableStreams.broadcast_event_to(on, type: "comment", key: body, value: { body: }, operation: :insert)
    end

    # Waits until whoever asks now is not told of the stream's last event any more: it is older than
    # the server's tick and the question's margin.
    def let_it_be_old(stream = @post)
      offset = DurableStreams::Rails::PageOffset.new(DurableStreams.send(:stream_name_from!, stream))
      eventually { offset.at(DurableStreams::Rails::Deadline.now) == DurableStreams.stream_offset(stream) }
    end

    def received = evaluate_script("window.received")

    # Exactly these events have come, in this order; waits for the last.
    def assert_received(*bodies)
      eventually(-> { "received #{received.inspect} instead of #{bodies.inspect}" }) { received.last == bodies.last && received.size >= bodies.size }
      assert_equal bodies, received
    end

    def source(name) = evaluate_script("document.querySelector('durable-stream-source').getAttribute('#{name}')")

    def claims(token) = JWT.decode(token, nil, false).first
end

Capybara.run_server = true
Capybara.server = :puma, { Silent: true }
