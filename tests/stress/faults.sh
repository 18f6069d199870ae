#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# faults.sh [CALL...]: makes each system call of the server and of its handlers fail, one failure a
# run, with every errno of its manual page (tests/stress/faults). The first and the last occurrence
# get all of them, those in between one each. With arguments, only these calls. FAIL_FAST=1: until one
# goes wrong. It calls itself for each: faults.sh fault KIND CALL ERRNO OCCURRENCE DESCRIPTORS end|serve
#
# The calls are taken from a trace: of the server from main's first, signal(SIGPIPE, SIG_IGN), on, as
# what the C library does before main is not the program's. Before it listens, a fault must end it,
# with status 1 and one line that says why, by the text of the errno, but for those marked with + in the table. After that it
# may serve on: the same client or the next one, at a limit of one at a time, so that a lost place is
# a hang; with the descriptors and children it had, SIGPIPE ignored, a few hundred calls at most, and
# no less of a sandbox than it says.
#
# In four parts, as strace counts occurrences for each process: the server alone; the child that tries
# the seal before the server listens; a handler until it reads (strace attaches to the server once it
# is ready, and follows); and a handler that waits for a byte.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
installed strace || { skip "every system call fails" "strace is not installed"; count; exit; }
most_calls=500

# About the process that strace -D left in its own place.
status_of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" 2>/dev/null | cut -f1; }
traced_end() { grep -q '^+++ \(exited\|killed\)' "$scratch/trace"; }
descriptors() { find "/proc/$pid/fd" -type l 2>/dev/null | wc -l; }
# start_traced SERVER [STRACE FLAGS]: sets $pid, and $port though the log may say nothing
start_traced() {
	: >"$scratch/log"
	: >"$scratch/trace"
	strace -D -q -o "$scratch/trace" "$@" 2>"$scratch/log" </dev/null &
	pid=$!
	until_true ready
	port=$(sed -n 's/^getsockname(.*port=htons(\([0-9]*\)).* = 0$/\1/p' "$scratch/trace")
}
# It has come to its loop, or to its end.
ready() { traced_end || grep -Eq '^p?poll\(.*, 2, ' "$scratch/trace"; }

hello() { [ "$(timeout 10 "$build"/client 127.0.0.1 "$port" send hello half rest 2>&1)" = hello ]; }
# Whether three clients are served, one after the other; the fault may cost one, if that is said.
serves() {
	served=0
	for _ in 1 2 3; do
		! hello || served=$((served + 1))
	done
	[ $served -eq 3 ] ||
		{ [ $served -eq 2 ] && log_has '^tcpserver: (accept|client dropped|pid .* with status 1)'; }
}
# What each Landlock and seccomp call answered is in the trace; the log may be empty, by a fault.
sandboxed() {
	if log_has 'sandbox: .*Landlock ABI'; then
		grep -q '^landlock_restrict_self(.* = 0$' "$scratch/trace" || return 1
	fi
	if log_has 'sandbox: .*a seccomp filter'; then
		[ "$(status_of NoNewPrivs)" = 1 ] && [ "$(status_of Seccomp)" = 2 ] || return 1
	fi
	[ "$(status_of Uid)" != 0 ] && [ "$(status_of CapEff)" = 0000000000000000 ]
}
# The message has the text of the errno, as strace prints it.
says_why() { grep -qF -- "$(sed -n 's/.*(\(.*\)) (INJECTED)$/\1/p' "$scratch/trace" | sed -n 1p)" "$scratch/log"; }
complaints() { grep -cvE 'listening on|sandbox: |pid [0-9]+ (from|ended with status 0$)' "$scratch/log"; }
# SIGPIPE is signal 13, bit 12.
ignores_sigpipe() { [ $((0x0$(status_of SigIgn) >> 12 & 1)) -eq 1 ]; }
# It may end at any time, and is then judged by its status.
ended() { case $(status_of State) in '' | Z* | X*) ;; *) return 1 ;; esac }

