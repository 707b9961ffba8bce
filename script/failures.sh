# Finds in a test runner's output what it says of the tests that failed; source it.
#
# Each function takes a file, and prints nothing if it holds no failure. Long
# reports are cut: the whole of it is in the file.

failure_lines_max=40

# failures_of_ctest FILE: of ctest --output-on-failure.
failures_of_ctest() {
  blocks '^ *[0-9]+\/[0-9]+ Test .*\*\*\*' '^ *([0-9]+\/[0-9]+ Test|Start +[0-9]+:|[0-9]+% tests passed)' "$1"
}

# failures_of_minitest FILE: a block for each failure and error, up to an empty line.
failures_of_minitest() { blocks '^ *([0-9]+\) )?(Failure|Error):' '^ *$' "$1"; }

# failures_of_node FILE: of node --test, which writes TAP to a file.
failures_of_node() { blocks '^not ok ' '^(ok |# |1\.\.)' "$1"; }

# blocks BEGIN END FILE: from each line like BEGIN up to one like END, regular expressions of awk;
# without colours.
blocks() {
  sed 's/\x1b\[[0-9;]*m//g' "$3" 2>/dev/null | begin=$1 end=$2 most=$failure_lines_max awk '
    inside && $0 ~ ENVIRON["end"] { inside = 0 }
    $0 ~ ENVIRON["begin"] { inside = 1; lines = 0 }
    inside && lines++ < ENVIRON["most"] { print }'
}
