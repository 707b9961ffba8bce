import { request } from "board/api"
import { CommentEditor } from "board/comment_editor"
import { follow } from "board/follow"
import { onSubmit } from "board/forms"
import { identity, initials, showIdentity } from "board/identity"
import { KeyedList } from "board/keyed_list"
import { keepTimesFresh, setTime } from "board/moments"

// One post with its comments. What this window does is shown when the app has
// answered; the same change then arrives as an event and changes nothing more.
export function mountPost(main) {
  const list = main.querySelector("#comments")
  const comments = new KeyedList(list, {
    template: document.querySelector("#comment-template"),
    fill: fillComment,
  })
  const editor = new CommentEditor(list, comments)

  showIdentity(document.querySelector("[data-identity]"))
  keepTimesFresh()
  onSubmit(main.querySelector("#new-comment"), async ({ body }) => {
    comments.upsert(await request("POST", main.dataset.commentsPath, { comment: { ...identity(), body } }))
  })
  main.querySelector("[data-delete-post]").addEventListener("click", async () => {
    if (!confirm("Delete this post and its comments?")) return
    await request("DELETE", main.dataset.postPath)
    location.assign("/")
  })

  follow(main, {
    comment: {
      upsert: (value) => { comments.upsert(value); editor.noticeChange(String(value.id)) },
      remove: (key) => comments.remove(key),
    },
    post: {
      upsert: (value) => fillPost(main, value),
      remove: () => main.classList.add("deleted"),
    },
  })
}

function fillComment(element, comment) {
  element.id = `comment_${comment.id}`
  element.style.setProperty("--hue", comment.hue)
  element.dataset.path = `/comments/${comment.id}`
  element.querySelector("[data-avatar]").textContent = initials(comment.author)
  element.querySelector("[data-author]").textContent = comment.author
  element.querySelector("[data-body]").textContent = comment.body
  element.classList.toggle("edited", comment.updated_at !== comment.created_at)
  setTime(element.querySelector("time"), comment.created_at)
}

function fillPost(main, post) {
  if (main.dataset.updatedAt > post.updated_at) return
  main.dataset.updatedAt = post.updated_at
  main.querySelector("[data-title]").textContent = post.title
  main.querySelector("[data-text]").textContent = post.body
  main.querySelector("[data-comments-count]").textContent = post.comments_count
}
