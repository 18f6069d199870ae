#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# crowds.sh: crowds of clients, and handlers that take what they can. CONNECTIONS=1000000, BURST=,
# HELD=: more or fewer. Besides results it prints figures.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
connections=${CONNECTIONS:-50000}
burst=${BURST:-50000}
held=${HELD:-10000}
crowd() { "$build"/crowd "$port" "$@"; }
figure() { echo "figure - $*"; }
seconds() { echo "$(($(date +%s) - began)) s"; }
# patiently COMMAND...: for up to 80 seconds
patiently() {
	for _ in 1 2 3 4 5 6 7 8; do
		! until_true "$@" || return 0
	done
	return 1
}
rss() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
available() { awk '/^MemAvailable/ { print $2 }' /proc/meminfo; }
# What is left of the clients. Those that the kernel dropped hold their slot until 2 x -t, 60 s.
left() {
	patiently has_children 0
	echo "children '$(children)', $(find "/proc/$pid/fd" -type l | wc -l) descriptors"
}
# busy NAME LOST CROWD'S ARGUMENTS: so many are lost, and the server is afterwards as it was before
busy() {
	name=$1 lost=$2
	shift 2
	before="$(left), $(rss "$pid") kB"
	began=$(date +%s)
	crowd "$@" >"$scratch/out" 2>&1
	figure "$name: $(tr '\n' ';' <"$scratch/out") $(seconds)"
	has "$name: clients lost: $lost" "$(cat "$scratch/out")" " served, $lost lost, "
	is "$name: no process, descriptor or memory is left" "$(left), $(rss "$pid") kB" "$before"
}

start "$server" -p 0
crowd 2000 200 >"$scratch/out" # to warm up
busy "$burst, 4000 at once, as many as the backlog takes" 0 "$burst" 4000
busy "of 20000, four in five resetting, closing early, urgent" 0 20000 200 rude
busy "$connections, 200 at a time" 0 "$connections" 200
is "nothing was reported" "$(tail -n +3 "$scratch/log")" ""
stop
is "it ends: exit status" "$status" 0

start "$server" -p 0 -c "$held" -t 600
crowd 2000 200 >"$scratch/out"
before=$(left) memory=$(rss "$pid") free=$(available)
"$build"/crowd "$port" "$held" "$held" hold >"$scratch/out" 2>&1 &
holder=$!
patiently grep -q ' held' "$scratch/out"
is "$held held open: all are served, by a process each" "$(cat "$scratch/out"), $(children | wc -w)" "$held held, $held"
figure "$held held open: $(((free - $(available)) / held)) KiB each, both ends, as MemAvailable sees it"
kill -CONT $holder
wait $holder
is "$held held open: no client is lost" "$? $(tail -n 1 "$scratch/out")" "0 $held served, 0 lost, $held at once"
is "$held held open: no process or descriptor is left" "$(left)" "$before"
more=$(($(rss "$pid") - memory))
is "$held held open: the server's memory has grown by its table, 4 bytes each, at most" "$((more * 1024 <= held * 4 + 65536))" 1
stop

# Clients that say nothing, or never read, have -t; then the next have their turn.
start "$server" -p 0 -c 20 -t 1
for what in closed flood; do
	client -n 60 127.0.0.1 "$port" $what >"$scratch/silent" &
	silent=$!
	until_true has_children 20
	# not after 20 s, when these clients give up by themselves
	answer=$(timeout 15 "$build"/client 127.0.0.1 "$port" send hello half rest)
	is "60 clients that only do '$what', at -c 20 -t 1: the next is served" "$answer" hello
	wait $silent
done
stop

# Handlers that were taken over.
largest() { for handler in $(children); do rss "$handler"; done | sort -n | tail -n 1; }
full() { has_children 9 && [ "$(largest)" -gt 40000 ]; }
start "$build"/server -p 0 -c 40 -t 600
client -n 9 127.0.0.1 "$port" send fill line closed >"$scratch/out" 2>&1 &
filling=$!
until_true full
most=$(largest)
is "9 handlers fill their memory, and have 48 MiB at most ($most KiB)" "$((most > 40000 && most <= 49152))" 1
client -n 30 127.0.0.1 "$port" send spin closed >"$scratch/out" 2>&1 &
spinning=$!
until_true has_children 39
began=$(date +%s)
has "30 handlers spin, 9 fill their memory: the 40th serves" "$(client 127.0.0.1 "$port" send hold line)" '^[0-9]+ held$'
figure "... after $(seconds)"
stop KILL
wait $spinning $filling

start "$server" -p "$port" -c 2000
has "after SIGKILL under load it starts on the same port at once" "$(cat "$scratch/log")" "listening on .*:$port\$"
stop
count
