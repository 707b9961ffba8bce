// node server.mjs PORT DATA_DIR: the protocol's reference server for Node, with
// its file-backed store. Runs until SIGTERM.
import { DurableStreamTestServer } from "@durable-streams/server"

const [port, dataDir] = process.argv.slice(2)
const server = new DurableStreamTestServer({ port: Number(port), host: "127.0.0.1", dataDir })
await server.start()
process.on("SIGTERM", () => server.stop().finally(() => process.exit(0)))
