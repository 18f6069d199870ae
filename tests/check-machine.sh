# shellcheck shell=sh disable=SC2154 # check.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# Part of check.sh: a machine that has run out of something, and what the server's parent left it.

serves() { is "$1: it serves" "$(client -n 3 127.0.0.1 "$port" send hello half rest | uniq -c | tr -s ' ')" " 3 hello"; }
# A port for those who can't say which they took.
start "$server" -p 0
free=$port
stop
silent() { # NAME COMMAND...: starts it on $free, with nothing to read in the log
	name=$1
	shift
	"$@" &
	pid=$!
	port=$free
	until_true listens || not_ok "$name: it listens"
	serves "$name"
	until_true has_children 0
	stop
	is "$name: exit status" "$status" 0
}
exited() { ! grep -q '^State:.[^Z]' "/proc/$1/status" 2>/dev/null; }
listens() { "$build"/client 127.0.0.1 "$free" close 2>"$scratch/err"; }

start sh -c "ulimit -n 8; exec $server -p 0"
serves "8 descriptors"
stop
start sh -c "ulimit -n 6; exec $server -p 0"
client 127.0.0.1 "$port" send hello half rest >"$scratch/out" &
background=$!
until_true log_has 'accept: .*file'
sleep 1.5
most=$(grep -c 'accept: .*file' "$scratch/log")
has "too few descriptors: it tries once a second" "$most" '^[123]$'
kill $background
wait $background
stop
is "too few descriptors: it ends" "$status" 0

# Where its messages go, or don't.
if [ -e /dev/full ]; then
	silent "standard error on a full disk" sh -c "exec $server -p $free -v 2>/dev/full"
fi
silent "standard error closed" sh -c "exec $server -p $free -v 2>&-"
silent "without descriptors 0 to 2" sh -c "exec $server -p $free -v <&- >&- 2>&-"
mkfifo "$scratch/fifo"
# shellcheck disable=SC2217 # somebody who has it open, and does not read it
sleep 30 <"$scratch/fifo" &
reader=$!
silent "standard error a pipe that is broken" sh -c "exec 2>'$scratch/fifo'; kill $reader; exec $server -p $free -v"
wait $reader 2>"$scratch/err"
# shellcheck disable=SC2217
sleep 30 <"$scratch/fifo" &
reader=$!
"$server" -p "$free" -v 2>"$scratch/fifo" &
pid=$! port=$free
until_true listens
client -n 700 127.0.0.1 "$port" send hello half rest >"$scratch/out"
client -n 700 127.0.0.1 "$port" send hello half rest >"$scratch/out"
is "standard error a pipe that nobody reads, full: it serves" "$(client -n 700 127.0.0.1 "$port" send hello half rest | uniq -c | tr -s ' ')" " 700 hello"
stop
is "standard error a pipe that nobody reads: exit status" "$status" 0
kill $reader
wait $reader 2>"$scratch/err"
if command -v script >/dev/null; then
	script -q -c "exec $server -p $free -v" "$scratch/typescript" >"$scratch/out" </dev/null &
	script=$!
	until_true listens
	pid=$(pid=$script children)
	kill -STOP $script # now nobody reads the terminal
	client -n 700 127.0.0.1 "$port" send hello half rest >"$scratch/out"
	is "standard error a terminal that nobody reads: it serves" "$(client -n 700 127.0.0.1 "$port" send hello half rest | uniq -c | tr -s ' ')" " 700 hello"
	kill "$pid"
	until_true exited "$pid"
	is "standard error a terminal that nobody reads: it ends" "$(exited "$pid" || echo no)" ""
	kill -CONT $script
	kill -KILL "$pid" 2>"$scratch/err"
	wait $script
else
	skip "standard error a terminal that nobody reads" "no script"
fi
silent "files may have no size" sh -c "ulimit -f 0; exec $server -p $free -v 2>'$scratch/file'"

# What its parent left it.
directory=$PWD
start sh -c "mkdir '$scratch/gone'; cd '$scratch/gone'; rmdir '$scratch/gone'; exec '$directory/$server' -p 0"
serves "in a folder that is gone"
stop
start env -i "$server" -p 0
serves "an empty environment"
stop
if env --block-signal=CHLD true 2>"$scratch/err"; then
	start env --block-signal "$server" -p 0
	serves "all signals blocked"
	until_true has_children 0
	stop
	is "all signals blocked: exit status" "$status" 0
else
	skip "all signals blocked" "no env --block-signal"
