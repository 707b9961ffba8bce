// node run.mjs ENGINE...: runs the suite once per engine and prints, per engine,
// every unexpected outcome and one summary; the last line holds the sums. Exit
// status 1 if anything was unexpected. bin/conformance is the door to it.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { judge, parseExpectedFailures } from "./verdict.mjs"

const expectedFailures = parseExpectedFailures(readFileSync("expected_failures.txt", "utf8"))
const problemsShownMax = 40 // beyond it one cause lies behind most of them
let passed = 0
let failed = 0

for (const engine of process.argv.slice(2)) {
  const verdict = judge(runSuite(engine), expectedFailures)
  for (const problem of verdict.problems.slice(0, problemsShownMax)) console.log(`${engine}: ${problem}`)
  console.log(`${engine}: ${verdict.passed} passed, ${verdict.problems.length} unexpected, ` +
    `${verdict.knownFailures} fail as listed in expected_failures.txt`)
  passed += verdict.passed
  failed += verdict.problems.length
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

// Vitest's JSON report; an empty one, with its output as the message, if it wrote none.
function runSuite(engine) {
  const folder = mkdtempSync(join(tmpdir(), "durable-streams-report-"))
  const file = join(folder, "report.json")
  const run = spawnSync("node_modules/.bin/vitest", ["run", "--reporter=json", `--outputFile=${file}`], {
    env: { ...process.env, ENGINE: engine },
    encoding: "utf8",
    maxBuffer: 64 << 20,
  })
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return { testResults: [{ assertionResults: [], message: `${run.stdout}${run.stderr}${run.error ?? ""}` }] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
