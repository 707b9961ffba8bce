# frozen_string_literal: true

require "active_support"
require "active_support/core_ext/module/delegation"
require "active_support/core_ext/object/blank"
require "active_support/core_ext/numeric/time"
require "durable_streams/rails/version"
require "durable_streams/rails/errors"
require "durable_streams/rails/settings"

module DurableStreams
  # Everything of this gem lives here. The constants beside this one (Stream, Client, Context,
  # Producer, ...) belong to the `durable_streams` protocol client, which an app may load too.
  # Inside this module the framework is written `::Rails`.
  module Rails
    extend ActiveSupport::Autoload

    autoload :Broadcast
    autoload :Broadcastable
    autoload :BroadcastJob
    autoload :Broadcasts
    autoload :ChangeLog
    autoload :Deadline
    autoload :DeclaredStreams
    autoload :HttpConnections
    autoload :HttpTransport
    autoload :Keys
    autoload :LocalKeys
    autoload :LogSubscriber
    autoload :RecordVersion
    autoload :Reporting
    autoload :ServerBinary
    autoload :ServerCommand
    autoload :ServerProcess
    autoload :StreamDeclaration
    autoload :StreamName
    autoload :StreamProvisioner
    autoload :StreamServer
    autoload :StreamUrl
    autoload :StreamValue
    autoload :Streams
    autoload :Testing
    autoload :Tokens

    @lock = Monitor.new

    class << self
      # The parts that do the work, made when first needed and shared by all threads. Each can be
      # replaced: the test recorder takes the place of `transport`.
      attr_writer :transport, :server, :provisioner, :tokens, :record_version

      def settings = @settings ||= Settings.new
      def transport = @transport || once(:@transport) { HttpTransport.new(settings) }
      def server = @server || once(:@server) { StreamServer.new }
      def provisioner = @provisioner || once(:@provisioner) { StreamProvisioner.new }
      def tokens = @tokens || once(:@tokens) { Tokens.new(settings) }
      def record_version = @record_version || once(:@record_version) { RecordVersion.new }

      # Forgets tokens and known streams.
      def reset
        @lock.synchronize { @server = @provisioner = @tokens = nil }
      end

      private
        def once(name)
          @lock.synchronize { instance_variable_get(name) || instance_variable_set(name, yield) }
        end
    end
  end

  extend Rails::StreamName
  extend Rails::Broadcasts
  extend Rails::Streams

  class << self
    delegate(*Rails::Settings.accessors, to: "::DurableStreams::Rails.settings")
  end
end
