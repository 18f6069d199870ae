#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# bench.sh: what the sandbox costs, and how the server does next to its peers. Loopback only.
#
# The servers of a group run side by side and take turns in a changing order. A figure is the median
# of its turns; a ratio is the median of the ratios within a turn, so that it holds on a noisy machine.
# The true median is between the bounds next to it, with 95 % certainty: a goal is MISSED if it is
# outside, and undecided if only the median misses it.
# The servers are started again for each turn, as each start has another address layout, which makes
# a difference. One with a failed connection has no rate. What is missing is named and left out.
# QUICK=1 takes about a minute.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
if [ "${QUICK:-0}" = 1 ]; then
	turns=9 seconds=0.2 mib=128 idle=1000
else
	turns=21 seconds=0.3 mib=1024 idle=10000
fi
pids=
missed=0 undecided=0

ours='-p PORT -a 127.0.0.1 -c 20000 -t 600'
socat='socat TCP4-LISTEN:PORT,bind=127.0.0.1,fork,reuseaddr,backlog=4096'
loop='bare accept-fork-echo loop'
# NAME: COMMAND
cat >"$scratch/commands" <<-END
	tcpserver: ./tcpserver $ours
	tcpserver without its sandbox: $build/unsandboxed $ours
	$loop: $build/bare-loop PORT
	socat PIPE: $socat PIPE
	socat EXEC:cat: $socat EXEC:cat
	next to no idle client: ./tcpserver $ours
	next to $idle idle clients: ./tcpserver $ours
END
everyone='^(tcpserver|bare|socat)'
alike="^(tcpserver( without its sandbox)?|$loop)\$"
three="^(tcpserver|$loop|socat PIPE)\$"

# Ends what this group has started, and what that has started.
stop_group() {
	for pid in $pids; do
		# shellcheck disable=SC2046 # process ids are words
		kill -KILL "$pid" $(children 2>/dev/null) 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=
	: >"$scratch/servers"
}
trap 'stop_group; rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM PIPE

title() { printf '\n%s\n' "$*"; }
missing() { # once is enough
	! grep -sqxF "$1" "$scratch/missing" || return 0
	echo "$1" >>"$scratch/missing"
	printf '  %-52s left out: %s\n' "$1" "$2"
}
# line WHAT FIGURE UNIT [RATIO [GOAL]]: a goal, >=N or <=N, is of the ratio, or else of the figure; a
# ratio is "MEDIAN LOW HIGH"
line() {
	verdict=
	[ ! "${5:-}" ] || verdict="goal $5: $(echo "${4:-$2}" | awk -v goal="$5" '{
		bound = substr(goal, 3) + 0
		sign = goal ~ /^>/ ? 1 : -1
		verdict = "MISSED"
		if ($2 <= bound && bound <= $3) verdict = "undecided"
		if (NF && sign * $1 >= sign * bound) verdict = "holds"
		print verdict }')"
	case $verdict in
	*MISSED) missed=$((missed + 1)) ;;
	*undecided) undecided=$((undecided + 1)) ;;
	esac
	# shellcheck disable=SC2086 # words
	printf '  %-52s %8s %-6s %-22s %s\n' "$1" "$2" "$3" "$([ ! "${4:-}" ] || printf 'x%s (%s to %s)' $4)" "$verdict"
}

# serve NAME: starts it on the next port; sets $port and $pid
next_port=$((10000 + $$ % 20000))
serve() {
	port=$next_port next_port=$((next_port + 1))
	command=$(sed -n "s|^$1: ||p" "$scratch/commands" | sed "s/PORT/$port/")
	if ! installed "${command%% *}"; then
		missing "$1" "${command%% *} is not installed"
		return 1
	fi
	$command >"$scratch/log" 2>&1 </dev/null &
	pid=$!
	pids="$pids $pid"
	if ! until_true answers || ! kill -0 "$pid"; then
		missing "$1" "it does not start: $(head -n 1 "$scratch/log")"
		return 1
	fi
	echo "$port $pid $1" >>"$scratch/servers"
}
answers() { "$build"/crowd "$port" 1 1 >"$scratch/answer" || ! kill -0 "$pid" 2>/dev/null; }
# group REGEXP: starts these, and no others
group() {
	stop_group
	sed 's/: .*//' "$scratch/commands" | grep -E "$1" >"$scratch/group"
	while read -r name <&3; do
		serve "$name"
	done 3<"$scratch/group"
}

