# frozen_string_literal: true

require "test_helper"

# Writers of the same rows, each with its own connection, in threads and in processes; jobs run by a
# pool, so in any order. What a stream says last of a record is what the database has.
class ConcurrentWritersTest < ActiveSupport::TestCase
  include LiveServer
  include QueueAdapters

  self.use_transactional_tests = false

  setup do
    fake_server
    use_queue_adapter(@jobs = new_pool)
    @post = Post.create!(title: "Hello")
    @comments = 3.times.map { @post.comments.create!(body: "0") }
  end

  teardown { [ Comment, Post ].each(&:delete_all) }

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

  private
    def new_pool
      ActiveJob::QueueAdapters::AsyncAdapter.new(min_threads: 4, max_threads: 4, idletime: 1)
    end

    def write(writer)
      10.times do |i|
        @comments.each { |comment| Comment.find(comment.id).update!(body: "#{writer}-#{i}") }
      end
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
