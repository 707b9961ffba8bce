import { LiveStream } from "board/live_stream"
import { StreamPanel } from "board/stream_panel"
import { StreamToken } from "board/stream_token"

const reloadIntervalMinMs = 15_000

// Follows the stream that the page's <main> names and shows how that goes.
// `handlers` has one entry per type of record: { upsert(value), remove(key) }.
export function follow(main, handlers) {
  const { streamUrl, streamToken, streamOffset, tokenPath } = main.dataset
  const panel = new StreamPanel((online) => online ? live.resume() : live.pause())
  panel.showOffset(streamOffset)

  const live = new LiveStream({
    url: streamUrl,
    token: new StreamToken(streamToken, tokenPath),
    offset: streamOffset,
    onState: (state) => panel.showState(state),
    onGone: reloadUnlessJustDone,
    onEvents: (events, meta) => {
      for (const event of events) apply(event, handlers[event.type])
      panel.showEvents(events, meta)
    },
  })
  live.start()
}

// The page's data come with a new offset. Not in a loop, should that not help.
function reloadUnlessJustDone() {
  const last = Number(sessionStorage.getItem("reloadedAt"))
  if (Date.now() - last < reloadIntervalMinMs) return
  sessionStorage.setItem("reloadedAt", Date.now())
  location.reload()
}

function apply({ key, value, headers }, handler) {
  if (headers.operation === "delete") handler?.remove(key)
  else handler?.upsert(value)
}
