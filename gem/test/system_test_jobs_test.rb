# frozen_string_literal: true

require "test_helper"

# Jobs of system tests, where Rails' test adapter would only collect them.
class SystemTestJobsTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include LiveServer

  setup do
    fake_server
    @post = Post.create!(title: "Hello")
    DurableStreams::Rails::Testing.begin_system_test
  end

  teardown { DurableStreams::Rails::Testing.end_system_test }

  test "what is declared is sent at once, whichever thread does it" do
    @post.comments.create!(body: "here")
    Thread.new { @post.comments.create!(body: "there") }.join
    assert_equal %w[here there], bodies
  end

  test "and not again if the test performs its jobs, in a block or afterwards" do
    perform_enqueued_jobs { @post.comments.create!(body: "in a block") }
    @post.comments.create!(body: "before")
    perform_enqueued_jobs
    assert_equal [ "in a block", "before" ], bodies
  end

  test "inside a transaction it is sent after the commit, and after a rollback not at all" do
    Post.transaction do
      DurableStreams.broadcast_event_later_to(@post, type: "x", key: "1", value: { body: "a" }, operation: :insert)
      assert_empty bodies
    end
    Post.transaction do
      DurableStreams.broadcast_event_later_to(@post, type: "x", key: "1", value: { body: "b" }, operation: :insert)
      raise ActiveRecord::Rollback
    end
    assert_equal %w[a], bodies
  end

  test "jobs for later wait" do
    DurableStreams.build_broadcast_event_to(@post, type: "x", key: "1", operation: :insert).set(wait: 1.hour).enqueue
    assert_empty bodies
  end

  test "one that cannot be sent is tried again later, not for ever at once" do
    fake_server.answer_with { :hang_up }
    @post.comments.create!(body: "x")
    assert_equal 1, enqueued_jobs.count { |job| job[:at] }
  end

  private
    def bodies = fake_server.events(stream_name_from(@post)).map { |event| event["value"]["body"] }
end
