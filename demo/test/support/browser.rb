require "capybara"
require "selenium-webdriver"
require "tmpdir"

# Headless Chromium, a new and empty profile for each session, so that two
# sessions are two people.
Capybara.register_driver :chromium do |app|
  options = Selenium::WebDriver::Chrome::Options.new(binary: ENV.fetch("CHROMIUM_BIN", "/usr/bin/chromium"))
  profile = Dir.mktmpdir("durable-streams-chromium-")
  at_exit { FileUtils.rm_rf(profile) }
  %W[
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --window-size=1200,1000 --user-data-dir=#{profile}
  ].each { |flag| options.add_argument(flag) }
  service = Selenium::WebDriver::Service.chrome(path: ENV.fetch("CHROMEDRIVER_BIN", "/usr/bin/chromedriver"))

  Capybara::Selenium::Driver.new(app, browser: :chrome, options: options, service: service)
end

Capybara.run_server = false
Capybara.enable_aria_label = true
Capybara.default_max_wait_time = Integer(ENV.fetch("WAIT_LIMIT", 20)) # a limit for conditions that are waited for, no test measures it

# What happens to a window besides what its person does. Needs `page`, a session.
module BrowserControls
  private
    # What a browser does to a window that nobody looks at for long: hides and
    # freezes it. It is seen again when its tab is chosen among others.
    def suspend_page = set_lifecycle("frozen")

    def wake_page
      set_lifecycle("active")
      browser = page.driver.browser
      this_tab = browser.window_handle
      browser.switch_to.new_window(:tab)
      browser.close
      browser.switch_to.window(this_tab)
    end

    def set_lifecycle(state)
      page.driver.browser.execute_cdp("Page.setWebLifecycleState", state: state)
    end

    def set_network(offline:)
      page.driver.browser.network_conditions = { offline: offline, latency: 0, throughput: -1 }
    end
end
