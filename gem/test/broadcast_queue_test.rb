# frozen_string_literal: true

require "test_helper"

# Queues that are down, run jobs at once, or take many.
class BroadcastQueueTest < ActiveSupport::TestCase
  include LiveServer
  include QueueAdapters

  class DownQueue < ActiveJob::QueueAdapters::AbstractAdapter
    def enqueue(*) = raise("queue is down")
  end

  class BulkQueue < ActiveJob::QueueAdapters::AbstractAdapter
    def calls = @calls ||= []
    def enqueue(_) = calls << 1
    def enqueue_all(jobs) = calls << jobs.size
  end

  # Runs jobs at once, and is not Rails' own.
  class HastyQueue < ActiveJob::QueueAdapters::AbstractAdapter
    def enqueue(job) = ActiveJob::Base.execute(job.serialize)
    def enqueue_at(*) = raise(NotImplementedError, "there is no later")
  end

  test "what a queue raises is reported, and the request goes on" do
    reports
    fake_server
    use_queue_adapter(DownQueue.new)
    assert_not_nil DurableStreams.broadcast_event_later_to("room", type: "x", key: "1", operation: :insert)
    assert_nothing_raised { Post.create!(title: "x").comments.create!(body: "x") }
    assert_equal [ "queue is down" ], reports.errors.map(&:message).uniq
    assert_equal 2, reports.errors.size
  end

  test "inline jobs and a server that is down do not break what is saved, and the cause is reported" do
    fake_server.answer_with { :hang_up }
    reports
    use_queue_adapter(ActiveJob::QueueAdapters::InlineAdapter.new)
    assert_predicate Post.create!(title: "x").comments.create!(body: "x"), :persisted?
    DurableStreams.broadcast_event_to("room", type: "x", key: "1", operation: :insert)
    assert_equal [ DurableStreams::Rails::ServerUnreachable, DurableStreams::Rails::ServerDown ], reports.errors.map(&:class)
  end

  test "a queue that can't run jobs later breaks nothing either, and the log tells what the job met" do
    fake_server.answer_with { :hang_up }
    use_queue_adapter(HastyQueue.new)
    lost = LogLines.of(:error) do
      assert_predicate Post.create!(title: "x").comments.create!(body: "x"), :persisted?
    end
    assert_match "lost: #{fake_server.url} can't be reached", lost.sole
  end

  test "many jobs are enqueued in one go where the queue can" do
    adapter = BulkQueue.new
    use_queue_adapter(adapter)
    Post.transaction { 3.times { |i| Post.create!(title: "p").comments.create!(body: i.to_s) } }
    assert_equal [ 3 ], adapter.calls
  end
end