fi
is "it asks no clock that could jump" "$(grep -E '\b(clock_[a-z]+|gettimeofday|time|alarm|timer[a-z_]*)\(' tcpserver.c | grep -cv CLOCK_MONOTONIC)" 0

# As process 1 has them, or after exec(3): some of them end at once.
zombies() { [ "$(for child in $(children); do cat "/proc/$child/stat"; done | grep -c ") Z ")" -eq "$1" ]; }
start sh -c "for i in 1 2 3; do sleep 0.3 & done; exec $server -p 0 -c 1"
kill -STOP "$pid"
until_true zombies 3
kill -CONT "$pid"
is "children that it does not know end: none is left" "$(until_true has_children 0; children)" ""
serves "... and then"
stop
is "nothing was said of them" "$(tail -n +5 "$scratch/log")" ""

# Stopped, and continued.
start "$server" -p 0
kill -STOP "$pid"
client -n 3 127.0.0.1 "$port" send hello half rest >"$scratch/out" &
background=$!
sleep 0.3
is "the server is stopped: clients wait" "$(cat "$scratch/out")" ""
kill -CONT "$pid"
wait $background
is "... and are served when it goes on" "$(uniq -c "$scratch/out" | tr -s ' ')" " 3 hello"
client 127.0.0.1 "$port" send 1 line sleep 500 send 2 line half rest >"$scratch/out" &
background=$!
until_true has_children 1
handler=$(children)
kill -STOP "$handler"
serves "a handler is stopped"
kill -CONT "$handler"
wait $background
is "... its client is served when it goes on" "$(tr '\n' ' ' <"$scratch/out")" "1 2 "
stop
# SIGCHLDs that come meanwhile are one.
start "$server" -p 0 -c 100
client -n 100 ::1 "$port" send 1 line sleep 5 close >"$scratch/out" &
background=$!
until_true has_children 100
kill -STOP "$pid"
wait $background
until_true zombies 100
kill -CONT "$pid"
is "100 clients end while the server is stopped: none of them is left" "$(until_true has_children 0; children)" ""
is "... and each place is there again" "$(client -n 100 ::1 "$port" send 2 line half rest | uniq -c | tr -s ' ')" " 100 2"
stop

# Its end.
start "$server" -p 0
client 127.0.0.1 "$port" bulk 300000000 half rest >"$scratch/out" 2>&1 &
background=$!
until_true has_children 1
kill "$pid"
until_true log_has 'no more clients'
wait $background
is "SIGTERM in the middle of 300 MB: each byte comes back" "$? $(cat "$scratch/out")" "0 "
wait "$pid"
is "... and then it ends: exit status" "$?" 0
# What a terminal's ^C does: SIGINT to all of a process group. A supervisor's SIGTERM may do the same.
for signal in INT TERM; do
	start setsid "$server" -p 0
	client 127.0.0.1 "$port" send 1 line sleep 300 send 2 half rest >"$scratch/out" &
	background=$!
	until_true has_children 1
	handler=$(children)
	kill -s $signal -- "-$pid"
	[ $signal = INT ] || kill -TERM "$handler"
	wait $background
	is "SIG$signal to all: handlers finish" "$(tr -d '\n' <"$scratch/out")" 12
	wait "$pid"
	is "SIG$signal to all: exit status" $? 0
done
if command -v strace >/dev/null; then
	start setsid "$server" -p 0
	strace -q -f -o "$scratch/trace" -p "$pid" -e trace=setpgid -e inject=setpgid:delay_enter=500000 2>"$scratch/err" &
	strace=$!
	until_true grep -q '^TracerPid:.[1-9]' "/proc/$pid/status"
	client 127.0.0.1 "$port" send hello half rest >"$scratch/out" 2>&1 &
	background=$!
	until_true has_children 1
	kill -s INT -- "-$pid"
	wait $background
	is "^C just as a handler starts: it finishes" "$(cat "$scratch/out")" hello
	wait "$pid"
	is "... and the server ends: exit status" $? 0
	wait $strace
	start "$server" -p 0
	strace -q -f -o "$scratch/trace" -p "$pid" -e trace=getppid -e inject=getppid:retval=1 2>"$scratch/err" &
	strace=$!
	until_true grep -q '^TracerPid:.[1-9]' "/proc/$pid/status"
	client 127.0.0.1 "$port" send hello half rest >"$scratch/out" 2>&1
	is "a handler whose server has ended before it could ask to end with it: it does not answer" "$(grep -c hello "$scratch/out")" 0
	until_true log_has 'ended with status 1$'
	stop
	wait $strace
else
	skip "^C just as a handler starts" "no strace"
	skip "a handler whose server has ended" "no strace"
fi
