#!/usr/bin/env bash
# tools_test.sh BINARY: drives check, stats, backup and repair from outside, with a server
# on the directory and without, sound and damaged. Prints one line per check; exit
# status 1 if any failed.
set -uo pipefail

. "$(dirname "$0")/lib.sh"

# change FILE TEXT: changes the first byte of TEXT in the file.
change() {
  local position
  position=$(grep -obUaF "$2" "$1" | head -n 1 | cut -d: -f1)
  printf '\377' | dd of="$1" bs=1 seek="$position" conv=notrunc status=none
}

for command in check stats; do
  check "$command: no such directory" 1 "$(code ds $command nothing)"
done
check "the sentence names it" 1 "$(grep -c 'nothing is no data directory' last)"
check "nothing is made" 1 "$(code test -e nothing)"
check "without a directory there is nothing to do" 2 "$(code ds check)"

start
ds create rooms/1 --content-type text/plain --stdin >/dev/null <<<'first line'
ds append rooms/1 --content-type text/plain >/dev/null <<<'second line'
ds append rooms/1 --content-type text/plain >/dev/null <<<'third line'
ds create rooms/2 --content-type text/plain --stdin >/dev/null <<<'other'
ds create rooms/3 >/dev/null
ds delete rooms/3

check "a running server's directory is checked" 0 "$(code ds check data)"
check "and found sound" 'data: sound' "$(head -n 1 last)"
check "its streams are counted" 1 "$(grep -c '^2 streams with 6 records in ' last)"
check "stats counts them too" 1 "$(ds stats data | grep -c '^  streams   2$')"
check "and the one that has ended" '[2,1]' \
  "$(ds stats data --json | node -pe 'const s = JSON.parse(require("fs").readFileSync(0)); JSON.stringify([s.streams, s.endedStreams])')"

check "a backup of a running server is made" 0 "$(code ds backup data monday)"
check "and checked" 1 "$(grep -c '^monday: sound' last)"
ds append rooms/1 --content-type text/plain >/dev/null <<<'after the backup'
check "a backup goes nowhere else" 1 "$(code ds backup data monday)"
check "which is said" 1 "$(grep -c 'has something in it already' last)"
check "a copy is as good" 0 "$(code ds backup data tuesday --copy)"
check "it links nothing" 1 "$(grep -c ' 0 files linked' last)"
stop

check "a stopped server's directory is sound" 0 "$(code ds check data)"
check "as JSON too" true "$(ds check data --json | grep -o '"sound":true' | cut -d: -f2)"

mv data live
mv monday data
start
check "a server starts on the backup" 'first line second line third line' \
  "$(ds read rooms/1 | tr '\n' ' ' | sed 's/ $//')"
check "what was deleted stays so" 3 "$(code ds head rooms/3)"
ds append rooms/1 --content-type text/plain >/dev/null <<<'on the backup'
stop
check "it is sound after that" 0 "$(code ds check data)"
check "and so is what it was made of" 0 "$(code ds check live)"
mv data monday
mv live data

cp -r data torn
change data/log/0000000001.log 'second line'
check "damage has a code of its own" 8 "$(code ds check data)"
check "the report names file and place" 1 \
  "$(grep -c '^  log/0000000001.log, position [0-9]* to [0-9]*: ' last)"
check "and the stream with its bytes" 1 \
  "$(grep -c '^    rooms/1 (stream 1): bytes 11 to 23$' last)"
check "for machines as well" '[false,"log/0000000001.log","rooms/1",11,23]' \
  "$(ds check data --json | node -pe 'const s = JSON.parse(require("fs").readFileSync(0)), d = s.damage[0]; JSON.stringify([s.sound, d.file, d.streams[0].name, d.streams[0].from, d.streams[0].to])')"
check "no backup of damaged data" 8 "$(code ds backup data wednesday)"
check "no server takes it for one" 1 "$(code timeout 120 "$binary" server --port "$port" --data-dir wednesday)"
check "which is said" 1 "$(grep -c 'FORMAT' last)"

check "repair without --yes changes nothing" 2 "$(code ds repair data </dev/null)"
check "but tells what it would give up" 1 "$(grep -c ': bytes 11 to 23; it will begin at 23$' last)"
check "and it has not happened" 8 "$(code ds check data)"
check "repair makes it sound" 0 "$(code ds repair data --yes)"
check "and says so" 'data: sound' "$(grep ': sound' last)"
check "a sound directory needs none" 0 "$(code ds repair data --yes)"
check "the originals are kept" 8 "$(code ds check data/damaged-*)"
start
check "the stream begins behind what was lost" 'third line after the backup' \
  "$(ds read rooms/1 | tr '\n' ' ' | sed 's/ $//')"
check "others are whole" other "$(ds read rooms/2)"
check "what was deleted is not back" 3 "$(code ds head rooms/3)"
ds create rooms/4 --content-type text/plain --stdin >/dev/null <<<'bad soon'
change "$(grep -rlF 'bad soon' data/log)" 'bad soon'
ds append rooms/4 --content-type text/plain >/dev/null <<<'something behind it'
check "a directory in use is not repaired" 4 "$(code ds repair data --yes)"
stop

for command in "check torn" "stats torn" "backup torn thursday" "repair torn --yes"; do
  echo 'durable-streams log 99' >torn/FORMAT
  check "$command: a newer format is refused" 1 "$(code ds $command)"
  check "with a sentence" 1 "$(grep -c 'version 99, this program knows [0-9]' last)"
done

exit $failed
