# frozen_string_literal: true

# The tests that touch a database, on servers of other kinds than SQLite; each server is a private one,
# gone afterwards. bin/test installs what they need.

DATABASE_TESTS = FileList[
  "test/{outbox,record_version,database_clock,transactions,declared_streams,moving_records,concurrent_writers,solid_queue,never}*_test.rb"
]

{ "postgresql" => :Postgresql, "mariadb" => :Mariadb }.each do |name, kind|
  desc "Run the tests that touch a database on #{name}"
  task "test:#{name}" do
    require_relative "../test/support/private_database"
    PrivateDatabase.const_get(kind).new.run do |url|
      loader = DATABASE_TESTS.map { |file| "require './#{file}'" }.join("; ")
      sh({ "DATABASE_URL" => url }, "ruby", "-Itest", "-e", loader)
    end
  end
end
