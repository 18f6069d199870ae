# shellcheck shell=sh disable=SC2154,SC2217 # check.sh sets what is used here; some only hold a pipe open
# SPDX-License-Identifier: 0BSD
# Part of check.sh: a machine that has run out of something, and what the server's parent left it.

free=$(free_ports 1)
listens() { "$build"/client 127.0.0.1 "$free" close 2>"$scratch/err"; }
silent() { # NAME COMMAND...: starts it on $free, with no log to read
	name=$1
	shift
	"$@" &
	pid=$!
	port=$free
	until_true listens || not_ok "$name: it listens"
	echoes "$name: it serves" 3
	stop
	is "$name: exit status" "$status" 0
}

# A limit that leaves too little is an error at the start.
while IFS='|' read -r limit message; do
	text=$(timeout 10 sh -c "ulimit $limit; exec $server -p 0" 2>&1)
	has "ulimit $limit: it does not start, and says why" "$? $(echo "$text" | wc -l) $text" "^(1 1 tcpserver: $message|127 .*shared libraries)"
done <<'TABLE'
-n 0|/dev/null: .*file
-n 6|RLIMIT_NOFILE is below 64 .see ulimit -n.: 
-n 63|RLIMIT_NOFILE is below 64 .see ulimit -n.: 
-v 40000|RLIMIT_AS is below HANDLER_MEMORY .see ulimit -v.: 
TABLE
start sh -c "ulimit -n 64; exec $server -p 0"
echoes "64 descriptors"
stop

# Where its messages go, or don't.
if [ -e /dev/full ]; then
	silent "the log on a full disk" sh -c "exec $server -p $free -v 2>/dev/full"
else
	skip "the log on a full disk" "there is no /dev/full"
fi
silent "standard error closed" sh -c "exec $server -p $free -v 2>&-"
silent "without descriptors 0 to 2" sh -c "exec $server -p $free -v <&- >&- 2>&-"
silent "the log as large as it may be" sh -c "ulimit -f 0; exec $server -p $free -v 2>'$scratch/file'"
mkfifo "$scratch/fifo"
sleep 30 <"$scratch/fifo" &
reader=$!
silent "the log a pipe that is broken" sh -c "exec 2>'$scratch/fifo'; kill $reader; exec $server -p $free -v"
# Full means: a byte more is not taken.
full() { ! timeout 0.3 sh -c 'printf x >&9' 2>"$scratch/err"; }
exec 9<>"$scratch/fifo"
"$server" -p "$free" -v 2>&9 &
pid=$!
until_true listens
port=$free
yes >&9 &
yes=$!
until_true full
kill $yes
wait $yes 2>/dev/null
is "the log is a pipe that nobody reads, and full" "$(full && echo full)" full
client -n 100 127.0.0.1 "$port" send hello half rest >"$scratch/out" 2>&1 &
clients=$!
until_true gone $clients
is "... clients are served nevertheless" "$(uniq -c "$scratch/out" | tr -s ' ')" " 100 hello"
is "... and it is still full" "$(full && echo full)" full
[ "$(wc -l <"$scratch/out")" -eq 100 ] || kill -s KILL "$pid"
stop
is "... exit status" "$status" 0
exec 9>&-

# What its parent left it.
directory=$PWD
start sh -c "mkdir '$scratch/gone'; cd '$scratch/gone'; rmdir '$scratch/gone'; exec '$directory/$server' -p 0"
echoes "in a directory that is gone"
stop
if can env --block-signal --ignore-signal; then
	for signals in "--ignore-signal" "--block-signal"; do
		start sh -c "exec env $signals $server -p 0 -v <&- >&-" # sh itself would not ignore SIGCHLD
		echoes "$signals, and no descriptors 0 and 1" 3
		is "$signals: each client's end is seen" "$(until_true has_clients 0 && echo yes)" yes
		stop
		is "$signals: exit status" "$status" 0
	done
else
	skip "signals ignored or blocked" "$(why)"
fi

# Stopped, and continued.
start "$server" -p 0 -v
kill -s STOP "$pid"
client -n 3 127.0.0.1 "$port" send hello half rest >"$scratch/out" &
clients=$!
sleep 0.3
is "the server is stopped: clients wait" "$(cat "$scratch/out")" ""
kill -s CONT "$pid"
wait $clients
is "... and are served when it goes on" "$(uniq -c "$scratch/out" | tr -s ' ')" " 3 hello"
until_true has_clients 0
client 127.0.0.1 "$port" send 1 line sleep 500 send 2 line half rest >"$scratch/out" &
clients=$!
until_true has_clients 1
handler=$(handler)
kill -s STOP "$handler"
echoes "a handler is stopped: others are served"
kill -s CONT "$handler"
wait $clients
is "... and its client when it goes on" "$(tr '\n' ' ' <"$scratch/out")" "1 2 "
stop
# SIGCHLDs that come while the server is stopped are one.
start "$server" -p 0 -c 100 -v
client -n 100 ::1 "$port" send 1 line sleep 5 close >"$scratch/out" &
clients=$!
until_true has_clients 100
kill -s STOP "$pid"
wait $clients
sleep 0.3
kill -s CONT "$pid"
is "100 clients end while the server is stopped: each is reaped" "$(until_true has_clients 0 && echo yes)" yes
echoes "... and each slot is free again" 100 ::1
stop

# Children that it does not know, from before its exec, neither free a slot nor end a graceful stop.
if [ -r "/proc/$$/task/$$/children" ]; then
	start sh -c "sleep 0.6 & sleep 0.7 & sleep 0.8 & exec $server -p 0 -c 2 -v"
	is "it has children that it does not know (control)" "$(has_children 3 && echo yes)" yes
	client -n 2 127.0.0.1 "$port" send x line sleep 2500 send y half rest >"$scratch/two" &
	two=$!
	until_true has_clients 2
	client 127.0.0.1 "$port" send third half rest >"$scratch/third" &
	third=$!
	until_true has_children 2
	sleep 0.3
	is "... which it reaps, and no third client is served" "$(grep -c ' from ' "$scratch/log") $(cat "$scratch/third")" "2 "
	wait $third
	is "... but later" "$(cat "$scratch/third")" third
	wait $two
	is "... and the two were served to the end" "$(tr -d '\n' <"$scratch/two")" xxyy
	is "... saying nothing of those children" "$(grep -cv 'pid .* \(from\|ended with status 0\)' "$scratch/log")" 2
	stop
	start sh -c "sleep 0.6 & sleep 0.7 & sleep 0.8 & exec $server -p 0 -v"
	client -n 2 127.0.0.1 "$port" send x line sleep 1500 send y half rest >"$scratch/two" &
	two=$!
	until_true has_clients 2
	kill "$pid"
	wait $two
	is "with such children, a graceful stop waits for its clients" "$? $(tr -d '\n' <"$scratch/two")" "0 xxyy"
	wait "$pid"
	is "... exit status" $? 0
else
	skip "children that it does not know" "no /proc/PID/task/PID/children"
fi
