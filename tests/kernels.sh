#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# kernels.sh [NAME...]         attacks the server inside the kernels of the table `kernels`, in QEMU
# kernels.sh matrix-check FILE compares the matrix in FILE with the one of the last run
#
# Debian's kernels are fetched by fetch.sh: it works as an ordinary user and changes nothing outside
# $CACHE (build/kernels). The matrix of attacks and kernels goes to $CACHE/matrix.md, each guest's
# console to $CACHE/log.
#
# JOBS=2: guests at a time    LIMIT=240: seconds that a guest may take    KVM=no: without it
set -u
export LC_ALL=C
umask 022
# shellcheck disable=SC3045 # where there is no such limit, there are core files
ulimit -c 0 2>/dev/null
cd "$(dirname "$0")/.." || exit 1
table=tests/kernels
CACHE=${CACHE:-build/kernels}
JOBS=${JOBS:-$(nproc 2>/dev/null || echo 1)}
LIMIT=${LIMIT:-240}
passed=0 failed=0 skipped=0

die() {
	printf 'check-kernels: %s\n' "$*" >&2
	exit 1
}

ok() {
	passed=$((passed + 1))
	printf 'ok - %s\n' "$*"
}

not_ok() {
	failed=$((failed + 1))
	printf 'not ok - %s\n' "$*"
}

skip() {
	skipped=$((skipped + 1))
	printf 'skip - %s\n' "$*"
}

# What is going on, for whoever waits; not part of the result.
progress() {
	printf '# %s\n' "$*"
}

# indented FILE LINES: the end of what a command said
indented() {
	tail -n "$2" "$1" | tr -d '\r' | sed 's/^/#   /'
}

names() {
	sed -e '/^#/d' -e 's/[[:space:]].*//' -e '/^$/d' $table
}

# column NAME NUMBER: of the table; the last one takes the rest of the line
column() {
	awk -v name="$1" -v number="$2" '$1 == name {
		if (number == 8)
			for (i = 9; i <= NF; i++)
				$8 = $8 " " $i
		print $number
	}' $table
}

# fetch SUITES ARCHITECTURE PATTERN MEMBER: fetch_file, and what it has fetched is kept
fetch() {
	fetch_file "$@" && echo "$kept" >>"$tmp/used"
}

# --- Programs and guests -------------------------------------------------------------------------

# programs ARCHITECTURE: builds all that a guest needs, and its initramfs. Sets $initramfs, or $why and
# $missing if it is only a tool that is not here.
programs() {
	initramfs=$cache/programs/$1.cpio why='' missing=''
	if [ -e "$tmp/programs-$1" ]; then
		return 0
	fi
	pie=-static # Debian's C library has no static-pie elsewhere
	case $1 in
	amd64) cc=x86_64-linux-gnu-gcc pie=-static-pie ;;
	i386) cc=i686-linux-gnu-gcc pie=-static-pie ;;
	arm64) cc=aarch64-linux-gnu-gcc pie=-static-pie ;;
	armhf) cc=arm-linux-gnueabihf-gcc ;;
	ppc64el) cc=powerpc64le-linux-gnu-gcc ;;
	*) cc=$1-linux-gnu-gcc ;;
	esac
	if ! command -v "$cc" >/dev/null; then
		why="no compiler for $1 ($cc)" missing=yes
		return 1
	fi
	build=$cache/programs/$1 root=$tmp/root-$1
	progress "building for $1"
	# what an interrupted build left may look newer than its sources
	[ -e "$build/whole" ] || rm -rf "$build"
	rm -f "$build/whole"
	# -Werror: it builds without a warning, everywhere
	if ! make -s HANDLER= BUILD="$build" CC="$cc" CPPFLAGS= CFLAGS='-O2 -Werror' PIE=$pie \
		"$build/abi" "$build/attack" "$build/none" "$build/landlock" "$build/shipped" \
		"$build/tcpserver" "$build/header" "$build/example" >"$tmp/make" 2>&1; then
		why="it does not build for $1 without a warning"
		indented "$tmp/make" 20
		return 1
	fi
	: >"$build/whole"
	fetch trixie "$1" '^busybox-static$' '(usr/)?bin/busybox' || return 1
	rm -rf "$root"
	if ! { mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/tests" &&
		cp "$kept" "$root/bin/busybox" && chmod 755 "$root/bin/busybox" &&
		cp tests/guest-init "$root/init" && chmod 755 "$root/init" &&
		for program in abi attack none landlock shipped tcpserver header example; do
			cp "$build/$program" "$root/tests/" || exit 1
		done &&
		printf '%s\n' root:x:0:0::/:/bin/sh nobody:x:65534:65534::/:/bin/sh user:x:1000:1000::/:/bin/sh >"$root/etc/passwd" &&
		printf '%s\n' root:x:0: nogroup:x:65534: user:x:1000: >"$root/etc/group" &&
		(cd "$root" && find . | $cpio -o -H newc) >"$tmp/cpio" &&
		mv "$tmp/cpio" "$initramfs"; } 2>"$tmp/make"; then
		why="its initramfs cannot be made: $(tail -n 1 "$tmp/make")"
		return 1
	fi
	: >"$tmp/programs-$1"
}

