# shellcheck shell=sh disable=SC2154,SC2030,SC2031 # check.sh sets what is used here; $scratch may differ
# SPDX-License-Identifier: 0BSD
# Part of check.sh: clients, well-behaved and other, and the server's end. delivery.sh is about slow ones.

# SIGSTOP and SIGCONT interrupt a read(2) or write(2) that has a time-out, but a write that has sent a
# part is only cut short the first time.
interrupted() {
	start "$server" -p 0 -v
	client 127.0.0.1 "$port" send 1 line sleep 3000 send 2 line send 3 half rest >"$scratch/reads" &
	reads=$!
	until_true has_clients 1
	handlers=$(handler)
	client 127.0.0.1 "$port" push 5000000 half sleep 2500 rest >"$scratch/writes" &
	writes=$!
	until_true has_clients 2
	handlers="$handlers $(handler)"
	sleep 0.5
	for signal in STOP CONT STOP CONT STOP CONT STOP CONT; do
		# shellcheck disable=SC2086 # two
		kill -s $signal $handlers
		sleep 0.2
	done
	wait $reads
	is "a handler that is stopped and continued goes on reading" "$? $(head -c 20 "$scratch/reads" | tr '\n' ' ')" "0 1 2 3 "
	wait $writes
	is "... and writing" "$? $(wc -c <"$scratch/writes")" "0 5046272"
	stop
}
mkdir "$scratch/interrupted"
(scratch=$scratch/interrupted && interrupted) &
aside=$!

# The kernel shows the length of a listening socket's backlog as its queue.
waiting_in_backlog() {
	[ -r /proc/net/tcp6 ] || { sleep 0.5 && return; }
	awk -v port="$(printf ':%04X' "$port")" '$2 ~ port "$" && $4 == "0A" && $5 ~ /[1-9]$/' /proc/net/tcp6 | grep -q .
}

start "$server" -p 0 -v
has "-p 0 says which port it took" "$(cat "$scratch/log")" "listening on \\[::\\]:$port\$"
is "the report is two lines of at most 80 columns" "$(wc -l <"$scratch/log") $(grep -v 'left out' "$scratch/log" | awk 'length > 80')" "2 "
echoes "an echo over IPv4"
echoes "an echo over IPv6" 1 ::1
is "an answer comes at once, not at the end" "$(client ::1 "$port" send 1 line send 2 line close | tr '\n' ' ')" "1 2 "
is "requests may come together" "$(client ::1 "$port" send 1 send 2 send 3 line line half rest | tr '\n' ' ')" "1 2 3 "
is "one byte at a time" "$(client ::1 "$port" slow hello half rest)" hello
is "100 MB come back unchanged, over IPv4" "$(client 127.0.0.1 "$port" bulk 100000000 half rest)" ""
is "10 MB come back unchanged, over IPv6" "$(client ::1 "$port" bulk 10000000 half rest)" ""
echoes "400 clients at once, 360 of which wait" 400 ::1
client -n 40 ::1 "$port" reset
client -n 40 ::1 "$port" send hello reset
client -n 40 ::1 "$port" send hello line reset >"$scratch/out"
client -n 40 ::1 "$port" send hello half reset
client -n 40 ::1 "$port" push 300000 reset
client -n 40 ::1 "$port" close
client -n 5 ::1 "$port" urgent half rest >"$scratch/out"
echoes "after 245 clients that were reset at five stages, or are rude, it serves"
until_true has_clients 0
is "-v: every client that came has ended, with status 0" \
	"$(grep -c 'pid [0-9]* from .*:[0-9]* ([0-9]*/40)$' "$scratch/log")" "$(grep -c 'pid [0-9]* ended with status 0$' "$scratch/log")"
has "-v: an IPv4 client is shown as such" "$(cat "$scratch/log")" "pid [0-9]+ from \\[::ffff:127\\.0\\.0\\.1\\]:[0-9]+ \\(1/40\\)"
has "-v: and an IPv6 client" "$(cat "$scratch/log")" "pid [0-9]+ from \\[::1\\]:[0-9]+ \\(1/40\\)"
is "nothing else is logged" "$(sed '1,2d; /pid [0-9]* \(from\|ended\)/d' "$scratch/log")" ""
stop
is "SIGTERM ends it: exit status" "$status" 0
is "... without clients it does not speak of cutting them off" "$(tail -n 1 "$scratch/log")" "tcpserver: stopping"

