# shellcheck shell=sh disable=SC2154 # servers.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# lighttpd, the tutorial's server: the policy is what its configuration says, rule by rule where that is
# read, as root and before chroot; enforced when all is open, before the first request.

# lighttpd TREE PORT ROOT [LINE...]: starts it with a configuration
lighttpd() {
	tree=$1 at=$2 root=$3
	shift 3
	[ "$(id -u)" -ne 0 ] || set -- "$@" 'server.username = "nobody"'
	printf '%s\n' "server.port = $at" 'server.bind = "127.0.0.1"' "server.document-root = \"$scratch/$root\"" \
		'server.modules = ( "mod_proxy" )' 'server.socket-perms = "0777"' "$@" >"$scratch/$root.conf"
	serve "$at" "$scratch/$tree/src/lighttpd" -D -m "$scratch/$tree/src/.libs" -f "$scratch/$root.conf"
}

# connects_to PORT|PATH: the expression, with an address as the kernel has it
connects_to() {
	connect='((int (*)(int, const char *, int))connect)'
	case $1 in
	/*) printf '%s(%s(1, 1, 0), "\\001\\000%s", %d)\n' "$connect" "$socket" "$1" $((${#1} + 3)) ;;
	*) printf '%s(%s(2, 1, 0), "\\002\\000\\%03o\\%03o\\177\\000\\000\\001", 16)\n' "$connect" "$socket" $(($1 / 256)) $(($1 % 256)) ;;
	esac
}

lighttpd_tests() {
	two_trees lighttpd src "./configure -q --without-pcre2 --without-zlib --without-bzip2 --disable-dependency-tracking CFLAGS='-O1 -w'" || return
	porter_inserts src/base.h below '#include "sock_addr.h"' <<-'END'
		#include <libgen.h>
		#include "landlock_compat.h"
		extern struct landlock_compat_attr sandbox;
	END
	porter_inserts src/server.c below '#include "sys-crypto.h"' <<-'END'
		struct landlock_compat_attr sandbox;

		static int enter_sandbox(server *srv) {
		    char names[400];

		    if (landlock_compat_allow_path(&sandbox, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
		        || landlock_compat_restrict(&sandbox, 0) || landlock_compat_filter(&sandbox))
		        return -1;
		    if (landlock_compat_missing(&sandbox, names, sizeof(names)))
		        log_error(srv->errh, __FILE__, __LINE__, "not denied by this kernel: %s", names);
		    return 0;
		}
	END
	porter_inserts src/server.c above '	if (0 != config_set_defaults(srv)) {' <<-'END'
		    if (landlock_get_best_ruleset_attr(&sandbox) < 0 || landlock_compat_create(&sandbox))
		        return -1;
	END
	porter_inserts src/configfile.c above '	if (2 == s->force_lowercase_filenames) { /*' <<-'END'
		    if (landlock_compat_allow_path(&sandbox, s->document_root->ptr, LANDLOCK_COMPAT_READ))
		        return -1;
	END
	porter_inserts src/gw_backend.c above '                host->family = AF_UNIX;' <<-'END'
		                /* Its directory, because a backend that restarts makes a new socket. */
		                char directory[sizeof(un.sun_path)];
		                if (landlock_compat_allow_path(&sandbox, dirname(strcpy(directory, host->unixsocket->ptr)), LANDLOCK_ACCESS_FS_RESOLVE_UNIX)
		                    || landlock_compat_allow_socket(&sandbox, AF_UNIX, SOCK_STREAM, 0))
		                    goto error;
	END
	porter_inserts src/gw_backend.c above "                host->family = (NULL != strchr(host->host->ptr, ':'))" <<-'END'
		                if (landlock_compat_allow_port(&sandbox, host->port, LANDLOCK_ACCESS_NET_CONNECT_TCP)
		                    || landlock_compat_allow_socket(&sandbox, AF_UNSPEC, SOCK_STREAM, 0))
		                    goto error;
	END
	porter_inserts src/server.c above '            server_main_loop(srv);' <<-'END'
		            if (enter_sandbox(srv)) {
		                log_perror(srv->errh, __FILE__, __LINE__, "sandbox");
		                return -1;
		            }
	END
	build_both lighttpd "make -s -j2 -C src versionstamp &&
		make -s -j2 -C src lighttpd mod_proxy.la mod_dirlisting.la" || return

	# The backends: one lighttpd as it is, at two ports and two sockets.
	mkdir -p "$scratch/behind/tcp" "$scratch/behind/unix"
	echo 'what is behind it' | tee "$scratch/behind/tcp/file" >"$scratch/behind/unix/file"
	lighttpd plain "$3" behind "\$SERVER[\"socket\"] == \"127.0.0.1:$4\" { }" \
		"\$SERVER[\"socket\"] == \"$scratch/sockets/backend\" { }" "\$SERVER[\"socket\"] == \"$scratch/others/backend\" { }"
	backend=$pid
	# Below ABI 9, a rule for one UNIX socket allows all, and missing() reports it.
	other=works said=fs.resolve_unix
	[ "$abi" -lt 9 ] || other=denied said=''
	attempts <<-END
		$open("$scratch/www/file", 0, 0)|read a file that it serves|works
		$(connects_to "$3")|connect to the backend's port|works
		$(connects_to "$4")|connect to another port|denied
		$(connects_to "$scratch/sockets/backend")|connect to the backend's UNIX socket|works
		$(connects_to "$scratch/others/backend")|connect to another UNIX socket|$other
	END
	for tree in plain sandboxed; do
		lighttpd $tree "$1" www "proxy.server = ( \"/tcp\" => (( \"host\" => \"127.0.0.1\", \"port\" => $3 ))," \
			"\"/unix\" => (( \"socket\" => \"$scratch/sockets/backend\" )) )"
		is "lighttpd serves a file, $tree" "$(get /file | tail -n 1)" 'what it serves'
		is "lighttpd reaches its backend by TCP, $tree" "$(get /tcp/file | tail -n 1)" 'what is behind it'
		is "lighttpd reaches its backend by a UNIX socket, $tree" "$(get /unix/file | tail -n 1)" 'what is behind it'
		try_them "$tree"
		stop
	done
	compare lighttpd
	is "lighttpd says what this kernel does not deny" "$(sed -n 's/.*not denied by this kernel: //p' "$messages")" "$said"
	pid=$backend
	stop
	backend=
}
lighttpd_tests "$@"