# outcome DESCRIPTORS end|serve: prints what is wrong, or nothing
outcome() {
	if ! traced_end; then
		[ "$2" = serve ] || echo "it goes on in spite of it"
		[ -n "$port" ] || echo "neither ready nor at its end"
		serves || until_true traced_end || echo "serves $served of 3 clients"
	fi
	if ! traced_end; then
		until_true has_children 0 || echo "a child is left: $(children)"
		[ "$(descriptors)" -le "$1" ] || echo "$(descriptors) descriptors"
		sandboxed || ended || echo "less of a sandbox than it says"
		ignores_sigpipe || ended || echo "SIGPIPE is not ignored"
		kill "$pid" 2>/dev/null
		until_true traced_end || { echo "does not end"; kill -9 "$pid"; }
	fi
	wait "$pid"
	status=$?
	until_true traced_end
	case $status in
	0) ;;
	1) { [ "$(complaints)" -eq 1 ] && says_why; } || echo "ends with other than one line that says why" ;;
	*) echo "ends with status $status" ;;
	esac
	[ "$(wc -l <"$scratch/trace")" -lt $most_calls ] || echo "$(wc -l <"$scratch/trace") calls"
}

# Each KIND_fault CALL ERRNO OCCURRENCE DESCRIPTORS end|serve prints what is wrong, or nothing.
server_fault() {
	start_traced -e inject="$1":error="$2":when="$3" "$server" -p 0 -c 1 -v
	outcome "$4" "$5"
}
trial_fault() {
	timeout 10 strace -f -q -o "$scratch/trace" -e inject="$1":error="$2":when="$3" \
		"$server" -p 0 2>"$scratch/log" </dev/null
	{ [ "$? $(wc -l <"$scratch/log") $(complaints)" = "1 2 2" ] && says_why && log_has 'refusing to run'; } ||
		echo "ends other than with status 1, a line that says why, and a refusal"
}
# attach PID STRACE FLAGS
attach() {
	: >"$scratch/trace"
	strace -q -o "$scratch/trace" -p "$@" 2>"$scratch/strace" &
	strace=$!
	until_true attached "$1"
}
attached() { ! grep -q '^TracerPid:.0$' "/proc/$1/status" 2>/dev/null; }
# serves_on DESCRIPTORS: after one client's fault, the next is served, and nothing is left
serves_on() {
	until_true has_children 0 || echo "a handler is left"
	grep -q 'INJECTED' "$scratch/trace" || echo "the fault did not happen"
	kill "$strace" 2>/dev/null
	wait "$strace" 2>/dev/null
	hello || echo "the next client is not served"
	until_true has_children 0 || echo "a child is left"
	[ "$(descriptors)" -eq "$1" ] || echo "descriptors are left"
	stop TERM
	[ "$status" -eq 0 ] || echo "status $status"
}
# Only set_robust_list, which the filter refuses anyway, may fail unnoticed.
seal_fault() {
	start "$server" -p 0 -c 1 -v
	attach "$pid" -f -e inject="$1":error="$2":when="$3"
	if hello; then served=yes; else served=no; fi
	if [ "$1" = set_robust_list ]; then
		[ $served = yes ] || echo "the client was not served"
	else
		[ $served = no ] || echo "the client was served in spite of it"
		until_true log_has '^tcpserver: (PR_SET_PDEATHSIG|landlock_restrict_self|dup3|close_range|RLIMIT_NPROC)' ||
			echo "it was not said why"
		until_true log_has 'ended with status 1$' || echo "its end was not reported"
	fi
	serves_on "$4"
}
handle_fault() {
	start "$server" -p 0 -c 1 -v
	client 127.0.0.1 "$port" send hello line sleep 1000 send hello half rest >"$scratch/out" &
	client=$!
	until_true has_children 1
	attach "$(children)" -e inject="$1":error="$2":when="$3"
	wait $client
	until_true log_has 'ended with status 0$' || echo "not its end"
	serves_on "$4"
}

if [ "${1-}" = fault ]; then
	kind=$2
	shift 2
	"${kind}_fault" "$@" >"$scratch/wrong"
	name="$kind: $1, number $3: $2"
	if [ ! -s "$scratch/wrong" ]; then
		ok "$name"
	else
		(not_ok "$name" "$(cat "$scratch/wrong" "$scratch/log")")
		[ -z "${FAIL_FAST:-}" ] || exit 255 # which ends xargs
	fi
	exit 0
