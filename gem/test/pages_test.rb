# frozen_string_literal: true

require "test_helper"

# What durable_stream_from gives a page, and how the page gets new tokens for it.
class PagesTest < ActionDispatch::IntegrationTest
  setup do
    @post = Post.create!(title: "Hello")
    PagesController.source_options = nil
  end

  teardown do
    PagesController.source_options = nil
    change_settings # Puts all back.
  end

  test "an element names its stream, a token for it and where to read" do
    element = visit
    assert_equal DurableStreams.signed_stream_primitives(@post).first, element["src"]
    assert_equal [ "gid://dummy/Post/#{@post.id}", %w[read] ], claims(element["token"]).values_at("stream", "permissions")
    assert_equal [ "-1", "hidden" ], [ element["offset"], element["hidden"] ]
    assert_equal "/durable_streams/token", element["renew-url"]
    assert_predicate element["grant"], :present?
  end

  test "options of the token, of the element, and any other attribute" do
    element = visit(permissions: %i[read write], identity: 7, expires_in: 60, background: true, paused: false, offset: "by-hand", data: { role: "x" })
    assert_equal [ %w[read write], "7", 60 ], claims(element["token"]).then { |c| [ c["permissions"], c["identity"], c["exp"] - c["iat"] ] }
    assert_equal [ "by-hand", "", nil, "x" ], [ element["offset"], element["background"], element["paused"], element["data-role"] ]
  end

  test "the script comes with the first element, unless it is unwanted" do
    view = PagesController.new.tap { |controller| controller.set_request!(ActionDispatch::TestRequest.create) }.view_context
    assert_match %r{<script src="/javascripts/durable_streams[^"]*\.js" type="module"}, view.durable_stream_from("room")
    assert_no_match "<script", view.durable_stream_from("room")

    change_settings(page_script: false)
    assert_no_match "<script", ApplicationController.helpers.durable_stream_from("room")
  end

  test "a view that a job renders has an element that cannot renew its token" do
    html = ApplicationController.render(inline: "<%= durable_stream_from 'room' %>")
    element = Nokogiri::HTML5.fragment(html).at("durable-stream-source")
    assert_equal "room", claims(element["token"])["stream"]

    assert_nil Nokogiri::HTML5.fragment(ApplicationController.helpers.durable_stream_from("room")).at("durable-stream-source")["grant"]
  end

  test "nothing to name a stream by is a mistake" do
    assert_raises(ArgumentError) { ApplicationController.helpers.durable_stream_from(nil, "") }
  end

  test "Turbo Streams are rendered where it is said, and never where visitors may write" do
    assert_nil visit["turbo"]
    assert_equal "", visit(turbo: true)["turbo"]
    assert_raises(ArgumentError) { ApplicationController.helpers.durable_stream_from("room", turbo: true, permissions: %i[read write]) }
  end

  test "a stream that had to be made has the lifetime that was asked for, also when a token is renewed" do
    at = Time.utc(2100, 1, 1)
    { { ttl: 1.hour } => { ttl: 3600 }, { expires_at: at } => { expires_at: at }, {} => {}, { offset: "by-hand" } => {} }.each do |options, lifetime|
      made = []
      provisioner = DurableStreams::Rails::Runtime.provisioner
      provisioner.define_singleton_method(:create) { |_name, **given| made << given.except(:deadline) }
      provisioner.define_singleton_method(:known?) { |_name| false }
      renew(visit(**options)["grant"])
      assert_equal [ lifetime ] * 2, made
    ensure
      DurableStreams::Rails::Runtime.reset
    end
  end

  test "a page gets a new token of the same kind" do
    element = visit(permissions: %i[read write], identity: 7, expires_in: 60)
    token = renew(element["grant"])
    assert_response :success
    assert_equal "no-store", response.headers["Cache-Control"]
    assert_equal claims(element["token"]).except("iat", "exp"), claims(token).except("iat", "exp")
    assert_equal 60, claims(token).then { |claims| claims["exp"] - claims["iat"] }
  end

  test "a grant does not stand in the log" do
    assert_equal "[FILTERED]", ActiveSupport::ParameterFilter.new(Rails.application.config.filter_parameters).filter("stream_grant" => "x")["stream_grant"]
  end

  test "what an element has can be given to a page that makes its elements itself" do
    controller = PagesController.new.tap { |it| it.set_request!(ActionDispatch::TestRequest.create) }
    attributes = controller.helpers.durable_stream_attributes(@post, expires_in: 60)
    assert_equal %i[src token offset renew-url grant], attributes.keys
    assert_equal 60, claims(attributes[:token]).then { |claims| claims["exp"] - claims["iat"] }
  end

  test "a grant that is forged, missing or past its time is worth nothing" do
    grant = visit["grant"]
    [ nil, "", "x", grant.sub(/\A./) { |letter| letter == "e" ? "f" : "e" }, Rails.application.message_verifier("other").generate("x") ].each do |text|
      renew(text)
      assert_response :forbidden, text.inspect
    end

    travel 1.day - 1.second
    renew(grant)
    assert_response :success
    travel 2.seconds
    renew(grant)
    assert_response :forbidden
  end

  test "a grant that another version of the gem has made is worth nothing, and no error" do
    content = DurableStreams::Rails::Grant.verifier.verified(visit["grant"])
    [ content.merge("only_on" => "Mondays"), content.except("stream_name"), "a text", [ 1 ] ].each do |other|
      renew(DurableStreams::Rails::Grant.verifier.generate(other))
      assert_response :forbidden, other.inspect
    end
  end

  test "a grant is worth nothing in another browser, or after signing out" do
    grant = visit["grant"]
    open_session do |other|
      other.post "/durable_streams/token", params: { stream_grant: grant }, as: :json
      other.assert_response :forbidden
    end

    renew(grant)
    assert_response :success
    get "/pages/sign_out"
    renew(grant)
    assert_response :forbidden
  end

  test "a sign-in that is kept in a cookie of its own counts as well" do
    cookies["session_id"] = "ada's"
    grant = visit["grant"]
    renew(grant)
    assert_response :success
    cookies.delete("session_id")
    renew(grant)
    assert_response :forbidden
  end

  test "where there is neither session nor sign-in a grant is bound to nobody" do
    request = ActionDispatch::Request.new(Rack::MockRequest.env_for("/"))
    grant = DurableStreams::Rails::PageSource.new([ @post ], request:).attributes[:grant]
    renew(grant)
    assert_response :success
  end

  test "an app below another's root asks there" do
    get "/pages/#{@post.id}", env: { "SCRIPT_NAME" => "/shop" }
    assert_equal "/shop/durable_streams/token", css_select("durable-stream-source").sole["renew-url"]
  end

  test "the app is asked, with what the stream was named by" do
    asked = nil
    change_settings(allow_renewal: ->(grant) { asked = [ self.class, grant.streamables ]; params[:stream_grant].present? && grant.streamables.first&.title == "Hello" })
    grant = visit["grant"]
    renew(grant)
    assert_response :success
    assert_equal [ DurableStreams::Rails::TokensController, [ @post ] ], asked

    @post.update_columns(title: "Secret")
    renew(grant)
    assert_response :forbidden

    @post.destroy!
    renew(grant)
    assert_response :forbidden
    assert_equal [ nil ], asked.last
  end

  test "an app that wants no route has none, and pages that do not ask" do
    change_settings(draw_routes: false)
    Rails.application.reload_routes!
    assert_nil visit["grant"]
    assert_nil visit["renew-url"]
    assert_raises(ActionController::RoutingError) { Rails.application.routes.recognize_path("/durable_streams/token", method: :post) }
  ensure
    change_settings
    DurableStreams.draw_routes = true
    Rails.application.reload_routes!
  end

  test "the app's own controller may stand before it" do
    parent = Class.new(ActionController::Base) do
      before_action { head :unauthorized if request.headers["X-Visitor"] != "ada" }
    end
    Object.const_set(:GuardedController, parent)
    change_settings(parent_controller: "GuardedController")
    reload_tokens_controller

    grant = visit["grant"]
    renew(grant)
    assert_response :unauthorized
    renew(grant, "X-Visitor" => "ada")
    assert_response :success
  ensure
    DurableStreams.parent_controller = "ActionController::Base"
    reload_tokens_controller
    Object.send(:remove_const, :GuardedController)
  end

  private
    def visit(**options)
      PagesController.source_options = options
      get "/pages/#{@post.id}"
      assert_response :success
      css_select("durable-stream-source").sole
    end

    def renew(grant, headers = {})
      post("/durable_streams/token", params: { stream_grant: grant }, headers:, as: :json)
      response.parsed_body["token"] if response.successful?
    end

    def claims(token) = JSON.parse(Base64.urlsafe_decode64(token.split(".")[1]))

    def reload_tokens_controller
      DurableStreams::Rails.send(:remove_const, :TokensController)
      load File.expand_path("../app/controllers/durable_streams/rails/tokens_controller.rb", __dir__)
    end

    include LiveServer
end
