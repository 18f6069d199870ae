#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# links.sh: each byte arrives over bad links: delay, loss, reordering, small packets, slow readers, small
# buffers, clients that half-close early, late or never, handlers that end in every way. Between two network
# namespaces, by link.c, because not every kernel has netem. SEED=: other losses.
# shellcheck source=tests/lib.sh disable=SC2030,SC2031 # what a transfer needs of $number, it has
. "$(dirname "$0")/../lib.sh"
one=links-one-$$ two=links-two-$$ link=''
if [ "$(id -u)" -ne 0 ] || ! installed ip || [ ! -e /dev/net/tun ] || ! ip netns add $one 2>"$scratch/why" || ! ip netns add $two; then
	skip "bad links" "it needs root, ip, /dev/net/tun and network namespaces"
	count
	exit
fi
trap 'kill $link 2>/dev/null; ip netns del $one; ip netns del $two; rm -rf "$scratch"' EXIT

# connect DELAY LOSS REORDER RATE MTU
connect() {
	"$build"/link $one $two "$1" "$2" "$3" "$4" 1000 "${SEED:-7}" >"$scratch/link" 2>&1 &
	link=$!
	until_true grep -q up "$scratch/link"
	for end in "$one 1" "$two 2"; do
		ip -n "${end% *}" link set lo up
		ip -n "${end% *}" addr add "10.9.0.${end#* }/24" dev link0
		ip -n "${end% *}" link set link0 mtu "$5" up
	done
}
disconnect() {
	kill $link
	wait $link 2>/dev/null
	link=
}

# transfer CLIENT'S ARGUMENTS: says so if it goes wrong
transfer() {
	ip netns exec $two "$build"/client -l 110 "$@" >"$scratch/out-$number" 2>&1 || echo "$*: $(cat "$scratch/out-$number")"
}
launch() {
	number=$((number + 1))
	transfer "$@" >"$scratch/wrong-$number" &
	running="$running $!"
}

# NAME | DELAY ms, LOSS %, REORDER %, RATE bit/s, MTU | -t
while IFS='|' read -r name link_options timeout; do
	# shellcheck disable=SC2086 # several words
	connect $link_options
	start ip netns exec $one "$server" -p 0 -t "$timeout" -c 100 -v
	echo_port=$port echo_pid=$pid
	cp "$scratch/log" "$scratch/echo-log"
	start ip netns exec $one "$build"/answer -p 0 -t "$timeout" -c 100 -v
	number=0 running=''
	rm -f "$scratch"/wrong-*
	for buffer in "-b 2048" "-b 16384" ""; do
		# shellcheck disable=SC2086 # two words, or none
		for rate in 4000 16000; do
			bytes=$((rate * 8))
			launch $buffer -r $rate 10.9.0.1 "$echo_port" bulk $bytes half rest
			launch $buffer -r $rate 10.9.0.1 "$echo_port" early $bytes rest
			launch $buffer -r $rate 10.9.0.1 "$port" send "$bytes plain" take $bytes
			launch $buffer -r $rate 10.9.0.1 "$port" send "$bytes close" half take $bytes
			launch $buffer -r $rate 10.9.0.1 "$port" send "$bytes stdio" push 100000 take $bytes
			launch $buffer -r $rate 10.9.0.1 "$port" send "$bytes exit" push 10000 half take $bytes
		done
	done
	for bytes in 0 1 1448 65536 1000000; do
		launch 10.9.0.1 "$echo_port" early $bytes rest
		for how in stdio exit; do
			launch 10.9.0.1 "$port" send "$bytes $how" push 100000 take $bytes
		done
	done
	# shellcheck disable=SC2086 # several
	wait $running
	is "$name, -t $timeout: $number transfers" "$(cat "$scratch"/wrong-*)" ""
	stop TERM
	pid=$echo_pid
	stop TERM
	disconnect
done <<'TABLE'
a good link|5 0 0 0 1500|1
delay|100 0 0 0 1500|2
loss and reordering|20 2 2 0 1500|2
small packets|10 1 0 0 576|2
a slow link|50 0.5 0.5 4000000 1500|5
everything at once|80 3 3 8000000 1280|10
TABLE
count
