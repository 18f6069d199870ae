#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# kernels.sh [NAME...]         runs the commands of `programs` inside the kernels of `table`, in QEMU
# kernels.sh run NAME FILE...  runs these static programs, one after the other, in the kernel NAME; with
#                              COMMAND='...' that shell command instead: the files are in its PATH
#
# Debian's kernels are fetched by fetch.sh: it works as an ordinary user and changes nothing outside
# $CACHE (tests/build/kernels). The tables of attacks go to $CACHE/attacks.md, each guest's console to $CACHE/log.
#
# JOBS=2: guests at a time    LIMIT=360: seconds that a guest may take
# For run: RUN_AS=user    MEMORY=512 (MiB)    OPTIONS='more for the kernel, or for guest-init'
export LC_ALL=C
umask 022
# shellcheck source=tests/lib.sh disable=SC1091
. "$(dirname "$0")/../lib.sh"
tests=tests/kernels
CACHE=${CACHE:-tests/build/kernels}
JOBS=${JOBS:-$(nproc 2>/dev/null || echo 1)}
LIMIT=${LIMIT:-360}

die() {
	echo "check-kernels: $*" >&2
	exit 1
}

# Says what is going on; not part of the result.
progress() { echo "# $*"; }

# --- Guests --------------------------------------------------------------------------------------

# find_guest NAME: sets what the table says about it, and how to boot it
find_guest() {
	line=$(awk -v name="$1" '$1 == name' $tests/table)
	[ "$line" ] || die "no kernel '$1' in $tests/table; it has: $names"
	read -r name kernel architecture suites series flavour answer options <<-END
		$line
	END
	parts=all memory=512 modules='' console=''
	case $kernel in
	amd64) qemu="qemu-system-x86_64 -cpu max" console="console=ttyS0 no_timer_check" ;;
	arm64) qemu="qemu-system-aarch64 -M virt -cpu cortex-a72" ;;
	armhf) qemu="qemu-system-arm -M virt -cpu cortex-a15" ;;
	riscv64) qemu="qemu-system-riscv64 -M virt" ;;
	ppc64el) qemu="qemu-system-ppc64 -M pseries" console=console=hvc0 ;;
	s390x) qemu="qemu-system-s390x -M s390-ccw-virtio -cpu max" ;;
	*) die "$tests/table: no emulator for architecture $kernel" ;;
	esac
	cc=$(dpkg-architecture -a"$architecture" -qDEB_HOST_GNU_TYPE 2>/dev/null)-gcc
	for option in $options; do
		case $option in parts=* | memory=* | modules=*) eval "$option" ;; esac
	done
}

# Fetches the kernel, as $image; its modules go into $initramfs if the table asks for them.
fetch_kernel() {
	pattern="^linux-(image|binary)-$series\\.[0-9][^-]*(-[0-9]+)?-$flavour\$"
	initramfs=$tmp/$architecture.cpio
	if [ "$modules" ]; then
		fetch_file "$suites" "$kernel" "$pattern" '' || return 1
		image=$(echo "$kept"/boot/vmlinu*) initramfs=$tmp/$name.cpio
		mkdir -p "$tmp/$name/lib"
		for module in $(echo "$modules" | tr ',' ' '); do
			find "$kept/usr/lib/modules" -name "$module.ko*" -exec cp {} "$tmp/$name/lib" ';'
		done
		(cd "$tmp/$name" && find lib | cpio --quiet -o -H newc) | cat "$tmp/$architecture.cpio" - >"$initramfs"
	else
		fetch_file "$suites" "$kernel" "$pattern" 'boot/vmlinu[xz]-[^/]*|usr/lib/modules/[^/]*/vmlinu[xz]' && image=$kept
	fi
}

# Builds what is named as /tests/NAME, for $architecture, and its initramfs. With -Werror: it builds
# everywhere without a warning. Fails with the reason in $why.
build_programs() {
	[ ! -e "$tmp/$architecture.cpio" ] || return 0
	progress "building for $architecture"
	directory=$cache/programs/$architecture
	files=$(grep -hv '^#' $tests/programs $tests/guest-init | grep -o '/tests/[a-z-]*' | sed "s|/tests|$directory|" | sort -u)
	case $parts in *plain*) files=$directory/tcpserver ;; esac
	# shellcheck disable=SC2086 # several words
	if ! make -s -j "$JOBS" HANDLER= BUILD="$directory" CC="$cc" CPPFLAGS= LDFLAGS= CFLAGS='-O2 -Werror' PIE=-static $files >"$tmp/make" 2>&1; then
		why=$(tail -n 20 "$tmp/make")
		return 1
	fi
	# shellcheck disable=SC2086
	pack $tests/programs $files
}

