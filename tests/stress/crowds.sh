#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# crowds.sh: crowds of clients, and handlers that take what they can. CONNECTIONS=1000000, HELD=: more or
# fewer. Besides results it prints figures.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
connections=${CONNECTIONS:-50000}
held=${HELD:-10000}
figure() { echo "figure - $*"; }
# patiently COMMAND...: for up to 80 seconds
patiently() {
	for _ in 1 2 3 4 5 6 7 8; do
		! until_true "$@" || return 0
	done
	return 1
}
rss() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
available() { awk '/^MemAvailable/ { print $2 }' /proc/meminfo; }
left() {
	patiently has_children 0
	echo "children '$(children)', $(find "/proc/$pid/fd" -type l | wc -l) descriptors"
}
# crowd TOTAL AT_ONCE: all are served, and the server is afterwards as it was before
crowd() {
	name="$1 clients, $2 at a time" times=$(($1 / $2))
	before="$(left), $(rss "$pid") kB"
	began=$(date +%s)
	client -l 900 -n "$2" -x $times 127.0.0.1 "$port" send hello half rest | sort | uniq -c | tr -s ' ' >"$scratch/out"
	figure "$name: $(($(date +%s) - began)) s"
	is "$name: all are served" "$(cat "$scratch/out")" " $((times * $2)) hello"
	is "$name: no process, descriptor or memory is left" "$(left), $(rss "$pid") kB" "$before"
}

start "$server" -p 0
client -n 200 127.0.0.1 "$port" send hello half rest >"$scratch/out" # to warm up
crowd "$connections" 4000 # as many as the backlog takes (net.core.somaxconn, 4096)
crowd "$connections" 200
is "nothing was reported" "$(tail -n +3 "$scratch/log")" ""
stop
is "it ends: exit status" "$status" 0

start "$server" -p 0 -c "$held" -t 600
client -n 200 127.0.0.1 "$port" send hello half rest >"$scratch/out"
before=$(left) memory=$(rss "$pid") free=$(available)
"$build"/client -l 600 -n "$held" 127.0.0.1 "$port" send hello line closed >"$scratch/out" 2>&1 &
holder=$!
all_answered() { [ "$(wc -l <"$scratch/out")" -ge "$held" ]; }
patiently all_answered
is "$held held open: all are served, by a process each" "$(sort "$scratch/out" | uniq -c | tr -s ' '), $(children | wc -w)" " $held hello, $held"
figure "$held held open: $(((free - $(available)) / held)) KiB each, both ends, as MemAvailable sees it"
kill $holder
wait $holder
is "$held held open: no process or descriptor is left" "$(left)" "$before"
more=$(($(rss "$pid") - memory))
is "$held held open: the server's memory has grown by its table, 4 bytes each, at most" "$((more * 1024 <= held * 4 + 65536))" 1
stop

# Handlers that were taken over.
largest() { for handler in $(children); do rss "$handler"; done | sort -n | tail -n 1; }
full() { has_children 9 && [ "$(largest)" -gt 40000 ]; }
start "$build"/server -p 0 -c 40 -t 600
client -n 9 127.0.0.1 "$port" send "pin 0" closed >"$scratch/out" 2>&1 &
filling=$!
until_true full
most=$(largest)
is "9 handlers fill their memory, and have 48 MiB at most ($most KiB)" "$((most > 40000 && most <= 49152))" 1
client -n 30 127.0.0.1 "$port" send spin closed >"$scratch/out" 2>&1 &
spinning=$!
until_true has_children 39
has "30 handlers spin, 9 fill their memory: the 40th serves" "$(client 127.0.0.1 "$port" send hold line)" '^[0-9]+ held$'
stop KILL
wait $spinning $filling

start "$server" -p "$port" -c 2000
has "after SIGKILL under load it starts on the same port at once" "$(cat "$scratch/log")" "listening on .*:$port\$"
stop
count
