import { StreamPanel } from "board/stream_panel"

// Applies the events of the page's stream and shows how that goes. `handlers` has
// one entry per type of record: { upsert(value), remove(key) }.
export function follow(main, handlers) {
  const source = main.querySelector("durable-stream-source")
  const panel = new StreamPanel((online) => online ? source.resume() : source.pause())
  panel.showOffset(source.offset)
  panel.showState(source.state)

  source.addEventListener("durable-stream:event", ({ detail: event }) => {
    apply(event, handlers[event.type])
    panel.showEvent(event, { catchingUp: source.state !== "live" })
  })
  source.addEventListener("durable-stream:offset", ({ detail }) => panel.showOffset(detail.offset))
  source.addEventListener("durable-stream:state", ({ detail }) => panel.showState(detail.state))
}

function apply({ key, value, headers }, handler) {
  if (headers.operation === "delete") handler?.remove(key)
  else handler?.upsert(value)
}
