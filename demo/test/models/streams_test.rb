require "test_helper"

class StreamsTest < ActiveSupport::TestCase
  test "a new comment is an event on its post's stream" do
    post = create_post
    events = capture_stream_broadcasts(post) do
      post.comments.create!(author: "Bo", hue: 20, body: "Hello")
    end

    comment = events.find { |event| event["type"] == "comment" }
    assert_equal "insert", comment["headers"]["operation"]
    assert_equal "Hello", comment["value"]["body"]
  end

  test "a comment changes its post's count, which the board hears of" do
    post = create_post
    events = capture_stream_broadcasts(:posts) do
      post.comments.create!(author: "Bo", hue: 20, body: "Hello")
    end

    assert_equal [ [ "update", 1 ] ], events.map { |event| [ event["headers"]["operation"], event["value"]["comments_count"] ] }
  end

  test "deleting a post tells the board once" do
    post = create_post
    2.times { post.comments.create!(author: "Bo", hue: 20, body: "Hello") }

    events = capture_stream_broadcasts(:posts) { post.destroy! }
    assert_equal [ "delete" ], events.map { |event| event["headers"]["operation"] }
  end

  test "filling the board for the first time is not news" do
    assert_no_stream_broadcasts(:posts) { Rails.application.load_seed }
    assert_operator Post.count, :>, 2
  end
end
