# shellcheck shell=sh disable=SC2154 # check.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# Part of check.sh: what is taken away, in which order, and what is said about it.

"$build"/header abis >"$scratch/out" 2>&1 || not_ok "header abis: exit status $?"
"$build"/header filter >>"$scratch/out" 2>&1 || not_ok "header filter: exit status $?"
"$build"/example >>"$scratch/out" 2>&1 </dev/null || not_ok "example: exit status $?"
tee -a "$results" <"$scratch/out"

tests/check-header.sh quick | sed '$d' | tee -a "$results"
tests/snippets.sh | sed '$d' | tee -a "$results"

# Every attack, and its control.
"$build"/attack -t "$build"/none "$build"/landlock "$build"/shipped >"$scratch/attacks" 2>"$scratch/err"
is "the attacks come to their end" "$(cat "$scratch/err")" ""
while IFS='	' read -r attack none landlock shipped verdict; do
	case $verdict in
	ok) ok "attack: $attack: $shipped" ;;
	NOT*) skip "attack: $attack: $shipped" "control says $none" ;;
	*) not_ok "attack: $attack: $shipped, Landlock alone: $landlock, control: $none" "$verdict" ;;
	esac
done <"$scratch/attacks"

# The shipped program is not the attacked one, nor one that could be talked out of its sandbox.
sed -n 's/^ATTACK("\([^"]*\)".*/\1/p' tests/attacks.h >"$scratch/names"
is "no attack's name is in the shipped program" "$(grep -acFf "$scratch/names" "$server")" 0
is "... but they are in the attacked one" "$(grep -acFf "$scratch/names" "$build"/shipped | sed 's/[1-9].*/some/')" some
for word in signal_by_owner read_memory io_uring; do
	is "nothing of '$word' in the shipped program" "$(grep -ac "$word" "$server")" 0
done
is "no environment variable is read" "$(cat tcpserver.c landlock_compat.h | grep -cE 'getenv|environ\b|LD_PRELOAD')" 0

start "$build"/shipped -p 0 -v
client 127.0.0.1 "$port" send abort rest
until_true log_has killed
has "a handler that dies by abort() is reported, with the peer" "$(cat "$scratch/log")" \
	"pid [0-9]+ from 127.0.0.1:[0-9]+ killed by signal"
client 127.0.0.1 "$port" send nonsense rest
until_true log_has 'status 1'
has "a handler that fails is reported, with the peer" "$(cat "$scratch/log")" \
	"pid [0-9]+ from 127.0.0.1:[0-9]+ ended with status 1"
stop

# What the kernel says of the processes.
about() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' ' | sed 's/ *$//'; }
if [ -d /proc/self ]; then
	start "$server" -p 0
	client 127.0.0.1 "$port" send 1 line closed >"$scratch/out" &
	background=$!
	until_true has_children 1
	handler=$(children)
	for process in $pid $handler; do
		[ "$process" = "$pid" ] && name="the server" || name="a handler"
		is "$name: no new privileges" "$(about "$process" NoNewPrivs)" 1
		is "$name: a seccomp filter" "$(about "$process" Seccomp)" 2
		for set in CapInh CapPrm CapEff CapAmb; do
			is "$name: no capability in $set" "$(about "$process" $set)" 0000000000000000
		done
		if [ "$(id -u)" -eq 0 ]; then
			uid=$(id -u nobody) gid=$(id -g nobody)
			is "$name: nobody's user" "$(about "$process" Uid)" "$uid $uid $uid $uid"
			is "$name: nobody's group" "$(about "$process" Gid)" "$gid $gid $gid $gid"
			is "$name: no other groups" "$(about "$process" Groups)" ""
		fi
	done
	is "a handler is in a process group of its own" "$(cut -d' ' -f5 "/proc/$handler/stat")" "$handler"
	is "a handler can make no process" "$(sed -n 's/^Max processes *//p' "/proc/$handler/limits" | tr -s ' ' | cut -d' ' -f1,2)" "0 0"
	stop
	wait $background
fi
if [ "$(id -u)" -eq 0 ]; then
	start "$server" -p 1 -u daemon
	is "-u daemon, on a port that needs root" "$(about "$pid" Uid | cut -d' ' -f1)" "$(id -u daemon)"
	stop
fi


# Other kernels, faked by strace: what it answers instead of this kernel.
if ! command -v strace >/dev/null; then
	for name in "the order of the phases" "every Landlock ABI" "kernels that fail"; do
		skip "$name" "no strace"
	done
	return 0
fi

