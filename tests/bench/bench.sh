#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# bench.sh: what the sandbox costs, and how the server does next to its peers. Loopback only.
#
# The servers of a group run side by side and take turns in a changing order. A figure is the median
# of its turns; a ratio is the median of the ratios within a turn, so that it holds on a noisy machine.
# They are started again after three turns, as each start has another address layout, which makes a
# difference. A server with a failed connection has no rate. What is missing is named and left out.
# QUICK=1 takes less than a minute.
set -u
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 1
if [ "${QUICK:-0}" = 1 ]; then
	turns=9 seconds=0.2 bulks=5 mib=128 idle=1000
else
	turns=21 seconds=0.3 bulks=11 mib=1024 idle=10000
fi
build=${BUILD:-build}
load=$build/load
dir=$(mktemp -d) || exit 1
pids=
missed=0

# Ends what this group has started, and what that has started.
stop() {
	for pid in $pids; do
		# shellcheck disable=SC2046 # process ids are words
		kill -KILL "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null) 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=
	: >"$dir/servers"
}
trap 'stop; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

title() { printf '\n%s\n' "$*"; }
missing() { # once is enough
	! grep -sqxF "$1" "$dir/missing" || return 0
	echo "$1" >>"$dir/missing"
	printf '  %-52s left out: %s\n' "$1" "$2"
}
# line WHAT FIGURE UNIT [RATIO [GOAL]]: a goal, >=N or <=N, is of the ratio, or else of the figure
line() {
	verdict=
	case ${5:-} in
	?*) verdict=$(echo "${4:-$2} ${5#??}" | awk -v op="${5%"${5#??}"}" '{
		print ((op == ">=" ? $1 >= $2 : $1 <= $2) ? "holds" : "MISSED") }') ;;
	esac
	[ "$verdict" != MISSED ] || missed=$((missed + 1))
	printf '  %-52s %8s %-6s %7s  %s\n' "$1" "$2" "$3" "${4:+x$4}" "${5:+goal $5: $verdict}"
}

# serve NAME COMMAND...: starts it with PORT replaced by a free one; sets port and pid
serve() {
	name=$1
	shift
	if ! command -v "$1" >/dev/null; then
		missing "$name" "$1 is not installed"
		return 1
	fi
	port=$($load port)
	for word in "$@"; do
		shift
		case $word in *PORT*) word=${word%%PORT*}$port${word#*PORT} ;; esac
		set -- "$@" "$word"
	done
	$load run "$@" >"$dir/log" 2>&1 </dev/null &
	pid=$!
	pids="$pids $pid"
	if ! $load wait "$port" 2>/dev/null; then
		missing "$name" "it does not start: $(head -n 1 "$dir/log")"
		return 1
	fi
	echo "$port $pid $name" >>"$dir/servers"
}
serve_ours() { serve "$1" "$2" -p PORT -a 127.0.0.1 -c 20000 -t 0; }
serve_socat() { serve "socat $1" socat TCP4-LISTEN:PORT,bind=127.0.0.1,fork,reuseaddr,backlog=4096 "$1"; }
loop='bare accept-fork-echo loop'
alike() {
	serve_ours tcpserver ./tcpserver
	serve_ours 'tcpserver without its sandbox' "$build"/unsandboxed
	serve "$loop" "$build"/bare-loop PORT
}
everyone() {
	alike
	serve_ours 'tcpserver, shared libraries' "$build"/shared/tcpserver
	serve "$loop, shared libraries" "$build"/shared/bare-loop PORT
	serve_socat PIPE
	serve_socat EXEC:cat
}
three() {
	serve_ours tcpserver ./tcpserver
	serve "$loop" "$build"/bare-loop PORT
	serve_socat PIPE
}

