# frozen_string_literal: true

require "test_helper"
require "rails/generators"
require "rails/generators/test_case"
require "generators/durable_streams/install/install_generator"
require "generators/durable_streams/outbox/outbox_generator"

class OutboxGeneratorTest < Rails::Generators::TestCase
  tests DurableStreams::Generators::OutboxGenerator
  destination Dir.mktmpdir("outbox_generator")

  INITIALIZER = "config/initializers/durable_streams.rb"

  setup :prepare_destination
  Minitest.after_run { FileUtils.rm_rf(destination_root) }

  test "it makes the migration and switches the outbox on" do
    run_generator
    assert_migration "db/migrate/create_durable_streams_outbox.rb", /ActiveRecord::Migration\[#{ActiveRecord::Migration.current_version}\]/
    assert_file INITIALIZER, /^DurableStreams\.outbox = true$/
  end

  test "running it again changes nothing, and keeps what was edited" do
    run_generator
    path = File.join(destination_root, INITIALIZER)
    File.write(path, File.read(path).sub("= true", "= Rails.env.production?"))
    migration = Dir.glob(File.join(destination_root, "db/migrate/*")).sole
    File.write(migration, File.read(migration).sub("change", "up"))
    before = files
    assert_empty capture(:stderr) { run_generator }
    assert_equal before, files
  end

  test "destroy undoes it" do
    FileUtils.mkdir_p(File.join(destination_root, "config/initializers"))
    File.write(File.join(destination_root, INITIALIZER), "# mine\n")
    before = files
    run_generator
    run_generator [], behavior: :revoke
    assert_equal before, files
  end

  test "with install it is one command" do
    silence { DurableStreams::Generators::InstallGenerator.start(%w[--outbox], destination_root:, quiet: true) }
    assert_migration "db/migrate/create_durable_streams_outbox.rb"
    assert_file INITIALIZER, /client_url/, /^DurableStreams\.outbox = true$/
  end

  test "without --outbox install leaves it out" do
    silence { DurableStreams::Generators::InstallGenerator.start([], destination_root:, quiet: true) }
    assert_no_migration "db/migrate/create_durable_streams_outbox.rb"
    assert_file INITIALIZER, /\A(?!.*^DurableStreams\.outbox)/m
  end

  private
    def files
      Dir.glob("**/*", base: destination_root).select { |path| File.file?(File.join(destination_root, path)) }
        .to_h { |path| [ path, File.read(File.join(destination_root, path)) ] }
    end

    def silence(&) = capture(:stdout, &)
end
