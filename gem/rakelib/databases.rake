# frozen_string_literal: true

# The tests that touch a database, on servers of other kinds than SQLite; each server is a private one,
# gone afterwards. bin/test installs what they need.

DATABASE_TESTS = FileList[
  "test/{app_killed,concurrent_writers,database_clock,declared_streams,moving_records,never,outbox,record_version,transactions}*_test.rb"
]

{ "postgresql" => [ :Postgresql, DATABASE_TESTS + [ "test/solid_queue_test.rb" ] ],
  "mariadb" => [ :Mariadb, DATABASE_TESTS ] }.each do |name, (kind, tests)|
  desc "Run the tests that touch a database on #{name}"
  task "test:#{name}" do
    require_relative "../test/support/private_database"
    PrivateDatabase.const_get(kind).new.run do |url|
      loader = tests.map { |file| "require './#{file}'" }.join("; ")
      sh({ "DATABASE_URL" => url }, "ruby", "-Itest", "-e", loader)
    end
  end
end
