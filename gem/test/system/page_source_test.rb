# frozen_string_literal: true

require "system_test_helper"

# <durable-stream-source> in a browser: a page misses nothing, and nothing comes twice.
class PageSourceTest < SystemTestCase
  test "an event between a page's queries and its rendering is not missed" do
    PagesController.queried = ->(post) { tell("between", on: post) && let_it_be_old }
    visit page_path(@post)
    assert_received "between"
    assert_selector "#comments li", text: "between", count: 1
  end

  test "an event between a page's rendering and its connection is not missed" do
    PagesController.rendered = ->(post) { tell "between", on: post }
    visit page_path(@post)
    assert_received "between"
  end

  test "what happened before the request began does not come again" do
    tell "old"
    let_it_be_old
    visit page_path(@post)
    assert_durable_stream_connected @post
    tell "new"
    assert_received "new"
  end

  test "the element says that it is connected, and when it is not any more" do
    visit page_path(@post)
    assert_durable_stream_connected @post
    assert_durable_stream_connected
    assert_no_durable_stream_source :another

    set_network offline: true
    assert_durable_stream_source @post, connected: false
    set_network offline: false
    connect_durable_streams
    assert_durable_stream_connected @post
  end

  test "a page without network catches up, each event once and in order" do
    visit page_path(@post)
    connect_durable_streams
    tell "before"
    assert_received "before"
    set_network offline: true
    assert_durable_stream_source @post, connected: false
    5.times { |i| tell "away #{i}" }
    set_network offline: false
    assert_received "before", *Array.new(5) { |i| "away #{i}" }
  end

  test "a page that was frozen catches up" do
    visit page_path(@post)
    connect_durable_streams
    suspend_page
    tell "asleep"
    wake_page
    assert_received "asleep"
    assert_durable_stream_connected @post
  end

  test "a page goes on where it was when the server has been killed and restarted" do
    visit page_path(@post)
    connect_durable_streams
    tell "before"
    assert_received "before"
    kill_server
    assert_durable_stream_source @post, connected: false
    spawn_server
    tell "after"
    assert_received "before", "after"
  end

  test "while the server is killed again and again, each event comes once and in order" do
    visit page_path(@post)
    connect_durable_streams
    bodies = Array.new(150) { |i| "event #{i}" }
    writer = Thread.new { bodies.each { |body| tell_surely body } }
    3.times do |i|
      eventually { received.size >= 30 * (i + 1) }
      kill_server
      spawn_server
    end
    writer.join
    assert_received(*bodies)
  end

  test "a token is renewed before it expires, and the page goes on past that" do
    PagesController.source_options = { expires_in: 6.seconds }
    visit page_path(@post)
    connect_durable_streams
    first = source("token")
    eventually { source("token") != first }
    assert_operator claims(source("token"))["iat"], :<, claims(first)["exp"]

    eventually { get(first).code == "401" }
    connect_durable_streams
    tell "later"
    assert_received "later"
  end

  test "whoever signs out gets no new token: the page asks the app again" do
    PagesController.source_options = { expires_in: 3.seconds }
    visit page_path(@post)
    connect_durable_streams
    execute_script "addEventListener('durable-stream:gone', (event) => sessionStorage.setItem('gone', event.detail.reason))"
    await_reload { evaluate_async_script "fetch('/pages/sign_out').then(() => arguments[0]())" }
    assert_equal "refused", evaluate_script("sessionStorage.getItem('gone')")
  end

  test "a page that prevents it is not loaded again when its stream is gone" do
    visit page_path(@post)
    connect_durable_streams
    execute_script <<~JS
      window.before = true
      addEventListener("durable-stream:gone", (event) => { window.gone = event.detail.reason; event.preventDefault() })
    JS
    DurableStreams.delete_stream(@post)
    tell "anew"
    eventually { evaluate_script("window.gone") == "lost" }
    assert_equal "gone", evaluate_script("document.querySelector('durable-stream-source').state")
    assert evaluate_script("window.before")
  end

  test "a page whose stream was lost is loaded again, with an offset of the new one" do
    visit page_path(@post)
    connect_durable_streams
    await_reload do
      DurableStreams.delete_stream(@post)
      tell "anew"
    end
    connect_durable_streams
    tell "and on"
    assert_received "and on"
  end

  test "a page that was rendered while the server was down is loaded again when it is up" do
    kill_server
    visit page_path(@post)
    assert_nil source("offset")
    await_reload { spawn_server }
    assert_durable_stream_connected @post
  end

  test "a closed stream ends well" do
    visit page_path(@post)
    connect_durable_streams
    tell "last words"
    DurableStreams.close_stream(@post)
    assert_selector "durable-stream-source[closed]", visible: :all
    assert_received "last words"
  end

  test "a paused element connects when it is told to" do
    PagesController.source_options = { paused: true }
    visit page_path(@post)
    tell "waiting"
    assert_durable_stream_source @post, connected: false
    assert_empty received
    execute_script "document.querySelector('durable-stream-source').resume()"
    assert_received "waiting"
  end

  private
    def get(token)
      Net::HTTP.get_response(URI("#{source("src")}?token=#{token}"))
    end

    # Once, however often the server is killed meanwhile.
    def tell_surely(body)
      event = DurableStreams::Rails::Broadcast.event(type: "comment", key: body, value: { body: }, operation: :insert)
      eventually do
        DurableStreams::Rails::Runtime.server.append(@post.to_gid.to_s, event.to_json, producer: [ body, 0 ])
      rescue DurableStreams::Rails::TemporaryFailure
        false
      end
    end

    # Runs the block, and returns when the page was loaded again.
    def await_reload
      execute_script "window.before = true"
      yield
      eventually(-> { "the page was not loaded again" }) { !evaluate_script("window.before") }
    end
end
