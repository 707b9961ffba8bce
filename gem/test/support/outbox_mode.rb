# frozen_string_literal: true

# Switches the outbox on for a test. In tests it is drained by the thread that commits; `hold_outbox`
# leaves rows where they are until `Outbox.drain`.
module OutboxMode
  include LiveServer

  Outbox = DurableStreams::Rails::Outbox

  # In place of the worker: counts how often it was woken.
  class Held
    attr_reader :wake_ups

    def initialize = @wake_ups = 0
    def wake = @wake_ups += 1
    def start; end
  end

  private
    # The test's own `setup` blocks run in super.
    def before_setup
      change_settings(outbox: true)
      super
    end

    def hold_outbox
      use_outbox_worker(Held.new)
    end

    def use_outbox_worker(worker)
      @worker_before ||= DurableStreams::Rails::Runtime.outbox_worker
      DurableStreams::Rails::Runtime.outbox_worker = worker
    end

    # What waits, in order of id.
    def outbox_rows(connection = ActiveRecord::Base.lease_connection)
      connection.uncached { connection.select_all("SELECT * FROM durable_streams_outbox ORDER BY id").to_a }
    end

    def outbox_events(...)
      outbox_rows(...).map { |row| JSON.parse(row["body"]) }
    end

    def outbox_lanes
      ActiveRecord::Base.lease_connection.select_all("SELECT * FROM durable_streams_outbox_lanes ORDER BY lane").to_a
    end

    def summary(events)
      events.map { |event| [ event["headers"]["operation"], event.dig("value", "body") ] }
    end

    def after_teardown
      super
    ensure
      DurableStreams::Rails::Runtime.outbox_worker = @worker_before if @worker_before
    end
end
