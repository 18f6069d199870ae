#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make bench: what the sandbox costs, and how the server does next to its peers. Loopback only.
#
# The servers of a group run side by side and take turns, A B C B A C ..., and each figure is the
# median of its turns; a ratio is the median of the ratios within a turn, so that it holds on a
# noisy machine. They start anew in between, as each start has another address layout, and that
# makes a difference. A rate during which a connection failed is not taken. What is missing is named and
# left out. All of it is written to build/bench.csv, too. QUICK=1 takes less than a minute.
set -u
locale=${LC_ALL:-} # the servers': in another one, cat starts faster or slower
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1

if [ "${QUICK:-0}" = 1 ]; then
	turns=9 seconds=0.2 short=0.1 bulks=5 mib=128 few=32 many=1000 starts=5
else
	turns=21 seconds=0.3 short=0.2 bulks=11 mib=1024 few=256 many=10000 starts=11
fi
load=build/load
csv=build/bench.csv
dir=$(mktemp -d) || exit 1
pids=
missed=0
settle=0

# Ends what this group has started, and what that has started.
stop() {
	for pid in $pids; do
		# shellcheck disable=SC2046 # process ids are words
		kill -KILL "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null) 2>/dev/null
	done
	for pid in $pids; do
		wait "$pid" 2>/dev/null
	done
	pids=
	: >"$dir/servers"
}
trap 'stop; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# A line of the table, and of the CSV: group, what, figure, unit, ratio, goal
line() {
	verdict=
	if [ -n "${6:-}" ]; then
		case $6 in
		'>='*) verdict=$(echo "${5:-$3} ${6#??}" | awk '{ print ($1 >= $2 ? "holds" : "MISSED") }') ;;
		'<='*) verdict=$(echo "${5:-$3} ${6#??}" | awk '{ print ($1 <= $2 ? "holds" : "MISSED") }') ;;
		esac
		[ "$verdict" = MISSED ] && missed=$((missed + 1))
	fi
	printf '  %-46s %10s %-8s %7s  %s\n' "$2" "$3" "$4" "${5:+x$5}" "${6:+goal $6: $verdict}"
	printf '"%s","%s",%s,"%s",%s,"%s","%s"\n' "$1" "$2" "$3" "$4" "${5:-}" "${6:-}" "$verdict" >>$csv
}

title() {
	printf '\n%s\n' "$*"
}

missing() { # once is enough
	! grep -Fq "\"missing\",\"$1\"" $csv || return 0
	printf '  %-46s left out: %s\n' "$1" "$2"
	printf '"missing","%s",,"%s",,,\n' "$1" "$2" >>$csv
}

# serve MODE NAME COMMAND...: starts it with PORT replaced by a free one; its end is certain: after
# SECONDS at the latest, or with this shell. MODE is what load does to it in turns: rate, or get.
# Sets port and pid. Fails if it does not listen.
serve() {
	mode=$1
	name=$2
	shift 2
	if ! command -v "$1" >/dev/null; then
		missing "$name" "$1 is not installed"
		return 1
	fi
	port=$($load port)
	[ -z "${configuration:-}" ] || sed "s/PORT/$port/" "$configuration" >"$dir/configuration"
	for word in "$@"; do
		shift
		case $word in
		*PORT*) word=${word%%PORT*}$port${word#*PORT} ;;
		esac
		set -- "$@" "$word"
	done
	LC_ALL=$locale $load run 300 "$@" >"$dir/log" 2>&1 </dev/null &
	pid=$!
	pids="$pids $pid"
	if ! $load wait "$port" 2>/dev/null; then
		missing "$name" "it does not start: $(head -n 1 "$dir/log")"
		return 1
	fi
	echo "$port $pid $mode $name" >>"$dir/servers"
}

serve_ours() {
	serve rate "${1:-tcpserver}" ./tcpserver -p PORT -a 127.0.0.1 -c 20000 -t 0
}

serve_loop() {
	serve rate 'bare accept-fork-echo loop' build/bare-loop PORT
}

shared=', shared libraries'

