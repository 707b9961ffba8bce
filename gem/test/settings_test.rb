# frozen_string_literal: true

require "test_helper"

class SettingsTest < ActiveSupport::TestCase
  setup { @settings = DurableStreams::Rails::Settings.new }

  test "defaults" do
    assert_equal "http://localhost:4437/v1/streams", @settings.client_url
    assert_equal "http://localhost:4437/v1/streams", @settings.server_url
    assert_equal 120, @settings.token_expiry
    assert_equal 15.minutes, @settings.signed_stream_url_expires_in
    assert_nil @settings.stream_prefix
    assert_nil @settings.stream_ttl
  end

  test "every setting is one of the module's" do
    DurableStreams::Rails::Settings::NAMES.each do |name|
      assert_respond_to DurableStreams, name
      assert_respond_to DurableStreams, :"#{name}="
    end
  end

  test "config.durable_streams sets them" do
    @settings.update(ActiveSupport::OrderedOptions.new.merge!(signing_kid: "k", deadline: 2.seconds))
    assert_equal [ "k", 2 ], [ @settings.signing_kid, @settings.deadline ]
  end

  test "an unknown setting is refused by name" do
    error = assert_raises(ArgumentError) { @settings.update(clinet_url: "x") }
    assert_match "clinet_url", error.message
  end

  test "a trailing slash makes no difference" do
    @settings.client_url = "https://streams.example.com/v1/streams/"
    assert_equal "https://streams.example.com/v1/streams", @settings.client_url
  end

  [ "localhost:4437", "/v1/streams", "", nil, "ftp://x/y", "http://u:p@host/x", "http://host/x?y=1", "http://host/#x", "http://a b/" ].each do |url|
    test "#{url.inspect} is no server" do
      assert_raises(ArgumentError) { @settings.server_url = url }
    end
  end

  [ 0, -1, nil, "5" ].each do |duration|
    test "#{duration.inspect} is no deadline" do
      assert_raises(ArgumentError) { @settings.deadline = duration }
    end
  end

  [ 0, -1, "5" ].each do |duration|
    test "#{duration.inspect} is no time to live" do
      assert_raises(ArgumentError) { @settings.stream_ttl = duration }
    end
  end

  [ "a//b", "..", "a/../b", "/a", "a/", "." ].each do |prefix|
    test "#{prefix.inspect} is no prefix" do
      assert_raises(ArgumentError) { @settings.stream_prefix = prefix }
    end
  end

  test "the engine names the app as the issuer" do
    assert_equal "dummy", DurableStreams.token_issuer
  end
end
