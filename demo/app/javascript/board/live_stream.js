import { stream } from "@durable-streams/client"

// The server sends something at least every 15 s. Silence for three times that
// means a dead connection that nobody closed: a laptop woke up, a router forgot.
const silenceMaxMs = 45_000
const retryMinMs = 250
const retryMaxMs = 3_000

// Follows one stream from an offset and never loses its place: after whatever
// interruption it asks for everything behind the last offset it has seen.
//
//   new LiveStream({ url, token, offset, onEvents, onState, onGone }).start()
//
//   token       a StreamToken
//   onEvents    (events, { offset, catchingUp }) in order, each at least once
//   onState     ("catching-up" | "live" | "offline" | "paused")
//   onGone      the server has no such stream, or not this offset, any more: load
//               the page's data again
export class LiveStream {
  #options
  #offset
  #state = null
  #running = false
  #session = null      // AbortController of the connection in use
  #endWait = () => {}  // cuts the wait before the next try short
  #failures = 0
  #pausedByPerson = false
  #lastByteAt = 0

  constructor(options) {
    this.#options = options
    this.#offset = options.offset
  }

  start() {
    addEventListener("online", () => this.#endWait())
    addEventListener("offline", () => this.#interrupt())
    addEventListener("pageshow", () => this.#endWait())
    document.addEventListener("visibilitychange", () => this.#follow())
    setInterval(() => this.#checkSilence(), 5_000)
    this.#follow()
  }

  // A person's own switch; the page goes back online only by resume().
  pause() {
    this.#pausedByPerson = true
    this.#interrupt()
  }

  resume() {
    this.#pausedByPerson = false
    this.#follow()
  }

  // A hidden window needs no events: it holds no connection and catches up when
  // somebody looks at it again.
  get #wanted() { return !this.#pausedByPerson && !document.hidden }

  async #follow() {
    if (!this.#wanted) return this.#interrupt()
    if (this.#running) return this.#endWait()
    this.#running = true
    while (this.#wanted) {
      this.#enter("catching-up")
      const outcome = await this.#readUntilInterrupted()
      if (outcome === "gone") this.#options.onGone()
      if (!this.#wanted) break
      this.#enter("offline")
      await this.#waitBeforeRetry()
    }
    this.#running = false
    this.#enter("paused")
  }

  async #readUntilInterrupted() {
    const session = this.#session = new AbortController()
    try {
      const response = await stream({
        url: this.#options.url,
        offset: this.#offset,
        live: "sse",
        json: true,
        headers: { Authorization: async () => `Bearer ${await this.#options.token.current()}` },
        fetch: (...request) => this.#watchedFetch(...request),
        signal: session.signal,
        backoffOptions: { initialDelay: 0, maxDelay: 0, multiplier: 1, maxRetries: 0 },
        warnOnHttp: false,
      })
      response.subscribeJson((batch) => {
        if (!session.signal.aborted) this.#take(batch)
      })
      await response.closed
    } catch (error) {
      if (error.status === 404 || error.status === 410) return "gone"
      if (error.status === 401 || error.status === 403) this.#options.token.discard()
    } finally {
      session.abort()
    }
    return "interrupted"
  }

  #take(batch) {
    const catchingUp = this.#state !== "live"
    this.#offset = batch.offset
    if (batch.items.length > 0) this.#options.onEvents(batch.items, { offset: batch.offset, catchingUp })
    if (batch.upToDate) {
      this.#failures = 0
      this.#enter("live")
    }
  }

  // fetch, noting when the last byte came in.
  async #watchedFetch(...request) {
    this.#lastByteAt = Date.now()
    const response = await fetch(...request)
    if (!response.body) return response
    const watch = new TransformStream({
      transform: (chunk, controller) => {
        this.#lastByteAt = Date.now()
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body.pipeThrough(watch), response)
  }

  #checkSilence() {
    if (this.#state === "live" && Date.now() - this.#lastByteAt > silenceMaxMs) this.#interrupt()
  }

  #interrupt() {
    this.#session?.abort()
    this.#endWait()
  }

  // Waits longer after each failure, with jitter, so that windows do not come
  // back as a herd; ends at once when the network is back.
  #waitBeforeRetry() {
    const limit = Math.min(retryMaxMs, retryMinMs * 2 ** this.#failures++)
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limit / 2 + Math.random() * limit / 2)
      this.#endWait = () => { clearTimeout(timer); resolve() }
    })
  }

  #enter(state) {
    if (state === this.#state) return
    this.#state = state
    this.#options.onState(state)
  }
}
