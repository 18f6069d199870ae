#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# unit.sh: the unit in README.md, run by this machine's systemd inside a guest of kernels.sh. Each of its
# settings has to be in force, and none may cost the server a lock.
# shellcheck source=tests/lib.sh disable=SC1091
. "$(dirname "$0")/../lib.sh"
systemd=/lib/systemd/systemd
unit=$scratch/tcpserver.service
awk '/^```/ { on = /^```ini$/; next } on' README.md >"$unit"

[ "$(uname -m)" = x86_64 ] || { skip "the unit" "this machine's systemd is not for amd64" && count && exit; }
for tool in $systemd systemctl qemu-system-x86_64 tar; do
	installed "$tool" || { skip "the unit" "$tool is not installed" && count && exit; }
done

# A handler that fills its memory if a client tells it to; else it echoes a line.
cat >"$scratch/eat.c" <<-'END'
	static int handle_request(int client)
	{
		char line[80];
		const ssize_t length = read(client, line, sizeof(line));
		char *const memory = length > 0 && line[0] == 'e' ? malloc(40 << 20) : NULL;

		if (memory)
			memset(memory, 1, 40 << 20);
		return length < 0 || write(client, line, (size_t)length) != length || read(client, line, 1) < 0;
	}
END

# A small system: systemd with its libraries, busybox, this server, the unit, and a probe.
root=$scratch/root
units=$root/etc/systemd/system
mkdir -p "$units/tcpserver.service.d" "$root/usr/local/bin"
for directory in usr/bin usr/lib usr/lib64 proc sys dev run tmp var home root; do
	mkdir -p "$root/$directory"
done
for directory in bin lib lib64; do
	ln -s usr/$directory "$root/$directory"
done
for program in $systemd "$(command -v systemctl)"; do
	# shellcheck disable=SC2046 # several files
	cp -L --parents "$program" $(ldd "$program" | grep -o '/[^ )]*') "$root"
done
echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
for target in sysinit basic shutdown network; do
	printf '[Unit]\nDefaultDependencies=no\n' >"$units/$target.target"
done
printf '[Unit]\nDefaultDependencies=no\nWants=tcpserver.service probe.service\n' >"$units/test.target"
printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/sh /probe\n' >"$units/probe.service"
cp "$unit" "$units/"
printf '[Service]\nStandardError=append:/log\n' >"$units/tcpserver.service.d/log.conf" # there is no journal

cat >"$root/probe" <<-'END'
	exec >/dev/console 2>&1
	fact() { echo "fact $*"; }
	of() { systemctl show tcpserver -p "$1" --value; }
	echoed() { echo "$1" | timeout 10 nc 127.0.0.1 8080; }
	until_true() {
		tries=0
		until eval "$1" || [ $tries -eq 100 ]; do
			tries=$((tries + 1))
			sleep 0.2
		done
	}
	until_true 'grep -q sandbox: /log'
	pid=$(of MainPID)
	cgroup=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$pid/cgroup)
	fact report $(sed -n 's/.*sandbox: //p' /log)
	fact user $(sed -n 's/^Uid:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status)
	for file in memory.max pids.max; do
		fact $file $(cat $cgroup/$file)
	done
	fact settings $(of RestartUSec) $(of RestartPreventExitStatus)
	fact served $(echoed hello)
	echo 100M >$cgroup/memory.max
	for client in 1 2 3 4; do
		(echo eat && sleep 30) | timeout 40 nc 127.0.0.1 8080 >/dev/null &
	done
	until_true 'grep -q "killed by signal 9" /log'
	sleep 2 # systemd has heard of it
	fact handlers killed $(grep -c 'killed by signal 9' /log), server $([ "$(of MainPID)" = $pid ] && of ActiveState)
	fact then $(echoed still)
	kill -9 $pid
	until_true '[ "$(of NRestarts)" = 1 ] && [ "$(grep -c sandbox: /log)" = 2 ]' # after RestartSec
	fact again $(echoed again)
	systemctl stop tcpserver
	fact stopped $(of ActiveState) $(of Result) $(of ExecMainStatus)
	fact end
END

# Process 1 of a namespace of its own does not end by itself.
cat >"$scratch/boot" <<-'END'
	mkdir /new && mount -t tmpfs new /new && tar -xf /tests/system.tar -C /new && cp /bin/busybox /new/usr/bin &&
		chroot /new /usr/bin/busybox --install /usr/bin
	cat >/start <<-'START'
		mount -t proc proc /new/proc && mount -t sysfs sys /new/sys && mount -t cgroup2 cgroup /new/sys/fs/cgroup &&
			mount -t devtmpfs dev /new/dev && mount -t tmpfs run /new/run && cd /new && mount --move . / &&
			exec chroot . /bin/env -i container=test PATH=/bin /lib/systemd/systemd --unit=test.target --show-status=no --log-target=null
	START
	timeout 90 unshare -m -p -f sh /start
END

(unset MAKEFLAGS && make -s PIE=-static "BUILD=$scratch/build" HANDLER="$scratch/eat.c") >"$scratch/make" 2>&1 &&
	mv "$scratch/eat" "$root/usr/local/bin/tcpserver" && tar -cf "$scratch/system.tar" -C "$root" .
is "the small system is made" "$? $(cat "$scratch/make")" "0 "
COMMAND='sh /tests/boot' MEMORY=1024 tests/kernels/kernels.sh run 7.3 "$scratch/system.tar" "$scratch/boot" >"$scratch/said" 2>&1
fact() { sed -n "s/.*fact $1 //p" "$scratch/said" | tr -d '\r'; }
grep -q 'fact end' "$scratch/said" || not_ok "the probe comes to its end" "$(tail -n 20 "$scratch/said")"

while IFS='=' read -r key value; do
	case $key in
	'' | \#* | \[* | Description | After | WantedBy ) ;;
	ExecStart)
		has "$key: both locks" "$(fact report)" '^Landlock ABI [0-9]*, a seccomp filter$'
		is "$key: it serves" "$(fact served)" hello
		;;
	DynamicUser) has "$key: a user of its own" "$(fact user)" '^6[1-5][0-9]{3}$' ;;
	RestartSec | RestartPreventExitStatus) has "$key" "$(fact settings)" "(^| )$value(s|$)" ;;
	TasksMax) is "$key" "$(fact pids.max)" "$value" ;;
	MemoryMax) is "$key" "$(fact memory.max)" "$((${value%G} << 30))" ;;
	OOMPolicy)
		has "$key: handlers are killed, not the server" "$(fact handlers)" '^killed [1-4], server active$'
		is "$key: which serves" "$(fact "then")" still
		;;
	Restart) is "$key: killed, it is back" "$(fact again)" again ;;
	*) not_ok "the unit's setting $key is tried by no test" ;;
	esac
done <"$unit"
is "systemctl stop" "$(fact stopped)" "inactive success 0"
count
