# frozen_string_literal: true

require "test_helper"

# Real worker processes, three of them with three threads each, make two quick updates of each of a
# thousand records, on a real server; their broadcasts go through the same workers, or through the
# outbox, which each of them drains.
class SolidQueueTest < ActiveSupport::TestCase
  include RealServer
  include LiveServer

  self.use_transactional_tests = false

  APP = File.expand_path("support/solid_queue_app.rb", __dir__)
  RECORDS = 1_000
  SECONDS_MAX = 240

  setup do
    start_real_server
    load File.join(Gem.loaded_specs["solid_queue"].gem_dir, "lib/generators/solid_queue/install/templates/db/queue_schema.rb")
  end

  teardown do
    stop_workers
    [ Comment, Post ].each(&:delete_all)
    tables = connection.tables.grep(/\Asolid_queue_/)
    tables.sort_by { |table| table == "solid_queue_jobs" ? 1 : 0 }.each { |table| connection.drop_table(table, force: :cascade) }
    %w[durable_streams_outbox durable_streams_outbox_lanes].each { |table| connection.execute("DELETE FROM #{table}") }
  end

  test "without the outbox nothing is stale and nothing doubled" do
    update_all_twice(outbox: false)

    assert_equal RECORDS, bodies_of_records.size
    assert_empty stale
    assert_empty doubled
  end

  test "with the outbox every version is there, in order" do
    update_all_twice(outbox: true)

    assert_equal({ %w[1 2] => RECORDS }, bodies_of_records.values.tally)
  end

  private
    def update_all_twice(outbox:)
      settings = { server_url: DurableStreams.server_url, signing_key: DurableStreams.signing_key, token_issuer: "dummy",
        token_audience: "dummy/streams", outbox: }
      environment = { "SETTINGS" => settings.to_json, "RUBYOPT" => nil }
      @output = File.join(@root, "workers.log")
      # SQLite's locks belong to a process, and are lost if anything in it has opened and closed the file.
      ActiveRecord::Base.connection_handler.clear_all_connections!
      assert system(environment, RbConfig.ruby, APP, "seed", RECORDS.to_s, out: [ @output, "a" ], err: [ :child, :out ]), File.read(@output)
      @workers = Process.spawn(environment, RbConfig.ruby, APP, "work", out: [ @output, "a" ], err: [ :child, :out ])
      eventually(-> { "jobs are left:\n#{File.read(@output)}" }, within: SECONDS_MAX) { count("solid_queue_jobs WHERE finished_at IS NULL").zero? }
      eventually(within: SECONDS_MAX) { count("durable_streams_outbox").zero? }
      assert_equal 0, count("solid_queue_failed_executions")
      stop_workers
    end

    def stop_workers
      Process.kill(:TERM, @workers) && Process.wait(@workers) if @workers
      @workers = nil
    end

    # { [type, key] => bodies in the order of the stream }
    def bodies_of_records
      @bodies_of_records ||= Post.all.flat_map { |post| all_events(post) }
        .group_by { |event| event["key"] }.transform_values { |events| events.map { |event| event["value"]["body"] } }
    end

    def stale
      in_database = Comment.pluck(:id, :body).to_h { |id, body| [ id.to_s, body ] }
      bodies_of_records.select { |key, bodies| bodies.last != in_database[key] }
    end

    def doubled = bodies_of_records.select { |_, bodies| bodies.uniq != bodies }

    def all_events(target)
      events, offset = [], nil
      loop do
        page = DurableStreams.read_stream(target, after: offset)
        events.concat(page.events)
        offset = page.next_offset
        return events if page.up_to_date?
      end
    end

    def count(what) = connection.uncached { connection.select_value("SELECT COUNT(*) FROM #{what}") }.to_i
    def connection = ActiveRecord::Base.lease_connection
end