# emulator ARCHITECTURE: sets $qemu, its arguments for that machine included, and $console
emulator() {
	console=''
	case $1 in
	amd64) qemu="qemu-system-x86_64 -cpu max" console=console=ttyS0 ;;
	arm64) qemu="qemu-system-aarch64 -M virt -cpu cortex-a72" ;;
	armhf) qemu="qemu-system-arm -M virt -cpu cortex-a15" ;;
	riscv64) qemu="qemu-system-riscv64 -M virt" ;;
	ppc64el) qemu="qemu-system-ppc64 -M pseries" console=console=hvc0 ;;
	s390x) qemu="qemu-system-s390x -M s390-ccw-virtio -cpu max" ;;
	*) die "$table: no emulator for architecture $1" ;;
	esac
	if [ "$1" = "$kvm" ]; then
		qemu="$qemu -accel kvm"
	else
		qemu="$qemu -accel tcg"
	fi
}

# boot SECONDS KERNEL INITRAMFS OPTIONS CONSOLE: becomes a guest, with what it prints in CONSOLE.
# For the background: its process is the one to wait for and to kill.
boot() {
	# shellcheck disable=SC2086 # $qemu is a command and its arguments
	exec timeout -k 5 "$1" $qemu -m 512 -nographic -nic none -no-reboot -kernel "$2" -initrd "$3" \
		-append "$console quiet loglevel=3 panic=-1 $4" >"$5" 2>&1 </dev/null 9>&-
}

# Whether KVM works here: /dev/kvm alone does not tell.
try_kvm() {
	kvm=''
	host=$(dpkg --print-architecture)
	if [ ! -w /dev/kvm ] || [ "${KVM-}" = no ] || [ "$host" != "$1" ]; then
		return
	fi
	kvm=$host
	emulator "$1"
	boot 20 "$2" "$3" tests.hello-only "$tmp/hello" &
	wait $! 2>/dev/null # without a word where it aborts
	if ! grep -q '^@@ kernel' "$tmp/hello"; then
		kvm=''
	fi
}

# said NAME KEY: what its guest printed for a key
said() {
	tr -d '\r' <"$cache/log/$1.console" | sed -n "s/^@@ $2 //p"
}

# expect NAME KEY PATTERN WHAT: a test
expect() {
	if said "$1" "$2" | grep -q -- "$3"; then
		ok "$1: $4"
	else
		not_ok "$1: $4: expected '$3'"
		said "$1" "$2" | head -n 20 | sed 's/^/#   /'
	fi
}

# attacks NAME KEY WHO: every attack came out as attacks.h expects
attacks() {
	said "$1" "$2" >"$tmp/attacks"
	count=$(grep -c '	ok$' "$tmp/attacks")
	if [ "$(said "$1" "$2-status")" = 0 ] && [ "$count" -gt 50 ]; then
		ok "$1: $count attacks as $3 come out as expected"
	else
		not_ok "$1: attacks as $3"
		grep -v '	ok$' "$tmp/attacks" | head -n 20 | sed 's/^/#   /'
	fi
}

