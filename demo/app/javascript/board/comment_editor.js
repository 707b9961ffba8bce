import { request } from "board/api"
import { grow } from "board/forms"

// Editing and deleting comments in place, by the buttons inside each of them.
export class CommentEditor {
  #comments

  constructor(list, comments) {
    this.#comments = comments
    list.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action
      const element = event.target.closest("[data-key]")
      if (action === "edit") this.#open(element)
      if (action === "delete") this.#delete(element)
      if (action === "cancel") this.#close(element)
    })
    list.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#save(event.target.closest("[data-key]"))
    })
    list.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close(event.target.closest("[data-key]"))
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form?.requestSubmit()
    })
    list.addEventListener("input", (event) => {
      if (event.target.matches("textarea")) grow(event.target)
    })
  }

  // Somebody else changed a comment that is being edited here: what is typed
  // stays, and a note says so.
  noticeChange(key) {
    const element = this.#comments.find(key)
    const area = element?.querySelector("textarea")
    if (area && element.classList.contains("editing") && area.dataset.original !== bodyOf(element)) {
      note(element, `Changed meanwhile to: “${bodyOf(element)}”`)
    }
  }

  #open(element) {
    const area = element.querySelector("textarea")
    element.classList.add("editing")
    area.value = area.dataset.original = bodyOf(element)
    note(element, "")
    area.focus()
    grow(area)
  }

  #close(element) {
    element.classList.remove("editing")
  }

  async #save(element) {
    try {
      const body = element.querySelector("textarea").value
      this.#comments.upsert(await request("PATCH", element.dataset.path, { comment: { body } }))
      this.#close(element)
    } catch (error) {
      note(element, error.message)
    }
  }

  async #delete(element) {
    try {
      await request("DELETE", element.dataset.path)
      this.#comments.remove(element.dataset.key)
    } catch (error) {
      note(element, error.message)
    }
  }
}

function bodyOf(element) {
  return element.querySelector("[data-body]").textContent
}

function note(element, text) {
  element.querySelector("[data-note]").textContent = text
}
