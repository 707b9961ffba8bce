// By the states of <durable-stream-source>.
const labels = { connecting: "Catching up…", live: "Live", waiting: "Offline", paused: "Offline", closed: "Ended", gone: "Gone" }
const hints = {
  connecting: "Asking for everything after the last offset.",
  live: "Connected. Events arrive as they are committed.",
  waiting: "No connection. Trying again; the offset keeps this window's place.",
  paused: "This window went offline. The offset keeps its place.",
  closed: "The stream has ended.",
  gone: "The stream is not there any more.",
}
const rowsMax = 60

// Shows how the page's stream is doing: the badge in the header, and the panel
// with the offset, the number of events, the events themselves and the switch
// that takes this window offline.
export class StreamPanel {
  #badge = document.querySelector("[data-status]")
  #panel = document.querySelector("[data-panel]")
  #events = 0
  #missed = 0
  #wasLive = false

  // onSwitch(online) when the person uses the switch.
  constructor(onSwitch) {
    const button = this.#part("switch")
    button.addEventListener("click", () => {
      const online = button.getAttribute("aria-pressed") === "true"
      button.setAttribute("aria-pressed", String(!online))
      button.textContent = online ? "Go offline" : "Reconnect"
      onSwitch(online)
    })
  }

  showState(state) {
    this.#badge.dataset.status = state
    this.#badge.querySelector("[data-label]").textContent = labels[state]
    this.#part("hint").textContent = hints[state]
    if (state !== "live") return
    if (this.#wasLive && this.#missed > 0) {
      this.#part("hint").textContent = `Caught up: ${this.#missed} ${this.#missed === 1 ? "event" : "events"} from the stream's log.`
    }
    this.#missed = 0
    this.#wasLive = true
  }

  showOffset(offset) {
    this.#part("offset").textContent = offset
  }

  showEvent(event, { catchingUp }) {
    if (catchingUp) this.#missed++
    this.#part("count").textContent = ++this.#events
    this.#part("log").prepend(row(event, catchingUp))
    while (this.#part("log").children.length > rowsMax) this.#part("log").lastElementChild.remove()
  }

  #part(name) { return this.#panel.querySelector(`[data-part="${name}"]`) }
}

function row(event, catchingUp) {
  const { operation, txid } = event.headers
  const item = document.createElement("li")
  item.dataset.operation = operation
  item.dataset.type = event.type
  item.dataset.txid = txid ?? ""
  if (catchingUp) item.dataset.fromLog = ""
  const verb = document.createElement("b")
  verb.textContent = operation
  const subject = document.createElement("span")
  subject.textContent = `${event.type} ${event.key}`
  const text = document.createElement("q")
  text.textContent = event.value?.body ?? ""
  if (event.type === "post") text.textContent = event.value?.title ?? ""
  item.append(verb, subject, text)
  return item
}
