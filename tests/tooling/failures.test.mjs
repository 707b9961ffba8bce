// script/failures.sh shows again what failed; what it leaves out is hard to find in a long log.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const script = fileURLToPath(new URL("../../script/failures.sh", import.meta.url))

function failures(reader, output) {
  const folder = mkdtempSync(join(tmpdir(), "durable-streams-failures-"))
  const file = join(folder, "output")
  writeFileSync(file, output)
  try {
    return execFileSync("bash", ["-euo", "pipefail", "-c", `. "$1"; "$2" "$3"`, "-", script, reader, file], { encoding: "utf8" })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test("ctest: failed, timed out and crashed tests with what they printed", () => {
  const output = `    Start 1: good
1/4 Test #1: good .............   Passed    0.01 sec
    Start 2: bad
2/4 Test #2: bad ..............***Failed    0.00 sec
expected 3

    Start 3: slow
    Start 4: worse
3/4 Test #3: slow .............***Timeout   1.00 sec
4/4 Test #4: worse ............***Exception: SegFault  0.10 sec
last words

25% tests passed, 3 tests failed out of 4
`
  assert.equal(failures("failures_of_ctest", output), `2/4 Test #2: bad ..............***Failed    0.00 sec
expected 3

3/4 Test #3: slow .............***Timeout   1.00 sec
4/4 Test #4: worse ............***Exception: SegFault  0.10 sec
last words

`)
})

test("minitest: failures and errors of both reporters, colours gone, nothing else", () => {
  const output = `# Running:
..
\u001b[31mFailure:
RoomTest#test_a [test/room_test.rb:3]:
Expected: 1\u001b[0m

bin/rails test test/room_test.rb:2

  2) Error:
RoomTest#test_b:
RuntimeError: no

3 runs, 2 assertions, 1 failures, 1 errors, 0 skips
`
  assert.equal(failures("failures_of_minitest", output), `Failure:
RoomTest#test_a [test/room_test.rb:3]:
Expected: 1
  2) Error:
RoomTest#test_b:
RuntimeError: no
`)
})

test("node: what is not ok, with its reason", () => {
  assert.equal(failures("failures_of_node", "# Subtest: a\nok 1 - a\n# Subtest: b\nnot ok 2 - b\n  error: 'no'\n  ...\n1..2\n# fail 1\n"),
    "not ok 2 - b\n  error: 'no'\n  ...\n")
})

test("a report is cut; nothing comes of a good run", () => {
  const long = "1/1 Test #1: a ...***Failed 1 sec\n" + "line\n".repeat(100)
  assert.equal(failures("failures_of_ctest", long).split("\n").length, 41)
  for (const reader of ["failures_of_ctest", "failures_of_minitest", "failures_of_node"]) {
    assert.equal(failures(reader, "all is well\n"), "", reader)
  }
})
