# frozen_string_literal: true

require "test_helper"

# How the gem comes into an app, alone and beside the protocol's own client.
class LoadingTest < ActiveSupport::TestCase
  include DummyProcess

  CLIENT_CONSTANTS = %w[Stream Client Context Producer Configuration JsonReader Error].freeze

  test "none of the client's constants are ours" do
    CLIENT_CONSTANTS.each { |name| assert_not DurableStreams.const_defined?(name, false), name }
    assert_equal %i[Rails], DurableStreams.constants(false) - %i[Generators]
    assert_not File.exist?(File.expand_path("../lib/durable_streams.rb", __dir__))
  end

  %w[before after].each do |order|
    test "with the client loaded #{order} it, both work, and the client is set up" do
      script = <<~RUBY
        require "jwt"
        print JSON.generate(
          base_url: DurableStreams.configuration.base_url,
          token: JWT.decode(DurableStreams.configuration.default_headers["Authorization"].call.delete_prefix("Bearer "), nil, false).first["server"],
          constants: #{CLIENT_CONSTANTS}.map { |name| DurableStreams.const_defined?(name) },
          url: DurableStreams.signed_stream_primitives("x").first,
          stream: DurableStreams.stream("x").class.name
        )
      RUBY
      out, status = run_in_app("bin/rails", "runner", script, DURABLE_STREAMS_CLIENT: order, DURABLE_STREAMS_SERVER_URL: "http://127.0.0.1:9/v1/streams")
      assert status.success?, out
      assert_equal({ "base_url" => "http://127.0.0.1:9/v1/streams", "token" => true, "constants" => [ true ] * CLIENT_CONSTANTS.size,
        "url" => "http://localhost:4437/v1/streams/x", "stream" => "DurableStreams::Stream" }, JSON.parse(out.lines.last))
    end
  end

  test "what the app itself has set of the client stays" do
    write_file "config/initializers/client.rb", <<~RUBY
      DurableStreams.configure do |client|
        client.base_url = "http://elsewhere.example"
        client.default_headers = { "Authorization" => "mine" }
      end
    RUBY
    out, status = run_in_app("bin/rails", "runner",
      "print DurableStreams.configuration.base_url, ' ', DurableStreams.configuration.default_headers", DURABLE_STREAMS_CLIENT: "before")
    assert status.success?, out
    assert_equal %(http://elsewhere.example {"Authorization"=>"mine"}), out.lines.last.gsub('" => "', '"=>"')
  end

  test "it loads without Active Record and Active Job" do
    out, status = run_in_app("bundle", "exec", "ruby", "-e", <<~RUBY)
      require "rails"
      require "durable_streams-rails"
      app = Class.new(Rails::Application) { config.root = Dir.pwd; config.eager_load = true; config.secret_key_base = "x"; def self.name = "Tiny::Application" }
      app.initialize!
      DurableStreams.server_url = "http://127.0.0.1:9/v1/streams"
      print DurableStreams.signed_stream_primitives("a b").first, " ", DurableStreams.broadcast_event_to("x", type: "x", key: 1, operation: :insert).size
    RUBY
    assert status.success?, out
    assert_equal "http://localhost:4437/v1/streams/a%20b 36", out.lines.last
  end

  test "a model without Active Job is told what its declaration needs" do
    out, status = run_in_app("bundle", "exec", "ruby", "-e", <<~RUBY)
      require "rails"
      require "active_record/railtie"
      require "durable_streams-rails"
      Class.new(Rails::Application) { config.root = Dir.pwd; config.secret_key_base = "x"; def self.name = "Tiny::Application" }.initialize!
      Class.new(ActiveRecord::Base) { streams_to :post } rescue print $!.class, " ", $!.message
    RUBY
    assert status.success?, out
    assert_equal 'ArgumentError streams_to needs Active Job: require "active_job/railtie" in config/application.rb', out.lines.last
  end

  test "an initializer of the app may load Action Controller, and reloading keeps what it got" do
    write_file "config/initializers/early.rb", "ActionController::Base"
    out, status = run_in_app("bin/rails", "runner", <<~RUBY)
      before = DurableStreams::Rails::StreamsHelper
      Rails.application.reloader.reload!
      print ActionController::Base._helpers.include?(before), " ", DurableStreams::Rails::StreamsHelper.equal?(before), " ", DurableStreams::Rails::TokensController
    RUBY
    assert status.success?, out
    assert_equal "true true DurableStreams::Rails::TokensController", out.lines.last
  end

  test "production without a key boots, says so, and raises when a key is needed" do
    out, status = run_in_app("bin/rails", "runner", <<~RUBY, RAILS_ENV: "production")
      DurableStreams.signed_stream_url("x")
    RUBY
    assert_not status.success?
    assert_match "durable_streams:generate_keys", out
    assert_match "KeyMissing", out
    assert_match "durable_streams:generate_keys", File.read(File.join(app, "log/production.log")) if File.exist?(File.join(app, "log/production.log"))
    assert_not File.exist?(File.join(app, "tmp/durable_streams"))
  end

  test "an unknown setting stops the boot" do
    out, status = run_in_app("bin/rails", "runner", "1", DUMMY_SETTING: "clinet_url")
    assert_not status.success?
    assert_match "config.durable_streams.clinet_url", out
  end
end
