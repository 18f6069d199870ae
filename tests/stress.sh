#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make stress: crowds of clients, and handlers that take what they can. Lines as in check.sh, and
# "figure - ..." ones.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
connections=${CONNECTIONS:-100000}
burst=${BURST:-50000}
held=${HELD:-10000}
figure() { echo "figure - $*"; }
descriptors() { find "/proc/$pid/fd" -type l | wc -l; }
memory() { sed -n 's/^VmRSS:[[:space:]]*//p' "/proc/$pid/status"; }
seconds() { date +%s; }
# crowd NAME ARGUMENTS...: nobody is lost, and the server is as it was before
crowd() {
	name=$1
	shift
	as_before "$build"/crowd "$port" "$@"
}
# as_before COMMAND...
as_before() {
	before="$(descriptors) descriptors, $(memory)"
	began=$(seconds)
	timeout 900 "$@" >"$scratch/out" 2>&1
	is "$name: crowd's status" $? 0
	figure "$name: $(tr '\n' ';' <"$scratch/out") $(($(seconds) - began)) s"
	# whom the kernel has lost has his -t, 30 s
	for _ in 1 2 3 4 5 6 7 8; do
		until_true has_children 0 && break
	done
	is "$name: no process is left" "$(children)" ""
	is "$name: the server's descriptors and memory" "$(descriptors) descriptors, $(memory)" "$before"
}

start "$server" -p 0
"$build"/crowd "$port" 2000 200 >"$scratch/out" # to warm up
crowd "$burst, 4000 at once, as many as the backlog takes" "$burst" 4000
# Beyond the backlog (SOMAXCONN, 4096) the kernel loses some: a figure. In five parts, as a process
# may not have so many descriptors. What is tested is the server, afterwards.
name="$burst at once"
as_before sh -c "for part in 1 2 3 4 5; do $build/crowd $port $((burst / 5)) $((burst / 5)) & done; wait"
crowd "of 20000, four in five resetting, closing early, urgent" 20000 200 rude
crowd "$connections, 200 at a time" "$connections" 200
is "nothing was reported" "$(tail -n +5 "$scratch/log")" ""
stop
is "it ends: exit status" "$status" 0

start "$server" -p 0 -c "$held" -t 0
"$build"/crowd "$port" 2000 200 >"$scratch/out"
until_true has_children 0
before=$(memory | sed 's/ kB//') fds=$(descriptors)
available=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
"$build"/crowd "$port" "$held" "$held" hold >"$scratch/out" 2>&1 &
crowd=$!
tries=0
until grep -q ' held' "$scratch/out" || [ $tries -gt 120 ]; do
	tries=$((tries + 1))
	sleep 1
done
is "$held held open: all are served" "$(cat "$scratch/out")" "$held held"
is "$held held open: a process each" "$(children | wc -w)" "$held"
figure "$held held open: $(((available - $(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)) / held)) KiB each, both ends, as MemAvailable sees it"
kill -CONT $crowd
wait $crowd
is "$held held open: nobody is lost" "$? $(tail -n 1 "$scratch/out")" "0 $held served, 0 lost, $held at once"
until_true has_children 0
is "$held held open: no process is left" "$(children)" ""
is "$held held open: the server's descriptors" "$(descriptors)" "$fds"
more=$(($(memory | sed 's/ kB//') - before))
is "$held held open: the server's memory has grown by its table, 32 bytes each, at most" "$((more * 1024 <= held * 32 + 65536))" 1
figure "$held held open: the server's memory has grown by $more KiB"
stop

# The silent, and those who never read: they have their -t, and then the next have their turn.
start "$server" -p 0 -c 20 -t 1
began=$(seconds)
client -n 60 127.0.0.1 "$port" closed >"$scratch/silent" &
silent=$!
until_true has_children 20
is "60 silent clients at -c 20 -t 1: who comes after them is served" "$(client 127.0.0.1 "$port" send hello half rest)" hello
figure "... after $(($(seconds) - began)) s"
wait $silent
client -n 20 127.0.0.1 "$port" flood >"$scratch/silent" &
silent=$!
until_true has_children 20
is "20 who never read: who comes after them is served" "$(client 127.0.0.1 "$port" send hello half rest)" hello
wait $silent
stop

# Handlers that were taken over.
largest() { # of the handlers, in KiB
	for handler in $(children); do
		sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$handler/status"
	done | sort -n | tail -n 1
}
full() { has_children 9 && [ "$(largest)" -gt 60000 ]; }
start "$build"/shipped -p 0 -c 40 -t 0
client -n 9 127.0.0.1 "$port" send fill line closed >"$scratch/out" 2>&1 &
filling=$!
until_true full
client -n 30 127.0.0.1 "$port" send spin closed >"$scratch/out" 2>&1 &
spinning=$!
until_true has_children 39
sleep 1
began=$(seconds)
has "30 handlers spin, 9 fill their memory: the 40th serves" "$(client 127.0.0.1 "$port" send hold line)" '^[0-9]+$'
figure "... after $(($(seconds) - began)) s"
is "none of them has more than 64 MiB" "$(($(largest) > 65536))" 0
figure "the largest has $(largest) KiB"
stop KILL
wait $spinning $filling

start "$server" -p "$port" -c 2000
has "SIGKILL under load: it starts on the same port at once" "$(cat "$scratch/log")" "listening on .*:$port\$"
stop
count
