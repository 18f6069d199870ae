#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make example: the case to study. web.c does not check for "../". With the seccomp filter alone, which
# cannot see paths, it serves /etc/passwd; with Landlock, it does not.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
mkdir "$scratch/www"
chmod 755 "$scratch" "$scratch/www"
echo welcome >"$scratch/www/index.html"
ask() { client 127.0.0.1 "$port" send "GET $1 HTTP/1.0" send "" half rest | tr -d '\r' | sed -n '/^HTTP/p; $p' | paste -sd ' '; }

for locks in "the filter alone" "Landlock and the filter"; do
	[ "$locks" = "the filter alone" ] && flags="-include tests/attack/bare.h -DWITH_FILTER" || flags=
	(unset MAKEFLAGS MFLAGS && cp tests/examples/web.c "$scratch/web.c" &&
		make -s HANDLER="$scratch/web.c" CFLAGS=-O0 CPPFLAGS="$flags -DDIRECTORY='\"$scratch/www\"'") || exit 1
	start "$scratch/web" -p 0 -a 127.0.0.1
	printf '\nweb.c, with %s:\n' "$locks"
	sed -n 's/.*sandbox: /  sandbox: /p' "$scratch/log"
	for path in / /../../../../../../../../etc/passwd; do
		printf '  GET %-40s %s\n' "$path" "$(ask "$path")"
	done
	stop TERM
done
