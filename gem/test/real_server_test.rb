# frozen_string_literal: true

require "test_helper"
require "durable_streams/rails/server_command"

# The gem against the server itself: what both must agree on.
class RealServerTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include RealServer
  include LiveServer

  setup do
    start_real_server
    @post = Post.create!(title: "Hello")
  end

  test "a model's changes reach a client's reader" do
    comment = @post.comments.create!(body: "one")
    comment.update!(body: "two")
    comment.destroy!
    perform_enqueued_jobs

    response = get(DurableStreams.signed_stream_url(@post))
    assert_equal "200", response.code
    events = JSON.parse(response.body)
    assert_equal %w[insert update delete], events.map { |event| event["headers"]["operation"] }
    assert_equal [ "one", "two", nil ], events.map { |event| event["value"]&.fetch("body") }
  end

  test "names that need care mean the same on both sides" do
    names = [ [ @post, :comments ], [ "../x" ], [ "..", "x" ], [ "a b" ], [ "a?b#c" ], [ "é%2F[1]+&=" ], [ "a/b" ], %w[a b], [ "http://evil.example/" ] ]
    names.each_with_index do |streamables, i|
      DurableStreams.broadcast_to(*streamables, n: i)
      assert_equal [ { "n" => i } ], DurableStreams.read_stream(*streamables).events, streamables.inspect
      response = get(DurableStreams.signed_stream_url(*streamables))
      assert_equal [ "200", [ { "n" => i } ] ], [ response.code, (JSON.parse(response.body) if response.code == "200") ], streamables.inspect
    end
  end

  test "a prefix is part of the name that the token opens" do
    change_settings(stream_prefix: "shop/test")
    DurableStreams.broadcast_to("room", a: 1)
    assert_equal "200", get(DurableStreams.signed_stream_url("room")).code
  end

  test "a client's token opens its stream alone, to read" do
    DurableStreams.broadcast_to("mine", a: 1)
    DurableStreams.broadcast_to("other", a: 1)
    url, token = DurableStreams.signed_stream_primitives("mine")
    other, = DurableStreams.signed_stream_primitives("other")

    assert_equal "403", get("#{other}?token=#{token}").code
    assert_equal "401", get(url).code
    assert_equal "401", get("#{url}?token=#{token.sub(/.\z/) { |char| char == "A" ? "Q" : "A" }}x").code
    post = Net::HTTP.post(URI("#{url}?token=#{token}"), "{}", "Content-Type" => "application/json")
    assert_equal "403", post.code
  end

  test "a client with write permission appends" do
    url = DurableStreams.signed_stream_url("typing", permissions: %i[read write], identity: "ada")
    response = Net::HTTP.post(URI(url), %({"typing":true}), "Content-Type" => "application/json")
    assert_includes %w[200 204], response.code
    assert_equal [ { "typing" => true } ], DurableStreams.read_stream("typing").events
  end

  test "an append that is repeated is there once, and an older version that comes late is not there" do
    @post.comments.create!(body: "one")
    Comment.last.update!(body: "two")
    jobs = enqueued_jobs.dup
    [ *jobs.reverse, *jobs ].each { |job| ActiveJob::Base.execute(job) }
    assert_equal [ "two" ], DurableStreams.read_stream(@post).events.map { |event| event["value"]["body"] }
  end

  test "what was sent is there after the server was killed, and not sent again" do
    @post.comments.create!(body: "one")
    jobs = enqueued_jobs.dup
    perform_enqueued_jobs
    offset = DurableStreams.stream_offset(@post)
    kill_server
    spawn_server
    assert_equal %w[one], bodies(DurableStreams.read_stream(@post))
    jobs.each { |job| ActiveJob::Base.execute(job) }
    @post.comments.create!(body: "two")
    perform_enqueued_jobs

    assert_equal %w[one two], bodies(DurableStreams.read_stream(@post))
    assert_equal %w[two], bodies(DurableStreams.read_stream(@post, after: offset))
  end

  test "a broadcast while the server is down goes out when it is back" do
    kill_server
    reports
    txid = DurableStreams.broadcast_event_to("room", type: "x", key: "1", operation: :insert)
    assert_equal [ DurableStreams::Rails::ServerUnreachable ], reports.errors.map(&:class)
    spawn_server
    perform_enqueued_jobs
    assert_equal [ txid ], DurableStreams.read_stream("room").events.map { |event| event["headers"]["txid"] }
  end

  test "a TTL, an end, a deletion" do
    DurableStreams.signed_stream_url("room", ttl: 1.hour)
    metadata = DurableStreams.stream_metadata("room")
    assert_equal [ 3600, false ], [ metadata.ttl, metadata.closed ]
    assert_equal metadata.next_offset, DurableStreams.stream_offset("room")

    DurableStreams.broadcast_to("room", a: 1)
    assert_equal DurableStreams.stream_offset("room"), DurableStreams.close_stream("room")
    assert DurableStreams.stream_metadata("room").closed?
    assert DurableStreams.read_stream("room").closed?
    reports
    DurableStreams.broadcast_to("room", a: 2)
    assert_instance_of DurableStreams::Rails::StreamClosed, reports.errors.sole

    assert_equal true, DurableStreams.delete_stream("room")
    assert_nil DurableStreams.stream_metadata("room")
    DurableStreams.broadcast_to("room", a: 3)
    assert_equal [ { "a" => 3 } ], DurableStreams.read_stream("room").events
  end

  test "a Unix socket serves as well" do
    socket = File.join(@root, "streams.sock")
    reconfigure_server(unix_socket: socket)
    DurableStreams.server_url = "unix://#{socket}"
    DurableStreams.broadcast_to("room", a: 1)
    assert_equal [ { "a" => 1 } ], DurableStreams.read_stream("room").events
    assert_equal "200", get(DurableStreams.signed_stream_url("room")).code
  end

  test "whatever is sent after a moment lies behind the offset of that moment, however busy the stream is" do
    done = false
    noise = Thread.new { i = 0; DurableStreams.broadcast_to("room", noise: i += 1) until done }
    150.times do |i|
      moment = DurableStreams::Rails::Deadline.now
      DurableStreams.broadcast_to("room", i:)
      offset = DurableStreams::Rails::PageOffset.new("room").at(moment)
      assert_includes DurableStreams.read_stream("room", after: offset).events, { "i" => i }
      assert_not_equal "-1", offset
    end
  ensure
    done = true
    noise.join
  end

  test "connections are kept over requests" do
    20.times { |i| DurableStreams.broadcast_to("room", i:) }
    assert_equal 20, DurableStreams.read_stream("room").events.size
  end

  private
    def get(url) = Net::HTTP.get_response(URI(url))
    def bodies(page) = page.events.map { |event| event["value"]["body"] }
end
