#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# faults.sh [CALL...]: makes every system call of the server and of its handlers fail, once, with
# each errno of its manual page (tests/faults), at its first occurrence, its second and its last.
#
# The calls are those of a trace, from main's first, signal(SIGPIPE, SIG_IGN), to the end; what the C
# library does before main is not the program's. After each fault the server must have ended with
# status 1 and one line that says why, or serve on: the same client or the next, at a limit of one
# at a time, so that a lost place is a hang; with the descriptors and the children that it had,
# SIGPIPE ignored, no more calls than a few hundred, and no less of a sandbox than it says.
#
# In three parts, as strace counts occurrences for each process: the server alone (strace does not
# follow its children); a handler until it reads (strace comes to the server once it is ready, and
# follows; what only a handler calls is made to fail); and a handler that waits for a byte.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
if ! command -v strace >/dev/null; then
	skip "every system call fails" "no strace"
	count
	exit
fi
workers=$(nproc 2>/dev/null || echo 1)
most_calls=500

# About the process that strace -D left in its own place.
status_of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" 2>/dev/null | cut -f1; }
traced_end() { grep -q '^+++ \(exited\|killed\)' "$scratch/trace"; }
# start_traced SERVER [STRACE FLAGS]: sets $pid, and $port though the log may say nothing
start_traced() {
	: >"$scratch/log"
	: >"$scratch/trace"
	strace -D -q -o "$scratch/trace" "$@" 2>"$scratch/log" </dev/null &
	pid=$!
	until_true ready
	port=$(sed -n 's/^getsockname(.*port=htons(\([0-9]*\)).* = 0$/\1/p' "$scratch/trace")
}
# It has come to the loop, or to its end.
ready() { traced_end || grep -Eq '^poll\(.*, 2, ' "$scratch/trace"; }

# serves: whether clients are, one after the other; the fault may take one, if that is said
serves() {
	served=0
	for _ in 1 2 3; do
		got=$(timeout 10 "$build"/client 127.0.0.1 "$port" send hello half rest 2>&1)
		[ "$got" != hello ] || served=$((served + 1))
	done
	[ $served -eq 3 ] ||
		{ [ $served -eq 2 ] && log_has '^tcpserver: (accept|fork|.*dropped|pid .* with status 1)'; }
}
# What was injected at, and what came of each Landlock and seccomp call, is in the trace.
sandboxed() {
	log_has 'sandbox complete' || return 0 # it said so, or could say nothing
	grep -Eq '^landlock_restrict_self\(.* = 0$' "$scratch/trace" &&
		grep -Eq '^seccomp\(.*filter=.* = 0$' "$scratch/trace" &&
		[ "$(status_of NoNewPrivs)" = 1 ] && [ "$(status_of Seccomp)" = 2 ] &&
		[ "$(status_of Uid)" != 0 ] && [ "$(status_of CapEff)" = 0000000000000000 ]
}
# The lines but those that a healthy server says.
complaints() { grep -cvE 'listening on|sandbox (complete|PARTIAL|NONE)|denied: |left to an attacker|pid [0-9]+ from .* (\(|with status 0$)' "$scratch/log"; }
# SIGPIPE (13) is bit 12
ignores_sigpipe() {
	ignored=$(status_of SigIgn)
	[ $((0x${ignored:-0} >> 12 & 1)) -eq 1 ]
}
# It may end at any time, and be judged by its status then.
gone() { case $(status_of State) in '' | Z* | X*) ;; *) return 1 ;; esac }

# outcome DESCRIPTORS >FILE: says what is wrong, or nothing
outcome() {
	if ! traced_end; then
		[ -n "$port" ] || echo "neither ready nor at its end"
		serves || until_true traced_end || echo "serves $served of 3 clients"
		if ! traced_end; then
			until_true has_children 0 || echo "a child is left: $(children)"
			fds=$(find "/proc/$pid/fd" -type l | wc -l)
			[ "$fds" -le "$1" ] || echo "$fds descriptors"
			sandboxed || gone || echo "less of a sandbox than it says"
			ignores_sigpipe || gone || echo "SIGPIPE is not ignored"
		fi
		kill "$pid" 2>/dev/null
		until_true traced_end || { echo "does not end"; kill -9 "$pid"; }
	fi
	wait "$pid"
	status=$?
	until_true traced_end
	case $status in
	0) ;;
	1) [ "$(complaints)" -eq 1 ] || echo "ends with other than one line" ;;
	*) echo "ends with status $status" ;;
	esac
	[ "$(wc -l <"$scratch/trace")" -lt $most_calls ] || echo "$(wc -l <"$scratch/trace") calls"
}

# server_fault CALL ERRNO OCCURRENCE DESCRIPTORS
server_fault() {
	start_traced -e inject="$1":error="$2":when="$3" "$server" -p 0 -c 1 -v
	outcome "$4" >"$scratch/wrong"
	judge "the server's $1, number $3: $2"
}
judge() {
	if [ ! -s "$scratch/wrong" ]; then
		ok "$1"
	else
		not_ok "$1" "$(cat "$scratch/wrong" "$scratch/log")"
	fi
}

