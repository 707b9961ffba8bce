// StreamReader: each message once and in order, whatever happens to the connection.
import assert from "node:assert/strict"
import { afterEach, mock, test } from "node:test"
import { control, data, serve, StreamReader, StreamToken, tokenFor, until } from "./support.mjs"

let reader
const started = []
afterEach(() => started.splice(0).forEach((one) => one.stop()))

// A reader that has been started, with what it has told.
function read(options = {}) {
  const token = options.token ?? new StreamToken(tokenFor(900))
  const told = { messages: [], states: [], gone: [], offsets: [] }
  reader = new StreamReader({
    url: "http://streams.test/v1/streams/room",
    offset: "00",
    onMessage: (message) => { told.messages.push(message) },
    onState: (state) => told.states.push(state),
    onOffset: (offset) => told.offsets.push(offset),
    onGone: (reason) => { told.gone.push(reason); return false },
    ...options,
    token,
  })
  started.push(reader, token)
  reader.start()
  return told
}

test("messages come in order, and the place moves behind them", async () => {
  serve([control("00"), data("a", "b"), control("02"), data("c"), control("03"), null])
  const told = read()
  await until(() => reader.offset === "03")
  assert.deepEqual(told.messages, ["a", "b", "c"])
  assert.deepEqual(told.offsets, ["00", "02", "03"])
  assert.equal(reader.state, "live")
})

test("pieces may end anywhere, in the middle of a character too", async () => {
  const bytes = new TextEncoder().encode(data("grün", "→") + ": keep-alive\r\n\r\n" + control("02"))
  serve([...Array.from(bytes, (byte) => new Uint8Array([byte])), null])
  const told = read()
  await until(() => reader.offset === "02")
  assert.deepEqual(told.messages, ["grün", "→"])
})

test("what came before a break is not taken again, though no offset was told behind it", async () => {
  const requests = serve([data("a", "b")], [data("a", "b", "c"), control("03"), null])
  const told = read()
  await until(() => reader.offset === "03")
  assert.deepEqual(told.messages, ["a", "b", "c"])
  assert.deepEqual(requests.map(({ offset }) => offset), ["00", "00"])
})

test("however the server groups messages, and however often it breaks", async () => {
  const log = Array.from({ length: 200 }, (_, i) => i)
  let seed = 7
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n
  const offsetOf = (count) => String(count).padStart(4, "0")
  globalThis.fetch = mock.fn(async (url) => {
    let at = Number(new URL(url).searchParams.get("offset"))
    const pieces = []
    for (let n = random(4); n > 0 && at < log.length; n--) {
      const size = 1 + random(9)
      pieces.push(data(...log.slice(at, at + size)))
      at = Math.min(at + size, log.length)
      pieces.push(control(offsetOf(at)))
    }
    const text = pieces.join("")
    const cut = random(3) === 0 ? text.length : random(text.length + 1)
    return new Response(new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text.slice(0, cut)))
        controller.close()
      },
    }))
  })
  mock.method(Math, "random", () => 0)
  const setTimeoutBefore = globalThis.setTimeout
  globalThis.setTimeout = (callback, _ms, ...rest) => setTimeoutBefore(callback, 0, ...rest)
  try {
    const told = read({ offset: "0000" })
    await until(() => Number(reader.offset) === log.length)
    assert.deepEqual(told.messages, log)
  } finally {
    globalThis.setTimeout = setTimeoutBefore
    mock.restoreAll()
  }
})

test("a message is taken when the one before it is done with", async () => {
  serve([data("a", "b"), control("02"), null])
  const told = []
  let done
  read({ onMessage: async (message) => {
    told.push(`${message} begins`)
    if (message === "a") await new Promise((resolve) => { done = resolve })
    told.push(`${message} ends`)
  } })
  await until(() => done)
  assert.deepEqual(told, ["a begins"])
  done()
  await until(() => reader.offset === "02")
  assert.deepEqual(told, ["a begins", "a ends", "b begins", "b ends"])
})

