# shellcheck shell=sh disable=SC2154 # check.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# Part of check.sh: what the kernel says of the processes, the order of the phases, other kernels.

root=no
[ "$(id -u)" -ne 0 ] || root=yes
about() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' ' | sed 's/ *$//'; }
limit() { sed -n "s/^Max $2 *//p" "/proc/$1/limits" | tr -s ' ' | cut -d' ' -f1,2; }

if [ -d "/proc/$$" ]; then
	start "$server" -p 0 -v -c 1000
	"$build"/client 127.0.0.1 "$port" send 1 line closed >"$scratch/out" &
	client=$!
	until_true grep -qs 1 "$scratch/out"
	handler=$(handler)
	for process in $pid $handler; do
		[ "$process" = "$pid" ] && name="the server" || name="a handler"
		is "$name: no new privileges" "$(about "$process" NoNewPrivs)" 1
		is "$name: a seccomp filter" "$(about "$process" Seccomp)" 2
		for set in CapInh CapPrm CapEff CapAmb; do
			is "$name: no capability in $set" "$(about "$process" $set)" 0000000000000000
		done
		if [ $root = yes ]; then
			is "$name: nobody's user" "$(about "$process" Uid)" "65534 65534 65534 65534"
			is "$name: nobody's group" "$(about "$process" Gid)" "65534 65534 65534 65534"
			is "$name: no other groups" "$(about "$process" Groups)" ""
		fi
		# The files of a process that is not dumpable belong to root.
		is "$name: not dumpable" "$(stat -c %u "/proc/$process/status") $(stat -c %u /proc/1)" "$(stat -c %u /proc/1) $(stat -c %u /proc/1)"
		is "$name: limits of descriptors and memory" \
			"$(limit "$process" 'open files'), $(limit "$process" 'address space')" \
			"64 64, 50331648 50331648"
		is "$name: no transparent huge pages" "$(about "$process" THP_enabled)" 0
	done
	is "a handler can make no process" "$(limit "$handler" processes)" "0 0"
	# Where the switch can be set at all; strace sees below that it is asked for.
	speculation=$(about "$handler" SpeculationIndirectBranch)
	if [ "$(about $$ SpeculationIndirectBranch)" = "conditional enabled" ]; then
		is "a handler: indirect branch speculation is off for good" "$speculation" "conditional force disabled"
	else
		skip "a handler: indirect branch speculation is off for good" "here it is '$speculation' for all processes"
	fi
	if [ $root = yes ]; then
		is "the descriptors of a handler" "$(for fd in /proc/"$handler"/fd/*; do echo "${fd##*/} $(readlink "$fd" | sed 's/:.*//')"; done | tr '\n' ' ')" \
			"0 /dev/null 1 /dev/null 2 /dev/null 3 socket 4 socket "
		is "... of which those that others have, too, cannot be used (O_PATH)" \
			"$(for fd in 0 1 2; do sed -n 's/^flags:.*\(.\{7\}\)$/\1/p' "/proc/$handler/fdinfo/$fd"; done | sort -u | tr '\n' ' ')" "0000000 "
		is "... and its directory" "$(readlink "/proc/$handler/cwd")" /
	fi
	kill $client
	stop
else
	skip "what the kernel says of the server and of a handler" "there is no /proc"
fi

if ! installed strace || ! strace -o "$scratch/trace" true 2>"$scratch/err"; then
	skip "the order of the phases, and kernels that lack something" "no strace that works"
	return 0
fi

# A process of the same user may look neither into the server nor into a handler.
as_user=
[ $root = no ] || ! can setpriv --reuid 1 || as_user="setpriv --reuid $(id -u nobody) --regid $(id -g nobody) --clear-groups"
# shellcheck disable=SC2086 # several words, or none
attaches() { timeout "${2:-10}" $as_user strace -p "$1" 2>&1 | head -n 1; }
# shellcheck disable=SC2086
$as_user sleep 30 &
dumpable=$!
start "$server" -p 0 -v
"$build"/client 127.0.0.1 "$port" send 1 line closed >"$scratch/out" &
client=$!
until_true has_clients 1
case $(attaches $dumpable 1) in
*attached*)
	has "the same user cannot trace the server" "$(attaches "$pid")" "not permitted"
	has "the same user cannot trace a handler" "$(attaches "$(handler)")" "not permitted"
	;;
*) skip "the same user cannot trace the server" "nor any other process, here" ;;
esac
kill $dumpable $client
stop

