# frozen_string_literal: true

require_relative "live_server"
require_relative "new_app"
require_relative "real_server"

# For tests in a default new app that has the gem in its bundle: `@app`, a NewApp.
module NewAppProcess
  extend ActiveSupport::Concern

  include LiveServer
  include RealServer

  included do
    setup do
      require_real_server
      @directory = Dir.mktmpdir("new_app")
      @app = NewApp.copy_to(@directory)
      @app.add_gem
    end

    teardown do
      end_app if @pid
      FileUtils.rm_rf(@directory)
    end
  end

  # The action behind `comment`, of a controller that a test writes.
  COMMENT_ACTION = <<~RUBY.indent(2)
    skip_forgery_protection

    def comment
      Post.find(params[:id]).comments.create!(body: params[:body])
      head :created
    end
  RUBY

  private
    def rails(*arguments, **options) = @app.run("bin/rails", *arguments, env: { "DURABLE_STREAMS_BIN" => BINARY }, **options)
    def install(*options) = rails("generate", "durable_streams:install", *options)

    # Two models, a controller with `actions` and `comment`, routes to them, and one post. What Comment
    # declares is the test's.
    def write_posts_and_comments(actions, routes: "")
      rails("generate", "model", "Post", "title:string")
      rails("generate", "model", "Comment", "post:references", "body:text")
      @app.write "app/models/post.rb", "class Post < ApplicationRecord\n  has_many :comments, dependent: :destroy\nend\n"
      @app.write "app/controllers/posts_controller.rb", "class PostsController < ApplicationController\n#{COMMENT_ACTION}\n#{actions.indent(2)}end\n"
      @app.edit("config/routes.rb") { |text| text.sub(/^end/, "  resources(:posts) { member { post :comments, action: :comment; #{routes} } }\nend") }
      @app.write "db/seeds.rb", "Post.find_or_create_by!(id: 1, title: \"Hello\")\n"
    end

    def start_app
      @port = free_port
      @log = File.join(@directory, "dev.log")
      env = { "DURABLE_STREAMS_BIN" => BINARY, "PORT" => @port.to_s, "RAILS_ENV" => nil }
      @pid = Bundler.with_unbundled_env do
        Process.spawn(env.merge("BUNDLE_PATH" => NewApp.bundle_path), "bin/dev", chdir: @app.root, out: @log, err: [ :child, :out ])
      end
      eventually(-> { "the app is not up: #{File.read(@log)}" }) { app_up? }
    end

    def app_uri(path) = URI("http://localhost:#{@port}#{path}")
    def app_get(path) = Net::HTTP.get(app_uri(path))

    def comment(body)
      assert_equal "201", Net::HTTP.post_form(app_uri("/posts/1/comments"), body:).code
    end

    def app_up?
      Net::HTTP.get_response(app_uri("/up")).code == "200"
    rescue SystemCallError
      false
    end

    def end_app
      Process.kill("TERM", @pid)
      Process.wait(@pid)
      @pid = nil
    end
end
