# frozen_string_literal: true

require "test_helper"
require_relative "../../../demo/test/support/browser"

# Pages of a default new app, in a browser: the guide's first page as it stands there, and an app's
# Turbo Streams moved by one line.
class NewAppPagesTest < ActiveSupport::TestCase
  include NewAppProcess
  include BrowserControls

  GUIDE, GUIDE_TO_TESTS = %w[getting-started testing].map { |page| File.read(File.expand_path("../../../docs/guide/#{page}.md", __dir__)) }
  BROWSER = File.expand_path("../../../demo/test/support/browser", __dir__)

  ACTIONS = <<~RUBY
    def show = @post = Post.find(params[:id])
    def turbo = @post = Post.find(params[:id])
  RUBY

  teardown { @page&.driver&.quit }

  test "the guide's first page, and Turbo Streams after one line" do
    install
    write_app
    start_app

    visit "/posts/1"
    comment "Hello"
    page.assert_selector "#comments li", text: "Hello", count: 1

    visit "/posts/1/turbo"
    comment "On Turbo"
    page.assert_selector "#turbo_comments p", text: "On Turbo", count: 1
    set_network offline: true
    page.assert_no_selector "durable-stream-source[connected]", visible: :all
    5.times { |i| comment "away #{i}" }
    set_network offline: false
    page.assert_selector "#turbo_comments p", text: "away 4"
    assert_equal [ "Hello", "On Turbo", *Array.new(5) { |i| "away #{i}" } ], page.all("#turbo_comments p").map(&:text)
  end

  test "the guide's system test, with no server beside it" do
    install
    write_app
    rails("generate", "system_test", "comments")
    @app.write "test/application_system_test_case.rb", <<~RUBY
      require "test_helper"
      require #{BROWSER.inspect}
      Capybara.run_server = true

      class ApplicationSystemTestCase < ActionDispatch::SystemTestCase
        driven_by :chromium
      end
    RUBY
    @app.write "test/system/comments_test.rb", %(require "application_system_test_case"\n\n#{GUIDE_TO_TESTS[/^class .*?^end$/m]}\n)
    assert_match(/^1 runs, \d+ assertions, 0 failures, 0 errors, 0 skips/, rails("test:system"))
  end

  test "assets are made for production, and all of the gem loads there" do
    install
    use_turbo
    env = { "RAILS_ENV" => "production", "SECRET_KEY_BASE_DUMMY" => "1", "DURABLE_STREAMS_BIN" => BINARY }
    @app.run("bin/rails", "assets:precompile", env:)
    url = @app.run("bin/rails", "runner", <<~RUBY, env:).lines.last.chomp
      map = JSON.parse(Rails.application.importmap.to_json(resolver: ApplicationController.helpers))
      script = ApplicationController.helpers.asset_path("durable_streams.js")
      raise [ map, script ].inspect unless map["imports"]["durable_streams"] == script
      raise "Turbo's jobs are not tried again" unless Turbo::Streams::ActionBroadcastJob < DurableStreams::Rails::DeliveryRetries
      puts script
    RUBY
    assert_match %r{\A/assets/durable_streams-\h+\.js\z}, url
    assert_path_exists @app.path("public#{url}")
  end

  private
    def write_app
      write_posts_and_comments(ACTIONS, routes: "get :turbo")
      @app.write "app/models/comment.rb", <<~RUBY
        class Comment < ApplicationRecord
          belongs_to :post
          streams_to :post
          broadcasts_to :post, target: "turbo_comments"
        end
      RUBY
      @app.write "app/views/posts/show.html.erb", from_guide("erb")
      @app.write "app/views/posts/turbo.html.erb", <<~ERB
        <%= turbo_stream_from @post %>
        <div id="turbo_comments"><%= render @post.comments %></div>
      ERB
      @app.write "app/views/comments/_comment.html.erb", "<p><%= comment.body %></p>\n"
      @app.edit("app/javascript/application.js") { |text| text + from_guide("js") }
      use_turbo
      rails("db:prepare")
    end

    def use_turbo
      @app.edit("config/application.rb") { |text| text.sub(/^    config.load_defaults.*/) { |line| "#{line}\n    config.durable_streams.turbo = true" } }
    end

    # The first block of that language which is written for a file of the app.
    def from_guide(language)
      GUIDE.scan(/^```#{language}\n(.*?)^```$/m).flatten.first
    end

    def page = @page ||= Capybara::Session.new(:chromium)

    def visit(path)
      page.visit app_uri(path).to_s
      page.assert_selector "durable-stream-source[connected]", visible: :all
    end
end
