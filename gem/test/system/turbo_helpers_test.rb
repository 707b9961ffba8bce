# frozen_string_literal: true

require "system_test_helper"

# What `turbo = true` makes of turbo-rails' helpers; no browser needed.
class TurboHelpersTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include LiveServer

  setup { @post = Post.create!(title: "Hello") }

  test "turbo_stream_from makes an element for the stream that broadcasts go to" do
    streams = capture_stream_broadcasts([ "turbo", "#{@post.to_gid_param}:notes" ]) do
      Turbo::StreamsChannel.broadcast_append_to @post, :notes, target: "notes", html: "<li>one</li>"
    end
    assert_equal [ "turbo-stream", "insert", %(<turbo-stream action="append" target="notes"><template><li>one</li></template></turbo-stream>) ],
      streams.sole.then { |event| [ event["type"], event["headers"]["operation"], event["value"] ] }

    element = element(@post, :notes)
    assert_equal "turbo/#{@post.to_gid_param}:notes", CGI.unescapeURIComponent(URI(element["src"]).path.delete_prefix("/v1/streams/"))
  end

  test "a job that knows Turbo's name only broadcasts to the same stream" do
    name = Turbo::StreamsChannel.send(:stream_name_from, [ @post, :notes ])
    events = capture_stream_broadcasts([ "turbo", "#{@post.to_gid_param}:notes" ]) do
      Turbo::StreamsChannel.broadcast_remove_to name, target: "a"
    end
    assert_equal 1, events.size
  end

  test "blank streamables are dropped as Turbo drops them" do
    assert_equal element(@post)["src"], element(@post, nil, "")["src"]
    assert_nil Turbo::StreamsChannel.broadcast_remove_to(nil, "", target: "a")
    assert_raises(ArgumentError) { element(nil) }
  end

  test "its streams live as long as turbo_ttl says, whoever makes them" do
    fake_server
    change_settings(turbo_ttl: 2.hours)
    made = { direct: -> { Turbo::StreamsChannel.broadcast_remove_to "direct", target: "a" },
      job: -> { perform_enqueued_jobs { Turbo::StreamsChannel.broadcast_append_later_to "job", target: "a", html: "b" } },
      page: -> { element("page") } }.map do |name, make|
      make.call
      fake_server.stream("turbo/#{name}").ttl
    end
    assert_equal %w[7200] * 3, made
  end

  test "a channel is Action Cable's, and refused" do
    assert_match "channel:", assert_raises(ArgumentError) { element(@post, channel: "RoomChannel") }.message
  end

  test "turbo-rails' own assertions see what is broadcast" do
    extend Turbo::Broadcastable::TestHelper
    streams = capture_turbo_stream_broadcasts(@post) do
      Turbo::StreamsChannel.broadcast_append_to @post, target: "notes", html: "one"
    end
    assert_equal [ "append" ], streams.map { |stream| stream["action"] }
  end

  private
    def element(*streamables, **options)
      html = ApplicationController.helpers.turbo_stream_from(*streamables, **options)
      Nokogiri::HTML5.fragment(html).at("durable-stream-source")
    end
end
