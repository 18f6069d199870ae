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

text=$(sh -c "ulimit -n 0; exec $server -p 0" 2>&1)
has "no descriptors at all: it says so" "$? $text" '^(1 tcpserver: /dev/null: .*file|127 .*shared libraries)'
start sh -c "ulimit -n 8; exec $server -p 0"
echoes "8 descriptors"
stop
start sh -c "ulimit -v 40000; exec $server -p 0"
echoes "40 MB of address space"
stop
start sh -c "ulimit -n 6; exec $server -p 0"
"$build"/client 127.0.0.1 "$port" send hello half rest >"$scratch/out" &
waits=$!
until_true log_has 'accept: .*file'
sleep 1.5
has "too few descriptors: it tries once a second" "$(grep -c 'accept: .*file' "$scratch/log")" '^[123]$'
kill $waits
wait $waits 2>/dev/null
stop
is "too few descriptors: it ends" "$status" 0

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
echoes "in a folder that is gone"
stop
start env -i "$server" -p 0
echoes "an empty environment"
stop
if setarch -Z cat /proc/self/maps 2>"$scratch/why" | grep -q '^0*-'; then
	start setarch -Z "$server" -p 0
	has "memory at address 0: its filter is in force" "$(cat "$scratch/log")" 'sandbox: .*a seccomp filter$'
	stop
else
	skip "memory at address 0: its filter is in force" "setarch -Z maps none here"
fi
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
echoes "... and each place is free again" 100 ::1
stop

if [ -r "/proc/$$/task/$$/children" ]; then
	start sh -c "sleep 0.5 & sleep 0.6 & sleep 0.7 & exec $server -p 0"
	is "it has children that it does not know (control)" "$(has_children 3 && echo yes)" yes
	is "... which it reaps" "$(until_true has_children 0 && echo yes)" yes
	echoes "... and serves"
	is "... saying nothing" "$(tail -n +3 "$scratch/log")" ""
	stop
else
	skip "children that it does not know" "no /proc/PID/task/PID/children"
fi
