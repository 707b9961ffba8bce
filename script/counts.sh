# Reads what a test runner reports, in the runner's own form; source it.
#
# Each function prints `PASSED FAILED` for one run, or nothing if the report is
# missing or unreadable. A skipped test is neither.

# counts_of_ctest FILE: the JUnit file that ctest --output-junit writes.
counts_of_ctest() {
  local suite tests failures skipped disabled
  [ -e "$1" ] || return 0
  suite=$(tr '\n\t' '  ' <"$1" | grep -o '<testsuite [^>]*>') || return 0
  tests=$(attribute tests "$suite")
  failures=$(attribute failures "$suite")
  skipped=$(attribute skipped "$suite")
  disabled=$(attribute disabled "$suite")
  echo "$((tests - failures - skipped - disabled)) $failures"
}

attribute() { local value; value=$(sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$2"); echo "${value:-0}"; }

# counts_of_minitest FILE: output with `N runs, N assertions, N failures, N errors, N skips`
# lines; several of them are summed.
counts_of_minitest() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" 2>/dev/null | awk '
    /^[0-9]+ (runs|tests), [0-9]+ assertions, [0-9]+ failures, [0-9]+ errors/ {
      seen = 1; failed += $5 + $7; passed += $1 - $5 - $7 - $9
    }
    END { if (seen) print passed, failed }'
}

# counts_of_node FILE: output of node --test.
counts_of_node() {
  awk '$2 == "pass" { passed = $3 } $2 == "fail" { failed = $3 }
    END { if (passed != "" && failed != "") print passed, failed }' "$1" 2>/dev/null
}

# counts_of_last_line FILE: a last line `N passed, N failed`.
counts_of_last_line() { tail -n 1 "$1" 2>/dev/null | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p'; }
