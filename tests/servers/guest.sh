# shellcheck shell=sh disable=SC2154 # servers.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# All that, again, in guests of kernels.sh whose Landlock is newer than this machine's. They have what was
# built here, gdb, the libraries of both, and busybox; no pkg-config, but one that has found libevent.

guest_tests() {
	[ "${KERNELS-}" ] || return 0
	for tool in gdb qemu-system-x86_64; do
		installed $tool || { skip "guests" "$tool is missing: it cannot be tested on this machine" && return; }
	done
	root=$scratch/root
	mkdir -p "$root/etc" "$root/usr/bin" "$root/here/build"
	[ ! -e /etc/services ] || cp /etc/services "$root/etc"
	printf '#!/bin/sh\n' >"$root/usr/bin/pkg-config" && chmod 755 "$root/usr/bin/pkg-config"
	cp -R README.md tests "$root/here" && cp "$build/client" "$root/here/build"
	programs="$(command -v gdb) $(find "$MADE" -type f -perm -u+x)"
	# shellcheck disable=SC2046,SC2086 # several files
	cp -rL --parents $programs $(ldd $programs 2>"$scratch/static" | grep -oP '/\S+(?= \(0x)' | sort -u) \
		$(find "$MADE" -name built) /usr/lib/*/gconv /usr/lib/python3.* "$root"
	tar -cf "$scratch/system.tar" -C "$root" .
	unpack="mkdir /usr && mv /bin /usr && /usr/bin/busybox ln -s usr/bin /bin && tar -xf /tests/system.tar -C /"
	for kernel in $KERNELS; do
		COMMAND="$unpack && cd /here && MADE=$MADE tests/servers/servers.sh" MEMORY=2048 \
			tests/kernels/kernels.sh run "$kernel" "$scratch/system.tar" >"$scratch/said" 2>&1
		has "$kernel: $(grep 'passed, ' "$scratch/said")" "$(grep -v '^ok' "$scratch/said")" '^[1-9][0-9]* passed, 0 failed'
	done
}
guest_tests
