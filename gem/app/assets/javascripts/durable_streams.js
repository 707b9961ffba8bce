// <durable-stream-source>: follows one durable stream for as long as it is on the page, and misses
// nothing: after whatever interruption it asks for all that lies behind its offset. A plain ES module
// without dependencies; `durable_stream_from` in a view makes the element.
//
// It is one file on purpose. Asset pipelines put digests into names, so one part could find another only
// through an import map or a bundler, and many apps have neither.
//
// Attributes   src, token, offset    where it reads, with what permission, from where (kept up to date;
//                                    without one the page is loaded again once the server is there)
//              applied               how many messages behind `offset` have been applied (likewise)
//              renew-url, grant      where it gets a new token before the old one expires, with what
//              background            stays connected while the page is hidden
//              turbo                 Turbo Streams in it are rendered: only where none but the app writes
//              paused                waits for resume()
//              connected, closed     set by the element: it is up to date and live; the stream has ended
// Properties   state, offset; pause(), resume()
// Events       all bubble, names begin with "durable-stream:"
//   event      one message, in `detail`; each exactly once and in order. With the attribute `turbo`,
//              those of type "turbo-stream" are rendered by Turbo, unless the default is prevented.
//   offset     { offset, upToDate }: all before `offset` has been applied
//   state      { state }: "connecting", "live", "waiting", "paused", "closed" or "gone"
//   gone       { reason }: the stream or this place in it is no more ("lost"), was never known
//              ("unplaced"), or the app gives no new token ("refused"). By default the page is
//              loaded again.

// The server sends something at least every 15 s. Silence for longer means a dead connection that
// nobody has closed: a laptop woke up, a router forgot.
const silenceMaxMs = 45_000
const silenceAfterSleepMaxMs = 20_000
const silenceCheckMs = 5_000
const retryMinMs = 250
const retryMaxMs = 10_000
const reloadDelayMinMs = 2_000
const reloadIntervalMinMs = 15_000
const reloadedAtKey = "durable-streams:reloaded-at"
// A connection that ends sooner was not ended by the server's minute.
const rotationMinMs = 1_000
const timerMaxMs = 2 ** 31 - 1
const goneReasons = new Set(["lost", "refused", "unplaced"])

// A page's permission to read its stream. It is renewed after two thirds of its life.
//
//   renew()    resolves to the new token; rejects with Refused if the app will not give one, with
//              anything else if that may pass
export class StreamToken {
  #value
  #renew
  #renewed
  #staleAt
  #timer
  #pending = null
  refused = false

  constructor(value, { renew = null, renewed = () => {} } = {}) {
    this.#renew = renew
    this.#renewed = renewed
    this.replace(value)
  }

