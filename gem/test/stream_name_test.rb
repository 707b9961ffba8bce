# frozen_string_literal: true

require "test_helper"

class StreamNameTest < ActiveSupport::TestCase
  include LiveServer

  setup { @room = Room.create!(name: "Lobby") }

  test "a record gives its global id, anything else to_param" do
    assert_equal "gid://dummy/Room/#{@room.id}", stream_name_from(@room)
    assert_equal "gid://dummy/Room/#{@room.id}/messages/7", stream_name_from([ @room, :messages, 7 ])
    assert_equal "gid://dummy/Room/#{@room.id}", stream_name_from(@room.to_gid)
    assert_equal "lobby", stream_name_from("lobby")
  end

  test "blank parts are dropped at any depth and nothing left is no name" do
    assert_equal "a/b", stream_name_from([ nil, [ "a", [ "", "  " ] ], [], "b" ])
    assert_nil stream_name_from([ nil, [ "" ] ])
    assert_nil stream_name_from(nil)
    assert_equal "a", stream_name_from([ Struct.new(:to_param).new(" "), "a" ])
  end

  test "different lists have different names" do
    lists = [ %w[a b], %w[a/b], %w[a%2Fb], %w[a%252Fb], [ @room ], [ @room.to_gid.to_s ], [ "gid:", "dummy", "Room", @room.id ],
              %w[..], %w[%2E%2E], %w[../x], [ "..", "x" ], %w[.], %w[a?b], %w[a#b], %w[a], [ "a b" ], [ "a+b" ], %w[a%20b] ]
    assert_equal lists.size, lists.map { |list| stream_name_from(list) }.uniq.size
  end

  test "text can not climb out of the prefix or spell a record's name" do
    change_settings(stream_prefix: "shop/test")

    assert_equal "shop/test/%2E%2E/x", stream_name_from([ "..", "x" ])
    assert_equal "shop/test/..%2Fx", stream_name_from("../x")
    assert_equal "shop/test/gid:%2F%2Fdummy%2FRoom%2F1", stream_name_from("gid://dummy/Room/1")
    assert_equal "shop/test/gid://dummy/Room/#{@room.id}", stream_name_from(@room)
  end

  test "a record whose id is dots has no segment that a browser would resolve" do
    assert_equal "gid://dummy/Document/%2E%2E", stream_name_from(Document.create!(id: ".."))
  end

  test "a record's id can not add segments" do
    assert_not_equal stream_name_from([ Document.create!(id: "1"), "x" ]), stream_name_from(Document.create!(id: "1/x"))
  end

  test "a new record has no name" do
    error = assert_raises(ArgumentError) { stream_name_from(Room.new) }
    assert_match "save it first", error.message
  end

  test "invalid text is refused" do
    assert_raises(ArgumentError) { stream_name_from("a\xff") }
  end

  test "every caller means the same stream" do
    [ [ @room, [ :a, nil ] ], [ "../x" ], [ "a?b#c" ], [ "é [1]" ], [ "a/b" ] ].each do |streamables|
      url, = DurableStreams.signed_stream_primitives(*streamables)
      path = CGI.unescapeURIComponent(URI(url).path).delete_prefix("/v1/streams/").force_encoding("UTF-8")
      assert_equal stream_name_from(streamables), path

      assert_stream_broadcasts(streamables, count: 1) do
        DurableStreams.broadcast_event_to(*streamables, type: "x", key: "1", operation: :insert)
      end
      assert_equal 1, DurableStreams.read_stream(*streamables).events.size
    end
  end
end