# traced INJECTION... -- FLAGS...: starts the server so that stop ends it, not strace
traced() {
	inject=
	while [ "$1" != -- ]; do
		inject="$inject -e inject=$1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # several words
	start strace -f -X raw -o "$scratch/trace" -e trace=all $inject $server -p 0 "$@"
	strace=$pid
	pid=$(sed -n '1s/ .*//p' "$scratch/trace")
}
stop_traced() {
	kill "$pid" 2>/dev/null
	wait "$strace"
	status=$?
}

# What our own kernel takes, whatever it is said to have: ABIs 6 to 8, and 10 and 11, have the same rights.
real=$("$build"/header abi)
case $real in
6 | 7) most=8 ;;
10) most=11 ;;
*) most=$real ;;
esac
[ "$real" -gt 0 ] || skip "every Landlock ABI" "no Landlock in this kernel"
files() { echo 0x1fff 0x3fff 0x7fff 0x7fff 0xffff 0xffff 0xffff 0xffff 0x1ffff 0x1ffff 0x1ffff | cut -d' ' -f"$1"; }
for abi in 1 2 3 4 5 6 7 8 9 10 11 12 999; do
	[ "$real" -gt 0 ] || continue
	asked=$((abi < 11 ? abi : 11))
	used=$((asked < most ? asked : most))
	traced landlock_create_ruleset:retval=$abi:when=1 -- -s
	has "a kernel with ABI $abi: the report" "$(cat "$scratch/log")" "sandbox complete \(Landlock ABI $used; seccomp filter\)"
	is "a kernel with ABI $abi: the rights asked for first, and in the end" \
		"$(sed -n 's/.*handled_access_fs=\([^,}]*\).*/\1/p' "$scratch/trace" | sed -n '1p;$p' | tr '\n' ' ')" \
		"$(files $asked) $(files $used) "
	is "a kernel with ABI $abi: it serves" "$(client ::1 "$port" send hello half rest)" hello
	stop_traced
done

# Kernels that lack something, or fail: faults | what it says | serves (0) or ends with status 1
while IFS='|' read -r faults message expected; do
	message=$(echo "$message" | sed 's/^ *//; s/ *$//')
	# shellcheck disable=SC2086 # several words
	case $faults in \#*) continue ;; esac
	# shellcheck disable=SC2086 # several words
	traced $faults --
	has "$faults: what it says" "$(cat "$scratch/log")" "^tcpserver: $message"
	if [ "$expected" -eq 0 ]; then
		is "$faults: it serves" "$(client 127.0.0.1 "$port" send hello half rest)" hello
		stop_traced
		# shellcheck disable=SC2086
		traced $faults -- -s
		has "$faults: -s says why" "$(cat "$scratch/log")" "^tcpserver: -s: not started"
	fi
	stop_traced
	is "$faults: exit status" "$status" 1
done <<'TABLE'
landlock_create_ruleset:error=ENOSYS:when=1             | sandbox PARTIAL \(no Landlock: not in this kernel; seccomp filter\) | 0
landlock_create_ruleset:error=EOPNOTSUPP:when=1         | sandbox PARTIAL \(no Landlock: switched off at boot.*; seccomp filter\) | 0
landlock_create_ruleset:error=EPERM:when=1              | sandbox PARTIAL \(no Landlock: forbidden by a sandbox around it; seccomp filter\) | 0
landlock_create_ruleset:error=EINVAL:when=2+            | sandbox PARTIAL \(no Landlock: the kernel refuses it; seccomp filter\) | 0
seccomp:error=ENOSYS                                    | sandbox PARTIAL \(Landlock ABI [0-9]+; no seccomp filter: not in this kernel\) | 0
seccomp:error=EINVAL                                    | sandbox PARTIAL \(Landlock ABI [0-9]+; no seccomp filter: not in this kernel\) | 0
seccomp:error=ENOSYS                                    | left to an attacker: files, .*sockets, | 0
landlock_create_ruleset:error=ENOSYS seccomp:error=ENOSYS | sandbox NONE \(no Landlock: .*; no seccomp filter: .*\) | 0
landlock_create_ruleset:error=ENOMEM:when=1             | Landlock: .* memory | 1
landlock_create_ruleset:error=EMFILE:when=2             | Landlock: .*file.* | 1
landlock_create_ruleset:error=ENOMEM:when=3             | landlock_create_ruleset: .* memory | 1
landlock_restrict_self:error=EPERM                      | landlock_restrict_self.*: Operation not permitted | 1
landlock_restrict_self:error=E2BIG                      | landlock_restrict_self.*: Argument list too long | 1
landlock_restrict_self:error=ENOMEM                     | landlock_restrict_self.*: .* memory | 1
prctl:error=EINVAL:when=1                               | landlock_restrict_self.*: Invalid argument | 1
prctl:error=EINVAL:when=2                               | seccomp: Invalid argument | 1
seccomp:error=EPERM:when=1                              | seccomp: Operation not permitted | 1
seccomp:error=ENOMEM:when=2                             | seccomp: .* memory | 1
seccomp:error=EINVAL:when=2                             | seccomp: Invalid argument | 1
capset:error=EPERM                                      | capset: Operation not permitted | 1
listen:error=EADDRINUSE                                 | listen: Address (already )?in use | 1
close_range:error=ENOSYS                                | close_range .*: Function not implemented | 1
TABLE
if [ "$(id -u)" -eq 0 ]; then
	for call in setgroups setgid setuid; do
		traced $call:error=EPERM --
		stop_traced
		is "$call fails: it ends" "$status $(cat "$scratch/log")" "1 tcpserver: $call: Operation not permitted"
	done
	traced setgroups:retval=0 setgid:retval=0 setuid:retval=0 capset:retval=0 --
	stop_traced
	has "root is not given up: it ends" "$status $(cat "$scratch/log")" "^1 tcpserver: there is a way back to root"