attach() {
	: >"$scratch/trace"
	strace -q -o "$scratch/trace" "$@" 2>"$scratch/strace" &
	strace=$!
	until_true attached "$2"
}
attached() { ! grep -q '^TracerPid:.0$' "/proc/$1/status" 2>/dev/null; }
# serves_on DESCRIPTORS: after one client met with a fault, the next is served, and nothing is left
serves_on() {
	until_true has_children 0 || echo "a handler is left"
	kill "$strace" 2>/dev/null
	wait "$strace"
	[ "$(client 127.0.0.1 "$port" send hello half rest)" = hello ] || echo "the next client is not served"
	until_true has_children 0 || echo "a child is left"
	[ "$(find "/proc/$pid/fd" -type l | wc -l)" -eq "$1" ] || echo "descriptors are left"
	stop TERM
	[ "$status" -eq 0 ] || echo "status $status"
}
# seal_fault CALL ERRNO OCCURRENCE DESCRIPTORS: only what the C library calls may fail unnoticed. At
# its second dup2, which parts it from the log, it may write to no file any more.
seal_fault() {
	start "$server" -p 0 -c 1 -v
	[ "$1 $3" = "dup2 2" ] && said='ended with status 1' || said='; client dropped$'
	attach -p "$pid" -f -e inject="$1":error="$2":when="$3"
	first=$(timeout 10 "$build"/client 127.0.0.1 "$port" send hello half rest 2>&1)
	{
		case $1/$first in
		set_robust_list/hello) ;;
		*/hello) echo "the client was served in spite of it" ;;
		*) until_true log_has "$said" || echo "it was not said why" ;;
		esac
		serves_on "$4"
	} >"$scratch/wrong"
	judge "a handler's $1, number $3: $2"
}
# handle_fault CALL ERRNO OCCURRENCE DESCRIPTORS
handle_fault() {
	start "$server" -p 0 -c 1 -v
	client 127.0.0.1 "$port" send hello line sleep 400 send hello half rest >"$scratch/out" &
	client=$!
	until_true has_children 1
	attach -p "$(children)" -e inject="$1":error="$2":when="$3"
	wait $client
	{
		until_true log_has 'ended with status 0$' || echo "not its end"
		serves_on "$4"
	} >"$scratch/wrong"
	judge "a waiting handler's $1, number $3: $2"
}

# occurrences FILE: "call first second last" of what main calls, once each
occurrences() {
	awk -F'(' '/^rt_sigaction\(SIGPIPE, {sa_handler=SIG_IGN/ { main = 1 }
		/^[a-z]/ { n[$1]++; if (main) { if (!first[$1]) first[$1] = n[$1]; last[$1] = n[$1] } }
		END { for (c in first) {
			printf "%s %d", c, first[c]
			if (last[c] > first[c]) printf " %d", first[c] + 1
			if (last[c] > first[c] + 1) printf " %d", last[c]
			print "" } }' "$1" | sort
}
# faults KIND DESCRIPTORS <occurrences: a line for each fault
faults() {
	while read -r call numbers; do
		if ! grep -q "^$call " tests/faults; then
			echo "not ok - $1: tests/faults has no line for $call" | tee -a "$results" >&2
			continue
		fi
		# shellcheck disable=SC2013 # words
		for error in $(sed -n "s/^$call *| *//p" tests/faults); do
			for number in $numbers; do
				echo "$1 $call $error $number $2"
			done
		done
	done
}

# What is called when nothing fails.
start_traced "$server" -p 0 -c 1 -v
fds=$(find "/proc/$pid/fd" -type l | wc -l)
outcome "$fds" >"$scratch/wrong"
judge "no fault"
occurrences "$scratch/trace" >"$scratch/server"
: >"$scratch/log"
strace -f -q -o "$scratch/trace" "$server" -p 0 2>"$scratch/log" &
strace=$!
until_true log_has 'left to an attacker'
pid=$(sed -n '1s/ .*//p' "$scratch/trace")
port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$scratch/log")
client 127.0.0.1 "$port" send hello line send hello half rest >"$scratch/out"
kill "$pid"
wait $strace
# of the handler: up to its first read, once for each time; without what the server calls in that time
handler=$(grep -v "^$pid " "$scratch/trace" | sed -n '1s/ .*//p')
sed -n "s/^$handler *\([a-z][a-z0-9_]*\)(.*/\1/p" "$scratch/trace" | sed '/^read$/,$d' |
	awk '{ n[$1]++ } END { for (c in n) { printf "%s", c; for (i = 1; i <= n[c]; i++) printf " %d", i; print "" } }' |
	sort >"$scratch/seal"
printf 'read 1 2\nwrite 1\n' >"$scratch/handle"

{
	faults server "$fds" <"$scratch/server"
	faults seal "$fds" <"$scratch/seal"
	faults handle "$fds" <"$scratch/handle"
} >"$scratch/jobs"
[ $# -eq 0 ] || { # only some calls
	grep -E "^[a-z]+ ($(echo "$*" | tr ' ' '|')) " "$scratch/jobs" >"$scratch/some"
	mv "$scratch/some" "$scratch/jobs"
}
all=$scratch
worker() {
	scratch=$all/$1
	mkdir "$scratch"
	awk "NR % $workers == $1" "$all/jobs" >"$scratch/jobs"
	while read -r kind call error number fds <&3; do
		"${kind}_fault" "$call" "$error" "$number" "$fds"
	done 3<"$scratch/jobs"
}
number=0
workers_running=
while [ $number -lt "$workers" ]; do
	worker $number &
	workers_running="$workers_running $!"
	number=$((number + 1))
done
# shellcheck disable=SC2086 # several
wait $workers_running
is "as many results as there are faults" "$(grep -Ec '^(not )?ok - .*, number [0-9]*: ' "$results")" "$(wc -l <"$scratch/jobs")"
count
