# frozen_string_literal: true

require_relative "boot"

require "rails"
require "active_model/railtie"
require "active_job/railtie"
require "active_record/railtie"
require "action_controller/railtie"
require "rails/test_unit/railtie"

# For tests in a browser: DUMMY_PAGES=1.
if ENV["DUMMY_PAGES"]
  require "action_cable/engine"
  require "propshaft"
  require "turbo-rails"
end

# DURABLE_STREAMS_CLIENT=before|after: the protocol's own client gem beside this one.
require "durable_streams" if ENV["DURABLE_STREAMS_CLIENT"] == "before"
require "durable_streams-rails"
require "durable_streams" if ENV["DURABLE_STREAMS_CLIENT"] == "after"

module Dummy
  class Application < Rails::Application
    config.root = File.expand_path("..", __dir__)
    config.load_defaults Rails::VERSION::STRING.to_f
    config.secret_key_base = "dummy"
    config.durable_streams[ENV["DUMMY_SETTING"]] = "x" if ENV["DUMMY_SETTING"]
    config.durable_streams.turbo = true if ENV["DUMMY_PAGES"]
    config.durable_streams.system_test_server = false # tests start theirs themselves
  end
end