# What the servers take turns at, with $port. Eight processes, as one would leave the server a processor.
eight_clients() {
	for _ in 1 2 3 4 5 6 7 8; do
		"$build"/crowd "$port" $seconds 1 rate &
	done | awk '{ sum += $1; lost += $4 } END { print sum, lost " lost"; exit NR < 8 || lost > 0 }'
}
one_client() { "$build"/crowd "$port" $seconds 1 rate; }
bulk() {
	begin=$(date +%s%N)
	"$build"/client 127.0.0.1 "$port" bulk $((mib << 20)) 2>&1 && echo $(((mib << 20) * 1000 / ($(date +%s%N) - begin)))
}
# take_turns GROUP TURNS COMMAND; with - as the group, it has been started
take_turns() {
	group=$1 most=$2 measure=$3
	: >"$scratch/data"
	turn=0
	while [ $turn -lt "$most" ]; do
		[ "$group" = - ] || group "$group"
		awk -v turn=$turn 'BEGIN { srand(turn) } { print rand() " " $0 }' "$scratch/servers" |
			sort | sed 's/^[^ ]* //' >"$scratch/order"
		while read -r port pid name <&3; do
			result=$($measure 2>"$scratch/error") ||
				result="failed $result $(head -n 1 "$scratch/error")"
			echo "$turn;$name;$result"
		done 3<"$scratch/order" >>"$scratch/data"
		turn=$((turn + 1))
	done
}
median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'; }
# figure NAME COLUMN: the median of its turns
figure() {
	awk -F ';' -v n="$1" -v c="$2" '$2 == n { split($3, f, " "); print f[c] }' "$scratch/data" | median
}
# ratio NAME COLUMN [FIRST]: of FIRST, or the first server, to it: median and bounds, by its rank
ratio() {
	awk -F ';' -v n="$1" -v c="$2" -v first="${3:-$(sed -n '1s/^[^ ]* [^ ]* //p' "$scratch/servers")}" '
		{ split($3, f, " ") }
		$2 == first { a[$1] = f[c] }
		$2 == n { b[$1] = f[c] }
		END { for (t in a) if (b[t] > 0) printf "%.3f\n", a[t] / b[t] }' "$scratch/data" | sort -n |
		awk '{ v[NR] = $1 }
			END {
				low = int(NR / 2 - sqrt(NR)) + 1
				if (low < 1) low = 1
				print v[int((NR + 1) / 2)] "", v[low] "", v[NR + 1 - low] "" }'
}
# report COLUMN UNIT [NAME GOAL]...: a line for each server whose turns all went without an error
report() {
	column=$1 unit=$2
	shift 2
	while read -r port pid name; do
		bad=$(awk -F ';' -v n="$name" '$2 == n && $3 ~ /^failed/ { print $3; exit }' "$scratch/data")
		[ ! "$bad" ] || { missing "$name" "$bad"; continue; }
		goal=$(printf '%s;%s\n' "$@" | awk -F ';' -v n="$name" '$1 == n { print $2 }')
		[ "$unit" != us ] || name="$name, median (99 %: $(figure "$name" 3) us)"
		line "$name" "$(figure "${name%, median*}" "$column")" "$unit" "$(ratio "${name%, median*}" "$column")" "$goal"
	done <"$scratch/servers"
}
available() { awk '/^MemAvailable/ { print $2 }' /proc/meminfo; }
# kB that only a client's process has, and of its page tables: the mean of a hundred
memory() {
	children | tr ' ' '\n' | head -n 100 | while read -r process; do
		cat "/proc/$process/smaps_rollup" "/proc/$process/status"
	done 2>/dev/null | awk '/^Rss:/ { n++ } /^Private_/ { own += $2 } /^VmPTE/ { tables += $2 }
		END { if (n) printf "%.0f %.0f\n", (own + tables) / n, tables / n }'
}
# faults PID: page faults of a process, and of its children that have ended
faults() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f8,9; }
# hold NUMBER: idle connections to this server, until its group is stopped
hold() {
	"$build"/crowd "$port" "$1" "$1" hold >"$scratch/held" 2>"$scratch/log" &
	pids="$! $pids"
	for _ in 1 2 3 4 5 6; do
		! until_true grep -q held "$scratch/held" || return 0
	done
	return 1
}

fork=$("$build"/start 501 | median)
# The server's own work weighs more where forks are slow: 0.95 at 100 us, 0.85 from 1000 us on.
least=$(awk -v us="$fork" 'BEGIN { least = 0.95 - (us - 100) / 9000
	printf("%.3f", least > 0.95 ? 0.95 : least < 0.85 ? 0.85 : least) }')
printf 'tcpserver on Linux %s, %s CPUs, %s us for a process that ends at once.\n' "$(uname -r)" "$(nproc)" "$fork"
printf 'Medians of %s turns, rates of %s. xN: tcpserver to that.\n' $turns $((2 * turns))

title "Connections a second: connect, a line, its echo, close; 8 at a time"
take_turns "$everyone" $((2 * turns)) eight_clients
fastest=$(for name in 'socat PIPE' 'socat EXEC:cat'; do echo "$(ratio "$name" 1) $name"; done | sort -n | head -n 1)
report 1 conn/s "$loop" ">=$least" "${fastest#* * * }" '>=2.5'

title "Latency of a connection, one at a time"
take_turns "$everyone" $turns one_client
report 2 us

title "One connection, $mib MiB there and back"
take_turns "$three" $((2 * turns)) bulk
report 1 MB/s "$loop" '>=1' 'socat PIPE' '>=1'

title "Start: from exec to the line that says it listens"
line tcpserver "$("$build"/start 51 ./tcpserver -p 0 -a 127.0.0.1 | median)" us '' '<=5000'

title "Memory for each idle client, and the rate of others next to them"
stop_group
serve 'next to no idle client'
before=$(available)
if serve "next to $idle idle clients" && hold $idle; then
	own=$(memory)
	line "private memory of a client (${own#* } kB of it page tables)" "${own% *}" kB '' '<=64'
	line 'all that the machine has less, with both ends' $(((before - $(available)) / idle)) kB
	take_turns - $turns eight_clients
	report 1 conn/s
else
	missing "$idle idle clients" "$(head -n 1 "$scratch/log")"
fi
group '^socat PIPE$'
if [ -s "$scratch/servers" ] && hold 200; then
	own=$(memory)
	line 'socat PIPE: private memory of a client' "${own% *}" kB
fi

title "For each connection: page faults"
group "$alike"
while read -r port pid name; do
	before=$(faults "$pid")
	"$build"/crowd "$port" 1000 1 >"$scratch/answer"
	sleep 0.3
	echo "$before $(faults "$pid")" | awk -v n="$name" '{ printf "  %-52s %8.1f in the server", n, ($3 - $1) / 1000
		if ($4 > $2) printf ", %.1f in a child", ($4 - $2) / 1000
		print "" }'
done <"$scratch/servers"
printf '\n%s goals missed, %s undecided.\n' "$missed" "$undecided"