# serve_socat NAME FLAGS ADDRESS
serve_socat() {
	# shellcheck disable=SC2086 # flags are words
	serve rate "$1" socat $2 TCP4-LISTEN:PORT,bind=127.0.0.1,fork,reuseaddr,backlog=4096 "$3"
}

serve_ncat() {
	serve rate 'ncat -e cat' ncat -lk -m 10000 -e "$(command -v cat)" 127.0.0.1 PORT
}

serve_ucspi() { # its name is ours; what is on the path is not what was built here
	serve rate 'ucspi-tcp with cat' "$(command -v tcpserver || echo ucspi-tcp)" -RHl0 \
		-c 1000 -b 4096 127.0.0.1 PORT cat
}

serve_systemd() {
	serve rate 'systemd-socket-activate with cat' systemd-socket-activate --accept --inetd \
		-l 127.0.0.1:PORT cat
}

# The ceiling of what takes no process for a client. It cannot echo.
serve_nginx() {
	configuration=$dir/nginx.conf
	cat >"$configuration" <<-END
		load_module modules/ngx_stream_module.so;
		daemon off;
		pid $dir/nginx.pid;
		error_log stderr crit;
		worker_processes auto;
		events { worker_connections 4096; }
		stream {
			server {
				listen 127.0.0.1:PORT backlog=4096;
				return "the quick brown fox jumps over the lazy dog\n";
			}
		}
	END
	serve get 'nginx stream: no echo, it sends and closes' \
		"$(PATH=$PATH:/usr/sbin command -v nginx || echo nginx)" -c "$dir/configuration"
	configuration=
}

# The time that a server has taken, with its clients that have ended, in hundredths of a second.
cpu_time() {
	awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$1/stat"
}

# take_turns GROUP COMMAND ARGUMENTS: in turns, load COMMAND PORT ARGUMENTS against each server; GROUP
# starts them, anew after three turns; -: they are there
take_turns() {
	group=$1
	command=$2
	shift 2
	: >"$dir/data"
	failed=
	turn=0
	while [ $turn -lt $turns ]; do
		if [ "$group" != - ] && [ $((turn % 3)) -eq 0 ]; then
			stop
			$group
		fi
		# the order changes, so that nobody always comes after the same one
		awk -v turn=$turn 'BEGIN { srand(turn) } { print rand() " " $0 }' "$dir/servers" |
			sort | sed 's/^[^ ]* //' >"$dir/order"
		while read -r port pid mode name; do
			case $failed in *";$name;"*) continue ;; esac # once is enough
			[ "$command" = rate ] || mode=$command
			before=$(cpu_time "$pid")
			if ! result=$(timeout 60 $load "$mode" "$port" "$@" 2>"$dir/log" </dev/null); then
				result="failed: $(head -n 1 "$dir/log")"
				failed="$failed;$name;"
			fi
			sleep "$settle" # until the last of its clients are counted
			echo "$turn;$name;$result $(($(cpu_time "$pid") - before))"
		done <"$dir/order" >>"$dir/data"
		turn=$((turn + 1))
	done
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

# figure NAME COLUMN: the median of its turns
figure() {
	awk -F ';' -v n="$1" -v c="$2" '$2 == n { split($3, f, " "); print f[c] }' "$dir/data" |
		median
}

# ratio NAME COLUMN [OTHER]: the median of OTHER's, or the first server's, ratios to it, turn by turn
ratio() {
	first=${3:-$(sed -n '1s/^[^ ]* [^ ]* [^ ]* //p' "$dir/servers")}
	awk -F ';' -v n="$1" -v c="$2" -v first="$first" '
		{ split($3, f, " ") }
		$2 == first { a[$1] = f[c] }
		$2 == n { b[$1] = f[c] }
		END { for (t in a) if (b[t] > 0) printf "%.3f\n", a[t] / b[t] }' "$dir/data" | median
}

