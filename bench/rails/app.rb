# frozen_string_literal: true

# The Rails app under measurement: one channel, one stream, and routes that broadcast and say how long
# that took. It runs in production mode in one Puma process.
#
# Environment: BENCH_ROOT  its folder, with config/database.yml and config/cable.yml; BENCH_STREAMS
# server_url; BENCH_CLIENT_URL  client_url; BENCH_KEY  the file with the signing key.

ENV["RAILS_ENV"] = "production"

require "rails"
require "active_job/railtie"
require "active_record/railtie"
require "action_controller/railtie"
require "action_cable/engine"
require "solid_cable"
require "durable_streams-rails"

module RailsBench
  class App < Rails::Application
    config.load_defaults 8.1
    config.root = ENV.fetch("BENCH_ROOT")
    config.eager_load = true
    config.secret_key_base = "bench"
    config.logger = ActiveSupport::Logger.new(File.join(config.root, "app.log"))
    config.log_level = :info
    config.hosts.clear
    config.action_cable.disable_request_forgery_protection = true

    DurableStreams.server_url = ENV["BENCH_STREAMS"] if ENV["BENCH_STREAMS"]
    DurableStreams.client_url = ENV["BENCH_CLIENT_URL"] if ENV["BENCH_CLIENT_URL"]
    config.durable_streams.signing_key = File.read(ENV["BENCH_KEY"]) if ENV["BENCH_KEY"]
    config.durable_streams.token_issuer = config.durable_streams.token_audience = "bench"
  end

  App.initialize!

  # What is done over and over, and what it took.
  class Meter
    CLOCKS = { wall: Process::CLOCK_MONOTONIC, cpu: Process::CLOCK_THREAD_CPUTIME_ID }.freeze

    # Calls the block `calls` times, `pause` seconds apart. Answers microseconds: of each call, and the
    # calling thread's CPU time in the mean.
    def self.run(calls, pause)
      cpu = now(:cpu)
      times = Array.new(calls) do
        sleep(pause) if pause.positive?
        start = now(:wall)
        yield
        now(:wall) - start
      end
      { times:, cpu: (now(:cpu) - cpu) / calls }
    end

    def self.now(clock) = Process.clock_gettime(CLOCKS.fetch(clock), :float_microsecond)
  end

  # GET /measure/what?calls=N&pause=SECONDS
  class MeasurementsController < ActionController::Base
    BODY = "x" * 100

    def cable
      measure { ActionCable.server.broadcast("room", event) }
    end

    def streams
      measure { DurableStreams.broadcast_event_to("room", type: "comment", key: "5", value: value, operation: :update) }
    end

    # The same append with no client at all: what the kernel, the server and its disk take of it.
    def bare
      endpoint = DurableStreams::Rails::HttpEndpoint.new(DurableStreams.server_url)
      socket = endpoint.connect(1)
      head = "POST #{endpoint.path}/room HTTP/1.1\r\nHost: #{endpoint.authority}\r\nContent-Type: application/json\r\n" \
             "Authorization: Bearer #{DurableStreams::Rails::Runtime.tokens.server_token}\r\n"
      measure do
        body = JSON.generate(event)
        socket.write("#{head}Producer-Id: #{SecureRandom.uuid}\r\nProducer-Epoch: 0\r\nProducer-Seq: 0\r\n" \
                     "Content-Length: #{body.bytesize}\r\n\r\n#{body}")
        socket.readpartial(4096)
      end
    ensure
      socket&.close
    end

    # A stream that the app knows, a token of its own for each.
    def sign
      measure { DurableStreams.signed_stream_url("room", identity: SecureRandom.hex(8)) }
    end

    def sign_again
      measure { DurableStreams.signed_stream_url("room") }
    end

    # What Turbo signs for Action Cable, in place of a token.
    def verifier
      verifier = Rails.application.message_verifier("bench")
      measure { verifier.generate("room") }
    end

    def url
      render plain: DurableStreams.signed_stream_url("room")
    end

    private
      def measure(&block)
        render json: Meter.run(Integer(params.fetch(:calls)), Float(params.fetch(:pause, 0)), &block)
      end

      # `at` tells the subscriber when it was sent.
      def value = { id: 5, body: BODY, at: Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) }

      def event
        { type: "comment", key: "5", value:, headers: { operation: "update", txid: SecureRandom.uuid } }
      end
  end

  class RoomChannel < ActionCable::Channel::Base
    def subscribed = stream_from("room")
  end

  App.routes.draw do
    mount ActionCable.server => "/cable"
    %i[cable streams bare sign sign_again verifier url].each { |name| get "measure/#{name}", to: MeasurementsController.action(name) }
    get "up", to: ->(_) { [ 200, {}, [ "up" ] ] }
  end

  if ActionCable.server.config.cable["adapter"] == "solid_cable"
    ActiveRecord::Migration.verbose = false
    load File.join(Gem.loaded_specs.fetch("solid_cable").full_gem_path, "lib/generators/solid_cable/install/templates/db/cable_schema.rb")
  end
end
