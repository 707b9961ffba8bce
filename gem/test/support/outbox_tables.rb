# frozen_string_literal: true

require "erb"

# Makes the outbox's tables by the migration that users get.
module OutboxTables
  TEMPLATE = File.expand_path("../../lib/generators/durable_streams/outbox/templates/create_durable_streams_outbox.rb.tt", __dir__)
  # The migration's class
  Migration = eval("#{ERB.new(File.read(TEMPLATE)).result}; CreateDurableStreamsOutbox") # rubocop:disable Security/Eval

  def self.create(connection = ActiveRecord::Base.lease_connection)
    drop(connection)
    Migration.new.exec_migration(connection, :up)
  end

  def self.drop(connection = ActiveRecord::Base.lease_connection)
    connection.drop_table("durable_streams_outbox", if_exists: true)
    connection.drop_table("durable_streams_outbox_lanes", if_exists: true)
  end
end
