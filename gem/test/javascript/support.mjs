// A page without a browser: what durable_streams.js expects to be there, and a stream server.
import { mock } from "node:test"

globalThis.HTMLElement = class {}
globalThis.customElements = { get: () => undefined, define: () => {} }
globalThis.document = Object.assign(new EventTarget(), { hidden: false })
globalThis.addEventListener ??= () => {}
globalThis.removeEventListener ??= () => {}

export const { StreamReader, StreamToken, Refused } = await import("../../app/assets/javascripts/durable_streams.js")

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url")

// A token that lives for that long. The letters make both characters appear in which base64url
// differs from base64.
export function tokenFor(seconds, name = "") {
  return `${part({ alg: "ES256" })}.${part({ iat: 1000, exp: 1000 + seconds, stream: `?>?>~?>?>${name}` })}.signature`
}

export const data = (...messages) => `event: data\ndata:${JSON.stringify(messages)}\n\n`
export const control = (streamNextOffset, more = { upToDate: true }) =>
  `event: control\ndata:${JSON.stringify({ streamNextOffset, streamCursor: "1", ...more })}\n\n`

// Answers each request with the next of `answers`: a status, or the pieces of a stream, after which
// the connection breaks; with a last piece `null` it stays open instead. `requests` is what was asked.
export function serve(...answers) {
  const requests = []
  globalThis.fetch = mock.fn(async (url, { headers, signal }) => {
    requests.push({ offset: new URL(url).searchParams.get("offset"), token: headers.Authorization?.replace("Bearer ", "") })
    const answer = answers.shift() ?? [null]
    if (typeof answer === "number") return new Response(null, { status: answer })
    return new Response(new ReadableStream({
      start(controller) {
        signal.addEventListener("abort", () => { try { controller.error(new Error("aborted")) } catch {} })
      },
      async pull(controller) {
        if (answer.length === 0) return controller.error(new TypeError("network error"))
        const piece = answer.shift()
        if (piece === null) return new Promise(() => {})
        controller.enqueue(typeof piece === "string" ? new TextEncoder().encode(piece) : piece)
      },
    }))
  })
  return requests
}

// Resolves when the condition holds.
export async function until(condition) {
  for (let i = 0; i < 5000; i++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error(`never: ${condition}`)
}
