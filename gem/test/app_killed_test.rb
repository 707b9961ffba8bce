# frozen_string_literal: true

require "test_helper"

# The app's process is killed while it saves: what the README says of each mode.
class AppKilledTest < ActiveSupport::TestCase
  include OutboxMode
  include QueueAdapters
  include Killing

  self.use_transactional_tests = false

  # As late as it can be: the transaction has committed.
  class DeadlyQueue < ActiveJob::QueueAdapters::AbstractAdapter
    def enqueue(*) = Process.kill(:KILL, Process.pid)
  end

  setup do
    fake_server
    hold_outbox
    @post = Post.create!(title: "Hello")
  end

  teardown do
    %w[durable_streams_outbox durable_streams_outbox_lanes comments posts].each { |table| Post.lease_connection.execute("DELETE FROM #{table}") }
  end

  test "with the outbox, killed at any step of a transaction, stream and database agree" do
    steps = kill_at_each_step do |step|
      comment = @post.comments.create!(body: "0")
      killed = killed_at?(step) do
        Comment.transaction do
          Comment.find(comment.id).update!(body: "1")
          @post.comments.create!(body: "with #{step}")
          DurableStreams.broadcast_event_to(@post, type: "x", key: step, operation: :insert)
        end
      end
      Outbox.drain

      committed = comment.reload.body == "1"
      assert_equal committed ? %w[0 1] : %w[0], bodies_of(comment.id), "killed at step #{step}"
      assert_equal Comment.where(body: "with #{step}").pluck(:id).map(&:to_s), keys("comment", "with #{step}")
      assert_equal committed ? [ step.to_s ] : [], keys("x").select { |key| key == step.to_s }
      killed
    end
    assert_operator steps, :>=, 5
  end

  test "with the outbox, killed after the commit and before anything is sent, others send it" do
    died = in_process_that_dies do
      use_outbox_worker(Object.new.tap { |worker| def worker.wake = Process.kill(:KILL, Process.pid) })
      @post.comments.create!(body: "left behind")
    end
    assert died

    worker = Outbox::Worker.new
    worker.start
    eventually { fake_server.events(stream_name_from(@post)).any? }
    assert_equal %w[left\ behind], fake_server.events(stream_name_from(@post)).map { |event| event["value"]["body"] }
  ensure
    worker&.stop
  end

  test "without the outbox, killed after the commit and before the job is enqueued, that event is lost" do
    change_settings(outbox: false)
    died = in_process_that_dies do
      use_queue_adapter(DeadlyQueue.new)
      @post.comments.create!(body: "lost")
    end
    assert died
    assert_equal [ "lost" ], Comment.pluck(:body)
    assert_empty fake_server.events(stream_name_from(@post))
  end

  private
    def bodies_of(id)
      events.select { |event| event["key"] == id.to_s && event["type"] == "comment" }.map { |event| event["value"]["body"] }
    end

    def keys(type, body = nil)
      events.select { |event| event["type"] == type && (body.nil? || event["value"]["body"] == body) }.map { |event| event["key"] }
    end

    def events = fake_server.events(stream_name_from(@post))
end
