// script/counts.sh reads runners' reports; a misread report would hide failures.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const script = fileURLToPath(new URL("../../script/counts.sh", import.meta.url))

function counts(reader, report) {
  const folder = mkdtempSync(join(tmpdir(), "durable-streams-counts-"))
  const file = join(folder, "report")
  if (report !== null) writeFileSync(file, report)
  try {
    return execFileSync("bash", ["-euo", "pipefail", "-c", `. "$1"; "$2" "$3" || true`, "-", script, reader, file],
      { encoding: "utf8" }).trim()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test("ctest: failures, skipped and disabled tests are not passed", () => {
  const report = `<?xml version="1.0"?>\n<testsuite name="Linux"\n\ttests="10"\n\tfailures="2"\n\tdisabled="1"\n\tskipped="3"\n\thostname=""\n>\n<testcase name="a"/>`
  assert.equal(counts("counts_of_ctest", report), "4 2")
})

test("minitest: runs of several lines are summed; failures and errors are failed; skips are neither", () => {
  const line = "10 runs, 20 assertions, 1 failures, 2 errors, 3 skips\n"
  assert.equal(counts("counts_of_minitest", `Running:\n${line}noise\n\u001b[32m${line}\u001b[0m`), "8 6")
})

test("node: pass and fail are read", () => {
  assert.equal(counts("counts_of_node", "# tests 3\n# pass 2\n# fail 1\n"), "2 1")
  assert.equal(counts("counts_of_node", "ℹ pass 2\nℹ fail 0\n"), "2 0")
})

test("last line: nothing but the exact form counts", () => {
  assert.equal(counts("counts_of_last_line", "x\n5 passed, 0 failed\n"), "5 0")
  assert.equal(counts("counts_of_last_line", "5 passed, 0 failed\nSegmentation fault\n"), "")
})

test("a missing or empty report gives nothing", () => {
  for (const reader of ["counts_of_ctest", "counts_of_minitest", "counts_of_node", "counts_of_last_line"]) {
    assert.equal(counts(reader, null), "", reader)
    assert.equal(counts(reader, ""), "", reader)
  }
})
