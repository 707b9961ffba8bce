# frozen_string_literal: true

require "test_helper"

# What the README promises, against a server that keeps the protocol's rules for producers.
class NeverDoubledNeverStaleTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper
  include LiveServer

  setup do
    fake_server
    @post = Post.create!(title: "Hello")
    @name = stream_name_from(@post)
  end

  test "the newest version wins in whatever order the jobs run" do
    random = Random.new(Minitest.seed)
    20.times do
      comment = @post.comments.create!(body: "0")
      3.times { |i| comment.update!(body: (i + 1).to_s) }
      enqueued_jobs.shuffle(random:).each { |job| ActiveJob::Base.execute(job) }
      clear_enqueued_jobs

      last = fake_server.events(@name).reverse.find { |event| event["key"] == comment.id.to_s }
      assert_equal "3", last["value"]["body"]
    end
  end

  test "an update that comes after the delete does not bring the record back" do
    comment = @post.comments.create!(body: "a")
    comment.update!(body: "b")
    comment.destroy!
    enqueued_jobs.reverse_each { |job| ActiveJob::Base.execute(job) }

    assert_equal %w[delete], fake_server.events(@name).map { |event| event["headers"]["operation"] }
  end

  test "a job that runs again appends nothing" do
    @post.comments.create!(body: "a").stream_update_later_to @post
    jobs = enqueued_jobs.dup
    2.times { jobs.each { |job| ActiveJob::Base.execute(job) } }

    assert_equal 4, fake_server.requests("POST").size
    assert_equal %w[insert update], fake_server.events(@name).map { |event| event["headers"]["operation"] }
  end

  test "a direct form is newer than the save before it and older than the one after" do
    comment = @post.comments.create!(body: "a")
    comment.stream_upsert_later_to @post
    comment.update!(body: "b")
    epochs = enqueued_jobs.map { |job| job["arguments"].first["epoch"] }
    assert_equal epochs.sort.uniq, epochs
  end

  test "a record's producer is the record and its epoch the version, on each of its streams" do
    board = Board.create!(name: "a")
    perform_enqueued_jobs

    producers = fake_server.requests("POST").map { |request| request.headers.values_at("producer-id", "producer-epoch", "producer-seq") }
    assert_equal 2, producers.size
    assert_equal 1, producers.uniq.size
    assert_equal [ board.to_gid.to_s, "0" ], producers.first.values_at(0, 2)
    assert_equal [ stream_name_from(board), "boards" ].sort, fake_server.requests("POST").map(&:name).sort
  end

  test "a deleted record's id can be used again" do
    comment = @post.comments.create!(body: "a")
    comment.destroy!
    Comment.create!(id: comment.id, post: @post, body: "again")
    perform_enqueued_jobs

    assert_equal %w[insert delete insert], fake_server.events(@name).map { |event| event["headers"]["operation"] }
  end

  test "events that are about no record are never taken for one another" do
    2.times { DurableStreams.broadcast_event_to(@post, type: "x", key: "1", operation: :insert) }
    2.times { DurableStreams.broadcast_to(@post, type: "x") }
    assert_equal 4, fake_server.events(@name).size
    assert_equal 4, fake_server.requests("POST").map { |request| request.headers.values_at("producer-id", "producer-epoch") }.uniq.size
    assert_equal [ "0" ], fake_server.requests("POST").map { |request| request.headers["producer-seq"] }.uniq
  end

  # The server remembers every producer of a stream for days.
  test "many events that are about no record have few producers" do
    20.times { DurableStreams.broadcast_event_to(@post, type: "x", key: "1", operation: :insert) }
    assert_equal 20, fake_server.events(@name).size
    assert_equal 1, fake_server.requests("POST").map { |request| request.headers["producer-id"] }.uniq.size
  end

  test "an event that a job has to send is not taken for old because of those that came after it" do
    refused = 0
    fake_server.answer_with { |request| [ 503, {}, "" ] if request.verb == "POST" && (refused += 1) == 1 }
    late = DurableStreams.broadcast_event_to(@post, type: "x", key: "1", operation: :insert)
    server_is_back
    others = 3.times.map { DurableStreams.broadcast_event_to(@post, type: "x", key: "1", operation: :insert) }
    perform_enqueued_jobs

    assert_equal [ *others, late ], fake_server.events(@name).map { |event| event["headers"]["txid"] }
  end
end
