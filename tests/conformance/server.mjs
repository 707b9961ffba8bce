// Starts the server that is to be tested, on a free port of 127.0.0.1, and stops it.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

const startLimitMs = 20_000
const stopLimitMs = 15_000 // above the server's own drain limit of 10 s

// Resolves to {url, stop} once the server answers; rejects with the server's
// output if it ends first or says nothing within the limit. `stop` ends it by
// SIGTERM, waits, removes its data and rejects if it had to be killed.
export async function startServer({ engine, longPollTimeoutMs }) {
  const dataDir = await mkdtemp(join(tmpdir(), "durable-streams-conformance-"))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.env.DURABLE_STREAMS_BIN, [
    "server", "--engine", engine, "--bind", "127.0.0.1", "--port", String(port),
    "--route", "/v1/stream/*", "--data-dir", dataDir,
    "--long-poll-timeout", `${longPollTimeoutMs}ms`,
  ], { stdio: ["ignore", "pipe", "pipe"] })

  let output = ""
  for (const pipe of [child.stdout, child.stderr]) {
    pipe.on("data", (data) => { output = (output + data).slice(-20_000) })
  }
  let ending = null
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(ending = error.message))
    child.once("exit", (code, signal) => resolve(ending = `exit ${signal ?? code}`))
  })

  async function stop() {
    child.kill("SIGTERM")
    const killer = setTimeout(() => child.kill("SIGKILL"), stopLimitMs)
    await ended
    clearTimeout(killer)
    await rm(dataDir, { recursive: true, force: true })
    if (ending !== "exit 0") throw new Error(`server: ${ending}\n${output}`)
  }

  const deadline = Date.now() + startLimitMs
  while (!(await answers(url))) {
    if (ending === null && Date.now() < deadline) continue
    child.kill("SIGKILL")
    await rm(dataDir, { recursive: true, force: true })
    throw new Error(`server did not start (${ending ?? "silent"})\n${output}`)
  }
  return { url, stop }
}

// One try, 50 ms apart at most: a refused connection comes back at once.
async function answers(url) {
  try {
    return (await fetch(`${url}/up`, { signal: AbortSignal.timeout(1000) })).ok
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return false
  }
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const { port } = probe.address()
  probe.close()
  await once(probe, "close")
  return port
}
