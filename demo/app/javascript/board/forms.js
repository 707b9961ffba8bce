// What the page's forms have in common.

// Runs `send(fields)` when the form is submitted, by button or Ctrl/Cmd+Enter;
// clears the form if it worked, and says why if it did not.
export function onSubmit(form, send) {
  const note = form.querySelector("[data-note]")
  const button = form.querySelector("[type=submit]")
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    if (note) note.textContent = ""
    button.disabled = true
    try {
      await send(Object.fromEntries(new FormData(form)))
      form.reset()
      form.querySelectorAll("textarea").forEach(grow)
    } catch (error) {
      if (note) note.textContent = error.message
    } finally {
      button.disabled = false
    }
  })
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit()
  })
  form.querySelectorAll("textarea").forEach((area) => area.addEventListener("input", () => grow(area)))
}

// Makes a text area as high as its text.
export function grow(area) {
  area.style.height = "auto"
  area.style.height = `${area.scrollHeight + 2}px`
}