fi

# Without Landlock, a handler could open the terminal of its session: it has one of its own.
traced landlock_create_ruleset:error=ENOSYS:when=1 --
client 127.0.0.1 "$port" send hello line closed >"$scratch/out" &
background=$!
until_true grep -q hello "$scratch/out"
handler=$(children)
is "no Landlock: a handler is in a session of its own" "$(cut -d' ' -f6 "/proc/$handler/stat")" "$handler"
stop_traced
wait $background
traced landlock_create_ruleset:error=ENOSYS:when=1 setsid:error=EPERM --
is "no Landlock, and setsid fails: a client is dropped" "$(client 127.0.0.1 "$port" half rest)" ""
has "... and it is said why" "$(cat "$scratch/log")" "setsid.*: Operation not permitted; client dropped"
stop_traced

if [ "$real" -gt 0 ]; then
	start "$build"/header nest 14 "$server" -p 0
	is "inside 14 Landlock layers, it serves" "$(client ::1 "$port" send hello half rest)" hello
	stop
	start "$build"/header nest 15 "$server" -p 0
	is "inside 15 Landlock layers, a client is dropped" "$(client ::1 "$port" half rest)" ""
	until_true log_has 'ended with status 1'
	has "... and it is said why" "$(cat "$scratch/log")" "landlock_restrict_self: Argument list too long; client dropped"
	stop
	start "$build"/header nest 16 "$server" -p 0
	has "inside 16 Landlock layers, it ends" "$(cat "$scratch/log")" "landlock_restrict_self \\(of 16 layers\\): Argument list too long"
	stop
fi

# The phases, in their order.
traced --
client 127.0.0.1 "$port" send hello half rest >"$scratch/out"
stop_traced
calls() { # of one process, in short
	sed -n "s/^$1 *//p" "$scratch/trace" | sed -n \
		-e 's/^\(socket\|bind\|setgroups\|setgid\|setuid\|capset\|listen\|accept4\|setpgid\)(.*/\1/p' \
		-e 's/^landlock_create_ruleset(NULL.*/probe/p' \
		-e 's/^landlock_\(create_ruleset\|restrict_self\)(.*= [0-9]*$/\1/p' \
		-e 's/^seccomp(.*= 0$/filter/p' -e 's/^\(read\|recv[a-z]*\)(3,.*/read client/p' \
		-e 's/^dup2([0-9]*, 3).*/client is 3/p' -e 's/^close_range(4,.*/close others/p' |
		uniq | tr '\n' ' '
}
[ "$(id -u)" -eq 0 ] && root="setgroups setgid setuid capset setuid" || root="capset setuid"
is "the server's phases, in their order" \
	"$(calls "$pid" | sed 's/^.*\(socket bind\)/\1/; s/accept4 .*/accept4/')" \
	"socket bind $root probe create_ruleset restrict_self listen filter accept4"
handler=$(grep -v "^$pid " "$scratch/trace" | sed -n '1s/ .*//p')
is "a handler's phases, in their order" "$(calls "$handler")" \
	"setpgid restrict_self client is 3 close others read client "
is "the server reads nothing but its signals" "$(sed -n '/ listen(/,$p' "$scratch/trace" |
	grep -E "^$pid +(read|recv[a-z]*|readv|pread64)\(" | grep -cv '(3, .*, 128) *= 128')" 0
