# frozen_string_literal: true

require "test_helper"

# The first ten minutes: a default new app, the gem, the installer, bin/dev. And the README's examples,
# typed into that app's own tests.
class NewAppTest < ActiveSupport::TestCase
  include NewAppProcess

  README_TEST = <<~RUBY
    require "test_helper"

    class CommentTest < ActiveSupport::TestCase
      setup { @post = posts(:one) }

      test "creating comment streams to post" do
        assert_stream_broadcasts @post, count: 1 do
          @post.comments.create!(body: "Hello")
        end
      end

      test "capture stream events" do
        events = capture_stream_broadcasts @post do
          @post.comments.create!(body: "Hello")
        end

        assert_equal "insert", events.first["headers"]["operation"]
        assert_equal "Hello", events.first["value"]["body"]
      end

      test "no broadcasts when suppressed" do
        assert_no_stream_broadcasts @post do
          Comment.suppressing_streams do
            @post.comments.create!(body: "Silent")
          end
        end
      end

      test "a page's URL" do
        assert_match %r{\\Ahttp://localhost:4438/v1/streams/gid://blog/Post/\\d+\\?token=}, DurableStreams.signed_stream_url(@post)
      end
    end
  RUBY

  ACTIONS = <<~RUBY
    def show
      render plain: DurableStreams.signed_stream_url(Post.find(params[:id]))
    end
  RUBY

  test "bundle add, the installer, bin/dev: live streams; and nothing is left of it after destroy" do
    out = install
    assert_match "Start the app with bin/dev: Puma runs the stream server.", out
    assert_equal [ " M .gitignore", " M config/puma.rb", "?? Procfile.dev", "?? bin/durable-streams",
      "?? config/durable_streams.yml", "?? config/initializers/durable_streams.rb" ], @app.changes.sort
    @app.commit("installed")
    install
    assert_empty @app.changes, "running it again changes nothing"
    @app.run("bin/rubocop")

    write_models
    other = take_default_port
    start_app
    url = app_get("/posts/1")
    reader = Thread.new { JSON.parse(Net::HTTP.get(URI("#{url}&offset=-1&live=long-poll"))) }
    comment "Hello"
    event = reader.value.sole
    assert_not_equal 4437, URI(url).port, "another program's"
    assert_equal [ "comment", "insert", "Hello" ], [ event["type"], event["headers"]["operation"], event["value"]["body"] ]
    assert_match(/durable-streams: listening on|durable-streams: started/, File.read(@app.path("log/development.log")))
    assert_match "All is well.", rails("durable_streams:doctor")
    end_app

    @app.run("git", "checkout", "--quiet", ".")
    @app.run("git", "clean", "--quiet", "--force", "-d")
    rails("destroy", "durable_streams:install")
    assert_empty @app.run("git", "diff", "--stat", "HEAD~1"), "destroy leaves the app as it was"
    assert_empty @app.changes.grep_v(/^ [MD]/)
  ensure
    other&.close
  end

  test "the README's examples pass as they are, in parallel too" do
    install
    write_models
    @app.write "test/models/comment_test.rb", README_TEST
    [ {}, { "PARALLEL_WORKERS" => "2" } ].each do |env|
      out = @app.run("bin/rails", "test", env:)
      assert_match(/4 runs, \d+ assertions, 0 failures, 0 errors, 0 skips/, out)
    end
  end

  test "with --outbox a process that ends with nobody to send to leaves its event to the app" do
    install "--outbox"
    write_models
    rails("runner", "Post.find(1).comments.create!(body: 'Left behind')")
    assert_match(/^primary: 1 waiting/, rails("durable_streams:outbox:status"))
    start_app
    url = app_get("/posts/1")
    comment "Hello"
    eventually do
      events = JSON.parse(Net::HTTP.get(URI("#{url}&offset=-1")))
      events.map { |event| event["value"]["body"] } == [ "Left behind", "Hello" ]
    end
    assert_match(/^primary: 0 waiting/, rails("durable_streams:outbox:status"))
  end

  private
    def write_models
      write_posts_and_comments(ACTIONS)
      @app.write "app/models/comment.rb", "class Comment < ApplicationRecord\n  belongs_to :post\n  streams_to :post\nend\n"
      rails("db:prepare")
    end

    # As if another app's server had it, if none has.
    def take_default_port
      TCPServer.new("127.0.0.1", 4437)
    rescue Errno::EADDRINUSE
      nil
    end
end
