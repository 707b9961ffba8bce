require "test_helper"
require "support/browser"
require "support/running_demo"

# Drives the demo, running as it does for people, with one browser per window.
class ApplicationSystemTestCase < ActionDispatch::SystemTestCase
  include BrowserControls

  driven_by :chromium

  # One demo serves all tests; each test makes its own post.
  def self.demo
    @@demo ||= RunningDemo.start.tap { |demo| Minitest.after_run { demo.stop } }
  end

  setup { Capybara.app_host = demo.url }
  teardown { leave_nothing_behind unless passed? }

  private
    def demo = self.class.demo

    # Runs the block in the window of that name; opens it if need be.
    def in_window(name, &block)
      (@windows ||= Set.new) << name
      using_session(name, &block)
    end

    # A window that a failed test left frozen or offline would fail the next one.
    def leave_nothing_behind
      @windows&.each { |name| using_session(name) { page.driver.quit } }
      puts demo.log.lines.last(40)
    end

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

    def assert_offline = assert_selector("[data-status=waiting], [data-status=paused]")
end
