# frozen_string_literal: true

require "test_helper"

class StreamsTest < ActiveSupport::TestCase
  include LiveServer

  setup { @room = Room.create!(name: "Lobby") }

  test "signed_stream_url is the stream's URL with a token for it" do
    url = DurableStreams.signed_stream_url(@room, :messages)
    assert_match %r{\Ahttp://localhost:4437/v1/streams/gid://dummy/Room/#{@room.id}/messages\?token=eyJ[\w\-.]+\z}, url
    assert_equal "gid://dummy/Room/#{@room.id}/messages", claims(url.split("token=").last)["stream"]
  end

  test "signed_stream_primitives are the URL and the token apart" do
    url, token = DurableStreams.signed_stream_primitives(@room, :messages, expires_in: 1.hour, permissions: [ :read, :write ], identity: "ada")

    assert_equal "http://localhost:4437/v1/streams/gid://dummy/Room/#{@room.id}/messages", url
    claims = claims(token)
    assert_equal [ %w[read write], "ada", 3600 ], [ claims["permissions"], claims["identity"], claims["exp"] - claims["iat"] ]
    assert_equal url, DurableStreams.signed_stream_primitives(@room, :messages).first
  end

  test "the claim is the name that the server sees, prefix included" do
    change_settings(stream_prefix: "shop/test", client_url: "https://streams.example.com/v1/streams")
    url, token = DurableStreams.signed_stream_primitives("a b", "c/d")

    assert_equal "https://streams.example.com/v1/streams/shop/test/a%20b/c%252Fd", url
    assert_equal "shop/test/a b/c%2Fd", claims(token)["stream"]
  end

  test "a signed URL makes the stream, with its TTL" do
    fake_server
    DurableStreams.signed_stream_url(@room, ttl: 2.hours)
    assert_equal "7200", fake_server.stream(stream_name_from(@room)).ttl
  end

  test "streamables that are all blank are refused" do
    [ [], [ nil ], [ "", [] ] ].each do |streamables|
      assert_raises(ArgumentError) { DurableStreams.signed_stream_url(*streamables) }
      assert_raises(ArgumentError) { DurableStreams.stream_offset(*streamables) }
      assert_raises(ArgumentError) { DurableStreams.delete_stream(*streamables) }
    end
  end

  test "a page goes on when the server can not be reached, and it is reported" do
    reports
    fake_server.answer_with { :hang_up }
    assert_match "?token=", DurableStreams.signed_stream_url(@room)
    assert_nil DurableStreams.stream_offset(@room)
    assert_equal [ DurableStreams::Rails::ServerUnreachable ], reports.errors.map(&:class)
  end

  test "a page waits no longer than the page's deadline for a server that hangs" do
    reports
    change_settings(page_deadline: 0.05, deadline: 60)
    fake_server.answer_with { :hang }
    DurableStreams.signed_stream_url(@room)
    assert_predicate reports.errors.sole, :timeout?

    DurableStreams::Rails::Runtime.reset
    DurableStreams.stream_offset(@room)
    assert_equal [ true, true ], reports.errors.map(&:timeout?)
  end

  test "stream_offset is the end of the stream, which it makes if need be" do
    fake_server
    assert_equal "0000000000000000", DurableStreams.stream_offset(@room)
    DurableStreams.broadcast_to(@room, a: 1)
    assert_equal "0000000000000001", DurableStreams.stream_offset(@room)
    assert_equal 1, fake_server.events(stream_name_from(@room)).size
  end

  test "read_stream goes from an offset to the end" do
    fake_server
    DurableStreams.broadcast_to(@room, a: 1)
    offset = DurableStreams.stream_offset(@room)
    DurableStreams.broadcast_to(@room, a: 2)

    all = DurableStreams.read_stream(@room)
    assert_equal [ { "a" => 1 }, { "a" => 2 } ], all.events
    assert all.up_to_date?
    assert_not all.closed?
    assert_equal [ { "a" => 2 } ], DurableStreams.read_stream(@room, after: offset).events
    assert_equal [], DurableStreams.read_stream(@room, after: all.next_offset).events
  end

  test "read_stream of no stream raises" do
    fake_server
    assert_raises(DurableStreams::Rails::StreamNotFound) { DurableStreams.read_stream(@room) }
  end

  test "stream_metadata tells what the server knows" do
    fake_server
    assert_nil DurableStreams.stream_metadata(@room)

    DurableStreams.signed_stream_url(@room, ttl: 60)
    metadata = DurableStreams.stream_metadata(@room)
    assert_equal [ "application/json", "0000000000000000", false, 60, nil ], metadata.to_h.values
  end

  test "close_stream ends a stream, twice without harm, and one that was never written" do
    fake_server
    DurableStreams.broadcast_to(@room, a: 1)
    2.times { assert_equal "0000000000000001", DurableStreams.close_stream(@room) }
    assert DurableStreams.stream_metadata(@room).closed?
    assert DurableStreams.read_stream(@room).closed?

    DurableStreams.close_stream("never")
    assert DurableStreams.stream_metadata("never").closed?
  end

  test "delete_stream deletes, and the next broadcast makes it anew" do
    fake_server
    DurableStreams.broadcast_to(@room, a: 1)
    assert_equal true, DurableStreams.delete_stream(@room)
    assert_equal false, DurableStreams.delete_stream(@room)
    DurableStreams.broadcast_to(@room, a: 2)
    assert_equal [ { "a" => 2 } ], DurableStreams.read_stream(@room).events
    assert_equal 2, fake_server.requests("POST").size, "a deleted stream is not taken for a known one"
  end

  test "a stream that the server lost is made anew by the next broadcast" do
    fake_server
    DurableStreams.broadcast_to(@room, a: 1)
    fake_server.forget(stream_name_from(@room))
    DurableStreams.broadcast_to(@room, a: 2)
    assert_equal [ { "a" => 2 } ], fake_server.events(stream_name_from(@room))
  end

  private
    def claims(token) = JWT.decode(token, nil, false).first
end