# traced INJECTION... -- FLAGS...: starts the server so that $pid is its own, not that of strace
traced() {
	inject=
	while [ "$1" != -- ]; do
		inject="$inject -e inject=$1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # several words
	start strace -f -v -X raw -o "$scratch/trace" -e trace=all $inject "$server" -p 0 -v "$@"
	strace=$pid
	pid=$(sed -n '1s/ .*//p' "$scratch/trace")
}
stop_traced() {
	kill "$pid" 2>/dev/null
	wait "$strace"
	status=$?
}

# The phases.
traced --
client 127.0.0.1 "$port" send hello half rest >"$scratch/out"
until_true has_clients 0
handler=$(handler)
stop_traced
calls() { # of one process, in short
	sed -n "s/^$1 *//p" "$scratch/trace" | sed -n \
		-e 's/^\(socket\|bind\|setgroups\|setgid\|setuid\|capset\|fork\|listen\|accept4\)(.*/\1/p' \
		-e 's/^clone(.*/fork/p' -e 's/^close_range(3,.*/close inherited/p' -e 's/^prctl(0x4, 0.*/not dumpable/p' \
		-e 's/^prctl(0x29, .*1,.*/no huge pages/p' -e 's/^prctl(0x35, 0x1, 0x8[,)].*/no speculation/p' \
		-e 's/^landlock_restrict_self(.*/landlock/p' -e 's/^seccomp(.*, \({\|0x[0-9a-f]\{4\}\).*/filter/p' \
		-e 's/^prctl(0x1, .*9.*/die with it/p' -e 's/^dup[23]([0-9]*, 3.*/client is 3/p' -e 's/^dup[23](0x3, 4.*/and 4/p' -e 's/^dup[23](3, 4.*/and 4/p' -e 's/^close_range(5,.*/close others/p' \
		-e 's/^prlimit64(0, 0x6, \({\|0x\).*/no processes/p' -e 's/^\(read\|recv[a-z]*\)(3,.*/read client/p' |
		uniq | tr '\n' ' '
}
[ $root = yes ] && gives_up="setgroups setgid setuid capset setuid" || gives_up="capset setuid"
is "the server's phases, in their order" "$(calls "$pid" | sed 's/read client //g; s/accept4 .*/accept4/')" \
	"close inherited socket bind $gives_up not dumpable no huge pages no speculation landlock listen filter fork accept4"
is "a handler's phases, in their order" "$(calls "$handler")" \
	"die with it landlock client is 3 and 4 close others no processes read client "

# Calls by other numbers, as by int 0x80, which not every machine lets a program make
name="the filter looks at the architecture first"
if [ $root = yes ]; then
	has "$name" "$(grep -o 'filter=.\{100\}' "$scratch/trace")" 'filter=\[[^,]*, 0x4\), [^,]*, 0x[48c]0000[0-9a-f]*,'
else
	skip "$name" "only root sees the memory of a process that is not dumpable"
fi
# The report names the ABI in use; header.sh is about the rest of it.
real=$("$build"/outer 0)
if [ "$real" -gt 0 ]; then
	for abi in 1 "$real"; do
		traced "landlock_create_ruleset:retval=$abi:when=1" -- -s
		has "a kernel with ABI $abi: the report" "$(cat "$scratch/log")" "^tcpserver: sandbox: Landlock ABI $abi, a seccomp filter$"
		echoes "a kernel with ABI $abi: it serves"
		stop_traced
	done
else
	skip "the ABI in the report, and the limit of 16 layers" "no Landlock in this kernel"
fi

# Kernels that lack something, and outer sandboxes that refuse it: faults | what it says | serves (0) or ends
# with status 1. Each call that fails, with each errno, is for stress/faults.sh.
happened() { is "$1: it did happen" "$(grep -c INJECTED "$scratch/trace" | sed 's/^[1-9][0-9]*$/yes/')" yes; }
while IFS='|' read -r faults message expected; do
	# shellcheck disable=SC2086 # several words
	traced $faults --
	has "$faults: what it says" "$(cat "$scratch/log")" "^tcpserver: $message"
	if [ "$expected" -eq 0 ]; then
		is "$faults: two lines, of at most 100 columns" "$(awk 'length <= 100' "$scratch/log" | wc -l)" 2
		echoes "$faults: it serves"
		stop_traced
		# shellcheck disable=SC2086
		traced $faults -- -s
		has "$faults: -s says why" "$(cat "$scratch/log")" "^tcpserver: -s: not started: "
	fi
	stop_traced
	is "$faults: one line, and status 1" "$(wc -l <"$scratch/log") $status" "1 1"
	happened "$faults"