  replace(value) {
    this.#value = value
    this.refused = false
    // Only durations are reckoned with: the clocks of page and server need not agree.
    const stale = lifetimeMs(value) * 2 / 3
    this.#staleAt = Date.now() + stale
    this.stop()
    if (this.#renew && stale > 0) this.#timer = setTimeout(() => this.current(), Math.min(stale, timerMaxMs))
  }

  // A fresh token; while the app cannot be asked, the one there is: the server has the last word.
  async current() {
    if (!this.#renew || this.refused || Date.now() < this.#staleAt) return this.#value
    this.#pending ??= this.#replaceByNew().finally(() => { this.#pending = null })
    await this.#pending
    return this.#value
  }

  // The server refused it, whatever its date says.
  expire() { this.#staleAt = 0 }

  stop() { clearTimeout(this.#timer) }

  async #replaceByNew() {
    try {
      this.replace(await this.#renew())
      this.#renewed(this.#value)
    } catch (error) {
      this.refused = error instanceof Refused
      console.warn("durable streams: no new token:", error.message)
    }
  }
}

export class Refused extends Error {}

function lifetimeMs(token) {
  try {
    const { iat, exp } = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")))
    return (exp - iat) * 1000 || 0
  } catch {
    return 0
  }
}

// Follows a stream of JSON messages from an offset and never loses its place.
//
//   new StreamReader({ url, token, offset, onMessage, ... }).start()
//
//   token       a StreamToken
//   offset      null: no place is known, see onGone
//   applied     messages behind `offset` that need not come again (default 0)
//   background  go on while the page is hidden
//   onMessage   (message), awaited, each once and in order
//   onOffset    (offset, upToDate) when all before it has been taken
//   onApplied   (count of messages taken behind the offset)
//   onState     (state), see above
//   onGone      (reason) → false to give up; else it is tried again
export class StreamReader {
  #options
  #place
  #state = null
  #started = false
  #paused = false
  #running = false
  #session = null
  #endWait = () => {}
  #failures = 0
  #notFound = false
  #lastByteAt = 0
  #silenceTimer = null

  constructor(options) {
    this.#options = { applied: 0, onOffset() {}, onApplied() {}, onState() {}, onGone() {}, ...options }
    this.#place = { offset: options.offset, applied: this.#options.applied }
  }

  get offset() { return this.#place.offset }
  get applied() { return this.#place.applied }
  get state() { return this.#state }

  start() {
    if (this.#started) return
    this.#started = true
    for (const [target, event, listener] of this.#listeners) target.addEventListener(event, listener)
    this.#silenceTimer = setInterval(() => this.#endIfSilentFor(silenceMaxMs), silenceCheckMs)
    this.#run()
  }

  stop() {
    this.#started = false
    for (const [target, event, listener] of this.#listeners) target.removeEventListener(event, listener)
    clearInterval(this.#silenceTimer)
    this.#interrupt()
  }

  pause() {
    this.#paused = true
    this.#interrupt()
  }

  resume() {
    this.#paused = false
    this.#run()
  }

  // Goes back to an earlier place; what lies behind it comes (again).
  rewind(offset) {
    this.#place = { offset, applied: 0 }
    this.#session?.abort()
  }

  // A hidden page needs no messages: it holds no connection, and catches up when it is seen again.
  get #wanted() {
    return this.#started && !this.#paused && this.#state !== "closed" && this.#state !== "gone" &&
      (this.#options.background || !document.hidden)
  }

  #wake = () => {
    if (!this.#wanted) return this.#interrupt()
    this.#endIfSilentFor(silenceAfterSleepMaxMs)
    this.#endWait()
    this.#run()
  }

  #interrupt = () => {
    this.#session?.abort()
    this.#endWait()
  }

  #listeners = [
    [globalThis, "online", this.#wake],
    [globalThis, "pageshow", this.#wake],
    [globalThis, "offline", this.#interrupt],
    [document, "resume", this.#wake],
    [document, "visibilitychange", this.#wake],
  ]

  #endIfSilentFor(ms) {
    if (this.#session && Date.now() - this.#lastByteAt > ms) this.#session.abort()
  }

  async #run() {
    if (this.#running) return
    this.#running = true
    while (this.#wanted) {
      if (this.#state !== "live") this.#enter("connecting")
      const outcome = await this.#readOnce()
      if (outcome === "rotated") continue
      if (outcome === "closed") this.#enter("closed")
      if (goneReasons.has(outcome) && this.#options.onGone(outcome) === false) this.#enter("gone")
      if (!this.#wanted) break
      this.#enter("waiting")
      await this.#waitBeforeRetry()
    }
    this.#running = false
    if (this.#state !== "closed" && this.#state !== "gone") this.#enter("paused")
    // It may have become wanted again while the last messages were being taken.
    if (this.#wanted) this.#run()
  }

  // "rotated": the server ended a good connection, as it does every minute; go on at once.
  async #readOnce() {
    const session = this.#session = new AbortController()
    const start = this.#place
    const begun = this.#lastByteAt = Date.now()
    let good = false
    try {
      const token = await this.#options.token.current()
      const response = await fetch(`${this.#options.url}?offset=${encodeURIComponent(start.offset ?? "now")}&live=sse`, {
        headers: { Accept: "text/event-stream", Authorization: `Bearer ${token}` },
        cache: "no-store",
        signal: session.signal,
      })
      if (!response.ok) return this.#refusal(response.status)
      this.#notFound = false
      let received = 0
      for await (const { type, data } of serverSentEvents(response.body, () => { this.#lastByteAt = Date.now() })) {
        if (type === "data") {
          for (const message of JSON.parse(data)) {
            if (received++ < start.applied) continue
            await this.#take(message)
            if (session.signal.aborted || this.#place !== start) return "interrupted"
          }
        } else if (type === "control") {
          const { streamNextOffset, upToDate, streamClosed } = JSON.parse(data)
          if (start.offset === null) return "unplaced"
          start.offset = streamNextOffset
          // Fewer than had been applied, if the server groups them otherwise than before the break.
          start.applied = Math.max(0, start.applied - received)
          received = 0
          good = true
          this.#options.onOffset(streamNextOffset, Boolean(upToDate || streamClosed))
          if (streamClosed) return "closed"
          if (upToDate) {
            this.#failures = 0
            this.#enter("live")
          }
        }
      }
      return good && this.#place === start && Date.now() - begun > rotationMinMs ? "rotated" : "interrupted"
    } catch (error) {
      if (error instanceof SyntaxError) console.error("durable streams: not a stream of JSON:", error)
      return "interrupted"
    } finally {
      session.abort()
      if (this.#session === session) this.#session = null
    }
  }

  async #take(message) {
    const place = this.#place
    try {
      await this.#options.onMessage(message)
    } catch (error) {
      console.error(error)
    }
    place.applied++
    if (place === this.#place) this.#options.onApplied(place.applied)
  }

  #refusal(status) {
    const { token } = this.#options
    switch (status) {
      case 401:
      case 403:
        if (token.refused) return "refused"
        token.expire()
        return "interrupted"
      case 404:
        // Whoever gives a new token makes the stream, if it was only never made.
        if (this.#notFound) return "lost"
        this.#notFound = true
        token.expire()
        return "interrupted"
      case 400:
      case 410:
        return "lost"
      default:
        return "interrupted"
    }
  }

  // Waits longer after each failure, with jitter, so that pages don't come back as a herd; ends at
  // once when the network is back.
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

// The events of a text/event-stream body. onBytes is called whenever something came in.
async function* serverSentEvents(body, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ""
  let type = "message"
  let data = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    onBytes()
    const lines = (rest + value).split(/\r?\n/)
    rest = lines.pop()
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { type, data: data.join("\n") }
        type = "message"
        data = []
      } else if (line.startsWith("data:")) {
        data.push(line.slice(5).replace(/^ /, ""))
      } else if (line.startsWith("event:")) {
        type = line.slice(6).trim()
      }
    }
  }
}

export class DurableStreamSource extends HTMLElement {
  static observedAttributes = ["offset", "token"]

  #reader = null
  #token = null

  get state() { return this.#reader?.state ?? "paused" }
  get offset() { return this.#reader?.offset ?? this.getAttribute("offset") }
  pause() { this.#reader?.pause() }
  resume() {
    this.removeAttribute("paused")
    this.#reader?.resume()
  }

  connectedCallback() {
    this.toggleAttribute("connected", false) // A page out of Turbo's cache says that it was.
    this.#token ??= new StreamToken(this.getAttribute("token"), {
      renew: this.hasAttribute("grant") ? () => this.#newToken() : null,
      renewed: (token) => this.setAttribute("token", token),
    })
    this.#reader ??= this.#newReader()
    this.#reader.start()
  }

  disconnectedCallback() {
    this.#token.stop()
    this.#reader.stop()
  }

  // What the element writes itself is what it knows already. Other changes are a morph: the page was
  // rendered anew, with what was so at the new offset. What came between that and what has been
  // applied may have been undone by it, so it is taken again; a later offset skips nothing, because
  // there may be others who listen.
  attributeChangedCallback(name, before, value) {
    if (!this.#reader || value === null) return
    if (name === "token" && value !== before) this.#token.replace(value)
    if (name === "offset" && value !== this.#reader.offset) {
      if (value < this.#reader.offset) this.#reader.rewind(value)
      queueMicrotask(() => this.#reflect())
    }
  }

  #newReader() {
    const reader = new StreamReader({
      url: this.getAttribute("src"),
      token: this.#token,
      offset: this.getAttribute("offset"),
      applied: Number(this.getAttribute("applied")) || 0,
      background: this.hasAttribute("background"),
      onMessage: (message) => this.#take(message),
      onApplied: () => this.#reflect(),
      onOffset: (offset, upToDate) => {
        this.#reflect()
        this.#tell("offset", { offset, upToDate })
      },
      onState: (state) => {
        this.#reflect()
        this.#tell("state", { state })
      },
      onGone: (reason) => this.#tell("gone", { reason }) ? reloadPage() : false,
    })
    if (this.hasAttribute("paused")) reader.pause()
    return reader
  }

  async #take(message) {
    const allowed = this.#tell("event", message)
    if (allowed && message?.type === "turbo-stream" && this.hasAttribute("turbo")) await renderTurboStream(message.value)
  }

  #tell(name, detail) {
    return this.dispatchEvent(new CustomEvent(`durable-stream:${name}`, { detail, bubbles: true, cancelable: true }))
  }

  // A copy of this element (Turbo caches pages) goes on from where the copied page was.
  #reflect() {
    const { offset, applied, state } = this.#reader
    if (offset !== null && this.getAttribute("offset") !== offset) this.setAttribute("offset", offset)
    if (applied > 0) this.setAttribute("applied", applied)
    else this.removeAttribute("applied")
    this.toggleAttribute("connected", state === "live")
    this.toggleAttribute("closed", state === "closed")
  }

  async #newToken() {
    const response = await fetch(this.getAttribute("renew-url"), {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ stream_grant: this.getAttribute("grant") }),
      redirect: "manual",
    })
    // Whoever is sent elsewhere is asked to sign in.
    if (response.type === "opaqueredirect" || (response.status >= 400 && response.status < 500)) {
      throw new Refused(`the app answers ${response.status || "a redirect"}`)
    }
    if (!response.ok) throw new Error(`the app answers ${response.status}`)
    return (await response.json()).token
  }
}

// Resolves when the page shows it. Turbo renders with the next frame; waiting for each keeps them in
// order even if the page is hidden and seen again in between.
async function renderTurboStream(html) {
  if (!customElements.get("turbo-stream") && document.readyState !== "complete") {
    await new Promise((resolve) => addEventListener("load", resolve, { once: true }))
  }
  if (!window.Turbo) return console.warn("durable streams: a Turbo Stream came, but Turbo is not on the page")
  const before = new Set(document.documentElement.children)
  window.Turbo.renderStreamMessage(html)
  const added = [...document.documentElement.children].filter((child) => !before.has(child))
  const streams = added.filter((child) => child.localName === "turbo-stream")
  await Promise.allSettled(streams.map((stream) => stream.render()))
}

let reloadTimer = null

// The page's data come with a new offset. Not at once: it may be the same for many pages, and an app
// that could not reach the server leaves it alone for two seconds. And not often, should it not help.
function reloadPage() {
  const last = Number(sessionStorage.getItem(reloadedAtKey))
  const wait = Math.max(reloadDelayMinMs * (1 + Math.random()), last + reloadIntervalMinMs - Date.now())
  reloadTimer ??= setTimeout(() => {
    reloadTimer = null
    sessionStorage.setItem(reloadedAtKey, Date.now())
    if (window.Turbo?.session?.drive) window.Turbo.visit(location.href, { action: "replace" })
    else location.reload()
  }, wait)
}

if (!customElements.get("durable-stream-source")) customElements.define("durable-stream-source", DurableStreamSource)
