# frozen_string_literal: true

require_relative "killing"
require_relative "outbox_mode"

# For tests that drain the outbox by themselves, against a fake server.
module OutboxDrains
  extend ActiveSupport::Concern

  include OutboxMode
  include Killing

  included do
    self.use_transactional_tests = false

    setup do
      fake_server
      hold_outbox
      @transport = DurableStreams::Rails::Runtime.transport
    end

    teardown do
      DurableStreams::Rails::Runtime.transport = @transport
      %w[durable_streams_outbox durable_streams_outbox_lanes comments posts].each { |table| connection.execute("DELETE FROM #{table}") }
    end
  end

  private
    def connection = ActiveRecord::Base.lease_connection

    def add_event(name, body) = DurableStreams.broadcast_to(name, body:)

    # { name => bodies }
    def add_events(*names, count:, from: 0)
      (from...from + count).each { |i| names.each { |name| add_event(name, i.to_s) } }
      names.index_with { (from...from + count).map(&:to_s) }
    end

    def drain(**options) = Outbox::Drainer.new(ActiveRecord::Base.connection_pool, **options).drain

    def arrived(name) = fake_server.events(name).map { |event| event["body"] }

    def let_leases_end
      ActiveRecord::Base.with_connection { |connection| connection.execute("UPDATE durable_streams_outbox_lanes SET leased_until = 0") }
    end
end