test("one that cannot be handled does not hold up the others", async () => {
  mock.method(console, "error", () => {})
  serve([data("bad", "good"), control("02"), null])
  const good = []
  read({ onMessage: (message) => {
    if (message === "bad") throw new Error("bad")
    good.push(message)
  } })
  await until(() => reader.offset === "02")
  assert.deepEqual(good, ["good"])
  mock.restoreAll()
})

test("a copy of a page goes on where the copied one was", async () => {
  const requests = serve([data("a", "b", "c"), control("03"), null])
  const told = read({ offset: "00", applied: 2 })
  await until(() => reader.offset === "03")
  assert.deepEqual(told.messages, ["c"])
  assert.equal(requests[0].offset, "00")
})

test("a reader that is sent back takes what lies behind that place again", async () => {
  const requests = serve([data("a", "b"), control("02"), null], [data("b"), control("02"), null])
  const told = read()
  await until(() => reader.offset === "02")
  reader.rewind("01")
  await until(() => reader.offset === "02" && requests.length === 2 && reader.state === "live")
  assert.deepEqual(told.messages, ["a", "b", "b"])
  assert.equal(requests[1].offset, "01")
})

test("the end of a stream is the end", async () => {
  const requests = serve([data("a"), control("01", { streamClosed: true })])
  const told = read()
  await until(() => reader.state === "closed")
  reader.resume()
  assert.deepEqual(told.messages, ["a"])
  assert.equal(requests.length, 1)
})

test("a place that is no more is told, and given up if nobody objects", async () => {
  for (const status of [410, 400]) {
    const requests = serve(status)
    const told = read()
    await until(() => reader.state === "gone")
    assert.deepEqual(told.gone, ["lost"])
    assert.equal(requests.length, 1)
  }
})

test("a place that is no more is asked for again if it is wanted", async () => {
  serve(410, [control("00"), null])
  const told = read({ onGone: (reason) => { told.gone.push(reason) } })
  await until(() => reader.state === "live")
  assert.deepEqual(told.gone, ["lost"])
})

test("a stream that is missing is asked for once more with a new token, whose giver makes it", async () => {
  const requests = serve(404, [control("00"), null])
  const told = read({ token: new StreamToken(tokenFor(900), { renew: async () => tokenFor(900, "new") }) })
  await until(() => reader.state === "live")
  assert.deepEqual(requests.map(({ token }) => token), [tokenFor(900), tokenFor(900, "new")])
  assert.deepEqual(told.gone, [])

  serve(404, 404)
  const again = read()
  await until(() => reader.state === "gone")
  assert.deepEqual(again.gone, ["lost"])
})

test("without a known place the first answer says that the page is not placed", async () => {
  const requests = serve(503, [control("07"), null])
  const told = read({ offset: null })
  await until(() => reader.state === "gone")
  assert.deepEqual(told.gone, ["unplaced"])
  assert.deepEqual(told.messages, [])
  assert.equal(requests[1].offset, "now")
})

test("while it is paused it holds no connection", async () => {
  const requests = serve([control("00"), null], [data("a"), control("01"), null])
  const told = read()
  await until(() => reader.state === "live")
  reader.pause()
  await until(() => reader.state === "paused")
  assert.equal(requests.length, 1)
  reader.resume()
  await until(() => reader.offset === "01")
  assert.deepEqual(told.messages, ["a"])
})

test("a hidden page holds no connection, unless it wants to", async () => {
  const requests = serve([control("00"), null], [data("a"), control("01"), null])
  const told = read()
  await until(() => reader.state === "live")
  try {
    document.hidden = true
    document.dispatchEvent(new Event("visibilitychange"))
    await until(() => reader.state === "paused")
  } finally {
    document.hidden = false
  }
  document.dispatchEvent(new Event("visibilitychange"))
  await until(() => reader.offset === "01")
  assert.deepEqual(told.messages, ["a"])
  assert.equal(requests.length, 2)
})
