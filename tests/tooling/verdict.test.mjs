// The rules of tests/conformance/verdict.mjs: what makes a run of the official suite good.
import assert from "node:assert/strict"
import { test } from "node:test"
import { judge, parseExpectedFailures, suiteSize } from "../conformance/verdict.mjs"

// A whole run in which everything passes but the tests named.
function report({ failing = [], skipped = [], size = suiteSize, message = "" } = {}) {
  const names = Array.from({ length: size }, (_, index) => `test ${index}`)
  const status = (name) => failing.includes(name) ? "failed" : skipped.includes(name) ? "skipped" : "passed"
  return {
    testResults: [{
      message,
      assertionResults: names.map((fullName) => ({ fullName, status: status(fullName), failureMessages: [] })),
    }],
  }
}

test("a run that fails exactly as listed is good", () => {
  const verdict = judge(report({ failing: ["test 1"] }), new Set(["test 1"]))
  assert.deepEqual(verdict, { passed: suiteSize - 1, knownFailures: 1, problems: [] })
})

test("a failure that is not listed is a problem", () => {
  const { problems } = judge(report({ failing: ["test 1"] }), new Set())
  assert.equal(problems.length, 1)
  assert.match(problems[0], /^failed: test 1/)
})

test("a listed test that passes is a problem", () => {
  const { passed, problems } = judge(report(), new Set(["test 1"]))
  assert.equal(passed, suiteSize - 1)
  assert.match(problems[0], /take it off the list: test 1/)
})

test("a listed name that no test has is a problem", () => {
  const { problems } = judge(report(), new Set(["test that was renamed"]))
  assert.match(problems[0], /no such test: test that was renamed/)
})

test("a skipped test is a problem, listed or not", () => {
  assert.equal(judge(report({ skipped: ["test 1"] }), new Set()).problems.length, 1)
  assert.equal(judge(report({ skipped: ["test 1"] }), new Set(["test 1"])).problems.length, 1)
})

test("a run of fewer tests than the suite has is a problem", () => {
  assert.match(judge(report({ size: suiteSize - 1 }), new Set()).problems[0], /337 of 338 tests ran/)
})

test("a run that broke as a whole is a problem even if its tests passed", () => {
  assert.match(judge(report({ message: "server: exit SIGSEGV" }), new Set()).problems[0], /SIGSEGV/)
})

test("comments and blank lines are not names", () => {
  assert.deepEqual([...parseExpectedFailures("# why\n\nfirst name\n second name \n")], ["first name", "second name"])
})
