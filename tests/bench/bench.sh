#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# bench.sh: what the sandbox costs: next to the server without it, to a bare loop of accept, fork and echo,
# and to socat. Loopback only. It fails nothing, and says which goals are missed.
#
# The servers take turns, started anew for each, because each start has another address layout. A figure is
# the median of its turns, a ratio the median of the ratios within a turn, so that it holds on a noisy
# machine; the true one is within the bounds in brackets, with 95 % certainty. QUICK=1 takes some two minutes.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ "${QUICK:-0}" = 1 ] && turns=9 times=100 mib=128 || turns=31 times=200 mib=512
idle=1000 pids='' missed=0
cat >"$scratch/servers" <<-END
	tcpserver|./tcpserver -p PORT -a 127.0.0.1 -c 20000 -t 600
	without its sandbox|$build/unsandboxed -p PORT -a 127.0.0.1 -c 20000 -t 600
	bare loop|$build/bare-loop PORT
	socat PIPE|socat TCP4-LISTEN:PORT,bind=127.0.0.1,fork,reuseaddr,backlog=4096 PIPE
	socat EXEC:cat|socat TCP4-LISTEN:PORT,bind=127.0.0.1,fork,reuseaddr,backlog=4096 EXEC:cat
END
trap 'stop_all; rm -rf "$scratch"' EXIT
stop_all() {
	for pid in $pids; do
		# shellcheck disable=SC2046 # process ids are words
		kill -s KILL "$pid" $(children 2>/dev/null) 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=''
}

# serve COMMAND: with the next port
next=$((10000 + $$ % 20000))
serve() {
	port=$next next=$((next + 1))
	# shellcheck disable=SC2046 # several words
	set -- $(echo "$1" | sed "s/PORT/$port/")
	"$@" >"$scratch/log" 2>&1 </dev/null &
	pid=$!
	pids="$pids $pid"
	until_true answers && kill -0 "$pid"
}
answers() { client 127.0.0.1 "$port" send x line close >"$scratch/answer" || ! kill -0 "$pid" 2>/dev/null; }

# What the servers take turns at; each prints one figure. Eight clients, as one leaves a processor idle.
nanoseconds() { date +%s%N; }
connections() {
	running='' begin=$(nanoseconds)
	for _ in 1 2 3 4 5 6 7 8; do
		"$build"/client -x "$times" 127.0.0.1 "$port" send x line close >"$scratch/answer" &
		running="$running $!"
	done
	for client in $running; do wait "$client" || return; done
	echo $((8 * times * 1000000000 / ($(nanoseconds) - begin)))
}
throughput() {
	begin=$(nanoseconds)
	client 127.0.0.1 "$port" bulk $((mib << 20)) half rest && echo $(((mib << 20) * 1000 / ($(nanoseconds) - begin)))
}
# Page faults in the server and in its children that have ended, for each connection
faults() {
	before=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f8,9)
	client -x 200 127.0.0.1 "$port" send x line half rest >"$scratch/answer"
	sleep 0.1
	echo "$before $(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f8,9)" | awk '{ printf "%.1f", ($3 - $1 + $4 - $2) / 200 }'
}
# kB that only a client's process has, and its page tables: the mean of all
memory() {
	client -n $idle 127.0.0.1 "$port" send x line closed >"$scratch/held" 2>&1 &
	until_true has_children $idle
	children | tr ' ' '\n' | while read -r process; do
		cat "/proc/$process/smaps_rollup" "/proc/$process/status"
	done 2>/dev/null | awk '/^Rss:/ { n++ } /^Private_|^VmPTE/ { own += $2 } END { if (n) printf "%.0f\n", own / n }'
	kill $!
}

# compare TURNS FIGURE UNIT NAMES [GOAL...]: a line for each server in NAMES (a regexp); a goal, ">=N NAME" or
# "<=N NAME", is of tcpserver's ratio to that, or of its own figure
compare() {
	most=$1 figure=$2 unit=$3 names=$4 turn=0
	shift 4
	: >"$scratch/data"
	while [ $turn -lt "$most" ]; do
		grep -E "^($names)" "$scratch/servers" | shuf >"$scratch/order"
		while IFS='|' read -r name command <&3; do
			if ! installed "${command%% *}"; then echo "$turn|$name|left out: ${command%% *} is not installed"
			elif ! serve "$command"; then echo "$turn|$name|left out: $(head -n 1 "$scratch/log")"
			else echo "$turn|$name|$($figure 2>&1 | tail -n 1)"
			fi
			stop_all
		done 3<"$scratch/order" >>"$scratch/data"
		turn=$((turn + 1))
	done
	printf '%s\n' "$@" >"$scratch/goals"
	awk -F '|' -v unit="$unit" '
		FILENAME ~ /goals$/ { if (split($0, word, " ") > 1) goal[substr($0, length(word[1]) + 2)] = word[1]; next }
		FILENAME ~ /servers$/ { order[++servers] = $1; next }
		{ value[$2, $1] = $3; seen[$2] = 1; if ($3 + 0 == 0) bad[$2] = $3; if ($1 >= turns) turns = $1 + 1 }
		# sorts list[1..n]
		function sorted(n,   i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
		}
		END {
			for (s = 1; s <= servers; s++) {
				name = order[s]
				if (!seen[name]) continue
				if (name in bad) { printf "  %-22s %s\n", name, bad[name]; continue }
				for (t = 0; t < turns; t++) list[t + 1] = value[name, t] + 0
				sorted(turns)
				judged = median = list[int((turns + 1) / 2)]
				printf "  %-22s %8.5g %-7s", name, median, unit
				if (name != "tcpserver") {
					for (t = 0; t < turns; t++) list[t + 1] = value["tcpserver", t] / value[name, t]
					sorted(turns)
					low = int(turns / 2 - sqrt(turns)) + 1
					if (low < 1) low = 1
					judged = list[int((turns + 1) / 2)]
					printf " x%.3f (%.3f to %.3f)", judged, list[low], list[turns + 1 - low]
				}
				if (name in goal) {
					bound = substr(goal[name], 3) + 0
					holds = goal[name] ~ /^>/ ? judged >= bound : judged <= bound
					printf " goal %s: %s", goal[name], holds ? "holds" : "MISSED"
				}
				print ""
			}
		}' "$scratch/goals" "$scratch/servers" "$scratch/data" >"$scratch/table"
	cat "$scratch/table"
	missed=$((missed + $(grep -c MISSED "$scratch/table")))
}

printf 'Linux %s, %s CPUs. xN: tcpserver to that.\n' "$(uname -r)" "$(nproc)"
echo "Connections a second: connect, a line, its echo, close; eight at a time"
compare "$turns" connections "" . '>=0.85 bare loop' '>=2.5 socat PIPE' '>=2.5 socat EXEC:cat'
echo "One connection, $mib MiB there and back"
compare "$turns" throughput MB/s 'tcpserver|bare loop|socat PIPE' '>=1 bare loop' '>=1 socat PIPE'
echo "Page faults a connection"
compare 3 faults "" 'tcpserver|without|bare loop'
echo "Private memory of each of $idle idle clients"
compare 1 memory kB 'tcpserver|without|bare loop|socat PIPE' '<=64 tcpserver'
echo "$missed goals missed."
