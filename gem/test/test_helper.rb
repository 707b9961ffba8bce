# frozen_string_literal: true

ENV["RAILS_ENV"] = "test"
ENV.delete("DURABLE_STREAMS_CLIENT_URL")
ENV.delete("DURABLE_STREAMS_SERVER_URL")

# A file for each run of the tests, so that two at once do not find each other's rows. The processes that
# tests start share it with them.
ENV["DUMMY_DATABASE"] = "db/test-#{Process.pid}.sqlite3"

require_relative "dummy/config/environment"
require "rails/test_help"
require "jwt"

Minitest.after_run { FileUtils.rm_f(Dir.glob(Rails.root.join("#{ENV["DUMMY_DATABASE"]}*"))) }

ActiveRecord::Migration.verbose = false
load File.expand_path("dummy/db/schema.rb", __dir__)

Dir[File.expand_path("support/*.rb", __dir__)].sort.each { |file| require file unless file.end_with?("_app.rb") }
OutboxTables.create

# The gem's own tests name streams by the method itself. Beside turbo-rails, whose test helper has one
# of the same name, they must do without, as users' tests do.
ActiveSupport::TestCase.include DurableStreams::Rails::StreamName unless ENV["DUMMY_PAGES"]
