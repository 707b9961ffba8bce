# frozen_string_literal: true

require "test_helper"
require "rake"

class OutboxTasksTest < ActiveSupport::TestCase
  include OutboxMode

  setup do
    Rake.application = Rake::Application.new
    Rake::Task.define_task(:environment)
    load File.expand_path("../lib/tasks/durable_streams_outbox.rake", __dir__)
    fake_server
    hold_outbox
  end

  teardown { Rake.application = nil }

  test "drain sends what waits, and tells how much" do
    2.times { DurableStreams.broadcast_to("room", a: 1) }
    assert_equal "2 sent\n", run_task("drain")
    assert_equal 2, fake_server.events("room").size
  end

  test "drain fails if something is left, with the reason" do
    DurableStreams.broadcast_to("room", a: 1)
    fake_server.answer_with { [ 503, {}, "" ] }
    error = assert_raises(SystemExit) { run_task("drain") }
    assert_not error.success?
    assert_match(/some are left: 503/, error.message)
  end

  test "status tells what waits and what was refused; retry puts it back" do
    DurableStreams.broadcast_to("closed", a: 1)
    run_task("drain")
    DurableStreams.close_stream("closed")
    reports
    DurableStreams.broadcast_to("closed", a: 2)
    run_task("drain")
    DurableStreams.broadcast_to("room", a: 1)

    assert_match(/\Aprimary: 1 waiting since \d{4}-.*, 1 set aside\n  closed: 409.*\n\z/, run_task("status"))
    assert_equal "primary: 1 put back in line\n", run_task("retry")
    assert_match(/\Aprimary: 2 waiting since .*, 0 set aside\n\z/, run_task("status"))
  end

  private
    def run_task(name)
      task = Rake::Task["durable_streams:outbox:#{name}"]
      task.reenable
      capture_io { task.invoke }.first
    end
end
