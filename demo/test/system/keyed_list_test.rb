require "application_system_test_case"

# board/keyed_list.js, run in the browser whose DOM it changes.
class KeyedListTest < ApplicationSystemTestCase
  setup { visit "/posts/#{demo.create_post(title: name)["id"]}" }

  test "records stand in the order of their keys, whatever order they arrive in" do
    assert_equal %w[ 2:b 9:c 10:a ], after("list.upsert(r(10, 'a', 1)); list.upsert(r(2, 'b', 1)); list.upsert(r(9, 'c', 1))")
  end

  test "an older value and the same value again change nothing" do
    assert_equal %w[ 1:new ], after("list.upsert(r(1, 'new', 5)); list.upsert(r(1, 'old', 4)); list.upsert(r(1, 'other', 5))")
  end

  test "what is deleted stays deleted, even if a late event tells of it" do
    assert_equal [], after("list.upsert(r(1, 'a', 1)); list.remove('1'); list.upsert(r(1, 'b', 2))")
    assert_equal [], after("list.remove('1'); list.upsert(r(1, 'a', 1))")
  end

  test "a history replayed from any earlier point ends the same" do
    seed = Minitest.seed
    random = Random.new(seed)
    version = 0
    history = Array.new(30) do
      key = random.rand(1..6)
      random.rand < 0.2 ? "list.remove('#{key}')" : "list.upsert(r(#{key}, 'v#{version}', #{version += 1}))"
    end
    once = after(history.join(";"))

    5.times do
      cut = random.rand(history.size)
      assert_equal once, after((history + history.drop(cut)).join(";")), "seed #{seed}, replayed from #{cut}"
    end
  end

  private
    # The list's records as "key:text" after `script`, in which r(key, text, version) is a record.
    def after(script)
      evaluate_async_script(<<~JS)
        const done = arguments[arguments.length - 1]
        import("board/keyed_list").then(({ KeyedList }) => {
          const template = document.createElement("template")
          template.innerHTML = "<li></li>"
          const ol = document.createElement("ol")
          document.body.append(ol)
          const list = new KeyedList(ol, { template, fill: (li, value) => { li.textContent = value.text } })
          const r = (id, text, version) => ({ id, text, updated_at: `2026-01-01T00:00:00.${String(version).padStart(3, "0")}Z` })
          #{script}
          done([...ol.querySelectorAll("li:not([data-leaving])")].map((li) => `${li.dataset.key}:${li.textContent}`))
        })
      JS
    end
end