# sound NAME [COLUMN]: whether all its turns went without an error, which are in this column
sound() {
	bad=$(awk -F ';' -v n="$1" -v c="${2:-0}" '
		{ split($3, f, " ") }
		$2 == n && ($3 ~ /^failed/ || (c && f[c] != 0)) { print $3; exit }' "$dir/data")
	[ -z "$bad" ] || missing "$1" "errors: $bad"
	[ -z "$bad" ]
}

# kB that only this process has, and of its page tables: the mean of a hundred of a server's clients
memory() {
	tr ' ' '\n' <"/proc/$1/task/$1/children" | grep . | head -n 100 | while read -r process; do
		cat "/proc/$process/smaps_rollup" "/proc/$process/status"
	done 2>/dev/null | awk '/^Rss:/ { n++ } /^Private_/ { own += $2 } /^VmPTE/ { tables += $2 }
		END { if (n) printf "%.0f %.0f\n", own / n, tables / n }'
}

available() {
	awk '/^MemAvailable/ { print $2 }' /proc/meminfo
}

# hold PORT NUMBER: connections that stay until this group of servers is stopped
hold() {
	: >"$dir/held"
	$load run 200 $load hold "$1" "$2" >"$dir/held" 2>"$dir/log" <"$dir/forever" &
	holder=$!
	pids="$holder $pids"
	tries=0
	while [ ! -s "$dir/held" ] && kill -0 $holder 2>/dev/null && [ $tries -lt 600 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	[ -s "$dir/held" ]
}

echo '"group","what","figure","unit","ratio","goal","verdict"' >$csv
: >"$dir/servers"
mkfifo "$dir/forever"
exec 9<>"$dir/forever" # an input that never ends
printf 'tcpserver on Linux %s, %s CPUs. Medians of %s turns (bulk: %s); xN: tcpserver to that.\n' \
	"$(uname -r)" "$(nproc)" "$turns" "$bulks"

title "Connections a second: connect, a line, its echo, close; 8 at a time"
everyone() {
	serve_ours
	serve rate 'tcpserver without its sandbox' build/unsandboxed -p PORT -a 127.0.0.1 -c 20000 -t 0
	serve_loop
	serve rate "tcpserver$shared" build/shared/tcpserver -p PORT -a 127.0.0.1 -c 20000 -t 0
	serve rate "bare accept-fork-echo loop$shared" build/shared/bare-loop PORT
	serve_socat 'socat PIPE' '' PIPE
	serve_socat 'socat EXEC:cat' '' EXEC:cat
	serve_ucspi
	serve_ncat
	serve_systemd
	serve_nginx
}
missing 'busybox nc -ll -e cat' 'it listens on all addresses, and this is for loopback'
take_turns everyone rate 8 $seconds
fastest=$(for name in 'socat PIPE' 'socat EXEC:cat'; do ratio "$name" 1; done | sort -n | head -n 1)
while read -r port pid mode name; do
	sound "$name" 4 || continue
	goal=
	case $name in
	bare*) goal='>=0.95' ;;
	socat*) [ "$(ratio "$name" 1)" != "$fastest" ] || goal='>=3' ;;
	ucspi*) goal='>=5' ;;
	esac
	line rate "$name" "$(figure "$name" 1)" conn/s "$(ratio "$name" 1)" "$goal"
done <"$dir/servers"

title "Latency of a connection, one at a time"
take_turns everyone rate 1 $short
while read -r port pid mode name; do
	sound "$name" 4 || continue
	line median "$name, median" "$(figure "$name" 2)" us "$(ratio "$name" 2)"
	line slow "$name, 99 %" "$(figure "$name" 3)" us "$(ratio "$name" 3)"
done <"$dir/servers"
stop

# bulk GROUP TITLE MIB KIB: one connection, at most so much of it under way
bulk() {
	title "$2"
	take_turns "$1" bulk "$3" "$4"
	while read -r port pid mode name; do
		sound "$name" || continue
		case $name in
		tcpserver*) goal= ;;
		bare*) goal='>=0.95' ;;
		'socat PIPE') [ "$1" = three ] && goal='>=1' || goal= ;; # it needs no limit
		*) goal='>=1' ;;
		esac
		line bulk "$name" "$(figure "$name" 1)" MB/s "$(ratio "$name" 1)" "$goal"
	done <"$dir/servers"
}

