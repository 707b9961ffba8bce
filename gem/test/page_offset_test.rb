# frozen_string_literal: true

require "test_helper"

# Where a page begins to read.
class PageOffsetTest < ActiveSupport::TestCase
  include LiveServer

  test "the server is asked for the tail of the moment when the request began, with a margin" do
    answers "then"
    assert_equal "then", offset_at(10, 10.25, 10.26)
    assert_equal [ 270 ], ages
  end

  test "if the answer took longer than the margin, it is asked again with a larger one" do
    answers "too late?", "early enough"
    assert_equal "early enough", offset_at(10, 10.25, 10.75, 10.75, 11.0)
    assert_equal [ 270, 1750 ], ages
  end

  test "what queries may lag behind is added" do
    change_settings(page_overlap: 2.seconds)
    answers "then"
    offset_at(10, 10.25, 10.26)
    assert_equal [ 2270 ], ages
  end

  test "where the server does not know, the page reads from the start" do
    fake_server
    DurableStreams.broadcast_to("room", a: 1)
    assert_equal "-1", DurableStreams::Rails::PageOffset.new("room").at(DurableStreams::Rails::Deadline.now)
  end

  test "a stream that is not there is made, and read from the start" do
    fake_server
    assert_equal "-1", DurableStreams::Rails::PageOffset.new("room", ttl: 60).at(DurableStreams::Rails::Deadline.now)
    assert_equal "60", fake_server.stream("room").ttl.to_s
  end

  test "without a server there is no offset, and a report" do
    change_settings(server_url: "http://127.0.0.1:9/v1/streams")
    go_live("http://127.0.0.1:9/v1/streams")
    reports
    assert_nil DurableStreams::Rails::PageOffset.new("room").at(DurableStreams::Rails::Deadline.now)
    assert_equal [ DurableStreams::Rails::ServerUnreachable ], reports.errors.map(&:class)
  end

  test "the middleware comes first, and notes when the request began" do
    assert_equal DurableStreams::Rails::PageClock, Rails.application.middleware.first.klass
    before = DurableStreams::Rails::Deadline.now
    env = {}
    DurableStreams::Rails::PageClock.new(->(_env) { }).call(env)
    began_at = DurableStreams::Rails::PageClock.began_at(ActionDispatch::Request.new(env))
    assert_includes before..DurableStreams::Rails::Deadline.now, began_at
  end

  private
    def answers(*offsets)
      fake_server.answer_with do |request|
        [ 200, { "Stream-Next-Offset" => "now", "Stream-Tail-Then" => offsets.shift }, "" ] if request.verb == "HEAD"
      end
    end

    # `times` are what the clock says, one after the other.
    def offset_at(moment, *times)
      DurableStreams::Rails::PageOffset.new("room", clock: -> { times.shift }).at(moment)
    end

    def ages = fake_server.requests("HEAD").map { |request| request.query["tail-age-ms"].to_i }
end