# pack PROGRAMS FILE...: makes the initramfs $tmp/$architecture.cpio of guest-init, this list of
# programs, and these files.
pack() {
	fetch_file trixie "$architecture" '^busybox-static$' '(usr/)?bin/busybox' || return 1
	root=$tmp/root-$architecture
	why="the initramfs cannot be made"
	mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/tests"
	printf '%s\n' root:x:0:0::/:/bin/sh nobody:x:65534:65534::/:/bin/sh user:x:1000:1000::/:/bin/sh >"$root/etc/passwd"
	printf '%s\n' root:x:0: nogroup:x:65534: user:x:1000: >"$root/etc/group"
	grep -v '^#' "$1" >"$root/etc/programs"
	shift
	cp "$kept" "$root/bin/busybox" && cp $tests/guest-init "$root/init" && cp -- "$@" "$root/tests/" &&
		chmod 755 "$root/bin/busybox" "$root/init" &&
		(cd "$root" && find . | cpio --quiet -R 0:0 -o -H newc) >"$tmp/$architecture.cpio"
}

# Becomes the guest. TCG is slower than KVM, and the same processor everywhere.
boot() {
	# shellcheck disable=SC2086 # $qemu is a command and its arguments
	exec timeout -k 5 "$LIMIT" $qemu -accel tcg -m "$memory" -nographic -nic none -no-reboot -kernel "$image" \
		-initrd "$initramfs" -append "$console quiet loglevel=3 panic=-1 $options" </dev/null 2>&1 9>&-
}

# --- Results -------------------------------------------------------------------------------------

# said KEY: what the guest $name printed for it
said() {
	sed -n "s/^$1 //p" "$tmp/$name.said"
}

# judge_command KEY: what came of a command of `programs`
judge_command() {
	said "$1" >"$tmp/lines"
	passes=$(grep -c -e '^ok - ' -e '	ok$' "$tmp/lines")
	if [ "$passes" -gt 0 ] && grep -qx 'exit status 0' "$tmp/lines"; then
		ok "$name: $1: $passes as expected, $(grep -c -e '^skip - ' -e '	skip: ' "$tmp/lines") not testable in this guest"
	else
		not_ok "$name: $1" "$(grep -v -e '^ok - ' -e '	ok$' -e '^skip - ' -e '	skip: ' -e '^# ' -e '^$' "$tmp/lines" | head -n 20)"
	fi
}

# judge STATUS SECONDS: what came of the guest $name
judge() {
	log=$CACHE/log/$name.console
	sed -n -e 's/\r*$//' -e 's/^@@ //p' "$log" >"$tmp/$name.said"
	if ! grep -qx end "$tmp/$name.said"; then
		not_ok "$name: the guest did not come to its end (status $1; 124: it was stopped after $LIMIT seconds); see $log" \
			"$(tail -n 5 "$log" | tr -d '\r')"
		return
	fi
	progress "$name: Linux $(said kernel), $2 seconds"
	printf '%s\t%s\t%s\n' "$name" "$answer" "$(case $name in *-*) ;; *) echo 1 ;; esac)" >>"$tmp/outcomes"
	cat "$tmp/$name.said" >>"$tmp/outcomes"
	while read -r key part _; do
		case ,$parts, in *,$part,*) judge_command "$key" ;; esac
	done <"$tmp/programs"
	case ,$parts, in *,memory,*) judge_command memory ;; esac
	case ,$parts, in *,all,* | *,plain,*) ;; *) return ;; esac
	strict=0 address='\[::\]:' locks="Landlock ABI $answer, a seccomp filter"
	case $answer in
	none) strict=1 locks="NO LANDLOCK .Function not implemented., a seccomp filter" ;;
	off) strict=1 locks="NO LANDLOCK .Operation not supported., a seccomp filter" ;;
	esac
	case $parts in *plain*) strict=1 locks="Landlock ABI $answer, NO SECCOMP .(Operation not supported|Not supported)" ;; esac
	case $options in
	*ipv6.disable=1*) address='0\.0\.0\.0:[0-9]*$' ;;
	esac
	has "$name: the server reports its locks" "$(said plain)" "$locks"
	has "$name: it listens on every address" "$(said plain)" "listening on $address"
	is "$name: it echoes" "$(said echo)" hello
	is "$name: with -s, its exit status" "$(said strict)" "$strict"
	case ,$parts, in *,all,*) ;; *) return ;; esac
	is "$name: a handler can make each call of the table" "$(said calls)" ....end
	has "$name: and reaches no other" "$(said reached)" '^listed [0-9]+ $'
	is "$name: without a sandbox, a handler's core goes to a helper" "$(said crash-none)" "killed by signal, /tmp/core"
	is "$name: in the server it does not" "$(said crash-server)" "killed by signal, grep: /tmp/core: No such file or directory"
}

