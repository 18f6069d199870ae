# shellcheck shell=sh disable=SC2154,SC2086 # check.sh sets what is used here; several words
# SPDX-License-Identifier: 0BSD
# Part of check.sh: the Makefile, with the flags of those who package programs.

mkdir "$scratch/my"
cat >"$scratch/my/hello.c" <<'C'
#include <stdlib.h>
#ifdef FORTIFIED
_Static_assert(_FORTIFY_SOURCE == FORTIFIED, "_FORTIFY_SOURCE is another");
#endif
static int handle_request(int client)
{
	volatile int number = 2147483647;
	char *volatile heap, word = '?', byte = 0;

	while (byte != '\n' && read(client, &byte, 1) == 1)
		word = word == '?' ? byte : word;
	if (word == 'o') {
		heap = malloc(4);
		heap[number % 2 + 4] = 'o';
		free(heap);
	}
	if (word == 'u')
		number += word;
	return dprintf(client, "hello\n") == 6 && word == 'h' ? 0 : 3;
}
C
# build NAME MAKE-ARGUMENTS: quietly builds hello anew, as $program
build() {
	what=$1
	shift
	program=$scratch/my/hello
	(unset MAKEFLAGS MFLAGS && make -s "BUILD=$scratch/build" "HANDLER=$scratch/my/hello.c" "$@") >"$scratch/make" 2>&1
	status=$?
	if [ $status -ne 0 ] || [ -s "$scratch/make" ]; then
		not_ok "$what: it builds without a warning" "status $status" "$(cat "$scratch/make")"
		return 1
	fi
	ok "$what: it builds without a warning"
}
kind() {
	readelf -hl "$program" | awk '/Type: *EXEC/ { type = "no-pie" } /Type: *DYN/ { type = "pie" } /INTERP/ { shared = 1 }
		END { print shared ? type : type == "pie" ? "static-pie" : "static" }'
}
built() { # NAME KIND: it is what it should be, and runs
	[ "$2" = any ] || is "$1: it is linked as $2" "$(kind)" "$2"
	start "$program" -p 0
	echoes "$1: it serves" 1 127.0.0.1
	stop
	is "$1: exit status" "$status" 0
}

by_default=pie
case $(cc -print-file-name=libc.a)$(cc -print-file-name=rcrt1.o) in /*/*/rcrt1.o) by_default=static-pie ;; esac
relr=-Wl,-z,pack-relative-relocs
ld --help 2>"$scratch/err" | grep -q pack-relative-relocs || relr=
case $(uname -m) in
x86_64) machine="-march=x86-64 -mtune=generic" cet="-fcf-protection -mno-omit-leaf-frame-pointer" ;;
*) machine='' cet='' ;;
esac
format="-Wformat -Werror=format-security"
fedora="-fexceptions -g -grecord-gcc-switches -pipe -Wall $format -Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3 -Wp,-D_GLIBCXX_ASSERTIONS"
debian=$(DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --export=cmdline 2>"$scratch/err" | sed 's/\(-ffile-prefix-map=\)[^ "]*/\1a=b/')
[ -n "$debian" ] || skip "Debian's flags" "dpkg-buildflags is not installed"

# name | compilers | _FORTIFY_SOURCE | linked as | arguments of make
while IFS='|' read -r name compilers fortified linked arguments; do
	for compiler in $compilers; do
		installed "$compiler" || { skip "$name, $compiler" "it is not installed"; continue; }
		[ -n "$arguments" ] || continue
		eval "build '$name, $compiler' CC='$compiler $fortified' $arguments" && built "$name, $compiler" $linked
	done
done <<TABLE
the defaults|gcc clang|-DFORTIFIED=2|$by_default|CFLAGS='-O2 -g'
no flags|gcc|-UFORTIFIED|$by_default|CFLAGS=
to debug|gcc|-UFORTIFIED|$by_default|CFLAGS='-O0 -g3'
the smallest|gcc clang|-DFORTIFIED=2|$by_default|CFLAGS=-Os
_FORTIFY_SOURCE as the user has it|gcc clang|-DFORTIFIED=3|$by_default|CPPFLAGS=-D_FORTIFY_SOURCE=3
_FORTIFY_SOURCE as the compiler has it|gcc|-D_FORTIFY_SOURCE=1 -DFORTIFIED=1|$by_default|CFLAGS=-O2
another C library|musl-gcc|-DFORTIFIED=2|static|CFLAGS=-O2
-static|gcc|-DFORTIFIED=2|static|LDFLAGS=-static
-static-pie|gcc|-DFORTIFIED=2|static-pie|LDFLAGS=-static-pie
-pie|gcc clang|-DFORTIFIED=2|pie|LDFLAGS=-pie
-no-pie|gcc clang|-DFORTIFIED=2|no-pie|LDFLAGS=-no-pie
optimised by CC|gcc|-UFORTIFIED|$by_default|CC='gcc -O2 -DFORTIFIED=2' CFLAGS=-g
link-time optimisation|gcc|-DFORTIFIED=2|$by_default|CFLAGS='-O2 -flto=auto'
Debian, hardening=+all|gcc clang|-UFORTIFIED|any|$debian
Fedora|gcc|-DFORTIFIED=3|any|CFLAGS='-O2 -flto=auto -ffat-lto-objects $fedora -fstack-protector-strong -m64 $machine -fasynchronous-unwind-tables -fstack-clash-protection $cet' LDFLAGS='-Wl,-z,relro -Wl,--as-needed $relr -Wl,-z,now -Wl,--build-id=sha1'
Arch|gcc clang|-DFORTIFIED=3|any|CFLAGS='$machine -O2 -pipe -fno-plt -fexceptions -Wp,-D_FORTIFY_SOURCE=3 $format -fstack-clash-protection $cet -fno-omit-frame-pointer' LDFLAGS='-Wl,-O1 -Wl,--sort-common -Wl,--as-needed -Wl,-z,relro -Wl,-z,now $relr'
Alpine|gcc clang musl-gcc|-DFORTIFIED=2|any|CFLAGS='-Os -fstack-clash-protection $format' CPPFLAGS='-Os -fstack-clash-protection $format' LDFLAGS='-Wl,--as-needed,-O1,--sort-common'
Gentoo|gcc clang|-DFORTIFIED=2|any|CFLAGS='-O2 -pipe' LDFLAGS='-Wl,-O1 -Wl,--as-needed $relr'
TABLE