done <<'TABLE'
landlock_create_ruleset:error=EOPNOTSUPP|sandbox: NO LANDLOCK \(.*ot supported\), a seccomp filter$|0
landlock_create_ruleset:error=EPERM|sandbox: NO LANDLOCK \(Operation not permitted\), a seccomp filter$|0
landlock_create_ruleset:error=EINVAL:when=2+|sandbox: NO LANDLOCK \(Invalid argument\), a seccomp filter$|0
seccomp:error=EINVAL|sandbox: Landlock ABI [0-9]+, NO SECCOMP \(Invalid argument\)$|0
seccomp:error=EPERM|sandbox: Landlock ABI [0-9]+, NO SECCOMP \(Operation not permitted\)$|0
seccomp:error=EOPNOTSUPP|sandbox: Landlock ABI [0-9]+, NO SECCOMP \(.*ot supported\)$|0
landlock_create_ruleset:error=ENOSYS seccomp:error=ENOSYS|sandbox: NO LANDLOCK \(.*\), NO SECCOMP \(.*\)$|0
landlock_create_ruleset:error=ENOMEM:when=3|landlock_create_ruleset: .* memory|1
seccomp:error=524|seccomp: .* memory|1
seccomp:retval=7|seccomp: No such process|1
setuid:retval=0|refusing to run: root could be regained|1
close_range:error=EPERM|close_range: Operation not permitted|1
TABLE

# Failures that it survives: fault | what it says | for how many tenths of a second it then waits, at least.
# The first client may be lost, the next is not.
tenths() { date +%s%N | cut -c 1-11; }
while IFS='|' read -r fault says least; do
	traced "$fault" --
	began=$(tenths)
	client 127.0.0.1 "$port" send hello half rest >"$scratch/first"
	echoes "$fault: it serves"
	took=$(($(tenths) - began))
	stop_traced
	happened "$fault"
	has "$fault: what it says" "$(sed -n 's/^tcpserver: \(accept: .*\|client dropped: .*\)/\1/p' "$scratch/log")" "^$says\$"
	has "$fault: it waits for $least tenths ($took)" "$((took >= least && took < least + 40))" 1
done <<'TABLE'
accept4:error=EAGAIN:when=1||0
accept4:error=EINTR:when=1||0
accept4:error=ECONNABORTED:when=1||0
accept4:error=EMFILE:when=1|accept: .*file.*|10
?fork,clone:error=EAGAIN:when=2|client dropped: fork: Resource temporarily unavailable|10
TABLE
traced '?poll,ppoll:error=ENOMEM:when=3' -- # the first two are before the lines of the report
is "poll:error=ENOMEM: it ends, and says why" "$(until_true log_has '^tcpserver: poll: .* memory$' && echo yes)" yes
stop_traced
happened poll:error=ENOMEM
traced '?poll,ppoll:error=EINTR:when=6+' -- # from the client's end on
client 127.0.0.1 "$port" send hello line sleep 300 half rest >"$scratch/out" &
waits=$!
until_true has_clients 1
kill "$pid"
wait $waits
is "poll:error=EINTR: it goes on" "$? $(cat "$scratch/out")" "0 hello"
kill -s KILL "$pid"
wait "$strace" 2>/dev/null
happened poll:error=EINTR

# A handler whose sealing fails serves nobody. Only root may trace the server.
if [ $root = yes ] && [ -d "/proc/$$" ]; then
	start "$server" -p 0 -v
	strace -q -f -o "$scratch/trace" -p "$pid" -e inject=landlock_restrict_self:error=ENOMEM 2>"$scratch/err" &
	strace=$!
	until_true grep -q '^TracerPid:.[1-9]' "/proc/$pid/status"
	is "a handler that cannot be sealed does not answer" "$(client 127.0.0.1 "$port" send hello half rest | grep -c hello)" 0
	until_true has_clients 0
	has "... and it is said why" "$(cat "$scratch/log")" "landlock_restrict_self.*: .* memory$"
	stop
	wait $strace
else
	skip "a handler that cannot be sealed does not answer" "only root may trace the server"
fi

[ "$real" -gt 0 ] || return 0
start "$build"/outer 14 "$server" -p 0
echoes "inside 14 Landlock layers, it serves"
stop
while read -r layers lines; do
	start "$build"/outer "$layers" "$server" -p 0
	stop
	has "inside $layers Landlock layers, it does not start, and says why" "$status $(wc -l <"$scratch/log") $(cat "$scratch/log")" \
		"^1 $lines tcpserver: landlock_restrict_self \\(16 layers at most\\): Argument list too long$"
done <<'END'
15 2
16 1
END
is "... and nothing that it is in force" "$(grep -c sandbox: "$scratch/log")" 0
