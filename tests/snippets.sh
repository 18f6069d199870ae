#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# snippets.sh [FILE...]: runs what the README tells people to type, and compiles what it tells them to
# paste: every fenced block of the FILEs (README.md), and the example in the header's first comment.
#
#   ```c     is compiled without a warning: a whole file if it has an #include, or else as what it is,
#            functions or statements of one, below #include "landlock_compat.h"
#   ```sh    is run by sh -e in a clone of its own of this repository, as it is committed; the next one
#            in the same clone. What it leaves running in the background ends with it. A server in the
#            foreground (a line that starts with ./tcpserver) gets ^C after 2 seconds, and must exit 0;
#            `make check` is left out: it is what runs this.
#   others   are not looked at
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || set -- README.md
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
passed=0 failed=0 skipped=0
warnings="-std=c11 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wno-unused-function -Wno-unused-variable"

# judge NAME COMMAND...
judge() {
	name=$1
	shift
	if "$@" >"$tmp/log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		echo "ok - snippet: $name"
	else
		failed=$((failed + 1))
		echo "not ok - snippet: $name"
		tail -n 20 "$tmp/log" | sed 's/^/      /'
	fi
}

# blocks FILE: writes its blocks to $tmp/LINE.LANGUAGE, and prints their names in order
blocks() {
	awk -v folder="$tmp" '
		!inside && /^[[:space:]]*```/ {
			match($0, /^[[:space:]]*/)
			indent = RLENGTH
			language = $1 == "```" ? $2 : substr($1, 4)
			inside = 1
			name = ""
			if (language == "c" || language == "sh") {
				name = NR "." language
				print name
				printf "" > (folder "/" name)
			}
			next
		}
		inside && /^[[:space:]]*```[[:space:]]*$/ { inside = 0; if (name) close(folder "/" name); next }
		inside && name { print substr($0, indent + 1) > (folder "/" name) }
		END { if (inside) print "unfinished" }' "$1"
}

# compile FILE: as it stands, as functions, or as statements; the first that a compiler takes
compile() {
	head='#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "landlock_compat.h"'
	if grep -q '^#include' "$1"; then
		cp "$1" "$tmp/file.c"
		check
		return
	fi
	printf '%s\n' "$head" >"$tmp/file.c"
	cat "$1" >>"$tmp/file.c"
	check >"$tmp/as-functions" 2>&1 && return
	{
		printf '%s\n' "$head"
		echo 'int statements(struct landlock_compat_attr attr, int ruleset, int abi);'
		echo 'int statements(struct landlock_compat_attr attr, int ruleset, int abi) { (void)attr, (void)ruleset, (void)abi;'
		cat "$1"
		echo '; return 0; }'
	} >"$tmp/file.c"
	check && return
	cat "$tmp/as-functions"
	return 1
}
# shellcheck disable=SC2086 # several words
check() {
	${CC:-cc} $warnings -I. -c "$tmp/file.c" -o "$tmp/object"
}

# run FILE: in the clone
run() {
	if [ ! -d "$tmp/clone" ]; then
		git clone -q . "$tmp/clone" || return
	fi
	sed -e '/^make check$/d' -e '/[&|]$/!s/^\.\/tcpserver /timeout -s INT --preserve-status 2 &/' "$1" >"$tmp/session.sh"
	# In a session of its own, so that what it starts can be ended with it.
	# shellcheck disable=SC2016 # for the sh in there
	(cd "$tmp/clone" && unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES CDPATH &&
		SNIPPET=1 exec timeout -k 5 "${LIMIT:-300}" setsid -w sh -e -c 'echo $$ >"$1"; . "$2"' sh "$tmp/session" "$tmp/session.sh")
	status=$?
	[ ! -s "$tmp/session" ] || kill -- "-$(cat "$tmp/session")" 2>/dev/null
	return $status
}

# The header's example: the indented lines of its first comment
sed -n '/^ \*\//q; s/^ \*	//p; s/^ \*$//p' landlock_compat.h >"$tmp/header.c"
judge "landlock_compat.h: the example in its first comment" compile "$tmp/header.c"
{
	cat "$tmp/header.c"
	cat <<-'END'
		#include <sys/socket.h>
		int main(void)
		{
			int before = open("/dev/null", 0) >= 0 && socket(AF_INET, SOCK_STREAM, 0) >= 0, abi = sandbox();
			if (!before || abi < 0)
				return 1;
			if (abi > 0 && (open("/etc/passwd", 0) >= 0 || errno != EACCES))
				return 2;
			return socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EACCES ? 3 : 0;
		}
	END
} >"$tmp/run.c"
judge "landlock_compat.h: the example runs, and denies files and sockets" sh -c \
	"${CC:-cc} -I. '$tmp/run.c' -o '$tmp/run' && '$tmp/run'"
for file; do
	if [ ! -e "$file" ]; then
		skipped=$((skipped + 1))
		echo "skip - snippets of $file (there is no such file yet)"
		continue
	fi
	blocks "$file" >"$tmp/names"
	while read -r name; do
		case $name in
		*.c) judge "$file:${name%.c}, C" compile "$tmp/$name" ;;
		*.sh)
			# The README's own test command would run this again, and again.
			if [ "${SNIPPET-}" ]; then
				continue
			elif ! git rev-parse --git-dir >/dev/null 2>&1; then
				skipped=$((skipped + 1))
				echo "skip - $file:${name%.sh}, sh (this is no git repository)"
			else
				judge "$file:${name%.sh}, sh" run "$tmp/$name"
			fi
			;;
		*) judge "$file: every block ends" false ;;
		esac
	done <"$tmp/names"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