all=$turns turns=$bulks
three() {
	serve_ours
	serve_loop
	serve_socat 'socat PIPE' '' PIPE
}
bulk three "One connection, $mib MiB there and back" $mib 1000000
five() {
	three
	serve_socat 'socat -b 65536 PIPE' '-b 65536' PIPE
	serve_ncat
}
bulk five "The same, 32 KiB under way at most: with more, socat -b 65536 and ncat lock up" $few 32
stop
turns=$all

title "Start: from exec to the line that says it listens"
turn=0
while [ $turn -lt $turns ]; do
	echo "$turn;tcpserver;$($load start $starts ./tcpserver -p 0 -a 127.0.0.1)"
	echo "$turn;a program that does nothing;$($load start $starts build/nothing)"
	turn=$((turn + 1))
done >"$dir/data"
nothing=$(figure 'a program that does nothing' 1)
ours=$(figure tcpserver 1)
line start tcpserver "$ours" us
line start 'a program that does nothing' "$nothing" us
line start 'the difference' $((ours - nothing)) us '' '<=2000'

title "Memory for each idle client, and the rate of others next to them"
serve_ours 'next to no idle client'
for idle in 1000 $many; do
	before=$(available)
	if ! serve_ours "next to $idle idle clients" || ! hold "$port" "$idle"; then
		missing "$idle idle clients" "$(head -n 1 "$dir/log")"
		sed -i '$d' "$dir/servers"
		continue
	fi
	after=$(available)
	ours=$(memory "$pid")
	line memory "$idle idle: private memory of a client" "${ours% *}" kB '' '<=200'
	line memory "$idle idle: its page tables" "${ours#* }" kB
	line memory "$idle idle: all that the machine has less" $(((before - after) / idle)) kB
	[ "$idle" != "$many" ] || [ $many != 1000 ] || break
done
settle=0.3
take_turns - rate 8 $seconds
# Flat is about its own work: with 10,000 processes, the machine has other work, too.
cost() {
	awk -F ';' -v n="$1" -v s="$seconds" '$2 == n { split($3, f, " "); c += f[1] * s; t += f[5] }
		END { if (c) printf "%.0f\n", t * 10000 / c }' "$dir/data"
}
alone=$(cost 'next to no idle client')
while read -r port pid mode name; do
	sound "$name" 4 || continue
	goal=
	[ "$name" = 'next to no idle client' ] || goal='<=1.2'
	line growth "$name" "$(figure "$name" 1)" conn/s "$(ratio "$name" 1)"
	line growth "$name: CPU time" "$(cost "$name")" us/conn \
		"$(awk -v a="$(cost "$name")" -v b="$alone" 'BEGIN { if (b) printf "%.3f", a / b }')" "$goal"
done <"$dir/servers"
stop
if serve_socat 'socat PIPE' '' PIPE && hold "$port" 200; then
	theirs=$(memory "$pid")
	line memory 'socat PIPE: private memory of a client' "${theirs% *}" kB \
		"$(awk -v a="${ours% *}" -v b="${theirs% *}" 'BEGIN { printf "%.3f", a / b }')" '<=1'
fi
stop

title "System calls for each connection: a line, its echo, close"
if command -v strace >/dev/null && serve_ours; then
	timeout 60 strace -f -qq -e signal=none -o "$dir/trace" -p "$pid" 2>"$dir/log" &
	tracer=$!
	sleep 0.5
	timeout 30 $load rate "$port" 1 10 20 >"$dir/held"
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
				print sum / 20
				print list
			}' "$dir/trace" >"$dir/calls"
		line calls "by the $who process" "$(head -n 1 "$dir/calls")" calls
		tail -n 1 "$dir/calls" | sed 's/, $//' | fold -s -w 90 | sed 's/^/    /'
		sed -n '2{s/, $//;s/.*/"calls","&",,,,,/;p;}' "$dir/calls" >>$csv
	done
else
	missing 'the list of calls' 'strace is not installed'
fi
stop

printf '\n%s goals missed. The same as CSV: %s\n' "$missed" $csv