# judge NAME STATUS: what came of its guest
judge() {
	answer=$(column "$1" 7)
	if ! said "$1" end >/dev/null || ! tr -d '\r' <"$cache/log/$1.console" | grep -q '^@@ end$'; then
		if [ "$2" = 124 ] || [ "$2" = 137 ]; then
			not_ok "$1: the guest hung and was stopped after $LIMIT seconds; console: $CACHE/log/$1.console"
		else
			not_ok "$1: the guest did not come to its end; console: $CACHE/log/$1.console"
		fi
		indented "$cache/log/$1.console" 5
		return
	fi
	expect "$1" abi "^$answer\$" "Linux $(said "$1" kernel | cut -d ' ' -f 1) answers $answer"
	attacks "$1" root root
	attacks "$1" user "an ordinary user"
	expect "$1" header-status '^0$' "the header's filter, and an example with exceptions and threads"
	said "$1" header | grep '^not ok' | sed 's/^/#   /'
	case $answer in
	ENOSYS) report='sandbox PARTIAL (no Landlock: not in this kernel' ;;
	EOPNOTSUPP) report='sandbox PARTIAL (no Landlock: switched off at boot' ;;
	*) report="sandbox complete (Landlock ABI $answer;" ;;
	esac
	expect "$1" plain-log "$report" "its report: $report"
	case $(column "$1" 8) in
	*ipv6.disable=1*) expect "$1" plain-log 'listening on 0\.0\.0\.0:' "listens on 0.0.0.0" ;;
	*) expect "$1" plain-log 'listening on \[::\]:' "listens on [::]" ;;
	esac
	expect "$1" plain-echo '^hello$' "echoes"
	case $answer in
	E*) expect "$1" strict-status '^1$' "does not start with -s" ;;
	*) expect "$1" strict-status '^0$' "starts with -s" ;;
	esac
}

# --- The matrix ----------------------------------------------------------------------------------

# heading NAME: the kernel's series, as it says itself
heading() {
	said "$1" kernel | sed 's/^\([0-9]*\.[0-9]*\).*/\1/'
}

# release NAME: its version to the last number
release() {
	said "$1" kernel | sed 's/-[a-z].*//'
}

# The lines between the markers of a file
matrix_of() {
	sed -n '/^<!-- matrix -->$/,/^<!-- \/matrix -->$/p' "$1"
}

matrix_check() {
	if [ ! -s "$CACHE/matrix.md" ]; then
		die "there is no $CACHE/matrix.md to compare $1 with: run make check-kernels"
	elif [ ! "$(matrix_of "$1")" ]; then
		die "$1 has no lines '<!-- matrix -->' and '<!-- /matrix -->'"
	fi
	matrix_of "$1" >"$CACHE/matrix.readme"
	diff -u "$CACHE/matrix.readme" "$CACHE/matrix.md"
}

# outcomes NAME: for matrix.awk
outcomes() {
	architecture=$(column "$1" 3)
	options=$(column "$1" 8)
	own=no
	if [ "$architecture" = amd64 ] && [ ! "$options" ]; then
		own=yes
	fi
	what="$architecture"
	if [ "$options" ]; then
		what="with $options"
	fi
	prefix=$(printf '%s\t%s\t%s\t%s\t%s\t%s' "$1" "$(heading "$1")" "$(release "$1")" "$(column "$1" 7)" "$what" "$own")
	said "$1" plain-log | sed -n "s/^tcpserver: \(sandbox [A-Za-z]* (.*)\)$/\1/p" |
		awk -v prefix="$prefix" '{ print prefix "\treport\t" $0 }'
	said "$1" root | awk -v prefix="$prefix" -F '\t' 'NF == 5 { print prefix "\tattack\t" $0 }'
}

# --- The run -------------------------------------------------------------------------------------

