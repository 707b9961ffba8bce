# frozen_string_literal: true

require "test_helper"

# An app with a second database: each model's rows are in its own.
class OutboxDatabasesTest < ActiveSupport::TestCase
  include OutboxMode

  self.use_transactional_tests = false

  class AnimalsRecord < ActiveRecord::Base
    self.abstract_class = true
  end

  class Animal < AnimalsRecord
    streams "animals"
    def self.name = "Animal"
  end

  setup do
    fake_server
    hold_outbox
    @directory = Dir.mktmpdir("animals")
    AnimalsRecord.establish_connection(ActiveRecord::DatabaseConfigurations::HashConfig.new("test", "animals",
      { adapter: "sqlite3", database: File.join(@directory, "animals.sqlite3") }))
    animals.create_table("animals") { |t| t.string :name }
    OutboxTables.create(animals)
    Animal.reset_column_information
  end

  teardown do
    AnimalsRecord.remove_connection
    FileUtils.rm_rf(@directory)
    primary = ActiveRecord::Base.lease_connection
    %w[durable_streams_outbox durable_streams_outbox_lanes comments posts].each { |table| primary.execute("DELETE FROM #{table}") }
  end

  test "a change is a row of its model's database" do
    Post.create!(title: "x").comments.create!(body: "a")
    Animal.create!(name: "Ox")
    assert_equal [ 1, 2 ], [ outbox_rows.size, outbox_rows(animals).size ]

    assert_equal [ 1, 2 ], Outbox.drain.map(&:sent).sort
    assert_equal %w[Ox], arrived("animals").map { |event| event["value"]["name"] }
    assert_empty outbox_rows + outbox_rows(animals)
  end

  test "a broadcast by hand is a row of the record's database, or of the one in a transaction" do
    ox = Animal.suppressing_streams { Animal.create!(name: "Ox") }
    ox.stream_update_to "x"
    AnimalsRecord.transaction do
      DurableStreams.broadcast_event_to("x", type: "x", key: "1", operation: :insert)
    end
    DurableStreams.broadcast_event_to("x", type: "x", key: "2", operation: :insert)
    assert_equal [ 1, 2 ], [ outbox_rows.size, outbox_rows(animals).size ]
  end

  test "a rollback in one database leaves the other's alone" do
    post = Post.create!(title: "x")
    post.comments.create!(body: "a")
    AnimalsRecord.transaction do
      Animal.create!(name: "Ox")
      DurableStreams.broadcast_event_to("x", type: "x", key: "1", operation: :insert)
      raise ActiveRecord::Rollback
    end
    assert_equal [ 1, 0 ], [ outbox_rows.size, outbox_rows(animals).size ]
  end

  test "two databases send to one stream, and neither fences the other" do
    3.times do |i|
      Animal.create!(name: i.to_s)
      DurableStreams.broadcast_to("animals", value: { name: "by hand #{i}" })
      Outbox.drain
    end
    assert_equal 6, arrived("animals").size
  end

  test "a database without the tables is told apart by its name" do
    OutboxTables.drop(animals)
    animals.schema_cache.clear!
    error = assert_raises(Outbox::TableMissing) { Animal.create!(name: "Ox") }
    assert_match "durable_streams:outbox --database=animals", error.message
    assert_equal 0, Animal.count
  end

  private
    def animals = AnimalsRecord.lease_connection
    def arrived(name) = fake_server.events(name)
end
