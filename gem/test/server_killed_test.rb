# frozen_string_literal: true

require "test_helper"

# The server is killed (kill -9) at each step of a broadcast's two requests, and started again: what
# the stream says is what the database had, each version once.
class ServerKilledTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include RealServer
  include OutboxMode

  setup do
    start_real_server
    @relay = Relay.new(@port) { |verb, step| kill_at(verb, step) }
    change_settings(server_url: "http://127.0.0.1:#{@relay.port}/v1/streams")
  end

  teardown { @relay&.stop }

  %w[PUT POST].each do |verb|
    Relay::STEPS.each do |step|
      test "at a #{verb} that is #{step}, without the outbox" do
        change_settings(outbox: false)
        assert_each_version_once(verb, step) { perform_enqueued_jobs }
      end

      test "at a #{verb} that is #{step}, with the outbox" do
        hold_outbox
        assert_each_version_once(verb, step) { Outbox.drain }
        assert_empty outbox_rows
      end
    end
  end

  private
    # Yields to deliver what is waiting.
    def assert_each_version_once(verb, step)
      post = Post.create!(title: "Hello")
      comment = post.comments.create!(body: "0")
      @kill_at = [ verb, step ]
      yield
      # The relay may see its last step after the app has its answer.
      eventually("there was no such step") { @kill_at.nil? && server_pid.nil? }
      comment.update!(body: "1")
      yield # nobody answers: what waits goes on waiting

      spawn_server
      yield
      comment.update!(body: "2")
      3.times { yield }

      assert_equal [ %w[insert 0], %w[update 1], %w[update 2] ], summary(DurableStreams.read_stream(post).events)
      assert_equal comment.reload.body, "2"
    end

    def kill_at(verb, step)
      return unless @kill_at == [ verb, step ]

      @kill_at = nil
      kill_server
      :cut unless step == :done
    end
end
