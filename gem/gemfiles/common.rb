# frozen_string_literal: true

# What the tests need besides Rails, Puma and Minitest, whose versions each Gemfile names: the gem's own
# the newest ones, those in this folder older ones that are supported.

gem "jwt", "3.3.0"
gem "pg", "1.7.0"
gem "protocol-http1", "0.41.0"
gem "rake", "13.4.2"
gem "rubocop-rails-omakase", "1.1.0"
gem "solid_queue", "1.7.2"
gem "sqlite3", "2.10.2"
gem "trilogy", "2.13.3"

# Pages: the element in a real browser, and Turbo's streams over it.
gem "capybara", "3.40.0"
gem "importmap-rails", "2.2.3"
gem "propshaft", "1.3.2"
gem "selenium-webdriver", "4.52.0"
gem "turbo-rails", "2.0.23"

# The protocol client that an app may have beside this gem: the tests load both, in both orders.
gem "durable_streams", "0.1.0", require: false
