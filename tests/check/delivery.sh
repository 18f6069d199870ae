# shellcheck shell=sh disable=SC2154,SC2030,SC2031,SC2086 # check.sh sets what is used here; several words
# SPDX-License-Identifier: 0BSD
# Part of check.sh: each byte arrives, however slowly a client reads; and how long a client that does
# nothing holds its slot. stress/links.sh does the same over bad links.

asides='' number=0
# Starts a function on the side, because it waits for seconds, in a directory of its own.
aside() {
	number=$((number + 1))
	mkdir "$scratch/$number"
	(scratch=$scratch/$number && "$@") &
	asides="$asides $!"
}
ended() { [ "$(grep -c 'ended with status 0$' "$scratch/log")" -eq "$1" ]; }
now() { date +%s%N | cut -c 1-11; } # tenths of a second
# whole NAME CLIENT'S ARGUMENTS: a client that compares what comes finds nothing wrong
whole() {
	name=$1
	shift
	got=$(client -l 60 "$@")
	is "$name" "$? $got" "0 "
}

# Honest readers. A client shows progress each time its window opens: on loopback, whose segments are
# 64 KB, one with a large buffer that reads 16 kB/s does so every 8 s, over Ethernet twice a second.
slow_echo() { # T NAME OPTIONS
	start "$server" -p 0 -t "$1" -v
	whole "-t $1, a reader of 16 kB/s, $2: the echo" $3 -r 16000 127.0.0.1 "$port" bulk 160000 half rest &
	whole "-t $1, a reader of 16 kB/s, $2: ... that shuts down early" $3 -r 16000 127.0.0.1 "$port" early 160000 rest
	wait $!
	until_true has_clients 0
	is "-t $1, $2: both handlers end well" "$(grep -c 'ended with status 0$' "$scratch/log")" 2
	stop
}
slow_answer() { # T NAME OPTIONS
	start "$build"/answer -p 0 -t "$1"
	readers=
	for how in "plain " "close half" "exit " "stdio push 100000"; do
		whole "-t $1, a reader of 16 kB/s, $2: an answer, ${how%% *}" $3 -r 16000 127.0.0.1 "$port" \
			send "160000 ${how%% *}" ${how#* } take 160000 &
		readers="$readers $!"
	done
	# A write(2) that finds the send buffer full fails with EAGAIN, unless a third of it becomes free within
	# 2 x -t.
	whole "-t $1, 20 MB, a reader of 16 kB/s for 6 s, $2" $3 -r 16000 -s 6 127.0.0.1 "$port" send "20000000 full" take 20000000
	wait $readers
	stop
}
large_echo() {
	start "$server" -p 0 -t 1
	whole "-t 1, 4 MB, a reader of 400 kB/s" -r 400000 127.0.0.1 "$port" bulk 4000000 half rest
	whole "-t 1, a client that reads for 3 s, then goes on" -b 2048 -r 16000 127.0.0.1 "$port" bulk 48000 bulk 48000 half rest
	client 127.0.0.1 "$port" send 1 line sleep 700 send 2 line sleep 700 send 3 half rest >"$scratch/slow"
	is "-t 1: one that goes on slowly stays" "$(tr '\n' ' ' <"$scratch/slow")" "1 2 3 "
	stop
}
aside slow_echo 1 "a buffer of 2 KiB" "-b 2048"
aside slow_echo 2 "a buffer of 16 KiB" "-b 16384"
aside slow_echo 5 "the default buffer" ""
aside slow_answer 1 "a buffer of 16 KiB" "-b 16384"
aside large_echo

# Answers of any length, however the handler ends and whatever the client still sends
answers() {
	start "$build"/answer -p 0
	tried=1
	for bytes in 0 1 65536 3000000; do
		for how in plain stdio close exit; do
			for rest in "" "half" "push 300000" "push 300000 half"; do
				client 127.0.0.1 "$port" send "$bytes $how" $rest take "$bytes" || echo "$bytes $how $rest"
				tried=$((tried + 1))
			done
		done
	done >"$scratch/wrong"
	client 127.0.0.1 "$port" send "20000000 stdio" push 300000 take 20000000 || echo "20 MB" >>"$scratch/wrong"
	is "65 answers of 0 to 20 MB arrive, and no client is reset" "$tried $(cat "$scratch/wrong")" "65 "
	stop
	is "... nor a handler ends otherwise than it should" "$(grep -c 'pid ' "$scratch/log")" 0
}
aside answers

# How long a client that does nothing more holds its slot, in times of -t; the README has these figures.
# holds NAME LEAST MOST T PROGRAM CLIENT'S ACTIONS: in tenths of -t T
holds() {
	name=$1 least=$2 most=$3 seconds=$4
	start "$5" -p 0 -t "$seconds" -v -c 1
	shift 5
	began=$(now) # before it comes, because it is seen only later
	"$build"/client 127.0.0.1 "$port" "$@" sleep 30000 >"$scratch/out" 2>&1 &
	hoarder=$!
	until_true log_has 'ended with|killed by' || until_true log_has 'ended with|killed by'
	took=$((($(now) - began) / seconds))
	has "$name holds its slot for $least to $most tenths of -t" "$took $((took >= least && took <= most))" ' 1$'
	is "... and leaves nothing in the kernel" "$(orphaned && echo "an orphan")" ""
	kill -s KILL $hoarder 2>/dev/null
	stop
}
aside holds "a client that sends nothing" 19 27 3 "$server"
aside holds "one that reads its answer and does not close" 9 19 3 "$build"/answer send "5 plain"
aside holds "one that does not read 300 kB of echo" 19 40 1 "$server" push 300000 half
aside holds "one that resets, and has not read 300 kB of echo" 0 9 2 "$server" push 300000 sleep 200 reset
aside holds "one that does not read 20 MB" 60 150 1 "$build"/answer send "20000000 plain"
aside holds "one that goes on sending after the answer" 100 160 1 "$build"/answer send "5 plain" flood

# Non-readers, one after the other: the kernel bounds what they leave, not code that an attacker may skip.
hoarders() {
	start "$server" -p 0 -t 1 -c 5 -v
	"$build"/client -n 30 127.0.0.1 "$port" push 300000 half sleep 18000 >"$scratch/out" 2>&1 &
	hoarder=$!
	for _ in 1 2; do
		until_true ended 30
	done
	is "30 clients that never read at -c 5: each has had its turn" "$(grep -c 'ended with status 0' "$scratch/log")" 30
	is "... and none leaves anything" "$(orphaned && echo "an orphan")" ""
	echoes "... and then others are served"
	kill -s KILL $hoarder 2>/dev/null
	stop
}
aside hoarders

taken_over() { # PROGRAM
	start "$1" -p 0 -v
	"$build"/client -n 100 127.0.0.1 "$port" send "0 fill" sleep 15000 >"$scratch/out" 2>&1 &
	hoarder=$!
	until_true ended 100
	echo "$(grep -c 'ended with status 0' "$scratch/log") ended, $(orphans) orphans"
	kill -s KILL $hoarder 2>/dev/null
	stop
}
fills() {
	sed '/SO_LINGER/d' tcpserver.c >"$scratch/tcpserver.c"
	${CC:-cc} -std=c11 -w -static -I. -DHANDLER="\"$PWD/tests/check/answer.c\"" -o "$scratch/without" "$scratch/tcpserver.c"
	has "100 handlers fill their buffers and _exit: without SO_LINGER they leave sockets (control)" \
		"$(taken_over "$scratch/without")" '^100 ended, [1-9][0-9]* orphans'
	is "... with it, none" "$(taken_over "$build"/answer)" "100 ended, 0 orphans"
}
[ ! -r /proc/net/tcp ] || aside fills

# SIGTERM while a client lingers
lingers() {
	start "$build"/answer -p 0 -t 2 -v
	"$build"/client -b 2048 -r 16000 127.0.0.1 "$port" send "48000 plain" take 48000 >"$scratch/out" 2>&1 &
	reader=$!
	until_true log_has ' from '
	sleep 0.3
	kill "$pid"
	wait $reader
	is "SIGTERM while a client still reads: it gets all" "$? $(cat "$scratch/out")" "0 "
	wait "$pid"
	is "... and then the server ends: exit status" $? 0
}
aside lingers
wait $asides
