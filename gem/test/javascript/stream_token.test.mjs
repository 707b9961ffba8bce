// StreamToken: an open page always has a token that the stream server accepts.
import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"
import { Refused, StreamToken, tokenFor } from "./support.mjs"

let answers
let asked

beforeEach(() => {
  mock.timers.enable({ apis: ["Date", "setTimeout"], now: 5_000_000_000_000 })
  mock.method(console, "warn", () => {})
  answers = []
  asked = 0
})
afterEach(() => {
  mock.timers.reset()
  mock.restoreAll()
})

async function renew() {
  asked++
  const answer = answers.shift()
  if (answer instanceof Error) throw answer
  return answer
}

// Lets what was promised come true.
const settle = async () => { for (let i = 0; i < 10; i++) await null }

test("a token is renewed after two thirds of its life, and again", async () => {
  answers = [tokenFor(900, "second"), tokenFor(900, "third")]
  const told = []
  const token = new StreamToken(tokenFor(900), { renew, renewed: (value) => told.push(value) })
  assert.equal(await token.current(), tokenFor(900))
  mock.timers.tick(599_000)
  assert.equal(asked, 0)
  mock.timers.tick(2_000)
  await settle()
  assert.equal(asked, 1)
  assert.equal(await token.current(), tokenFor(900, "second"))
  mock.timers.tick(601_000)
  await settle()
  assert.deepEqual(told, [tokenFor(900, "second"), tokenFor(900, "third")])
  token.stop()
})

test("it is asked for once for all who need it meanwhile", async () => {
  answers = [tokenFor(900, "new")]
  const token = new StreamToken(tokenFor(900), { renew })
  token.expire()
  assert.deepEqual(await Promise.all([token.current(), token.current()]), [tokenFor(900, "new"), tokenFor(900, "new")])
  assert.equal(asked, 1)
  token.stop()
})

test("while the app is down the old one is tried, and the app asked again the next time", async () => {
  answers = [new TypeError("Failed to fetch"), new Error("the app answers 502"), tokenFor(900, "new")]
  const token = new StreamToken(tokenFor(900), { renew })
  token.expire()
  assert.equal(await token.current(), tokenFor(900))
  assert.equal(await token.current(), tokenFor(900))
  assert.equal(await token.current(), tokenFor(900, "new"))
  token.stop()
})

test("an app that refuses is not asked again", async () => {
  answers = [new Refused("the app answers 403")]
  const token = new StreamToken(tokenFor(900), { renew })
  token.expire()
  assert.equal(await token.current(), tokenFor(900))
  assert.equal(await token.current(), tokenFor(900))
  assert.ok(token.refused)
  assert.equal(asked, 1)
})

test("what is no token is renewed; without anybody to ask it is all there is", async () => {
  for (const nonsense of ["", "a", "a.b.c", "a.e30.c"]) {
    answers = [tokenFor(900)]
    const token = new StreamToken(nonsense, { renew })
    assert.equal(await token.current(), tokenFor(900))
    token.stop()
    assert.equal(await new StreamToken(nonsense).current(), nonsense)
  }
})
