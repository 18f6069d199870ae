# shellcheck shell=sh disable=SC2034 # who sources this uses what is set here
# SPDX-License-Identifier: 0BSD
# What check.sh, faults.sh and stress.sh share: results, and starting and ending a server.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
server=${SERVER:-./tcpserver}
scratch=$(mktemp -d) || exit 1
results=$scratch/results
pid=
: >"$results"
# shellcheck disable=SC2064 # $scratch is known now
trap "rm -rf '$scratch'" EXIT
trap 'exit 1' INT TERM

ok() { echo "ok - $1" | tee -a "$results"; }
not_ok() {
	echo "not ok - $1" | tee -a "$results"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/      /'
}
skip() { echo "skip - $1 ($2)" | tee -a "$results"; }

# is NAME GOT EXPECTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:      $2" "expected: $3"; fi; }
# has NAME TEXT REGEXP
has() { if printf '%s\n' "$2" | grep -Eq -- "$3"; then ok "$1"; else not_ok "$1" "$2" "should have: $3"; fi; }

# Waits for up to 5 seconds until a command succeeds.
until_true() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 250 ] || return 1
		sleep 0.02
	done
}

# Starts "$@" in the background, its messages in $scratch/log; sets $pid, and $port once it listens.
start() {
	: >"$scratch/log"
	"$@" 2>"$scratch/log" 5</dev/null &
	pid=$!
	until_true started || not_ok "start: $*" "$(cat "$scratch/log")"
	port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$scratch/log")
}
started() { grep -q 'left to an attacker' "$scratch/log" || ! kill -0 "$pid" 2>/dev/null; }
log_has() { grep -Eq -- "$1" "$scratch/log"; }
# Ends it; sets $status.
stop() {
	kill -"${1:-TERM}" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	status=$?
}
children() { sed 's/ *$//' "/proc/$pid/task/$pid/children"; }
has_children() { [ "$(children | wc -w)" -eq "$1" ]; }
client() { "$build"/client "$@" 2>&1; }

# The last line, and the exit status.
count() {
	awk '/^ok/ { p++ } /^not ok/ { f++ } /^skip/ { s++ }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$results"
}
