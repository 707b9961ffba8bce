// StreamToken: an open page always has a token that the stream server accepts.
import assert from "node:assert/strict"
import { beforeEach, mock, test } from "node:test"
import { StreamToken } from "../../app/javascript/board/stream_token.js"

const now = 1_800_000_000 // seconds
let answers

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ["Date"], now: now * 1000 })
  mock.method(console, "warn", () => {})
  answers = []
  globalThis.fetch = mock.fn(async () => {
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return { ok: answer.status === 200, status: answer.status, json: async () => answer.json }
  })
})

const requests = () => globalThis.fetch.mock.calls.map((call) => call.arguments[0])
const fresh = (token) => ({ status: 200, json: { token } })

function tokenFor(seconds, name = "") {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url")
  // The letters make both characters appear in which base64url differs from base64.
  return `${part({ alg: "ES256" })}.${part({ exp: now + seconds, stream: `?>?>~?>?>${name}` })}.signature`
}

test("a token that lasts is used without asking", async () => {
  for (const token of [tokenFor(900), tokenFor(31)]) {
    assert.match(token, /-.*_|_.*-/)
    assert.equal(await new StreamToken(token, "/t").current(), token)
  }
  assert.deepEqual(requests(), [])
})

test("a token about to expire is replaced, once for all who ask meanwhile", async () => {
  const next = tokenFor(900, "next")
  answers = [fresh(next)]
  const token = new StreamToken(tokenFor(30), "/posts/1/stream_token")
  assert.deepEqual(await Promise.all([token.current(), token.current()]), [next, next])
  assert.equal(await token.current(), next)
  assert.deepEqual(requests(), ["/posts/1/stream_token"])
})

test("a token that the server refused is replaced however long it would last", async () => {
  const next = tokenFor(900, "next")
  answers = [fresh(next)]
  const token = new StreamToken(tokenFor(900), "/t")
  token.discard()
  assert.equal(await token.current(), next)
})

test("while the app is down the old token is tried, and the app asked again later", async () => {
  const old = tokenFor(20)
  const next = tokenFor(900, "next")
  answers = [new TypeError("Failed to fetch"), { status: 502 }, fresh(next)]
  const token = new StreamToken(old, "/t")
  assert.equal(await token.current(), old)
  assert.equal(await token.current(), old)
  assert.equal(await token.current(), next)
})

test("what is no token is replaced", async () => {
  for (const nonsense of ["", "a", "a.b.c", "a.e30.c"]) {
    answers = [fresh(tokenFor(900))]
    assert.equal(await new StreamToken(nonsense, "/t").current(), tokenFor(900))
  }
})
