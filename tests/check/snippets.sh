#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# snippets.sh [FILE...]: tries what the README (or each FILE) tells people to paste and to type, and the
# example in the header's first comment.
#
#   ```c    is compiled without a warning: a service by `make HANDLER=...`, a whole file, or functions
#   ```sh   is run in a copy of this folder, by sh -e, with port 0 instead of any other, and without the
#           test that this is part of. A server in the foreground gets ^C after 2 seconds, and has to exit 0.
#   others  are for reading
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -gt 0 ] || set -- README.md
warnings="-std=c11 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wno-unused-function"

# try NAME COMMAND...: ok if it succeeds
try() {
	name=$1
	shift
	if "$@" >"$scratch/log" 2>&1 </dev/null; then ok "snippet: $name"; else not_ok "snippet: $name" "$(tail -n 20 "$scratch/log")"; fi
}

# blocks FILE: writes its blocks to $scratch/LINE.LANGUAGE, and prints their names
blocks() {
	awk -v folder="$scratch" '
		/^[[:space:]]*```/ && !name {
			name = NR "." substr($1, 4)
			indent = index($0, "`")
			print name
			printf "" > (folder "/" name)
			next
		}
		/^[[:space:]]*```[[:space:]]*$/ { close(folder "/" name); name = ""; next }
		name { print substr($0, indent) > (folder "/" name) }
		END { if (name) print "unfinished" }' "$1"
}

compile() {
	if grep -q handle_request "$1"; then
		make -C "$scratch/copy" -s HANDLER="$1" CFLAGS="-O2 -Werror"
		return
	fi
	if ! grep -q '^#include' "$1"; then
		sed '1i #include "landlock_compat.h"' "$1" >"$1.whole.c"
		set -- "$1.whole.c"
	fi
	# shellcheck disable=SC2086 # several words
	${CC:-cc} $warnings -I. -c "$1" -o "$scratch/object"
}

run() {
	sed -e '/^make check/d' -e 's/ -p [0-9]*/ -p 0/' -e '/[&|]$/!s/^\.\/tcpserver /timeout -s INT --preserve-status 2 &/' "$1" >"$1.session"
	(cd "$scratch/copy" && exec timeout -k 5 300 sh -e "$1.session")
}

unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES BUILD
mkdir "$scratch/copy"
tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$scratch/copy"
rm -f "$scratch/copy/tcpserver"
for file; do
	blocks "$file" >"$scratch/names"
	while read -r name; do
		case $name in
		*.c) try "$file:$name" compile "$scratch/$name" ;;
		*.sh) try "$file:$name" run "$scratch/$name" ;;
		unfinished) not_ok "snippet: $file: every block ends" ;;
		esac
	done <"$scratch/names"
done

# The header's example: the indented lines of its first comment. It has to do what it says.
sed -n '/^ \*\//q; s/^ \*	//p; s/^ \*$//p' landlock_compat.h >"$scratch/example.c"
try "landlock_compat.h: the example" compile "$scratch/example.c"
cat >>"$scratch/example.c" <<'END'
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
static int refused(int result)
{
	return result < 0 && errno == EACCES;
}
int main(void)
{
	struct landlock_compat_attr missing;
	const int control = open("/etc/passwd", O_RDONLY) >= 0 && socket(AF_INET, SOCK_DGRAM, 0) >= 0;
	const int result = control ? sandbox(&missing) : -1;

	printf("%d: missing %#llx %#llx\n", result, (unsigned long long)missing.handled_access_fs,
	       (unsigned long long)missing.handled_access_net);
	return result < 0 || !refused(socket(AF_INET, SOCK_DGRAM, 0)) || socket(AF_INET, SOCK_STREAM, 0) < 0 ||
	       refused(open("/usr/share", O_RDONLY)) || kill(getppid(), 0) ||
	       (refused(open("/etc/passwd", O_RDONLY)) == !!(missing.handled_access_fs & LANDLOCK_ACCESS_FS_READ_FILE));
}
END
# shellcheck disable=SC2086 # several words
try "landlock_compat.h: the example builds into a program" ${CC:-cc} -I. "$scratch/example.c" -o "$scratch/example"
try "landlock_compat.h: the example denies and allows what it says" "$scratch/example"
count
