# frozen_string_literal: true

require "test_helper"

# The thread that drains: when it does, and how long it waits.
class OutboxWorkerTest < ActiveSupport::TestCase
  include OutboxMode

  Result = Outbox::Drainer::Result
  DONE = [ Result.new(sent: 1, left: false, error: nil) ].freeze
  BUSY = [ Result.new(sent: 0, left: true, error: nil) ].freeze
  DOWN = [ Result.new(sent: 0, left: true, error: DurableStreams::Rails::ServerUnreachable.new("down")) ].freeze

  # Answers what the test says, one drain after another, then DONE; tells of drains and pauses.
  class Script
    attr_reader :drains, :pauses

    def initialize(*results)
      @results = results
      @drains = 0
      @pauses = []
    end

    def drain
      @drains += 1
      result = @results.shift || DONE
      result.respond_to?(:call) ? result.call : result
    end
  end

  teardown { @worker&.stop }

  test "a wake-up drains, and returns before that" do
    change_settings(outbox_sweep_interval: 1.hour)
    release = Thread::Queue.new
    script = start_worker(-> { release.pop && DONE })
    @worker.wake
    eventually { script.drains == 1 }
    @worker.wake
    assert_equal 1, script.drains
    release << true
    eventually { script.drains == 2 }
  end

  test "without a wake-up it sweeps" do
    change_settings(outbox_sweep_interval: 0.001.seconds)
    script = start_worker
    @worker.start
    eventually { script.drains >= 3 }
    assert_empty script.pauses
  end

  test "while the server is down it pauses longer and longer, and tells of it" do
    reports
    script = start_worker(*[ DOWN ] * 8, DONE, DOWN)
    @worker.wake
    eventually { script.pauses.size == 8 }
    script.pauses.zip([ 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5 ]) { |pause, about| assert_in_delta about, pause, about * 0.25 }

    @worker.wake
    eventually { script.pauses.size == 9 }
    assert_in_delta 0.2, script.pauses.last, 0.05
    error, details = reports.all.sole # see RepeatFilter
    assert_equal [ "down", :warning ], [ error.message, details[:severity] ]
  end

  test "a sweep that finds nothing asks one question, and leaves no line in the log" do
    Outbox.drain # learns that the tables are there
    log = StringIO.new
    before, ActiveRecord::Base.logger = ActiveRecord::Base.logger, ActiveSupport::Logger.new(log)
    queries = 0
    subscriber = ActiveSupport::Notifications.subscribe("sql.active_record") { queries += 1 }
    Outbox.drain
    assert_equal [ 1, "" ], [ queries, log.string ]
  ensure
    ActiveRecord::Base.logger = before
    ActiveSupport::Notifications.unsubscribe(subscriber)
  end

  test "a lane that is taken is asked for again soon" do
    script = start_worker(*[ BUSY ] * 7)
    @worker.wake
    eventually { script.pauses.size == 7 }
    script.pauses.zip([ 0.05, 0.1, 0.2, 0.4, 0.8, 1, 1 ]) { |pause, about| assert_in_delta about, pause, about * 0.25 }
  end

  test "what the database raises is reported, and it goes on" do
    reports
    script = start_worker(-> { raise ActiveRecord::ConnectionNotEstablished, "gone" })
    @worker.wake
    eventually { script.drains >= 2 }
    assert_equal [ "gone" ], reports.errors.map(&:message)
  end

  test "it survives a fork, in both processes" do
    script = start_worker
    @worker.wake
    eventually { script.drains >= 1 }
    child = fork do
      before = script.drains
      @worker.wake
      eventually { script.drains > before }
      exit!(0)
    end
    assert_predicate Process.wait2(child).last, :success?
    before = script.drains
    @worker.wake
    eventually { script.drains > before }
  end

  test "a save returns while the server has not answered yet, and what it said arrives" do
    answer = Thread::Queue.new
    fake_server.answer_with { |request| answer.pop && nil if request.verb == "POST" }
    use_outbox_worker(@worker = Outbox::Worker.new)
    post = Post.create!(title: "Hello")
    post.comments.create!(body: "a")
    post.stream_update_to post
    assert_equal 2, outbox_rows.size

    2.times { answer << true }
    eventually { fake_server.events(stream_name_from(post)).size == 2 }
  end

  test "requests and jobs see to it that it runs, if the outbox is on" do
    worker = Object.new
    worker.define_singleton_method(:started) { @started.to_i }
    worker.define_singleton_method(:start) { @started = started + 1 }
    use_outbox_worker(worker)
    Thread.new { Rails.application.executor.wrap { } }.join
    assert_equal 1, worker.started

    change_settings(outbox: false)
    Thread.new { Rails.application.executor.wrap { } }.join
    assert_equal 1, worker.started
  end

  test "a job drains, for apps that have a schedule" do
    hold_outbox
    DurableStreams.broadcast_to("room", a: 1)
    DurableStreams::Rails::OutboxJob.perform_now
    assert_equal [ { "a" => 1 } ], capture_stream_broadcasts("room")
  end

  private
    def start_worker(*results)
      Script.new(*results).tap do |script|
        @worker = Outbox::Worker.new(drain: script.method(:drain), pause: ->(seconds) { script.pauses << seconds })
      end
    end
end
