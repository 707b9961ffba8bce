# frozen_string_literal: true

require "active_support"
require "active_support/core_ext/module/delegation"
require "active_support/core_ext/object/blank"
require "active_support/core_ext/numeric/time"
require "monitor"
require "durable_streams/rails/version"
require "durable_streams/rails/errors"
require "durable_streams/rails/settings"

module DurableStreams
  # Everything of this gem lives here. The constants beside this one (Stream, Client, Context,
  # Producer, ...) belong to the `durable_streams` protocol client, which an app may load too.
  # Inside this module the framework is written `::Rails`.
  module Rails
    extend ActiveSupport::Autoload

    eager_autoload do
      autoload :Broadcast
      autoload :Broadcastable
      autoload :Broadcasts
      autoload :Change
      autoload :ChangeLog
      autoload :CircuitBreaker
      autoload :DatabaseClock
      autoload :Deadline
      autoload :DeclaredStreams
      autoload :Grant
      autoload :HttpConnection
      autoload :HttpConnections
      autoload :HttpEndpoint
      autoload :HttpFields
      autoload :HttpMessage
      autoload :HttpTransport
      autoload :JsonWebToken
      autoload :Keys
      autoload :LocalKeys
      autoload :LocalPort
      autoload :LocalSocket
      autoload :LogSubscriber
      autoload :Outbox
      autoload :PageBudget
      autoload :PageClock
      autoload :PageOffset
      autoload :PageSource
      autoload :ProducerPool
      autoload :RecordStreams
      autoload :RecordVersion
      autoload :RepeatFilter
      autoload :Reporting
      autoload :Request
      autoload :Response
      autoload :Runtime
      autoload :StreamDeclaration
      autoload :StreamLifetime
      autoload :StreamName
      autoload :StreamProvisioner
      autoload :StreamServer
      autoload :StreamUrl
      autoload :StreamValue
      autoload :Streams
      autoload :Tokens
      autoload :WithoutActiveJob
      autoload :WritingRole
    end

    # Needs turbo-rails.
    autoload :TurboStreams

    # Needs Active Job; only for tests; only for who runs the server.
    autoload :BroadcastJob
    autoload :DeliveryRetries
    autoload :OutboxJob
    autoload :Testing
    autoload :Doctor
    autoload :ServerBinary
    autoload :ServerCommand
    autoload :ServerProcess
    autoload :ServerRelease
    autoload :SystemTestServer
  end

  extend DurableStreams::Rails::StreamName
  extend DurableStreams::Rails::Broadcasts
  extend DurableStreams::Rails::Streams

  class << self
    delegate(*DurableStreams::Rails::Settings.accessors, to: "::DurableStreams::Rails::Runtime.settings")
  end
end