# take_turns GROUP TURNS MODE ARGUMENTS: load MODE PORT ARGUMENTS against each server; -: they are there
take_turns() {
	group=$1 most=$2 mode=$3
	shift 3
	: >"$dir/data"
	turn=0
	while [ $turn -lt "$most" ]; do
		if [ "$group" != - ] && [ $((turn % 3)) -eq 0 ]; then
			stop
			$group
		fi
		awk -v turn=$turn 'BEGIN { srand(turn) } { print rand() " " $0 }' "$dir/servers" |
			sort | sed 's/^[^ ]* //' >"$dir/order"
		while read -r port pid name; do
			result=$(timeout 60 "$load" "$mode" "$port" "$@" 2>"$dir/error" </dev/null) ||
				result="failed $(head -n 1 "$dir/error")"
			echo "$turn;$name;$result"
		done <"$dir/order" >>"$dir/data"
		turn=$((turn + 1))
	done
}
median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'; }
# figure NAME COLUMN: the median of its turns
figure() {
	awk -F ';' -v n="$1" -v c="$2" '$2 == n { split($3, f, " "); print f[c] }' "$dir/data" | median
}
# ratio NAME COLUMN [FIRST]: of FIRST, or the first server, to it
ratio() {
	awk -F ';' -v n="$1" -v c="$2" -v first="${3:-$(sed -n '1s/^[^ ]* [^ ]* //p' "$dir/servers")}" '
		{ split($3, f, " ") }
		$2 == first { a[$1] = f[c] }
		$2 == n { b[$1] = f[c] }
		END { for (t in a) if (b[t] > 0) printf "%.3f\n", a[t] / b[t] }' "$dir/data" | median
}
# sound NAME: whether all its turns went without an error; of a rate, column 4 counts them
sound() {
	bad=$(awk -F ';' -v n="$1" '{ split($3, f, " ") } $2 == n && ($3 ~ /^failed/ || f[4] > 0) { print $3; exit }' "$dir/data")
	[ -z "$bad" ] || missing "$1" "errors: $bad"
	[ -z "$bad" ]
}
available() { awk '/^MemAvailable/ { print $2 }' /proc/meminfo; }
# kB that only a client's process has, and of its page tables: the mean of a hundred
memory() {
	tr ' ' '\n' <"/proc/$1/task/$1/children" | grep . | head -n 100 | while read -r process; do
		cat "/proc/$process/smaps_rollup" "/proc/$process/status"
	done 2>/dev/null | awk '/^Rss:/ { n++ } /^Private_/ { own += $2 } /^VmPTE/ { tables += $2 }
		END { if (n) printf "%.0f %.0f\n", own / n, tables / n }'
}
# faults PID: page faults of a process, and of its children that have ended
faults() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f8,9; }
# hold PORT NUMBER: idle connections, until this group is stopped
hold() {
	: >"$dir/held"
	$load run "$build"/crowd "$1" "$2" "$2" hold >"$dir/held" 2>"$dir/log" &
	holder=$!
	pids="$holder $pids"
	tries=0
	while ! grep -q held "$dir/held" && kill -0 $holder 2>/dev/null && [ $tries -lt 600 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	grep -q held "$dir/held"
}

: >"$dir/servers"
fork=$($load fork 501)
[ "$fork" -lt 400 ] && least=0.95 || least=0.85 # the server's own work weighs more where forks are slow
printf 'tcpserver on Linux %s, %s CPUs, %s us for a process that ends at once.\n' "$(uname -r)" "$(nproc)" "$fork"
printf 'Medians of %s turns (bulk: %s). xN: tcpserver to that.\n' $turns $bulks

title "Connections a second: connect, a line, its echo, close; 8 at a time"
take_turns everyone $turns rate 8 $seconds
fastest=$(for name in PIPE EXEC:cat; do ratio "socat $name" 1; done | sort -n | head -n 1)
while read -r port pid name; do
	goal=
	case $name in
	"$loop") goal=">=$least" ;;
	socat*) [ "$(ratio "$name" 1)" != "$fastest" ] || goal='>=2.5' ;;
	esac
	! sound "$name" || line "$name" "$(figure "$name" 1)" conn/s "$(ratio "$name" 1)" "$goal"
