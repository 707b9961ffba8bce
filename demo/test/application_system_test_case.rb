require "test_helper"
require "support/browser"
require "support/running_demo"

# Drives the demo, running as it does for people, with one browser per window.
class ApplicationSystemTestCase < ActionDispatch::SystemTestCase
  driven_by :chromium

  # One demo serves all tests; each test makes its own post.
  def self.demo
    @@demo ||= RunningDemo.start.tap { |demo| Minitest.after_run { demo.stop } }
  end

  setup { Capybara.app_host = demo.url }
  teardown { puts demo.log.lines.last(40) unless passed? }

  private
    def demo = self.class.demo

    # Runs the block in the window of that name; opens it if need be.
    def in_window(name, &block) = using_session(name, &block)

    # Opens `path` in each of the windows and waits until each is live.
    def open_in(*windows, path)
      windows.each do |window|
        in_window(window) do
          visit path
          assert_live
        end
      end
    end

    def assert_live = assert_selector("[data-status=live]")

    def assert_offline = assert_selector("[data-status=offline], [data-status=paused]")

    def set_network(offline:)
      page.driver.browser.network_conditions = { offline: offline, latency: 0, throughput: -1 }
    end
end