# Waits for the oldest guest, and judges it.
finish_guest() {
	read -r pid name started <<-END
		$guests
	END
	guests=$(echo "$guests" | sed 1d)
	wait "$pid"
	status=$?
	find_guest "$name"
	judge $status $(($(stat -c %Y "$cache/log/$name.console") - started))
}

# --- The run -------------------------------------------------------------------------------------

names=$(sed -e '/^#/d' -e 's/[[:space:]].*//' $tests/table | tr '\n' ' ')
for tool in cpio dpkg-architecture flock make; do
	command -v $tool >/dev/null || die "$tool is missing"
done
mkdir -p "$CACHE/log" || die "$CACHE cannot be made"
cache=$(cd "$CACHE" && pwd) || die "$CACHE cannot be used"
exec 9>>"$cache/lock" || die "$CACHE cannot be written to"
tmp=$(mktemp -d "$cache/tmp.XXXXXX") || die "$CACHE cannot be written to"
guests='' # "PID NAME STARTED" of those that run, a line each
trap 'echo "$guests" | while read -r pid _; do kill $pid; done 2>/dev/null; rm -rf "$tmp" "$scratch"' EXIT
# shellcheck source=tests/kernels/fetch.sh disable=SC1091
. $tests/fetch.sh
find_mirrors || die "$why"

if [ "${1-}" = run ]; then
	[ $# -ge 3 ] || die "usage: kernels.sh run NAME FILE..."
	find_guest "$2"
	shift 2
	for file in "$@"; do
		echo "run run ${RUN_AS:-root} ${COMMAND:-/tests/${file##*/}}"
		[ ! "${COMMAND-}" ] || break
	done >"$tmp/programs"
	memory=${MEMORY:-$memory} options="$options parts=run ${OPTIONS-}"
	if ! pack "$tmp/programs" "$@" || ! fetch_kernel; then
		die "$why"
	fi
	(boot) | tee "$cache/log/run.console" | sed -u -e 's/\r$//' -e 's/^@@ run //' -e '1,/^@@ kernel/d' -e '/^@@/d'
	exit
fi

chosen=${*:-$names}
for name in $chosen; do
	find_guest "$name"
done
flock -n 9 || die "another run is at work in $CACHE: wait for it, or give this one a directory of its own with CACHE="
grep -v '^#' $tests/programs >"$tmp/programs"
touch "$tmp/outcomes" "$tmp/unseen"
began=$(date +%s)
for name in $chosen; do
	find_guest "$name"
	if ! command -v "$cc" >/dev/null || ! command -v "${qemu%% *}" >/dev/null; then
		skip "$name" "$cc or ${qemu%% *} is missing"
	elif ! build_programs || ! fetch_kernel; then
		not_ok "$name: not booted" "$why"
	else
		boot >"$cache/log/$name.console" &
		guests="${guests:+$guests
}$! $name $(date +%s)"
		[ "$(echo "$guests" | wc -l)" -lt "$JOBS" ] || finish_guest
	fi
done
while [ "$guests" ]; do
	finish_guest
done

awk -f $tests/matrix.awk -v unseen="$tmp/unseen" "$tmp/outcomes" >"$tmp/attacks.md" || not_ok "the tables cannot be made"
if [ $# -gt 0 ]; then
	sed 's/^/# none of these guests shows: /' "$tmp/unseen"
else
	is "what one guest cannot show, another does" "$(cat "$tmp/unseen")" ''
fi
if [ $# -gt 0 ] || grep -qv '^ok' "$results"; then
	progress "no tables: all the guests have to come out as expected"
else
	mv "$tmp/attacks.md" "$cache/attacks.md"
	is "README.md has the summary of $CACHE/attacks.md" "$(sed -n '/^| tried |/,/^$/p' README.md)" \
		"$(sed -n '/^| tried |/,/^$/p' "$cache/attacks.md")"
	is "tests/attacks.md is $CACHE/attacks.md" "$(diff -u tests/attacks.md "$cache/attacks.md" 2>&1)" ''
fi
progress "$(($(date +%s) - began)) seconds"
count
