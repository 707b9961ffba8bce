# frozen_string_literal: true

# Kills a process, by signal 9, at each step of what it does: before each statement that writes, before
# each request and after its answer.
#
#   kill_at_each_step do |step|
#     killed = killed_at?(step) { post.update!(title: "x") }
#     assert ...
#     killed
#   end
module Killing
  class Executioner
    def initialize(step, transport)
      @steps_left = step
      @transport = transport
    end

    # A subscriber of "sql.active_record".
    def start(_name, _id, payload) = (step unless payload[:sql].match?(/\A(SELECT|PRAGMA|SHOW|SET)/))
    def finish(...) = nil

    # A transport.
    def call(...)
      step
      @transport.call(...).tap { step }
    end

    def step
      Process.kill(:KILL, Process.pid) if @steps_left.zero?
      @steps_left -= 1
    end
  end

  private
    # Yields 0, 1, 2, ... until the block answers false: that many steps there were.
    def kill_at_each_step
      (0..).find { |step| !yield(step) }
    end

    # Runs the block in another process. False if that ended before the step.
    def killed_at?(step)
      in_process_that_dies do
        executioner = Executioner.new(step, DurableStreams::Rails::Runtime.transport)
        DurableStreams::Rails::Runtime.transport = executioner
        ActiveSupport::Notifications.subscribe("sql.active_record", executioner)
        yield
      end
    end

    # True if the process that runs the block was killed.
    def in_process_that_dies
      ActiveRecord::Base.connection_handler.clear_all_connections!
      pid = fork do
        yield
        exit!(0)
      end
      status = Process.wait2(pid).last
      assert status.signaled? || status.success?, "the process failed: #{status}"
      status.signaled?
    end
end
