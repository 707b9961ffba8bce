// The official suite, whole, against one freshly started server.
//
// ENGINE (log or memory) chooses the storage engine; DURABLE_STREAMS_BIN names
// the server. Data live in a temporary folder and go with the server.
import { afterAll, beforeAll } from "vitest"
import { runConformanceTests } from "@durable-streams/server-conformance-tests"
import { startServer } from "./server.mjs"

// The suite reads baseUrl when a test runs, so it may be filled in by beforeAll.
// The long-poll timeout stays well below the suite's own limit of 5 s.
const longPollTimeoutMs = 500
const options = { baseUrl: "", longPollTimeoutMs, subscriptions: true }
let server

beforeAll(async () => {
  server = await startServer({ engine: process.env.ENGINE, longPollTimeoutMs })
  options.baseUrl = server.url
})

afterAll(async () => {
  await server?.stop()
})

runConformanceTests(options)
