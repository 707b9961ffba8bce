# For tests of the real binary from outside; source it with the binary and the
# engine as arguments. Makes a directory, goes there, and sees to it that nothing
# of the test outlives it.
#
#   check SENTENCE EXPECTED ACTUAL   prints a line; sets `failed` if they differ
#   code COMMAND...                  its exit code; its output is in the file `last`
#   start ARGUMENT..., stop          a server on $port and $work/data
binary=$(realpath "$1")
engine=${2:-log}
work=$(mktemp -d)
server=
tail=
failed=0
unset DURABLE_STREAMS_TOKEN DURABLE_STREAMS_CONFIG DURABLE_STREAMS_ENV RAILS_ENV
cd "$work" || exit 1

cleanup() {
  for process in $server $tail; do kill -KILL "$process" 2>/dev/null; done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

ds() { "$binary" "$@"; }

# check SENTENCE EXPECTED ACTUAL
check() {
  if [ "$2" = "$3" ]; then
    printf 'ok      %s\n' "$1"
  else
    printf 'FAILED  %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
    failed=1
  fi
}

# code COMMAND...: its exit code, with all output in the file `last`.
code() {
  "$@" >last 2>&1
  echo $?
}

# Sets $port to one that no other test like this has until this one and its servers have
# ended (they hold the lock), and on which nobody listens.
take_port() {
  for port in $(shuf -i 24100-24999); do
    exec {port_lock}>"${TMPDIR:-/tmp}/durable-streams-test-port-$port.lock"
    if flock -n "$port_lock" && ! (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    exec {port_lock}>&-
  done
  echo "no free port"
  exit 1
}

start() { # start ARGUMENT...: a server, ready when this returns.
  "$binary" server --port "$port" --engine "$engine" --data-dir "$work/data" \
    --long-poll-timeout 500ms "$@" >>server.log 2>&1 &
  server=$!
  until curl -sf "http://127.0.0.1:$port/up" >/dev/null; do
    kill -0 "$server" 2>/dev/null || { cat server.log; echo "the server ended"; exit 1; }
    read -rt 0.05 <> <(:) || true
  done
}

stop() {
  kill -TERM "$server"
  wait "$server"
  stopped=$?
  server=
}

# A file grows as others write it: waits, up to two minutes, until it has so many lines.
wait_for_lines() { # wait_for_lines FILE COUNT
  local tries=0
  while [ "$(wc -l <"$1")" -lt "$2" ] && [ $((tries += 1)) -lt 2400 ]; do
    read -rt 0.05 <> <(:) || true
  done
}

take_port
export DURABLE_STREAMS_URL=http://127.0.0.1:$port/v1/streams
: >server.log
