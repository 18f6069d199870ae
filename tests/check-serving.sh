# shellcheck shell=sh disable=SC2154 # check.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# Part of check.sh: clients, well-behaved and other, and how it ends.

start "$server" -p 0 -v
has "-p 0: says which port it took" "$(cat "$scratch/log")" "listening on \\[::\\]:$port\$"
is "an echo over IPv4" "$(client 127.0.0.1 "$port" send hello half rest)" hello
is "an echo over IPv6" "$(client ::1 "$port" send hello half rest)" hello
is "an answer comes at once, not at the end" "$(client ::1 "$port" send 1 line send 2 line close)" "1
2"
is "one byte at a time" "$(client ::1 "$port" slow hello half rest)" hello
is "100 MB come back unchanged, over IPv4" "$(client 127.0.0.1 "$port" bulk 100000000 half rest)" ""
is "10 MB come back unchanged, over IPv6" "$(client ::1 "$port" bulk 10000000 half rest)" ""
is "40 clients at once" "$(client -n 40 ::1 "$port" send hello line half rest | sort | uniq -c | tr -s ' ')" " 40 hello"
is "400 clients, of whom 360 wait" "$(client -n 400 ::1 "$port" send hello half rest | sort | uniq -c | tr -s ' ')" " 400 hello"
client -n 50 ::1 "$port" send hello reset
client -n 50 ::1 "$port" close
client -n 5 ::1 "$port" urgent half rest >"$scratch/out"
is "after 105 who went away rudely, it serves" "$(client ::1 "$port" send hello half rest)" hello
has "-v: who came, and how many there are" "$(cat "$scratch/log")" "pid [0-9]+ from 127\\.0\\.0\\.1:[0-9]+ \\(1/40\\)"
has "-v: how he ended" "$(cat "$scratch/log")" "pid [0-9]+ from \\[::1\\]:[0-9]+ ended with status 0"
until_true has_children 0
is "no process is left of them" "$(children)" ""
if [ -d /proc/self/fd ]; then
	is "the server has the descriptors it started with" "$(find /proc/"$pid"/fd -type l | wc -l)" 6
fi
stop
is "SIGTERM ends it: exit status" "$status" 0

start "$server" -p "$port" -a 127.0.0.1
has "it starts again on the same port at once" "$(cat "$scratch/log")" "listening on 127\\.0\\.0\\.1:$port\$"
has "-a 127.0.0.1: not on ::1" "$(client ::1 "$port" half rest)" "refused"
stop INT
is "SIGINT ends it: exit status" "$status" 0
start "$server" -p 0 -a ::1
has "-a ::1: not on 127.0.0.1" "$(client 127.0.0.1 "$port" half rest)" "refused"
stop

start "$server" -p 0 -c 2 -t 1
client -n 2 ::1 "$port" send x line sleep 300 half rest >"$scratch/two" &
background=$!
until_true has_children 2
is "-c 2: a third waits, and is served when there is a place" "$(client ::1 "$port" send third half rest)" third
wait $background
is "-c 2: the first two were served" "$(tr -d '\n' <"$scratch/two")" xx
is "-t 1: a silent client's connection ends" "$(client ::1 "$port" closed)" ""
is "-t 1: one who reads nothing, too" "$(client ::1 "$port" flood)" ""
is "-t 1: one who goes on slowly may stay" "$(client ::1 "$port" send 1 line sleep 700 send 2 line sleep 700 send 3 half rest)" "1
2
3"
stop

start "$server" -p 0
client ::1 "$port" send 1 line sleep 500 send 2 half rest >"$scratch/out" &
background=$!
until_true has_children 1
kill "$pid"
until_true log_has 'no more clients'
has "after SIGTERM, nobody new is let in" "$(client ::1 "$port" half rest)" "refused"
wait $background
is "after SIGTERM, who was there is served to the end" "$(tr -d '\n' <"$scratch/out")" 12
wait "$pid"
is "after SIGTERM and the last client: exit status" $? 0

for second in TERM INT; do
	start "$server" -p 0
	client ::1 "$port" send 1 line closed >"$scratch/out" &
	background=$!
	until_true has_children 1
	handler=$(children)
	kill "$pid"
	until_true log_has 'no more clients'
	stop $second
	is "a second signal, SIG$second, ends it at once: exit status" "$status" 1
	until_true test ! -e "/proc/$handler"
	is "... and its handlers" "$(cat "/proc/$handler/stat" 2>/dev/null)" ""
	wait $background
done

start "$server" -p 0
client ::1 "$port" send 1 line closed >"$scratch/out" 2>&1 &
background=$!
until_true has_children 1
handler=$(children)
stop KILL
until_true test ! -e "/proc/$handler"
is "SIGKILL leaves no handler behind" "$(cat "/proc/$handler/stat" 2>/dev/null)" ""
wait $background

# Whatever its parent left it.
start sh -c "trap '' CHLD PIPE TERM INT; exec $server -p 0 -v <&- >&-"
is "started with signals ignored and without descriptors 0 and 1, it serves" \
	"$(client -n 3 ::1 "$port" send hello half rest | uniq -c | tr -s ' ')" " 3 hello"
until_true log_has 'ended with status 0'
stop
is "... and ends" "$status" 0