# A handler's death is reported.
start "$server" -p 0
client 127.0.0.1 "$port" send 1 line closed >"$scratch/out" &
client=$!
until_true has_children 1
killed=$(children)
kill -s SEGV "$killed"
until_true log_has killed
is "a handler that is killed is reported, without -v" "$(tail -n 1 "$scratch/log")" "tcpserver: pid $killed killed by signal 11"
wait $client
stop
start "$build"/answer -p 0
is "a handler may return 256 ..." "$(client 127.0.0.1 "$port" send '5 status' take 5)" ""
until_true log_has 'pid [0-9]+ ended with status 1$'
has "... which is a failure, and logged without -v" "$(tail -n 1 "$scratch/log")" 'pid [0-9]+ ended with status 1$'
stop

start "$server" -p "$port" -a 127.0.0.1
has "it starts again on the same port at once" "$(cat "$scratch/log")" "listening on 127\\.0\\.0\\.1:$port\$"
has "-a 127.0.0.1: not on ::1" "$(client ::1 "$port" half rest)" "refused"
stop INT
is "SIGINT ends it: exit status" "$status" 0

# At the limit others wait; when the server ends, those that wait are told by a reset.
start "$server" -p 0 -v -c 2
client -n 2 ::1 "$port" send x line sleep 300 half rest >"$scratch/two" &
two=$!
until_true has_clients 2
is "-c 2: a third client is served when there is a slot" "$(client ::1 "$port" send third half rest)" third
wait $two
is "-c 2: the first two were served" "$(tr -d '\n' <"$scratch/two")" xx
is "-c 2: never more than two at once" "$(grep -c '(3/2)' "$scratch/log")" 0
client -n 2 ::1 "$port" send x line sleep 3000 send y half rest >"$scratch/two" &
two=$!
until_true has_clients 2
client ::1 "$port" rest >"$scratch/waits" &
waits=$!
until_true waiting_in_backlog
kill "$pid"
wait $waits
has "a client that waits when the server ends is reset" "$(cat "$scratch/waits")" "reset"
is "... while others are still served" "$(gone "$pid" && echo no)" ""
has "after SIGTERM, no client is let in" "$(client ::1 "$port" half rest)" "refused"
wait $two
is "after SIGTERM, current clients are served to the end" "$(tr '\n' ' ' <"$scratch/two")" "x x y y "
wait "$pid"
is "after SIGTERM and the last client: exit status" $? 0
is "it says that it stops" "$(grep -v 'pid ' "$scratch/log" | tail -n 1)" \
	"tcpserver: stopping; waiting for 2 clients (a second signal cuts them off)"

# Nothing is reloaded on SIGHUP, which may be ignored here (nohup).
as=''
! can env --default-signal=HUP || as='env --default-signal=HUP'
while read -r second expected; do
	# shellcheck disable=SC2086 # two words, or none
	start $as "$server" -p 0 -v
	client ::1 "$port" send 1 line closed >"$scratch/out" &
	client=$!
	until_true has_clients 1
	handler=$(handler)
	case $second in TERM | INT)
		kill "$pid"
		until_true log_has 'stopping'
		;;
	esac
	stop "$second"
	is "SIG$second ends it at once: exit status" "$status" "$expected"
	is "... and its handlers" "$(until_true gone "$handler" || echo "$handler is left")" ""
	wait $client
done <<'END'
TERM 1
INT 1
KILL 137
HUP 129
END

start "$server" -p 0 -v
client 127.0.0.1 "$port" bulk 200000000 half rest >"$scratch/out" 2>&1 &
client=$!
until_true has_clients 1
kill "$pid"
wait $client
is "SIGTERM in the middle of 200 MB: each byte comes back" "$? $(cat "$scratch/out")" "0 "
wait "$pid"
is "... and then it ends: exit status" "$?" 0
# What a terminal's ^C does: SIGINT to all of a process group. A supervisor's SIGTERM may do the same.
for signal in INT TERM; do
	start setsid "$server" -p 0 -v
	client 127.0.0.1 "$port" send 1 line sleep 300 send 2 half rest >"$scratch/out" &
	client=$!
	until_true has_clients 1
	kill -s $signal -- "-$pid"
	wait $client
	is "SIG$signal to all: handlers finish" "$(tr -d '\n' <"$scratch/out")" 12
	wait "$pid"
	is "SIG$signal to all: exit status" $? 0
done
wait $aside
