#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# links.sh: each byte arrives over bad links: delay, loss, reordering, small packets, slow readers, small
# buffers, clients that half-close early, late or never, handlers that end in every way. Between network
# namespaces, by link.c, because not every kernel has netem. SEED=: other losses.
# shellcheck source=tests/lib.sh disable=SC2030,SC2031 # each link has a process and a directory of its own
. "$(dirname "$0")/../lib.sh"
namespaces=links-$$-
if [ "$(id -u)" -ne 0 ] || ! installed ip || [ ! -e /dev/net/tun ] || ! ip netns add ${namespaces}0 2>"$scratch/why"; then
	skip "bad links" "it needs root, ip, /dev/net/tun and network namespaces"
	count
	exit
fi
trap 'ip netns | sed -n "s/^\(${namespaces}[0-9]*\).*/\1/p" | xargs -n 1 ip netns del; rm -rf "$scratch"' EXIT

# transfer CLIENT'S ARGUMENTS: in the background; says so if it goes wrong
transfer() {
	number=$((number + 1))
	{ ip netns exec "$two" "$build"/client -l 300 "$@" >"$scratch/out-$number" 2>&1 || echo "$*: $(cat "$scratch/out-$number")"; } \
		>"$scratch/wrong-$number" &
	running="$running $!"
}
# over NUMBER NAME -t "DELAY LOSS REORDER RATE" MTU: all transfers over a link
over() {
	one=$namespaces$1 two=$namespaces$(($1 + 1)) name=$2 timeout=$3 number=0 running=''
	ip netns add "$one" && ip netns add "$two" || return
	# shellcheck disable=SC2086 # several words
	"$build"/link "$one" "$two" $4 1000 "${SEED:-7}" >"$scratch/link" 2>&1 &
	link=$!
	until_true grep -q up "$scratch/link"
	for end in "$one 1" "$two 2"; do
		ip -n "${end% *}" link set lo up
		ip -n "${end% *}" addr add "10.9.0.${end#* }/24" dev link0
		ip -n "${end% *}" link set link0 mtu "$5" up
	done
	start ip netns exec "$one" "$server" -p 0 -t "$timeout" -c 100
	echo_port=$port echo_pid=$pid
	start ip netns exec "$one" "$build"/answer -p 0 -t "$timeout" -c 100
	for buffer in "-b 2048" "-b 16384" ""; do
		# shellcheck disable=SC2086 # two words, or none
		for rate in 4000 16000; do
			bytes=$((rate * 8))
			transfer $buffer -r $rate 10.9.0.1 "$echo_port" bulk $bytes half rest
			transfer $buffer -r $rate 10.9.0.1 "$echo_port" early $bytes rest
			transfer $buffer -r $rate 10.9.0.1 "$port" send "$bytes plain" take $bytes
			transfer $buffer -r $rate 10.9.0.1 "$port" send "$bytes close" half take $bytes
			transfer $buffer -r $rate 10.9.0.1 "$port" send "$bytes stdio" push 100000 take $bytes
			transfer $buffer -r $rate 10.9.0.1 "$port" send "$bytes exit" push 10000 half take $bytes
		done
	done
	for bytes in 0 1 1448 65536 1000000; do
		transfer 10.9.0.1 "$echo_port" early $bytes rest
		for how in stdio exit; do
			transfer 10.9.0.1 "$port" send "$bytes $how" push 100000 take $bytes
		done
	done
	# shellcheck disable=SC2086 # several
	wait $running
	is "$name, -t $timeout: 51 transfers" "$number $(cat "$scratch"/wrong-*)" "51 "
	stop TERM
	pid=$echo_pid
	stop TERM
	kill $link
}

all=$scratch links=0 overs=''
while IFS='|' read -r name options mtu timeout; do
	links=$((links + 2))
	mkdir "$all/$links"
	(scratch=$all/$links && over $links "$name" "$timeout" "$options" "$mtu") &
	overs="$overs $!"
done <<'TABLE'
a good link|5 0 0 0|1500|1
delay|100 0 0 0|1500|2
loss and reordering|20 2 2 0|1500|2
small packets|10 1 0 0|576|2
a slow link|50 0.5 0.5 4000000|1500|5
everything at once|80 3 3 8000000|1280|10
TABLE
# shellcheck disable=SC2086 # several
wait $overs
is "links tried" "$(grep -c '51 transfers' "$results")" 6
count
