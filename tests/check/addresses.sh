# shellcheck shell=sh disable=SC2154,SC2086 # check.sh sets what is used here; $net is several words
# SPDX-License-Identifier: 0BSD
# Part of check.sh: where it listens, and what needs a network of its own.

listens() { is "$1: the report" "$(sed -n 1p "$scratch/log")" "tcpserver: listening on $2"; }
refused() { has "$1" "$(client "$2" "$port" half rest)" 'refused|unreachable|assign'; }

start "$server" -p 0
listens "by default" "[::]:$port"
echoes "by default: IPv4"
echoes "by default: IPv6" 1 ::1
stop
start "$server" -p 0 -a ::1
listens "-a ::1" "[::1]:$port"
refused "-a ::1: not on 127.0.0.1" 127.0.0.1
stop
start "$server" -p 0 -a 0.0.0.0
listens "-a 0.0.0.0" "0.0.0.0:$port"
echoes "-a 0.0.0.0"
refused "-a 0.0.0.0 is IPv4 alone" ::1
stop
if installed strace; then
	start strace -f -o "$scratch/trace" -e trace=socket -e inject=socket:error=EAFNOSUPPORT:when=1 "$server" -p 0
	listens "a kernel without IPv6" "0.0.0.0:$port"
	echoes "a kernel without IPv6"
	kill "$(sed -n '1s/ .*//p' "$scratch/trace")"
	wait "$pid"
	start strace -f -o "$scratch/trace" -e trace=socket -e inject=socket:error=EAFNOSUPPORT:when=1 "$server" -p 0 -a ::1
	stop
	has "a kernel without IPv6: -a ::1" "$status $(cat "$scratch/log")" '^1 tcpserver: socket: Address family not supported'
else
	skip "a kernel without IPv6" "strace is not installed"
fi

if ! installed ip || ! can unshare -n || ! can nsenter -n -t $$; then
	skip "other network settings, and low ports" "no network namespace: $(why)"
	return 0
fi
unshare -n sleep 60 &
holder=$!
other_net() { [ "$(readlink /proc/$holder/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; }
until_true other_net
net="nsenter -n -t $holder"
$net ip link set lo up

start $net "$server" -p 1 -u 1000
echoes "-u 1000 on a port that needs root"
stop
user="setpriv --reuid 1000 --regid 1000 --clear-groups"
if can $user; then
	start $net $user "$server" -p 1
	is "... which another user cannot have" "$(cat "$scratch/log")" "tcpserver: bind [::]:1: Permission denied"
	stop
	start $net $user --inh-caps +net_bind_service --ambient-caps +net_bind_service "$server" -p 1
	echoes "... but with an ambient capability"
	is "... which it has then given up" "$(grep 'Cap[IPEA]' "/proc/$pid/status" | grep -v ':.0*$')" ""
	stop
else
	skip "a low port with an ambient capability" "$(why)"
fi
$net sysctl -q -w net.ipv6.bindv6only=1
start $net "$server" -p 0
echoes "bindv6only=1: IPv4 as well"
echoes "bindv6only=1: IPv6" 1 ::1
stop
$net sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
start $net "$server" -p 0
echoes "disable_ipv6=1"
stop
start $net "$server" -p 0 -a ::1
has "disable_ipv6=1: -a ::1" "$(cat "$scratch/log")" '^tcpserver: bind \[::1\]:0: .*(assign|available)'
stop

kill $holder
