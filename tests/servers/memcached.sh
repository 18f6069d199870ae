# shellcheck shell=sh disable=SC2154 # servers.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# memcached has ten threads, the first of which starts before it listens: Landlock before that one, with
# a rule for its own port, and the filter, which covers all threads, after the last listen(2). It answers UDP.

memcached() { serve "$2" "$scratch/$1/memcached" -u nobody -l 127.0.0.1 -p "$2" -U "$2"; }

memcached_tests() {
	installed pkg-config || { skip memcached "pkg-config is missing: it cannot be tested on this machine" && return; }
	pkg-config --exists libevent || { skip memcached "libevent-dev is missing: it cannot be tested on this machine" && return; }
	two_trees memcached . "./configure -q --disable-docs --disable-dependency-tracking CFLAGS='-O1 -w'" || return
	porter_inserts memcached.c below '#include <sysexits.h>' <<-'END'
		#include "landlock_compat.h"

		static struct landlock_compat_attr sandbox;

		static void must_be_sandboxed(int result) {
		    if (result) {
		        perror("sandbox");
		        exit(EX_OSERR);
		    }
		}
	END
	porter_inserts memcached.c above '    logger_init();' <<-'END'
		    must_be_sandboxed(landlock_get_best_ruleset_attr(&sandbox) < 0);
		    sandbox.handled_access_net &= ~LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP; /* answers to any port */
		    must_be_sandboxed(landlock_compat_create(&sandbox)
		            || landlock_compat_allow_port(&sandbox, settings.port, LANDLOCK_ACCESS_NET_BIND_TCP)
		            || landlock_compat_allow_port(&sandbox, settings.udpport, LANDLOCK_ACCESS_NET_BIND_UDP)
		            || landlock_compat_restrict(&sandbox, 0));
	END
	porter_inserts memcached.c above '    /* Drop privileges no longer needed */' <<-'END'
		    must_be_sandboxed(landlock_compat_filter(&sandbox));
	END
	# And as in a server without threads, at the end: with threads it misses none, or refuses.
	[ -e "$made/built" ] || { cp -pR "$made/sandboxed" "$made/late" &&
		sed -i -e 's/^            || landlock_compat_restrict(&sandbox, 0));/            );/' \
			-e 's/must_be_sandboxed(landlock_compat_filter/must_be_sandboxed(landlock_compat_restrict(\&sandbox, 0) || landlock_compat_filter/' "$made/late/memcached.c"; }
	build_both memcached "make -s -j2 memcached" || return
	attempts <<-END
		$socket(1, 1, 0)|make a UNIX socket|denied
	END
	for tree in plain sandboxed; do
		memcached $tree "$1"
		is "memcached keeps a value, $tree" "$(client 127.0.0.1 "$1" send "$(printf 'set key 0 0 5\r\nhello\r\nget key\r')" line line line | tail -n 1 | tr -d '\r')" hello
		! installed socat || is "memcached answers UDP, $tree" \
			"$(printf '\0\0\0\0\0\1\0\0get key\r\n' | socat -t 1 - "UDP:127.0.0.1:$1" | tr -d '\000\001\r' | sed -n 2p)" hello
		try_them $tree
		stop
	done
	compare memcached
	if [ "$abi" -ge 8 ]; then
		memcached late "$1"
		try_them sandboxed
		stop
		compare "memcached, restricted at the end"
	else
		timeout 10 "$scratch/late/memcached" -u nobody -l 127.0.0.1 -p "$1" -U "$1" 2>"$scratch/messages"
		is "memcached: restricting it with threads: refused" "$(tail -n 1 "$scratch/messages")" 'sandbox: Device or resource busy'
	fi
}
memcached_tests "$@"
