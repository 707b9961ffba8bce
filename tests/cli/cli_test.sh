#!/usr/bin/env bash
# cli_test.sh BINARY [ENGINE]: drives the real binary from outside: one server,
# every client command, pipes, exit codes, tokens, a restart. Prints one line per
# check; exit status 1 if any failed.
set -uo pipefail

. "$(dirname "$0")/lib.sh"

check "without a server the code is 6" 6 "$(code ds read hello)"
start

check "create succeeds" 0 "$(code ds create hello --content-type application/json)"
check "create again is fine" 0 "$(code ds create hello --content-type application/json)"
check "create with another type is a conflict" 4 \
  "$(code ds create hello --content-type text/plain)"
check "append prints an offset" 33 "$(echo '{"n":1}' | ds append hello | tr -d '\n' | wc -c)"
check "lines are messages, an array too" 0 \
  "$(code ds append hello --lines < <(printf '{"n":2}\n\n[3,4]\n'))"
check "read prints a message a line" '{"n":1} {"n":2} [3,4]' "$(ds read hello | tr '\n' ' ' | sed 's/ $//')"
check "raw is an array" '[{"n":1},{"n":2},[3,4]]' "$(ds read hello --raw | tr -d ' \n')"
check "bad JSON is refused" 1 "$(code ds append hello < <(echo '{'))"
check "appending nothing is a mistake" 2 "$(code ds append hello </dev/null)"

check "a producer's append happens" 0 \
  "$(code ds append hello --producer p --seq 0 < <(echo 5))"
check "and not twice" 0 "$(code ds append hello --producer p --seq 0 < <(echo 5))"
check "which is said" 1 "$(grep -c 'there already' last)"
check "a gap is a conflict" 4 "$(code ds append hello --producer p --seq 9 < <(echo 5))"
check "one 5 is there" 1 "$(ds read hello | grep -cx 5)"

"$binary" tail hello --offset -1 >tailed 2>tail.err &
tail=$!
wait_for_lines tailed 4
ds append hello >/dev/null <<<'"late"'
wait_for_lines tailed 5
check "tail prints what comes" '"late"' "$(tail -n 1 tailed)"

if [ "$engine" = log ]; then
  kill -KILL "$server"
  wait "$server" 2>/dev/null
  start
  check "after kill -9 everything is there" 5 "$(ds read hello | wc -l)"
  ds append hello >/dev/null <<<'"after"'
  wait_for_lines tailed 6
  check "and tail goes on, nothing missing or doubled" "$(ds read hello)" "$(cat tailed)"
fi

check "close succeeds" 0 "$(code ds close hello)"
check "and again" 0 "$(code ds close hello)"
wait "$tail"
check "tail ends with the stream" 0 $?
tail=
check "appending to a closed stream is a conflict" 4 "$(code ds append hello < <(echo 1))"
check "head tells of the end" true "$(ds head hello --json | grep -o '"closed":true' | cut -d: -f2)"

check "no such stream: read" 3 "$(code ds read nope)"
check "no such stream: append" 3 "$(code ds append nope < <(echo 1))"
check "no such stream: delete" 3 "$(code ds delete nope)"
check "delete succeeds" 0 "$(code ds delete hello)"
check "and then there is none" 3 "$(code ds head hello)"

name='gid://app/Room/1/../a b?#%2F'
check "any name will do" 0 "$(code ds create "$name" --content-type text/plain --ttl 1h)"
check "and is found again" 3600 "$(ds head "$name" | sed -n 's/^ttl: //p')"

head -c 3000000 /dev/urandom >bytes
check "bytes of several pages go in" 0 "$(code ds create bytes --stdin <bytes)"
check "and come out the same" "$(sha256sum <bytes)" "$(ds read bytes | sha256sum)"
ds read bytes 2>pipe.err | head -c 1 >/dev/null
check "a closed pipe ends read" 141 "${PIPESTATUS[0]}"
check "quietly" "" "$(cat pipe.err)"

ds create lines --content-type text/plain --stdin >/dev/null <<<'one'
set -m # Else a background job ignores SIGINT.
"$binary" tail lines --offset -1 >tailed 2>&1 &
tail=$!
set +m
wait_for_lines tailed 1
kill -INT "$tail"
wait "$tail"
check "SIGINT ends tail with 130" 130 $?
tail=

stop
check "the server stops cleanly" 0 "$stopped"

check "keys are made" 0 "$(code ds keys --out keys)"
check "but not over others" 4 "$(code ds keys --out keys)"
start --auth-verify-key keys/verify_key.pem --auth-issuer me --bind 127.0.0.1
token() { ds token --key keys/signing_key.pem --issuer me "$@"; }
check "without a token nothing goes" 5 "$(code ds create a)"
check "with the server's everything" 0 "$(DURABLE_STREAMS_TOKEN=$(token --server) code ds create a)"
check "a reader may read" 0 "$(code ds read a --token "$(token --stream a)")"
check "and not append" 5 \
  "$(code ds append a --token "$(token --stream a)" --content-type application/octet-stream < <(echo x))"
check "a writer may append" 0 \
  "$(code ds append a --token "$(token --stream a --permissions write)" < <(echo x))"
check "another stream's token opens nothing" 5 "$(code ds read a --token "$(token --stream b)")"
check "a signed URL is enough" x \
  "$(ds read "$DURABLE_STREAMS_URL/a?token=$(token --stream a)")"
check "another issuer's token is none" 5 \
  "$(code ds read a --token "$(ds token --key keys/signing_key.pem --issuer you --stream a)")"
stop

exit $failed