fi

# occurrences FIRST FILE: "call number number ..." of what is called from the line that matches FIRST
# on; a number has a - before the server is in its loop, but for what fails anyway or may fail
occurrences() {
	awk -F'(' -v first="$1" '$0 ~ first { on = 1 }
		/^p?poll\(.*, 2, / { loop = 1 }
		/^[a-z]/ { n[$1]++; if (on) { numbers[$1] = numbers[$1] " " (loop || /SPECULATION| = -1 / ? "" : "-") n[$1] } }
		END { for (c in numbers) print c numbers[c] }' "$2" | sort
}
# faults KIND DESCRIPTORS <occurrences: the arguments of this script for each fault
faults() {
	awk -v kind="$1" -v fds="$2" -v unknown="$scratch/unknown" '
		FNR == NR { if (/^[a-z]/) errnos[$1] = substr($0, index($0, "|") + 1); next }
		!($1 in errnos) { print $1 >unknown }
		{
			n = split(errnos[$1], errno)
			for (i = 2; i <= NF; i++)
				for (e = 1; e <= n; e++)
					if (i == 2 || i == NF || (i < 13 && (i - 1) % n + 1 == e)) {
						error = errno[e]
						end = !sub(/[+]/, "", error) && $i < 0 ? "end" : "serve"
						print "fault", kind, $1, error, $i < 0 ? -$i : $i, fds, end
					}
		}' tests/stress/faults -
}

# What is called when nothing fails.
start_traced "$server" -p 0 -c 1 -v
fds=$(descriptors)
outcome "$fds" serve >"$scratch/wrong"
is "no fault: nothing is wrong" "$(cat "$scratch/wrong")" ""
occurrences '^rt_sigaction.SIGPIPE, {sa_handler=SIG_IGN' "$scratch/trace" >"$scratch/server"
faults server "$fds" <"$scratch/server" >"$scratch/jobs"
start strace -f -q -o "$scratch/trace" "$server" -p 0
hello || not_ok "a traced server serves"
kill "$(sed -n '1s/ .*//p' "$scratch/trace")"
wait "$pid"
# Of the handler, which is the last to seal itself, what comes before its first read.
handler=$(sed -n 's/^\([0-9]*\) *dup3(.*/\1/p' "$scratch/trace" | tail -n 1)
sed -n "s/^$handler *\([a-z][a-z0-9_]*(.*\)/\1/p" "$scratch/trace" | sed '/^read(/,$d' >"$scratch/calls"
occurrences . "$scratch/calls" >"$scratch/seal"
[ -s "$scratch/seal" ] || not_ok "a handler seals itself" "$(cat "$scratch/trace")"
# The trial child's, but for what the server calls before it, which would meet with the fault first.
sed 's/ .*//' "$scratch/server" >"$scratch/names"
grep -vwFf "$scratch/names" "$scratch/seal" | grep -v '^set_robust_list ' |
	faults trial "$fds" >>"$scratch/jobs"
if [ "$(id -u)" -eq 0 ]; then
	faults seal "$fds" <"$scratch/seal" >>"$scratch/jobs"
	printf 'read 1 2\nwrite 1\n' | faults handle "$fds" >>"$scratch/jobs"
else
	skip "faults in handlers" "only root may trace a server that is not dumpable"
fi

[ $# -eq 0 ] || { # only some calls
	grep -E "^fault [a-z]+ ($(echo "$*" | tr ' ' '|')) " "$scratch/jobs" >"$scratch/some"
	mv "$scratch/some" "$scratch/jobs"
}
[ -s "$scratch/jobs" ] || not_ok "there are faults to try: $*"
xargs -r -P "${WORKERS:-$(nproc)}" -L 1 tests/stress/faults.sh <"$scratch/jobs" | tee -a "$results"
is "as many results as there are faults" "$(grep -Ec '^(not )?ok - .*, number [0-9]*: ' "$results")" "$(wc -l <"$scratch/jobs")"
is "tests/stress/faults has a line for each call" "$(cat "$scratch/unknown" 2>/dev/null)" ""
count
