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
figure() { echo "figure - $*"; }
descriptors() { find "/proc/$pid/fd" -type l | wc -l; }
rss() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
available() { awk '/^MemAvailable/ { print $2 }' /proc/meminfo; }
# Clients that the kernel dropped hold their place until -t, 30 s.
nobody_left() {
	for _ in 1 2 3 4; do
		! until_true has_children 0 || return 0
	done
	return 1
}
# crowd NAME COMMAND...: no client is lost, and the server is as it was before
crowd() {
	name=$1
	shift
	before="$(descriptors) descriptors, $(rss "$pid") kB"
	began=$(date +%s)
	timeout 900 "$@" >"$scratch/out" 2>&1
	is "$name: no client is lost" "$? $(grep -v ' served, 0 lost, ' "$scratch/out")" "0 "
	figure "$name: $(tr '\n' ';' <"$scratch/out") $(($(date +%s) - began)) s"
	nobody_left
	is "$name: no process is left" "$(children)" ""
	is "$name: the server's descriptors and memory" "$(descriptors) descriptors, $(rss "$pid") kB" "$before"
}

start "$server" -p 0
"$build"/crowd "$port" 2000 200 >"$scratch/out" # to warm up
crowd "$burst, 4000 at once, as many as the backlog takes" "$build"/crowd "$port" "$burst" 4000
crowd "of 20000, four in five resetting, closing early, urgent" "$build"/crowd "$port" 20000 200 rude
crowd "$connections, 200 at a time" "$build"/crowd "$port" "$connections" 200
# Beyond the backlog (net.core.somaxconn, 4096) the kernel may lose some: what is tested is the server,
# afterwards.
before="$(descriptors) $(rss "$pid")"
began=$(date +%s)
for _ in 1 2 3 4; do
	timeout 100 "$build"/crowd "$port" 4000 4000 &
	crowds="${crowds:-} $!"
done >"$scratch/out" 2>&1
# shellcheck disable=SC2086 # several words
wait $crowds
figure "16000 at once: $(awk '{ served += $1; lost += $3 } END { printf "%d served, %d lost", served, lost }' "$scratch/out"), $(($(date +%s) - began)) s"
nobody_left
is "16000 at once: no process, descriptor or memory is left" "$(children) $(descriptors) $(rss "$pid")" " $before"
is "nothing was reported" "$(tail -n +3 "$scratch/log")" ""
stop
is "it ends: exit status" "$status" 0

start "$server" -p 0 -c "$held" -t 0
"$build"/crowd "$port" 2000 200 >"$scratch/out"
until_true has_children 0
before=$(rss "$pid") fds=$(descriptors) free=$(available)
"$build"/crowd "$port" "$held" "$held" hold >"$scratch/out" 2>&1 &
crowd=$!
for _ in 1 2 3 4 5 6; do
	! until_true grep -q ' held' "$scratch/out" || break
done
is "$held held open: all are served, by a process each" "$(cat "$scratch/out"), $(children | wc -w)" "$held held, $held"
figure "$held held open: $(((free - $(available)) / held)) KiB each, both ends, as MemAvailable sees it"
kill -CONT $crowd
wait $crowd
is "$held held open: no client is lost" "$? $(tail -n 1 "$scratch/out")" "0 $held served, 0 lost, $held at once"
nobody_left
is "$held held open: no process or descriptor is left" "$(children) $(descriptors)" " $fds"
more=$(($(rss "$pid") - before))
is "$held held open: the server's memory has grown by its table, 32 bytes each, at most" "$((more * 1024 <= held * 32 + 65536))" 1
stop

# Clients that say nothing, or never read, have -t; then the next have their turn.
start "$server" -p 0 -c 20 -t 1
for what in closed flood; do
	client -n 60 127.0.0.1 "$port" $what >"$scratch/silent" &
	silent=$!
	until_true has_children 20
	is "60 clients that only do '$what', at -c 20 -t 1: the next is served" "$(client 127.0.0.1 "$port" send hello half rest)" hello
	wait $silent
done
stop

# Handlers that were taken over.
largest() { for handler in $(children); do rss "$handler"; done | sort -n | tail -n 1; }
full() { has_children 9 && [ "$(largest)" -gt 40000 ]; }
start "$build"/server -p 0 -c 40 -t 0
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
figure "... after $(($(date +%s) - began)) s"
stop KILL
wait $spinning $filling

start "$server" -p "$port" -c 2000
has "after SIGKILL under load it starts on the same port at once" "$(cat "$scratch/log")" "listening on .*:$port\$"
stop
count
