# frozen_string_literal: true

require "system_test_helper"

# Turbo Streams over durable streams, with turbo-rails itself in the browser.
class TurboStreamsTest < SystemTestCase
  include ActiveJob::TestHelper

  test "all of turbo-rails' ways to broadcast reach a page" do
    open_page
    Turbo::StreamsChannel.broadcast_append_to @post, target: "notes", html: "<li id='a'>one</li>"
    Turbo::StreamsChannel.broadcast_replace_to @post, target: "a", html: "<li id='a'>two</li>"
    assert_notes "two"
    perform_enqueued_jobs do
      Turbo::StreamsChannel.broadcast_append_later_to @post, target: "notes", html: "<li id='b'>three</li>"
    end
    assert_notes "two", "three"
    Turbo::StreamsChannel.broadcast_remove_to @post, target: "a"
    assert_notes "three"
  end

  test "a page that was away shows all that was broadcast meanwhile, in order and once" do
    open_page
    note "before"
    assert_notes "before"
    set_network offline: true
    assert_durable_stream_source(connected: false)
    5.times { |i| note "away #{i}" }
    assert_notes "before"
    set_network offline: false
    assert_notes "before", *Array.new(5) { |i| "away #{i}" }
    assert_durable_stream_source(connected: true)
    note "after"
    assert_notes "before", *Array.new(5) { |i| "away #{i}" }, "after"
  end

  test "a connection that breaks in the middle of a burst loses and doubles nothing" do
    open_page
    expected = Array.new(60) { |i| "note #{i}" }
    writer = Thread.new { expected.each { |text| note text } }
    3.times do |i|
      assert_selector "#notes li", minimum: (i + 1) * 10
      execute_script "document.querySelector('durable-stream-source').pause()"
      execute_script "document.querySelector('durable-stream-source').resume()"
    end
    writer.join
    assert_notes(*expected)
  end

  test "a stream broadcast while the page is rendered is not missed" do
    PagesController.queried = ->(post) { note("between", on: post) && let_it_be_old([ "turbo", post.to_gid_param ]) }
    visit turbo_page_path(@post)
    assert_notes "between"
  end

  test "a page that Turbo takes from its cache goes on where it was" do
    open_page
    note "first"
    assert_notes "first"
    click_on "Elsewhere"
    assert_text "Nothing here."
    note "while away"
    page.go_back
    assert_notes "first", "while away"
    note "last"
    assert_notes "first", "while away", "last"
  end

  test "a refresh that morphs the page keeps it connected, and what came before it was rendered" do
    open_page
    @post.comments.create!(body: "in the database")
    Turbo::StreamsChannel.broadcast_refresh_to @post
    assert_selector "#comments li", text: "in the database"
    note "after"
    assert_notes "after"
    assert_durable_stream_source(connected: true)
  end

  test "visit waits until Turbo's streams are connected" do
    visit turbo_page_path(@post)
    assert_durable_stream_source(turbo: true, connected: true, wait: 0)
  end

  test "a page that Turbo goes to follows its stream as well" do
    visit empty_page_path(@post)
    click_on "Back"
    connect_durable_streams
    note "after a visit"
    assert_notes "after a visit"
  end

  test "what somebody else writes is not rendered where the page does not say so" do
    visit turbo_page_path(@post)
    element = ApplicationController.helpers.durable_stream_from(@post, data: { plain: true })
    execute_script <<~JS, element[/<durable.*<.durable-stream-source>/]
      window.came = 0
      addEventListener("durable-stream:event", () => { window.came++ })
      document.body.insertAdjacentHTML("beforeend", arguments[0])
    JS
    DurableStreams.broadcast_event_to(@post, type: "turbo-stream", key: "1", operation: :insert,
      value: %(<turbo-stream action="append" target="notes"><template><li>intruder</li></template></turbo-stream>))
    eventually { evaluate_script("window.came") == 1 }
    note "from the app"
    assert_notes "from the app"
  end

  test "what a morph has undone comes again, because the page was rendered before it" do
    open_page
    rendered_at = source("offset")
    note "one"
    assert_notes "one"
    execute_script <<~JS, rendered_at
      document.querySelector("#notes").replaceChildren()
      document.querySelector("durable-stream-source").setAttribute("offset", arguments[0])
    JS
    assert_notes "one"
    note "two"
    assert_notes "one", "two"
  end

  test "a later offset in a morphed page skips nothing" do
    open_page
    element = "document.querySelector('durable-stream-source')"
    execute_script "#{element}.pause()"
    note "one"
    execute_script "#{element}.setAttribute('offset', arguments[0]); #{element}.resume()", DurableStreams.stream_offset("turbo", @post.to_gid_param)
    assert_notes "one"
  end

  test "turbo's streams and the events of models are kept apart" do
    open_page
    tell "an event"
    note "a note"
    assert_notes "a note"
    assert_equal [ "an event" ], DurableStreams.read_stream(@post).events.map { |event| event["key"] }
  end

  private
    def open_page
      visit turbo_page_path(@post)
      connect_durable_streams
    end

    # Without an id: Turbo could not tell if it came twice.
    def note(text, on: @post)
      Turbo::StreamsChannel.broadcast_append_to on, target: "notes", html: "<li>#{text}</li>"
    end

    def assert_notes(*texts)
      assert_selector "#notes li", count: texts.size
      assert_equal texts, all("#notes li").map(&:text)
    end
end
