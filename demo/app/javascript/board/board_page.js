import { request } from "board/api"
import { follow } from "board/follow"
import { onSubmit } from "board/forms"
import { identity, initials, showIdentity } from "board/identity"
import { KeyedList } from "board/keyed_list"
import { keepTimesFresh, setTime } from "board/moments"

// All posts, newest first, with their numbers of comments.
export function mountBoard(main) {
  const posts = new KeyedList(main.querySelector("#posts"), {
    template: document.querySelector("#post-template"),
    fill: fillPost,
    newestFirst: true,
  })

  showIdentity(document.querySelector("[data-identity]"))
  keepTimesFresh()
  onSubmit(main.querySelector("#new-post"), async ({ title, body }) => {
    posts.upsert(await request("POST", "/posts", { post: { ...identity(), title, body } }))
  })
  follow(main, { post: posts })
}

function fillPost(element, post) {
  element.id = `post_${post.id}`
  element.style.setProperty("--hue", post.hue)
  element.querySelector("a").href = `/posts/${post.id}`
  element.querySelector("[data-title]").textContent = post.title
  element.querySelector("[data-text]").textContent = post.body
  element.querySelector("[data-avatar]").textContent = initials(post.author)
  element.querySelector("[data-author]").textContent = post.author
  element.querySelector("[data-comments-count]").textContent = post.comments_count
  setTime(element.querySelector("time"), post.created_at)
}
