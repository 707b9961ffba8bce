require "application_system_test_case"

class LiveBoardTest < ApplicationSystemTestCase
  setup { @post = demo.create_post(title: name) }

  test "a comment written, edited and deleted in one window changes the other" do
    open_in :left, :right, post_path

    in_window(:left) { write "First thought" }
    in_window(:right) { assert_comments "First thought" }

    in_window(:left) { edit "First thought", to: "Second thought" }
    in_window(:right) do
      assert_comments "Second thought"
      assert_selector ".comment.edited"
    end

    in_window(:right) { delete "Second thought" }
    in_window(:left) { assert_comments }
  end

  test "events touch only what they are about" do
    open_in :left, :right, post_path
    in_window(:left) { write "Stays" }
    in_window(:right) do
      assert_comments "Stays"
      execute_script "document.querySelector('.comment').untouched = true; document.querySelector('main').untouched = true"
    end

    in_window(:left) do
      write "Comes"
      write "Goes"
      delete "Goes"
      edit "Stays", to: "Stays, edited"
    end
    in_window(:right) do
      assert_comments "Stays, edited", "Comes"
      assert evaluate_script("document.querySelector('.comment').untouched && document.querySelector('main').untouched")
    end
  end

  test "a window without network catches up, nothing missing and nothing doubled" do
    open_in :left, :right, post_path
    in_window(:left) { write "Before" }
    in_window(:right) do
      assert_comments "Before"
      set_network offline: true
      assert_offline
    end

    in_window(:left) do
      write "While away"
      write "Gone again"
      delete "Gone again"
      edit "Before", to: "Before, edited"
    end
    in_window(:right) do
      assert_comments "Before"
      set_network offline: false
      assert_live
      assert_comments "Before, edited", "While away"
      assert_no_event_twice
    end
  end

  test "a window taken offline by its switch catches up from its offset" do
    open_in :left, :right, post_path
    in_window(:left) { write "Before" }
    in_window(:right) do
      assert_inserted_once "Before"
      click_on "Go offline"
      assert_offline
    end
    in_window(:left) { 3.times { |number| write "Comment #{number}" } }
    in_window(:right) do
      assert_comments "Before"
      click_on "Reconnect"
      assert_comments "Before", "Comment 0", "Comment 1", "Comment 2"
      assert_text "Caught up"
      assert_selector ".log [data-from-log]", minimum: 3
      assert_no_event_twice
    end
  end

  test "a suspended window catches up when it wakes" do
    open_in :left, :right, post_path
    in_window(:left) { write "Before" }
    in_window(:right) do
      assert_inserted_once "Before"
      suspend_page
    end

    in_window(:left) { write "While asleep" }
    in_window(:right) do
      wake_page
      assert_inserted_once "Before", "While asleep"
      assert_comments "Before", "While asleep"
      assert_no_event_twice
    end
  end

  test "after kill -9 of the stream server nothing is missing and nothing doubled" do
    open_in :left, :right, post_path
    in_window(:left) { write "Before the kill" }
    in_window(:right) { assert_comments "Before the kill" }

    victim = demo.kill_stream_server
    in_window(:left) { write "Right after the kill" }
    demo.wait_for_new_stream_server(victim)
    in_window(:left) { write "After the restart" }

    %i[ left right ].each do |window|
      in_window(window) do
        assert_live
        assert_comments "Before the kill", "Right after the kill", "After the restart"
        assert_inserted_once "Before the kill", "Right after the kill", "After the restart"
        assert_no_event_twice
      end
    end
  end

  test "a page opened late starts from its own offset and replays nothing" do
    open_in :left, post_path
    in_window(:left) { write "Old news" }
    in_window(:left) { assert_event_log "Old news" }

    open_in :right, post_path
    in_window(:right) do
      assert_comments "Old news"
      assert_no_selector ".log li"
    end
  end

  test "the board shows new posts and their numbers of comments" do
    open_in :left, "/"
    title = "#{name} again"
    post = demo.create_post(title: title)
    in_window(:left) { assert_selector ".card", text: title }

    open_in :right, "/posts/#{post["id"]}"
    in_window(:right) { write "One" }
    in_window(:left) { assert_selector "#post_#{post["id"]} [data-comments-count]", text: "1", exact_text: true }

    in_window(:right) do
      accept_confirm { click_on "Delete post" }
      assert_current_path "/"
    end
    in_window(:left) { assert_no_selector "#post_#{post["id"]}" }
  end

  test "a page whose post is deleted elsewhere says so" do
    open_in :left, :right, post_path
    in_window(:left) { accept_confirm { click_on "Delete post" } }
    in_window(:right) { assert_text "This post was deleted in another window." }
  end

  private
    def post_path = "/posts/#{@post["id"]}"

    def write(text)
      within("#new-comment") do
        fill_in "Comment", with: text
        click_on "Comment"
      end
      assert_selector ".comment [data-body]", text: text, exact_text: true
    end

    def edit(text, to:)
      within(comment(text)) do
        hover_and_click "Edit"
        fill_in "Edit comment", with: to
        click_on "Save"
      end
      assert_selector ".comment [data-body]", text: to, exact_text: true
    end

    def delete(text)
      within(comment(text)) { hover_and_click "Delete" }
      assert_no_selector ".comment [data-body]", text: text, exact_text: true
    end

    def comment(text) = find(".comment [data-body]", text: text, exact_text: true).ancestor(".comment")

    # The buttons show when the pointer is over the comment.
    def hover_and_click(button)
      find("header").hover
      click_on button
    end

    # Exactly these comments, in this order.
    def assert_comments(*texts)
      assert_selector ".comment:not([data-leaving])", count: texts.size
      texts.each { |text| assert_selector ".comment [data-body]", text: text, exact_text: true }
      assert_equal texts, all(".comment:not([data-leaving]) [data-body]", wait: false).map(&:text)
    end

    def assert_event_log(text) = assert_selector(".log [data-type=comment] q", text: text, exact_text: true)

    # The insert of each of these comments has arrived as an event, and only once.
    def assert_inserted_once(*texts)
      rows = ".log [data-type=comment][data-operation=insert] q"
      texts.each { |text| assert_selector rows, text: text, exact_text: true, count: 1 }
      assert_selector rows, count: texts.size
    end

    # Every event carries the id of its transaction and its record; the log on the page shows each once.
    def assert_no_event_twice
      rows = all(".log li").map { |row| [ row["data-txid"], row["data-operation"], row.find("span").text ] }
      assert_operator rows.size, :>, 0
      assert_empty rows.tally.select { |_row, times| times > 1 }
    end
end
