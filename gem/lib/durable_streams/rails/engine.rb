# frozen_string_literal: true

require "rails/engine"
require "durable_streams/rails"

module DurableStreams
  module Rails
    class Engine < ::Rails::Engine
      config.durable_streams = ActiveSupport::OrderedOptions.new
      config.eager_load_namespaces << DurableStreams::Rails

      # Given to ActionController::Base, which an app's initializers may load, and which stays when code
      # is loaded anew. The controller is not among these: its parent may be the app's.
      config.autoload_once_paths << root.join("app/helpers").to_s

      # Without Action Controller there is nothing that could answer pages.
      initializer "durable_streams.no_action_controller", before: :set_eager_load_paths do
        ::Rails.autoloaders.main.do_not_eager_load("#{root}/app") unless defined?(::ActionController)
      end

      initializer "durable_streams.importmap", before: "importmap" do |app|
        app.config.importmap.paths << root.join("config/importmap.rb") if app.config.respond_to?(:importmap)
      end

      # After the app's own initializers, which may set either `DurableStreams.name` or
      # `config.durable_streams.name`.
      initializer "durable_streams.settings", after: :load_config_initializers do |app|
        Runtime.settings.token_issuer ||= app.railtie_name.remove(/_application\z/).dasherize
        Runtime.settings.update(app.config.durable_streams)
        Runtime.settings.relocate(LocalPort.new(app.root, ::Rails.env)) if ::Rails.env.local?
      end

      # Broadcasts go through jobs, so a model without Active Job cannot declare any.
      initializer "durable_streams.broadcastable" do
        ActiveSupport.on_load(:active_record) do
          defined?(::ActiveJob) ? include(Broadcastable) : extend(WithoutActiveJob)
        end
      end

      # Threads of a running app should find the job loaded, as its other jobs are.
      initializer "durable_streams.eager_load_job" do
        config.after_initialize { |app| BroadcastJob if app.config.eager_load && defined?(::ActiveJob) }
      end

      # Whoever serves requests or runs jobs also looks for what others left in the outbox.
      initializer "durable_streams.outbox" do |app|
        app.executor.to_run { Runtime.outbox_worker.start if Outbox.enabled? }
      end

      initializer "durable_streams.log_subscriber" do
        LogSubscriber.attach_to :durable_streams
      end

      initializer "durable_streams.page_clock" do |app|
        app.middleware.unshift PageClock
      end

      initializer "durable_streams.helpers" do
        ActiveSupport.on_load(:action_controller_base) { helper StreamsHelper }
      end

      # Who reads the log must not be able to ask for tokens.
      initializer "durable_streams.filter_parameters" do |app|
        app.config.filter_parameters += [ :stream_grant ]
      end

      # Propshaft finds app/assets by itself, Sprockets compiles what it is told to.
      initializer "durable_streams.assets" do |app|
        app.config.assets.precompile += %w[durable_streams.js] if app.config.respond_to?(:assets) && app.config.assets.precompile
      end

      # Both modules are there for good: turbo-rails loads them once.
      initializer "durable_streams.turbo" do
        config.after_initialize { TurboStreams.install if DurableStreams.turbo }
      end

      # The server that runs beside the app in development and test reads the public key from tmp/.
      initializer "durable_streams.keys" do
        config.after_initialize do
          if ::Rails.env.local?
            Reporting.guard { Keys.publish_local }
          elsif !Keys.configured?
            ::Rails.logger&.warn(Keys::REMEDY)
          end
        end
      end

      # An app may have the protocol's own Ruby client in its bundle, to read streams: it is set up
      # for the same server, with the same token. Both gems work in either order.
      initializer "durable_streams.client" do
        config.after_initialize do
          if DurableStreams.respond_to?(:configure) && DurableStreams.respond_to?(:default_context)
            DurableStreams.configure do |client|
              urls = [ Runtime.settings.server_url, Runtime.settings.client_url ]
              client.base_url ||= urls.find { |url| url.start_with?("http") } # it knows no Unix sockets
              client.default_headers = {
                "Authorization" => -> { "Bearer #{Runtime.tokens.server_token}" }
              }.merge(client.default_headers)
            end
          end
        end
      end

      initializer "durable_streams.test_helper" do
        ActiveSupport.on_load(:active_support_test_case) do
          include Broadcastable::TestHelper
        end

        ActiveSupport.on_load(:action_dispatch_system_test_case) do
          require "durable_streams/rails/system_test_helper"
          include Broadcastable::LiveTestHelper
          include SystemTestHelper
          prepend TurboSystemTestHelper if defined?(::Turbo::Engine)
        end
      end
    end
  end
end
