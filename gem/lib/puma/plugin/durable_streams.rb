# frozen_string_literal: true

# `plugin :durable_streams` in config/puma.rb runs the stream server beside Puma: started once, in the
# master, kept through restarts, ended with Puma. What it logs is in Rails' log. Without a binary Puma
# runs all the same, and says so. Puma 6 or newer.

require "puma/plugin"
require "durable_streams/rails/puma_log"
require "durable_streams/rails/puma_notify"
require "durable_streams/rails/server_process"

DurableStreams::Rails::PumaNotify.install

Puma::Plugin.create do
  def start(launcher)
    log = DurableStreams::Rails::PumaLog.new(launcher.log_writer)
    command = DurableStreams::Rails::ServerCommand.new(Dir.pwd)
    server = DurableStreams::Rails::ServerProcess.new(command, log:)
    server.start
    follow_port(command)

    on(launcher, :booted) { server.refresh_keys }
    on(launcher, :stopped) { server.stop }
    on(launcher, :restart) { server.hand_on }
  rescue DurableStreams::Rails::ServerBinary::NotFound => error
    log.call :error, "not started. #{error.message}"
  end

  private
    # Puma 7 renamed its events.
    EVENTS = { booted: :after_booted, stopped: :after_stopped, restart: :before_restart }.freeze

    def on(launcher, event, &block)
      name = launcher.events.respond_to?(EVENTS[event]) ? EVENTS[event] : :"on_#{event}"
      launcher.events.public_send(name, &block)
    end

    # bin/rails server has loaded the app before it starts Puma; otherwise the engine does this.
    def follow_port(command)
      return unless command.local? && defined?(::Rails.application) && ::Rails.application&.initialized?

      port = DurableStreams::Rails::LocalPort.new(command.root, command.env)
      DurableStreams::Rails::Runtime.settings.relocate(port)
    end
end
