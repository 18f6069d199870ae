#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# snippets.sh [FILE...]: tries what the README (or each FILE) tells people to paste and to type, and the
# example in the header's first comment.
#
#   ```c    is compiled without a warning: a service by `make HANDLER=...`, a whole file, or functions
#   ```sh   is run in a copy of this directory, by sh -e, with port 0 instead of any other, and without the
#           test that this is part of. A server in the foreground gets ^C after 2 seconds, and has to exit 0.
#   others  are for reading
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -gt 0 ] || set -- README.md tests/servers/README.md
warnings="-std=c11 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wno-unused-function"

# try NAME COMMAND...: ok if it succeeds
try() {
	name=$1
	shift
	if "$@" >"$scratch/log" 2>&1 </dev/null; then ok "snippet: $name"; else not_ok "snippet: $name" "$(tail -n 20 "$scratch/log")"; fi
}

# blocks FILE: writes its blocks to $scratch/LINE.LANGUAGE, and prints their names
blocks() {
	awk -v directory="$scratch" '
		/^[[:space:]]*```/ && !name {
			name = NR "." substr($1, 4)
			indent = index($0, "`")
			print name
			printf "" > (directory "/" name)
			next
		}
		/^[[:space:]]*```[[:space:]]*$/ { close(directory "/" name); name = ""; next }
		name { print substr($0, indent) > (directory "/" name) }
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

# A client's block, for port 8080, gets a server; another block's own gets ^C after two seconds.
run() {
	port=0
	! grep -q /dev/tcp/ "$1" || start ./tcpserver -p 0 -a 127.0.0.1
	sed -e "s|/127.0.0.1/8080|/127.0.0.1/$port|g; s/ -p 8080/ -p 0/" -e '/^make check/d' \
		-e 's/\.\/[a-z-]* -p 0.*/timeout -s INT --preserve-status 2 &/' "$1" >"$1.session"
	(cd "$scratch/copy" && exec env -u CC timeout -k 5 300 sh -e "$1.session") >"$1.out"
	result=$?
	[ "$port" = 0 ] || { stop TERM && [ "$(cat "$1.out")" = hello ] || result=1; }
	cat "$1.out"
	return $result
}

unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES BUILD
mkdir "$scratch/copy"
tar -cf - --exclude=./tests/build --exclude=./.git . | tar -xf - -C "$scratch/copy"
rm -f "$scratch/copy/tcpserver"
cp tests/examples/hello.c "$scratch/copy"
for file; do
	blocks "$file" >"$scratch/names"
	has "snippet: $file has blocks" "$(grep -cE '\.(c|sh)$' "$scratch/names")" '^([3-9]|1[0-9])$'
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
static int fails(int result, int error)
{
	return result < 0 && errno == error;
}
int main(void)
{
	char names[400];
	const int abi = (int)syscall(__NR_landlock_create_ruleset, NULL, (size_t)0, 1), old = abi < 1;
	const int control = open("/etc/passwd", O_RDONLY) >= 0 && socket(AF_INET, SOCK_DGRAM, 0) >= 0 && !kill(getppid(), 0);
	const int result = control ? sandbox(names, sizeof(names)) : -1;

	printf("ABI %d, %d: missing %s\n", abi, result, names);
	return result != (abi < 6) || result != (*names != 0) || !fails(socket(AF_INET, SOCK_DGRAM, 0), EACCES) ||
	       !fails(socket(AF_INET, SOCK_STREAM, 262), EACCES) || socket(AF_INET, SOCK_STREAM, 0) < 0 ||
	       open("/usr/share", O_RDONLY) < 0 || fails(open("/etc/passwd", O_RDONLY), EACCES) == old ||
	       fails(open("/usr/share/new", O_CREAT | O_WRONLY, 0600), EACCES) == old || fails(kill(getppid(), 0), EPERM) == (abi < 6);
}
END
# shellcheck disable=SC2086 # several words
try "landlock_compat.h: the example builds into a program" ${CC:-cc} -I. "$scratch/example.c" -o "$scratch/example"
try "landlock_compat.h: the example denies and allows what it says" "$scratch/example"
count