done <"$dir/servers"
line '... with shared libraries both' '' '' "$(ratio "$loop, shared libraries" 1 'tcpserver, shared libraries')"

title "Latency of a connection, one at a time"
take_turns everyone $turns rate 1 $seconds
while read -r port pid name; do
	! sound "$name" || line "$name, median (99 %: $(figure "$name" 3) us)" "$(figure "$name" 2)" us "$(ratio "$name" 2)"
done <"$dir/servers"

title "One connection, $mib MiB there and back"
take_turns three $bulks bulk $mib
while read -r port pid name; do
	[ "$name" = tcpserver ] && goal= || goal='>=1'
	! sound "$name" || line "$name" "$(figure "$name" 1)" MB/s "$(ratio "$name" 1)" "$goal"
done <"$dir/servers"
stop

title "Start: from exec to the line that says it listens"
ours=$($load start 51 ./tcpserver -p 0 -a 127.0.0.1) nothing=$($load start 51 "$build"/nothing)
line "tcpserver (a program that does nothing: $nothing us)" "$ours" us
line 'the difference' $((ours - nothing)) us '' '<=2000'

title "Memory for each idle client, and the rate of others next to them"
serve_ours 'next to no idle client' ./tcpserver
before=$(available)
if serve_ours "next to $idle idle clients" ./tcpserver && hold "$port" $idle; then
	own=$(memory "$pid")
	line "private memory of a client (${own#* } kB of it page tables)" $((${own% *} + ${own#* })) kB '' '<=64'
	line 'all that the machine has less, with both ends' $(((before - $(available)) / idle)) kB
	take_turns - $turns rate 8 $seconds
	while read -r port pid name; do
		! sound "$name" || line "$name" "$(figure "$name" 1)" conn/s "$(ratio "$name" 1)"
	done <"$dir/servers"
else
	missing "$idle idle clients" "$(head -n 1 "$dir/log")"
fi
stop
if serve_socat PIPE && hold "$port" 200; then
	theirs=$(memory "$pid")
	line 'socat PIPE: private memory of a client' $((${theirs% *} + ${theirs#* })) kB
fi
stop

title "For each connection: page faults and system calls"
alike
while read -r port pid name; do
	before=$(faults "$pid")
	$load rate "$port" 1 20 1000 >"$dir/held"
	sleep 0.3
	echo "$before $(faults "$pid")" | awk -v n="$name" '{ printf "  %-52s %8.1f in the server", n, ($3 - $1) / 1000
		if ($4 > $2) printf ", %.1f in a child", ($4 - $2) / 1000
		print "" }'
done <"$dir/servers"
read -r port pid name <"$dir/servers"
if command -v strace >/dev/null; then
	timeout 60 strace -f -qq -e signal=none -o "$dir/trace" -p "$pid" 2>"$dir/log" &
	tracer=$!
	sleep 0.5
	timeout 30 "$load" rate "$port" 1 10 20 >"$dir/held"
	sleep 0.5
	kill $tracer 2>/dev/null
	wait $tracer 2>/dev/null
	for who in server client; do
		awk -v server="$pid" -v who=$who '
			(($1 == server) == (who == "server")) && /\(/ && !/resumed>/ {
				sub(/\(.*/, "", $2)
				if (!n[$2]++) order[++names] = $2
				sum++
			}
			END {
				for (i = 1; i <= names; i++)
					list = list sprintf("%s %.3g, ", order[i], n[order[i]] / 20)
				sub(/, $/, "", list)
				printf "%.1f calls by the %s process: %s\n", sum / 20, who, list
			}' "$dir/trace" | fold -s -w 94 | sed 's/^/  /'
	done
else
	missing 'the list of calls' 'strace is not installed'
fi
printf '\n%s goals missed.\n' "$missed"
