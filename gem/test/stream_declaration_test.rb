# frozen_string_literal: true

require "test_helper"

# The options of streams_to and streams: which attributes leave, and how long the stream lives.
class StreamDeclarationTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include LiveServer
  extend CommentModels

  comment_model(:Brief) { streams_to :post, only: %i[id body author_secret] }
  comment_model(:Shy) { streams_to :post, except: :body }
  comment_model(:TwoFaced) do
    streams_to :post, only: :body
    streams "all", only: :id
  end
  comment_model(:Overriding) do
    streams_to :post, only: :shout
    private def to_stream_value = { shout: body.upcase, whisper: body }
  end
  comment_model(:Spelled) do
    streams_to :post, only: :body
    private def to_stream_value = body
  end
  comment_model(:Repeating) do
    streams_to :post, only: :body, ttl: 1.minute
    streams_to ->(comment) { comment.post }, only: :id
  end
  comment_model(:Within) { streams_to -> { [ post, body ] } }
  comment_model(:Ending) { streams_to :post, ttl: 1.hour, expires_at: ->(comment) { Time.utc(2100) if comment.body == "ends" } }
  comment_model(:Limited) { streams_to :post, ttl: 1.hour }
  comment_model(:Dated) { streams_to :post, expires_at: ->(comment) { comment.post.created_at + 1.day } }
  comment_model(:Fixed) { streams "fixed", collection: true, expires_at: Time.utc(2100) }

  setup { @post = Post.create!(title: "Hello", created_at: Time.utc(2090)) }

  test "only: chooses attributes, and does not bring back what is filtered" do
    assert_equal %w[body id], value_of(Brief).keys.sort
  end

  test "except: leaves attributes out, beside what is filtered" do
    assert_equal Shy.column_names - %w[body author_secret], value_of(Shy).keys
  end

  test "each declaration has its own" do
    record = nil
    events = capture_stream_broadcasts(@post) { record = TwoFaced.create!(post: @post, body: "x") }
    assert_equal({ "body" => "x" }, events.sole["value"])
    assert_equal({ "id" => record.id }, capture_stream_broadcasts("all").sole["value"])
    assert_equal({ "id" => record.id }, capture_stream_broadcasts(record).sole["value"])
  end

  test "of two that name the same stream the first one counts" do
    assert_equal({ "body" => "hi" }, value_of(Repeating))
  end

  test "a lambda without parameters is the record's own" do
    record = nil
    assert_stream_broadcasts([ @post, "hi" ], count: 1) { record = Within.create!(post: @post, body: "hi") }
    assert_stream_broadcasts([ @post, "ho" ], count: 1) { record.update!(body: "ho") }
  end

  test "they choose from to_stream_value, whatever it answers" do
    assert_equal({ "shout" => "HI" }, value_of(Overriding))
    assert_equal "hi", value_of(Spelled)
  end

  test "the life of a stream is that of its declaration" do
    fake_server
    Limited.create!(post: @post)
    perform_enqueued_jobs
    assert_equal [ "3600", nil ], life_of(@post)
  end

  test "the end of a stream is its declaration's, or its record's" do
    fake_server
    Dated.create!(post: @post)
    Fixed.create!
    other, third = 2.times.map { Post.create!(title: "x") }
    Ending.create!(post: other, body: "ends")
    Ending.create!(post: third, body: "goes on")
    perform_enqueued_jobs
    assert_equal [ nil, "2100-01-01T00:00:00.000Z" ], life_of(other)
    assert_equal [ "3600", nil ], life_of(third)
    assert_equal [ nil, "2090-01-02T00:00:00.000Z" ], life_of(@post)
    assert_equal [ nil, "2100-01-01T00:00:00.000Z" ], life_of("fixed")
  end

  test "the life of a stream can be given to a call" do
    fake_server
    change_settings(stream_ttl: 1.day)
    room = Room.create!
    room.stream_update ttl: 1.minute
    room.stream_update_later_to "later", expires_at: Time.utc(2100)
    DurableStreams.broadcast_event_to("direct", type: "x", key: "1", operation: :insert, expires_at: Time.utc(2101))
    DurableStreams.broadcast_event_to("default", type: "x", key: "1", operation: :insert)
    DurableStreams.signed_stream_url("page", expires_at: Time.utc(2102))
    perform_enqueued_jobs

    assert_equal [ "60", nil ], life_of(room)
    assert_equal [ nil, "2100-01-01T00:00:00.000Z" ], life_of("later")
    assert_equal [ nil, "2101-01-01T00:00:00.000Z" ], life_of("direct")
    assert_equal [ "86400", nil ], life_of("default")
    assert_equal [ nil, "2102-01-01T00:00:00.000Z" ], life_of("page")
  end

  test "what makes no sense is refused when it is declared" do
    [ [ "post" ], [ nil ], [ :post, { ttl: 0 } ], [ :post, { expires_at: "tomorrow" } ],
      [ :post, { ttl: 60, expires_at: Time.utc(2100) } ], [ :post, { only: :id, except: :body } ], [ :post, { nonsense: 1 } ]
    ].each do |target, options|
      assert_raises(ArgumentError, options.inspect) { Class.new(Comment) { streams_to target, **options.to_h } }
    end
    assert_raises(ArgumentError) { Room.create!.stream_update ttl: 0 }
  end

  private
    def value_of(model)
      capture_stream_broadcasts(@post) { model.create!(post: @post, body: "hi", author_secret: "s") }.sole["value"]
    end

    def life_of(target)
      stream = fake_server.stream(stream_name_from(target))
      [ stream.ttl, stream.expires_at ]
    end
end
