# shellcheck shell=sh disable=SC2154,SC2086,SC2015 # check.sh sets what is used here; several words
# SPDX-License-Identifier: 0BSD
# Part of check.sh: where servers run: containers, emulators, as process 1, under a supervisor.

about() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' ' | sed 's/ *$//'; }
runs_as() { # NAME UID
	echoes "$1: it serves"
	is "$1: user, group, groups" "$(about "$pid" Uid), $(about "$pid" Gid), $(about "$pid" Groups)" "$2 $2 $2 $2, $2 $2 $2 $2, "
	stop
	is "$1: exit status" "$status" 0
}
# refuses NAME REGEXP COMMAND...: one line and status 1
refuses() {
	name=$1 text=$2
	shift 2
	start "$@"
	stop
	has "$name" "$status $(wc -l <"$scratch/log") $(cat "$scratch/log")" "^1 1 tcpserver: .*$text"
}

# An empty root, with /dev/null alone. The program has to be static.
empty=$scratch/root
mkdir -p "$empty/dev"
cp "$server" "$empty/tcpserver"
if [ "$(id -u)" -ne 0 ] || [ ! -d "/proc/$$" ]; then
	skip "in an empty root, and other users" "only root can become another user, and only /proc shows it"
elif ! mknod -m 666 "$empty/dev/null" c 1 3 2>"$scratch/why" || ! chroot "$empty" /tcpserver -h >"$scratch/out" 2>"$scratch/why"; then
	skip "in an empty root, and other users" "$(why)"
else
	start chroot "$empty" /tcpserver -p 0
	is "in an empty root: two lines" "$(wc -l <"$scratch/log")" 2
	runs_as "in an empty root" 65534
	start chroot "$empty" /tcpserver -p 0 -u 65533
	runs_as "-u 65533" 65533
	# Limits, as it would raise them; and it does not take a machine that has both versions of cgroups.
	cat >"$scratch/contain" <<-'END'
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		exec podman run --rm --cgroups=disabled --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@"
	END
	contain="unshare -m sh $scratch/contain --network host --rootfs $empty"
	if installed podman && timeout 60 $contain /tcpserver -h >"$scratch/out" 2>"$scratch/why"; then
		start $contain /tcpserver -p 0
		echoes "in podman: it serves"
		has "in podman: both locks" "$(cat "$scratch/log")" 'sandbox: Landlock ABI [0-9]+, a seccomp filter'
		stop
		is "in podman: exit status" "$status" 0
	else
		skip "in podman" "$(installed podman && why || echo 'it is not installed')"
	fi
	if can setpriv --bounding-set -setuid; then
		for capability in setuid setgid; do
			refuses "root without the capability $capability: what helps" "cannot become user 65534 here; start it as that user: " \
				setpriv --bounding-set -$capability "$server" -p 0
		done
	else
		skip "root without CAP_SETUID" "$(why)"
	fi
	if can unshare -U --map-user=1000; then
		refuses "the kernel's root under another name" "handlers could fork; use another user" unshare -U --map-user=1000 "$server" -p 0
	else
		skip "the kernel's root under another name" "$(why)"
	fi
fi
if can unshare -Ur; then
	refuses "root of a namespace with one user: what helps" 'start it as that user' unshare -Ur "$server" -p 0
else
	skip "root of a namespace with one user" "$(why)"
fi

# Emulators of a kernel, which have no Landlock and not each prctl(2)
if installed qemu-x86_64 && [ "$(uname -m)" = x86_64 ] && qemu-x86_64 "$empty/tcpserver" -h >"$scratch/out" 2>"$scratch/why"; then
	start qemu-x86_64 "$empty/tcpserver" -p 0 -t 2 -v
	has "in qemu-user: it says that both locks are missing" "$(cat "$scratch/log")" 'NO LANDLOCK \(Function not implemented\), NO SECCOMP'
	echoes "in qemu-user: it serves"
	is "... 3 MB" "$(client 127.0.0.1 "$port" bulk 3000000 half rest)" ""
	until_true has_clients 0
	is "... and handlers end well" "$(grep -c 'ended with status 0$' "$scratch/log")" 2
	stop
	is "in qemu-user: exit status" "$status" 0
else
	skip "in qemu-user" "$(installed qemu-x86_64 && why || echo 'it is not installed, or for another architecture')"
fi
gvisor="runsc --rootless --network=host --ignore-cgroups --platform=ptrace --root=$scratch/runsc do"
if installed runsc && timeout 30 $gvisor /bin/true >"$scratch/out" 2>"$scratch/why"; then
	start $gvisor "$PWD/$server" -p 0 -t 2
	has "in gVisor: it says which lock is missing" "$(cat "$scratch/log")" 'NO LANDLOCK \(Function not implemented\), a seccomp filter'
	# Its socket of the host can say EAGAIN at once, so that a client is taken for idle.
	gvisor_echo() { [ "$(client 127.0.0.1 "$port" send hello line half)" = hello ]; }
	is "in gVisor: it serves" "$(until_true gvisor_echo && echo yes)" yes
	stop
else
	skip "in gVisor" "$(installed runsc && why || echo 'runsc is not installed')"
fi

# As process 1, which gets no signal that it does not handle. machine.sh has children that it does not know.
if [ -r "/proc/$$/task/$$/children" ] && can unshare -pf --kill-child; then
	for signal in TERM INT; do
		start unshare -pf --kill-child "$server" -p 0
		echoes "as process 1: it serves"
		kill -s $signal "$(children)"
		is "as process 1: SIG$signal ends it" "$(until_true gone "$pid" && echo yes)" yes
		wait "$pid"
		is "... exit status" $? 0
	done
else
	skip "as process 1" "no process namespace, or no /proc/PID/task/PID/children"
fi
# Children are in another pid namespace then, where they have no parent.
if can unshare -p; then
	refuses "unshare -p without -f" "refusing to run: a handler cannot be sealed" unshare -p "$server" -p 0 -a 127.0.0.1
else
	skip "unshare -p without -f" "$(why)"
fi

# The unit in README.md; tests/kernels/unit.sh runs it.
unit=$scratch/tcpserver.service
awk '/^```/ { on = /^```ini$/; next } on' README.md >"$unit"
is "README.md has a systemd unit" "$(grep -c '^ExecStart=/[^ ]*/tcpserver ' "$unit")" 1
if installed systemd-analyze; then
	sed "s|^ExecStart=[^ ]*|ExecStart=$empty/tcpserver|" "$unit" >"$scratch/verified.service"
	text=$(systemd-analyze verify "$scratch/verified.service" 2>&1)
	is "systemd-analyze verify" "$? $text" "0 "
else
	skip "systemd-analyze verify" "it is not installed"
fi
