# frozen_string_literal: true

require "rails/generators/base"
require "rails/generators/active_record"

module DurableStreams
  module Generators
    # bin/rails generate durable_streams:outbox [--database=NAME]: the outbox's tables and its setting.
    # Running it again changes nothing. Each database whose models broadcast needs the tables.
    class OutboxGenerator < ::Rails::Generators::Base
      include ActiveRecord::Generators::Migration

      INITIALIZER = "config/initializers/durable_streams.rb"
      MIGRATION = "create_durable_streams_outbox"

      source_root File.expand_path("templates", __dir__)

      desc "Makes the outbox's tables, so that no broadcast is lost."
      class_option :database, type: :string, aliases: %i[--db], desc: "The database for the tables (default: the primary one)"

      def create_migration_file
        existing = self.class.migration_exists?(in_root(db_migrate_path), MIGRATION)
        return if existing && behavior == :invoke

        migration_template "#{MIGRATION}.rb.tt", File.join(db_migrate_path, "#{MIGRATION}.rb")
      end

      def switch_it_on
        create_file INITIALIZER, "# frozen_string_literal: true\n", skip: true unless behavior == :revoke
        return unless File.exist?(in_root(INITIALIZER))
        return if behavior == :invoke && File.read(in_root(INITIALIZER)).match?(/^DurableStreams\.outbox\b/)

        append_to_file INITIALIZER, <<~RUBY

          # Broadcasts are rows of the database before they are sent, so none is lost.
          DurableStreams.outbox = true
        RUBY
      end

      def tell_what_is_next
        say "\nMake the tables:  bin/rails db:migrate\n\n" if behavior == :invoke
      end

      private
        def in_root(path) = File.expand_path(path, destination_root)
    end
  end
end
