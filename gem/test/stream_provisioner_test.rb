# frozen_string_literal: true

require "test_helper"

class StreamProvisionerTest < ActiveSupport::TestCase
  include LiveServer

  setup do
    fake_server
    @now = 1000.0
    @provisioner = DurableStreams::Rails::StreamProvisioner.new(clock: -> { @now }, known_max: 3)
  end

  test "a stream is made once a minute" do
    2.times { @provisioner.ensure_stream_exists("x") }
    assert_equal 1, puts_for("x")
    @now += 59.9
    @provisioner.ensure_stream_exists("x")
    assert_equal 1, puts_for("x")
    @now += 0.1
    @provisioner.ensure_stream_exists("x")
    assert_equal 2, puts_for("x")
  end

  test "a stream with a TTL is made again after half of it" do
    @provisioner.ensure_stream_exists("x", ttl: 20)
    @now += 10
    @provisioner.ensure_stream_exists("x", ttl: 20)
    assert_equal 2, puts_for("x")
  end

  test "the memory is bounded and the least recently used goes first" do
    %w[a b c].each { |name| @provisioner.ensure_stream_exists(name) }
    @provisioner.ensure_stream_exists("a")
    @provisioner.ensure_stream_exists("d")

    %w[a b].each { |name| @provisioner.ensure_stream_exists(name) }
    assert_equal [ 1, 2 ], [ puts_for("a"), puts_for("b") ]
  end

  test "a default TTL holds for streams that have none of their own" do
    change_settings(stream_ttl: 30.days)
    @provisioner.ensure_stream_exists("x")
    @provisioner.ensure_stream_exists("y", ttl: 5)
    assert_equal [ "2592000", "5" ], fake_server.requests.map { |request| request.headers["stream-ttl"] }
  end

  test "a stream that the server lost is made again and the block runs once more" do
    @provisioner.ensure_stream_exists("x")
    fake_server.forget("x")

    result = @provisioner.with_stream("x") { DurableStreams::Rails::Runtime.server.append("x", "{}", producer: [ "p", 0 ]) }
    assert_equal :appended, result
    assert_equal 1, fake_server.events("x").size
  end

  test "a stream that stays lost raises" do
    fake_server.answer_with { |request| [ 404, {}, "" ] if request.verb == "POST" }
    assert_raises(DurableStreams::Rails::StreamNotFound) do
      @provisioner.with_stream("x") { DurableStreams::Rails::Runtime.server.append("x", "{}", producer: [ "p", 0 ]) }
    end
    assert_equal 2, fake_server.requests("POST").size
  end

  test "for a page a failure is reported, once, and the page goes on" do
    reports
    fake_server.answer_with { :hang_up }
    2.times { @provisioner.try_to_ensure_stream_exists("x") }
    assert_equal 1, fake_server.requests.size
    assert_instance_of DurableStreams::Rails::ServerUnreachable, reports.errors.sole

    server_is_back
    @provisioner.try_to_ensure_stream_exists("x")
    assert_equal 2, fake_server.requests.size
  end

  test "after an outage the server may have come back empty: nothing is known any more" do
    @provisioner.ensure_stream_exists("x")
    fake_server.answer_with { :hang_up }
    @provisioner.try_to_ensure_stream_exists("y")
    server_is_back
    2.times { @provisioner.ensure_stream_exists("x") }
    assert_equal 2, puts_for("x")
  end

  private
    def puts_for(name)
      fake_server.requests("PUT").count { |request| request.name == name }
    end
end