# Under its own name, and with what its file returns.
start "$program" -p 0
has "a program of one's own reports under its own name" "$(cat "$scratch/log")" '^hello: listening on'
client 127.0.0.1 "$port" send x rest >"$scratch/out"
until_true log_has 'status 3'
has "a handler that fails is reported, with the peer" "$(cat "$scratch/log")" '^hello: pid [0-9]+ from 127\.0\.0\.1:[0-9]+ ended with status 3$'
stop
printf 'static int handle_request(int client)\n{\n\treturn no_such(client);\n}\n' >"$scratch/my/wrong.c"
(unset MAKEFLAGS MFLAGS && make -s "BUILD=$scratch/build" "HANDLER=$scratch/my/wrong.c") >"$scratch/make" 2>&1
is "a handler that does not compile: make fails" "$? $(grep -c 'wrong.c:3: undefined' "$scratch/make")" "2 1"
is "... and there is no program" "$(ls "$scratch/my/wrong" 2>/dev/null)" ""
cp "$scratch/my/hello.c" "$scratch/my/source"
for handler in source "hello.c wrong.c"; do
	(unset MAKEFLAGS MFLAGS && make -s "BUILD=$scratch/build" "HANDLER=$scratch/my/$handler") >"$scratch/make" 2>&1
	is "HANDLER=$handler: make fails" "$? $(grep -c 'HANDLER=.*: not one .c file' "$scratch/make")" "2 1"
done
is "... and the source is what it was" "$(cmp "$scratch/my/hello.c" "$scratch/my/source" 2>&1)" ""

# Sanitizers, as README.md says. In the sandbox they lack the calls that they need.
for compiler in gcc clang; do
	installed $compiler || { skip "sanitizers, $compiler" "it is not installed"; continue; }
	build "sanitizers, $compiler" CC=$compiler CFLAGS='-g -fsanitize=address,undefined -fno-sanitize-recover=all' \
		CPPFLAGS='-include tests/attack/bare.h' || continue
	start env ASAN_OPTIONS="detect_leaks=0:log_path=$scratch/report" "$program" -p 0
	echoes "sanitizers, $compiler: it serves"
	for fault in overflow undefined; do
		client 127.0.0.1 "$port" send $fault rest >"$scratch/out"
		until_true log_has 'ended with status|killed by'
		has "sanitizers, $compiler: $fault in a handler is seen" "$(cat "$scratch/log")" '(ended with status|killed by signal) [^0]'
		[ $compiler = gcc ] && [ $fault = undefined ] && texts=0 || texts=1
		is "sanitizers, $compiler: $fault: reports kept" "$(cat "$scratch"/report.* 2>"$scratch/err" | grep -cE 'runtime error:|ERROR: Addr')" $texts
		rm -f "$scratch"/report.*
		: >"$scratch/log"
	done
	stop
	is "sanitizers, $compiler: exit status" "$status" 0
done

# make clean, in a folder with a blank in its name, and next to one whose name is the first part of it,
# which BUILD names in the environment.
mkdir -p "$scratch/a" "$scratch/a b/tests"
cp Makefile tcpserver.c landlock_compat.h "$scratch/a b"
cp tests/targets.mk "$scratch/a b/tests"
printf 'static int handle_request(int client)\n{\n\treturn close(client);\n}\n' >"$scratch/a b/yours.c"
before=$(ls -R "$scratch/a b")
(unset MAKEFLAGS MFLAGS && export BUILD="$scratch/a" && cd "$scratch/a b" && make -s && make -s HANDLER=yours.c && make -s build/client 2>/dev/null
	[ -x tcpserver ] && [ -x yours ] && make -s clean) >"$scratch/make" 2>&1
is "make clean removes what was built, HANDLER's program included" "$(cat "$scratch/make"; ls -R "$scratch/a b")" "$before"
is "... and nothing else" "$(ls -d "$scratch/a")" "$scratch/a"
