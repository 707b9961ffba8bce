# frozen_string_literal: true

require "test_helper"

# What users' tests rely on, whichever way their jobs run.
module RecordingTests
  extend ActiveSupport::Concern

  included do
    setup { @post = Post.create!(title: "Hello") }

    test "assert_stream_broadcasts waits for the block's jobs" do
      20.times { assert_stream_broadcasts(@post, count: 1) { @post.comments.create!(body: "Hello") } }
    end

    test "assert_stream_broadcasts without a count wants at least one" do
      assert_stream_broadcasts(@post) { 2.times { @post.comments.create!(body: "x") } }
      error = assert_raises(Minitest::Assertion) { assert_stream_broadcasts(Post.create!(title: "quiet")) { } }
      assert_match "at least one broadcast on \"gid://dummy/Post/", error.message
      assert_match "Broadcasts went to \"#{durable_stream_name(@post)}\"", error.message
    end

    test "assert_stream_broadcasts counts what the block did alone" do
      @post.comments.create!(body: "before")
      assert_stream_broadcasts(@post, count: 1) { @post.comments.create!(body: "x") }
      error = assert_raises(Minitest::Assertion) { assert_stream_broadcasts(@post, count: 2) { @post.comments.create!(body: "x") } }
      assert_match "Expected 2 broadcasts", error.message
    end

    test "assert_no_stream_broadcasts fails when there was one" do
      assert_no_stream_broadcasts(@post) { Post.create!(title: "other") }
      assert_raises(Minitest::Assertion) { assert_no_stream_broadcasts(@post) { @post.comments.create!(body: "x") } }
    end

    test "without a block the whole test counts" do
      assert_no_stream_broadcasts @post
      @post.comments.create!(body: "a")
      @post.comments.create!(body: "b")
      assert_stream_broadcasts @post, count: 2
      assert_equal %w[a b], capture_stream_broadcasts(@post).map { |event| event["value"]["body"] }.sort
    end

    test "threads and fibers that the test starts are recorded" do
      assert_stream_broadcasts(@post, count: 2) do
        Thread.new { Thread.new { @post.stream_update }.join }.join
        Fiber.new { @post.stream_update }.resume
      end
    end

    test "threads that were there before are recorded while there is one test" do
      queue, done = Thread::Queue.new, Thread::Queue.new
      thread = nil
      DurableStreams::Rails::Testing.as(nil) { thread = Thread.new { queue.pop.call; done << true } }
      assert_stream_broadcasts(@post, count: 1) do
        queue << -> { DurableStreams.broadcast_to(@post, a: 1) }
        done.pop
      end
      thread.join
    end

    test "two tests at once see their own broadcasts and jobs alone" do
      gate = Concurrent::CyclicBarrier.new(2)
      names = 2.times.map do |i|
        Thread.new do
          DurableStreams::Rails::Testing.start
          recorder = DurableStreams::Rails::Testing.current
          gate.wait
          (i + 1).times { DurableStreams.broadcast_event_later_to("shared", type: "t#{i}", key: "1", operation: :insert) }
          DurableStreams.broadcast_event_to("shared", type: "t#{i}", key: "1", operation: :insert)
          gate.wait
          settle_stream_jobs(recorder)
          recorder.events("shared").map { |event| event["type"] }
        ensure
          DurableStreams::Rails::Testing.stop
        end
      end.map(&:value)

      assert_equal [ %w[t0 t0], %w[t1 t1 t1] ], names
      assert_no_stream_broadcasts "shared"
    end

    test "what a job of an ended test sends goes nowhere" do
      job = nil
      Thread.new do
        DurableStreams::Rails::Testing.start
        job = DurableStreams.build_broadcast_event_to("late", type: "x", key: "1", operation: :insert).serialize
        DurableStreams::Rails::Testing.stop
      end.join
      ActiveJob::Base.execute(job)
      assert_no_stream_broadcasts "late"
    end

    test "jobs for later are not waited for" do
      DurableStreams.build_broadcast_event_to(@post, type: "x", key: "1", operation: :insert).set(wait: 1.hour).serialize
      assert_no_stream_broadcasts @post
    end

    test "a job that is performed twice counts once" do
      job = DurableStreams.build_broadcast_event_to(@post, type: "x", key: "1", operation: :insert)
      2.times { job.perform_now }
      assert_stream_broadcasts @post, count: 1
    end

    test "the other operations work without a server" do
      DurableStreams.broadcast_to(@post, a: 1)
      offset = DurableStreams.stream_offset(@post)
      DurableStreams.broadcast_to(@post, a: 2)

      assert_equal [ { "a" => 2 } ], DurableStreams.read_stream(@post, after: offset).events
      assert_equal 2, DurableStreams.read_stream(@post).events.size
      assert_not DurableStreams.stream_metadata(@post).closed?
      DurableStreams.close_stream(@post)
      assert DurableStreams.stream_metadata(@post).closed?
      assert_no_stream_broadcasts(@post) { DurableStreams.broadcast_to(@post, a: 3) }
      assert DurableStreams.delete_stream(@post)
      assert_nil DurableStreams.stream_metadata(@post)
      assert_match "token=", DurableStreams.signed_stream_url(@post)
    end

    test "system tests are not recorded" do
      live = Class.new { include DurableStreams::Rails::Broadcastable::TestHelper; include DurableStreams::Rails::Broadcastable::LiveTestHelper }
      assert live.new.send(:streams_are_live?)
      assert_not send(:streams_are_live?)

      Thread.new do
        DurableStreams::Rails::Testing.start(live: true)
        assert_equal DurableStreams::Rails::Testing::LIVE, DurableStreams::Rails::Testing.current
        assert_equal DurableStreams::Rails::Testing::LIVE, Thread.new { DurableStreams::Rails::Testing.current }.value
        assert_equal "live", DurableStreams.build_broadcast_event_to("x", type: "x", key: "1", operation: :insert).serialize["durable_streams_recorder"]
      ensure
        DurableStreams::Rails::Testing.stop
      end.join
    end
  end
end

# Rails' default in tests: jobs are collected, and performed when a test asks for it.
class RecordingWithCollectedJobsTest < ActiveSupport::TestCase
  include RecordingTests

  test "jobs are collected" do
    assert_instance_of ActiveJob::QueueAdapters::TestAdapter, DurableStreams::Rails::BroadcastJob.queue_adapter
  end
end

# The default outside of tests, and of older versions in them: jobs run in threads of a pool.
class RecordingWithAsyncJobsTest < ActiveSupport::TestCase
  include RecordingTests
  include QueueAdapters

  setup { use_queue_adapter(ActiveJob::QueueAdapters::AsyncAdapter.new) }

  test "jobs run in other threads" do
    thread = Thread::Queue.new
    subscriber = ActiveSupport::Notifications.subscribe("broadcast.durable_streams") { thread << Thread.current }
    assert_stream_broadcasts(@post, count: 1) { @post.comments.create!(body: "x") }
    assert_not_equal Thread.current, thread.pop
  ensure
    ActiveSupport::Notifications.unsubscribe(subscriber)
  end
end
