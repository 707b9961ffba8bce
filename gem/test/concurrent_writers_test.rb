# frozen_string_literal: true

require "test_helper"

# Writers of the same rows, each with its own connection, in threads and in processes; jobs run by a
# pool, so in any order. What a stream says last of a record is what the database has.
class ConcurrentWritersTest < ActiveSupport::TestCase
  include OutboxMode
  include QueueAdapters

  RECORDS = 1_000

  self.use_transactional_tests = false

  setup do
    change_settings(outbox: false)
    fake_server
    use_queue_adapter(@jobs = new_pool)
    @post = Post.create!(title: "Hello")
    @comments = 3.times.map { @post.comments.create!(body: "0") }
  end

  teardown do
    @worker&.stop
    %w[comments posts durable_streams_outbox durable_streams_outbox_lanes].each { |table| Post.lease_connection.execute("DELETE FROM #{table}") }
  end

  test "threads" do
    4.times.map { |writer| Thread.new { write(writer) } }.each(&:join)
    @jobs.shutdown
    assert_streams_agree
  end

  test "processes" do
    @jobs.shutdown
    ActiveRecord::Base.connection_handler.clear_all_connections!
    writers = 3.times.map do |writer|
      fork do
        use_queue_adapter(jobs = new_pool)
        write(writer)
        jobs.shutdown
        exit!(0)
      end
    end
    assert writers.map { |pid| Process.wait2(pid).last.success? }.all?
    assert_streams_agree
  end

  test "a thousand records, each updated twice at once, without the outbox" do
    update_all_twice
    @jobs.shutdown

    bodies = bodies_of_records
    assert_equal RECORDS, bodies.size
    assert_empty bodies.reject { |_, of_record| of_record.last == "2" }, "stale"
    assert_empty bodies.reject { |_, of_record| of_record.uniq == of_record }, "doubled"
  end

  test "a thousand records, each updated twice at once, with the outbox" do
    change_settings(outbox: true)
    use_outbox_worker(@worker = DurableStreams::Rails::Outbox::Worker.new)
    update_all_twice
    eventually { outbox_rows.empty? }

    assert_equal({ %w[1 2] => RECORDS }, bodies_of_records.values.tally)
  end

  test "with the outbox, the versions of a record arrive in the order of its commits, whoever made them" do
    change_settings(outbox: true)
    workers = 2.times.map { DurableStreams::Rails::Outbox::Worker.new }
    use_outbox_worker(@worker = workers.first)
    4.times.map do
      Thread.new do
        15.times do
          @comments.each do |comment|
            Comment.find(comment.id).then { |found| found.with_lock { found.update!(body: (found.body.to_i + 1).to_s) } }
            workers.sample.wake
          end
        end
      end
    end.each(&:join)
    eventually { outbox_rows.empty? }
    workers.each(&:stop)

    assert_equal [ (1..60).map(&:to_s) ] * 3, bodies_of_records(@post).values
  end

  private
    def new_pool
      Shuffled.new(threads: 4)
    end

    def write(writer)
      10.times do |i|
        @comments.each { |comment| Comment.find(comment.id).update!(body: "#{writer}-#{i}") }
      end
    end

    def update_all_twice
      @other = Post.create!(title: "Other")
      Comment.insert_all!(RECORDS.times.map { { post_id: @other.id, body: "0" } })
      Comment.where(post_id: @other.id).each_slice(RECORDS / 4).map do |comments|
        Thread.new { comments.each { |comment| %w[1 2].each { |body| comment.update!(body:) } } }
      end.each(&:join)
    end

    def bodies_of_records(post = @other)
      fake_server.events(stream_name_from(post)).group_by { |event| event["key"] }
        .transform_values { |events| events.map { |event| event["value"]["body"] } }
    end

    def assert_streams_agree
      events = fake_server.events(stream_name_from(@post))
      assert_operator events.size, :>, 3
      @comments.each do |comment|
        last = events.reverse.find { |event| event["key"] == comment.id.to_s }
        assert_equal comment.reload.body, last["value"]["body"]
      end
    end
end
