# shellcheck shell=sh disable=SC2034 # the scripts that source this use what is set here
# SPDX-License-Identifier: 0BSD
# What the tests share: results, and starting and stopping a server. It is sourced by tests/*/*.sh.
set -u
unset CDPATH # cd would look there first
cd "$(dirname "$0")/../.." || exit 1
LC_ALL=C # the messages of tools are compared
export LC_ALL
build=${BUILD:-tests/build}
server=${SERVER:-./tcpserver}
scratch=$(mktemp -d) || exit 1
results=$scratch/results
pid=
: >"$results"
# shellcheck disable=SC2064 # $scratch is known now
trap "rm -rf '$scratch'" EXIT
trap 'exit 1' INT TERM

ok() { echo "ok - $1" | tee -a "$results"; }
not_ok() { # FAIL_FAST=1: the first one ends it, and all that runs beside it
	echo "not ok - $1" | tee -a "$results"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/      /'
	[ -z "${FAIL_FAST:-}" ] || kill -s TERM 0
}
# skip NAME WHY: only for what this machine cannot show
skip() { echo "skip - $1 ($2)" | tee -a "$results"; }

# is NAME GOT EXPECTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:      $2" "expected: $3"; fi; }
# has NAME TEXT REGEXP
has() { if printf '%s\n' "$2" | grep -Eq -- "$3"; then ok "$1"; else not_ok "$1" "$2" "should have: $3"; fi; }
installed() { command -v "$1" >"$scratch/which"; }
# can COMMAND...: whether this machine lets it run a program, "true" at its end; why: what it said if not
can() { "$@" true >"$scratch/why" 2>&1; }
why() { sed -n 1p "$scratch/why"; }

# Waits for up to 10 seconds until a command succeeds.
until_true() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		case $tries in ? | 1?) pause=0.02 ;; 2? | 3?) pause=0.1 ;; 55) return 1 ;; *) pause=0.5 ;; esac
		sleep $pause
	done
}

# Starts "$@" in the background, its messages in $scratch/log; sets $pid, and $port once it listens.
# Descriptor 5 is for it to close, and 0 to replace.
start() {
	: >"$scratch/log"
	"$@" 2>"$scratch/log" <"$0" 5</dev/null &
	pid=$!
	until_true started || not_ok "start: $*" "$(cat "$scratch/log")"
	port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$scratch/log")
}
started() { grep -q ': sandbox: ' "$scratch/log" || ! kill -0 "$pid" 2>/dev/null; }
log_has() { grep -Eq -- "$1" "$scratch/log"; }
# Ends it, by force if it takes more than 10 seconds; sets $status.
stop() {
	kill -s "${1:-TERM}" "$pid" 2>/dev/null
	[ ! -e "/proc/$pid" ] || until_true gone "$pid" || kill -s KILL "$pid"
	wait "$pid" 2>/dev/null
	status=$?
}
# The server's children, as the kernel knows them.
children() { sed 's/ *$//' "/proc/$pid/task/$pid/children"; }
has_children() { [ "$(children | wc -w)" -eq "$1" ]; }
# How many clients it has and the latest handler's process, by its own log (-v).
has_clients() {
	[ "$(awk '/ from .* \([0-9]+\// { n++ } /ended with status|killed by signal/ { n-- }
		END { print n + 0 }' "$scratch/log")" -eq "$1" ]
}
handler() { sed -n 's/.*pid \([0-9]*\) from .* (.*/\1/p' "$scratch/log" | tail -n 1; }

gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

# In network namespace $net, if that is set: "nsenter -n -t PID".
net=
# shellcheck disable=SC2086 # several words, or none
client() { $net "$build"/client "$@" 2>&1; }
# Sockets of the server's side that no process has, and that have something to send: closing, with a queue
orphans() {
	# shellcheck disable=SC2086,SC2016 # several words, or none; awk's variables
	$net awk -v port="$(printf ':%04X' "$port")" '$2 ~ port "$" && $4 ~ /^(04|05|09|0B)$/ && $5 !~ /^0+:/ && $10 == 0' \
		/proc/net/tcp /proc/net/tcp6 2>/dev/null | wc -l
}
orphaned() { [ "$(orphans)" -gt 0 ]; }
# free_ports COUNT: of those that the kernel gives to nobody who asks for any (-p 0), as others do meanwhile
free_ports() {
	shuf -i 10000-29999 -n 20 | while read -r number; do
		client 127.0.0.1 "$number" close >"$scratch/free" || echo "$number"
	done | head -n "$1"
}
# echoes NAME [COUNT [ADDRESS]]: whether so many clients are served, at once
echoes() {
	is "$1" "$(client -n "${2:-1}" "${3:-127.0.0.1}" "$port" send hello half rest | sort | uniq -c | tr -s ' ')" " ${2:-1} hello"
}

# The last line, and the exit status.
count() {
	awk '/^ok/ { p++ } /^not ok/ { f++ } /^skip/ { s++ }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$results"
}
