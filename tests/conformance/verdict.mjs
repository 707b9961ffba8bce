// Judges one run of the suite against the list of failures that are expected.
//
// A run is good if the whole suite ran, what failed is exactly what is listed,
// and nothing listed passed: the list can only shrink, and never hides a bug.

// How many tests the pinned version of the suite has. A smaller run means that
// something hid a part of it.
export const suiteSize = 338

// The names in `text`: one full test name a line; blank lines and # comments don't count.
export function parseExpectedFailures(text) {
  const names = text.split("\n").map((line) => line.trim())
  return new Set(names.filter((name) => name !== "" && !name.startsWith("#")))
}

// `report` is Vitest's JSON report. Returns
//   passed          tests that passed and were to pass
//   knownFailures   tests that failed as listed
//   problems        one sentence for everything else; empty if the run is good
export function judge(report, expectedFailures) {
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const problems = []
  let passed = 0
  let knownFailures = 0

  for (const test of tests) {
    const listed = expectedFailures.has(test.fullName)
    if (test.status === "passed" && !listed) passed++
    else if (test.status === "failed" && listed) knownFailures++
    else if (test.status === "passed") problems.push(`passes, take it off the list: ${test.fullName}`)
    else problems.push(`${test.status}: ${test.fullName}\n${firstLines(test.failureMessages)}`)
  }

  const names = new Set(tests.map((test) => test.fullName))
  for (const name of expectedFailures) {
    if (!names.has(name)) problems.push(`listed, but there is no such test: ${name}`)
  }
  if (tests.length !== suiteSize) problems.push(`${tests.length} of ${suiteSize} tests ran`)
  for (const file of report.testResults) {
    if (file.message) problems.push(`the run itself failed: ${firstLines([file.message])}`)
  }
  return { passed, knownFailures, problems }
}

function firstLines(messages) {
  return (messages ?? []).join("\n").split("\n").slice(0, 6).map((line) => `    ${line}`).join("\n")
}
