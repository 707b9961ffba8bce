// A list of elements on the page, one per record, found by key. Every change is
// made in place: nothing else on the page moves, and a change that arrives twice
// is seen once.
//
//   fill(element, value)     writes a record into its element
//   newestFirst              order by key; otherwise oldest first
export class KeyedList {
  #list
  #template
  #fill
  #newestFirst
  #deleted = new Set()

  constructor(list, { template, fill, newestFirst = false }) {
    this.#list = list
    this.#template = template
    this.#fill = fill
    this.#newestFirst = newestFirst
  }

  // Creates or changes. A value older than the one shown, or of a record that is
  // deleted, comes from a late delivery and changes nothing.
  upsert(value) {
    const key = String(value.id)
    if (this.#deleted.has(key)) return
    const element = this.find(key)
    if (!element) return this.#insert(key, value)
    if (element.dataset.updatedAt >= value.updated_at) return
    this.#write(element, value)
    flash(element, "changed")
  }

  remove(key) {
    this.#deleted.add(String(key))
    const element = this.find(key)
    if (element) collapse(element)
  }

  find(key) {
    return this.#list.querySelector(`:scope > [data-key="${CSS.escape(key)}"]:not([data-leaving])`)
  }

  #insert(key, value) {
    const element = this.#template.content.firstElementChild.cloneNode(true)
    element.dataset.key = key
    this.#write(element, value)
    this.#list.insertBefore(element, this.#successorOf(Number(key)))
    flash(element, "arrived")
  }

  #successorOf(key) {
    const comesLater = this.#newestFirst ? (other) => other < key : (other) => other > key
    return [...this.#list.children].find((element) => comesLater(Number(element.dataset.key))) ?? null
  }

  #write(element, value) {
    element.dataset.updatedAt = value.updated_at
    this.#fill(element, value)
  }
}

function flash(element, className) {
  element.classList.remove("arrived", "changed")
  void element.offsetWidth // restarts the animation
  element.classList.add(className)
  element.addEventListener("animationend", () => element.classList.remove(className), { once: true })
}

// Folds the element away; where motion is unwanted, it is simply gone.
function collapse(element) {
  element.dataset.leaving = ""
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return element.remove()
  element.animate(
    [{ height: `${element.offsetHeight}px`, opacity: 1 }, { height: 0, opacity: 0, marginBlock: 0, paddingBlock: 0 }],
    { duration: 260, easing: "ease-in" },
  ).onfinish = () => element.remove()
}