if [ "${1-}" = matrix-check ]; then
	if [ $# -ne 2 ] || [ ! -r "$2" ]; then
		die "usage: kernels.sh matrix-check FILE"
	fi
	matrix_check "$2"
	exit
fi

all=$(names)
for name in "$@"; do
	if ! echo "$all" | grep -qxF -- "$name"; then
		die "no kernel '$name' in $table; there are: $(echo "$all" | tr '\n' ' ')"
	fi
done
chosen=${*:-$all}
for tool in dpkg flock make; do
	command -v $tool >/dev/null || die "$tool is missing (this needs Debian's tools to fetch Debian's kernels)"
done
if command -v cpio >/dev/null; then
	cpio='cpio --quiet -R 0:0'
elif busybox cpio --help >/dev/null 2>&1; then
	cpio='busybox cpio -R 0:0'
else
	die "cpio is missing (the package cpio or busybox has it)"
fi

mkdir -p "$CACHE" || die "$CACHE cannot be made"
cache=$(cd "$CACHE" && pwd) || die "$CACHE cannot be used"
tmp=$cache/tmp
{ exec 9>"$cache/lock"; } 2>/dev/null || die "$CACHE cannot be written to"
flock -n 9 || die "another run is at work in $CACHE: wait for it, or give this one a folder of its own with CACHE="
rm -rf "$tmp" # of a run that was interrupted
mkdir -p "$tmp" "$cache/log" || die "$CACHE cannot be written to"
printf '%9999s' ' ' >"$tmp/room" || die "no room in $CACHE"

guests='' # "PID NAME" of those that run, a line each
stop() {
	trap - EXIT INT TERM HUP
	echo "$guests" | while read -r pid _; do
		[ "$pid" ] && kill "$pid" 2>/dev/null
	done
	rm -rf "$tmp"
	exit "$1"
}
trap 'stop $?' EXIT
trap 'echo "# interrupted"; stop 130' INT TERM HUP

# finish_guest: waits for the oldest of the guests, and judges it
finish_guest() {
	oldest=$(echo "$guests" | sed -n 1p)
	wait "${oldest%% *}" 2>/dev/null
	status=$?
	guests=$(echo "$guests" | sed 1d)
	judge "${oldest#* }" $status
}

# shellcheck source=tests/fetch.sh
. tests/fetch.sh
find_mirrors || die "$why"

kvm='' kvm_tried='' running=0
start=$(date +%s)
for name in $chosen; do
	kernel=$(column "$name" 2)
	emulator "$kernel"
	if ! programs "$(column "$name" 3)"; then
		if [ "$missing" ]; then
			skip "$name: $why"
		else
			not_ok "$name: $why"
		fi
		continue
	fi
	if ! command -v "${qemu%% *}" >/dev/null; then
		skip "$name: builds for $(column "$name" 3), but ${qemu%% *} is missing"
		continue
	fi
	pattern="^linux-(image|binary)-$(column "$name" 5)\\.[0-9][^-]*(-[0-9]+)?-$(column "$name" 6)\$"
	rm -f "$cache/log/$name.console"
	if ! fetch "$(column "$name" 4)" "$kernel" "$pattern" 'boot/vmlinu[xz]-[^/]*|usr/lib/modules/[^/]*/vmlinu[xz]'; then
		not_ok "$name: $why"
		continue
	fi
	if [ "$kernel" = "$(dpkg --print-architecture)" ] && [ ! "$kvm_tried" ]; then
		try_kvm "$kernel" "$kept" "$initramfs"
		kvm_tried=yes
		emulator "$kernel"
		progress "$kernel: $(if [ "$kvm" ]; then echo KVM; else echo 'no KVM here, TCG'; fi)"
	fi
	progress "booting $name: $(basename "$kept")"
	boot "$LIMIT" "$kept" "$initramfs" "$(column "$name" 8)" "$cache/log/$name.console" &
	guests="${guests:+$guests
}$! $name"
	running=$((running + 1))
	if [ $running -ge "$JOBS" ]; then
		finish_guest
		running=$((running - 1))
	fi
done
while [ "$guests" ]; do
	finish_guest
done

# Each kernel's outcomes were judged above; the matrix needs all of them.
if [ $# -eq 0 ] && [ $((failed + skipped)) -eq 0 ]; then
	for name in $all; do
		outcomes "$name"
	done >"$tmp/outcomes"
	if awk -f tests/matrix.awk tests/attacks.h "$tmp/outcomes" >"$tmp/matrix" && mv "$tmp/matrix" "$cache/matrix.md"; then
		progress "the matrix is in $CACHE/matrix.md"
	else
		not_ok "the matrix cannot be written"
	fi
	if [ -r README.md ]; then
		if (matrix_check README.md); then
			ok "README.md has this matrix"
		else
			not_ok "README.md has another matrix than $CACHE/matrix.md"
		fi
	fi
	# what older runs have fetched
	for file in "$cache"/files/*; do
		grep -qxF -- "$file" "$tmp/used" || rm -f "$file"
	done
elif [ $# -eq 0 ]; then
	progress "no matrix: it needs all the kernels, as expected"
fi
progress "$(($(date +%s) - start)) seconds"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && { [ $skipped -eq 0 ] || [ ! "${CI-}" ]; }
