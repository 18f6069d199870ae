# shellcheck shell=sh disable=SC2154,SC2086 # check.sh sets what is used here; several words
# SPDX-License-Identifier: 0BSD
# Part of check.sh: the Makefile, with the flags of those who package programs, and services of one's own.

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
program=$scratch/my/hello
quiet_make() { (unset MAKEFLAGS MFLAGS && make -s "$@") >"$scratch/make" 2>&1; }
# build NAME MAKE-ARGUMENTS: quietly builds hello again
build() {
	what=$1
	shift
	quiet_make "HANDLER=$scratch/my/hello.c" "$@"
	status=$?
	is "$what: it builds without a warning" "$status $(cat "$scratch/make")" "0 "
	return $status
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
fedora="-fexceptions -g -grecord-gcc-switches -pipe -Wall -Wformat -Werror=format-security -Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3 -Wp,-D_GLIBCXX_ASSERTIONS"
debian=$(DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --export=cmdline 2>"$scratch/err" | sed 's/\(-ffile-prefix-map=\)[^ "]*/\1a=b/')
[ -n "$debian" ] || skip "Debian's flags" "dpkg-buildflags is not installed"

# name | compilers | the _FORTIFY_SOURCE that it has | linked as | arguments of make
compilers_found=0
while IFS='|' read -r name compilers fortified linked arguments; do
	for compiler in $compilers; do
		installed "$compiler" || { skip "$name, $compiler" "it is not installed"; continue; }
		[ -n "$arguments" ] || continue
		eval "build '$name, $compiler' CC='$compiler $fortified' $arguments" && built "$name, $compiler" $linked
		compilers_found=$((compilers_found + 1))
	done
done <<TABLE
the defaults|gcc clang|-DFORTIFIED=2|$by_default|all
no flags|gcc|-UFORTIFIED|$by_default|CFLAGS=
a compiler that defines _FORTIFY_SOURCE|gcc|-D_FORTIFY_SOURCE=1 -DFORTIFIED=2|$by_default|all
another C library|musl-gcc|-UFORTIFIED|static|CFLAGS=-Os
-no-pie|gcc|-DFORTIFIED=2|no-pie|LDFLAGS=-no-pie
Debian, hardening=+all|gcc|-UFORTIFIED|any|$debian
Fedora|gcc|-DFORTIFIED=3|any|CFLAGS='-O2 -flto=auto $fedora -fstack-protector-strong -fstack-clash-protection' LDFLAGS='-Wl,-z,relro -Wl,--as-needed -Wl,-z,now'
TABLE
has "there was a compiler" "$compilers_found" '^([4-9]|1[0-9])$'

# Under its own name, and with what its file returns.
start "$program" -p 0
has "a program of one's own reports under its own name" "$(cat "$scratch/log")" '^hello: listening on'
client 127.0.0.1 "$port" send x rest >"$scratch/out"
until_true log_has 'status 1'
has "a handler that fails is reported" "$(cat "$scratch/log")" '^hello: pid [0-9]+ ended with status 1$'
stop

# Handlers that do not build: no program, and a reason. The last: names of tcpserver.c. C would take two
# declarations of one type for one variable, so all of them are functions, or structs without a name.
refused() { # NAME FILE REGEXP
	quiet_make "HANDLER=$2"
	has "$1: make fails, and says why" "$? $(cat "$scratch/make")" "^2 (.*)?($3)|$3"
	is "... and there is no program" "$(find "${2%.c}" -type f -newer "$2" 2>/dev/null)" ""
}
cd "$scratch/my" || exit 1
echo 'static int handle_request(int client) { return no_such(client); }' >wrong.c
number=0
for definition in 'HANDLER_CALLS ALLOW(nonsense)' 'HANDLER_CALLS __NR_getuid' 'HANDLER_READS { "/usr", "/etc" }' 'HANDLER_MEMORY (4096 << 20)'; do
	number=$((number + 1))
	printf '#define %s\nstatic int handle_request(int client) { return client; }\n' "$definition" >"wrong$number.c"
	cd "$OLDPWD" && refused "$definition" "$scratch/my/wrong$number.c" 'error'
	cd "$scratch/my" || exit 1
done
cd "$OLDPWD" || exit 1
refused "a handler that does not compile" "$scratch/my/wrong.c" 'no_such'
refused "no such file" "$scratch/my/none.c" 'none.c'
cp "$scratch/my/hello.c" "$scratch/my/source"
refused "not one .c file" "$scratch/my/source" 'not one .c file'
refused "two files" "$scratch/my/hello.c $scratch/my/wrong.c" 'not one .c file'
is "... and the source is what it was" "$(cmp "$scratch/my/hello.c" "$scratch/my/source" 2>&1)" ""
cp "$scratch/my/hello.c" "$scratch/my/taken.c"
mkdir "$scratch/my/taken"
refused "a directory in the way" "$scratch/my/taken.c" 'in the way'
cp "$scratch/my/hello.c" "$scratch/my/text.c"
echo mine >"$scratch/my/text"
refused "a file in the way" "$scratch/my/text.c" 'in the way'
is "... which stays" "$(cat "$scratch/my/text")" mine
names=$(sed -E 's|/\*.*\*/||' tcpserver.c | sed -nE 's/^(__attribute__\(\(unused\)\) )?static [^=(]*[ *]([a-z_]+)(\(|\[| =|;).*/\2/p; s/^} ([a-z]+)( =.*)?;$/\1/p' | sort -u | grep -v handle_request)
has "tcpserver.c has names" "$(echo "$names" | wc -l)" '^2[0-9]$'
{ printf 'static int %s;\n' $names && echo 'static int handle_request(int client) { return client; }'; } >"$scratch/my/name.c"
# shellcheck disable=SC2046 # a word, or none
${CC:-cc} -std=c11 -w $(case ${CC:-cc} in *clang*) echo -ferror-limit=0 ;; esac) -fsyntax-only -DHANDLER="\"$scratch/my/name.c\"" tcpserver.c >"$scratch/err" 2>&1
for name in $names; do
	grep -q "error: .*'$name'" "$scratch/err" || echo "int $name;"
done >"$scratch/taken"
is "a handler with a variable of such a name does not build" "$(cat "$scratch/taken")" ""

# A debug build, as README.md says. In the sandbox, sanitizers lack the calls that they need.
cp tests/examples/web.c "$scratch/my/web.c"
for compiler in gcc clang; do
	installed $compiler || { skip "sanitizers, $compiler" "it is not installed"; continue; }
	flags='-g -fsanitize=address,undefined -fno-sanitize-recover=all'
	quiet_make unsandboxed "HANDLER=$scratch/my/hello.c" CC=$compiler CFLAGS="$flags"
	is "sanitizers, $compiler: it builds without a warning" "$? $(cat "$scratch/make")" "0 "
	start env ASAN_OPTIONS="detect_leaks=0:log_path=$scratch/report" "$program-unsandboxed" -p 0
	is "sanitizers, $compiler: it says what it is" "$(sed -n 2p "$scratch/log")" \
		"hello-unsandboxed: sandbox: NO LANDLOCK (left out of this build), NO SECCOMP (left out of this build)"
	echoes "sanitizers, $compiler: it serves"
	for fault in overflow undefined; do
		client 127.0.0.1 "$port" send $fault rest >"$scratch/out"
		until_true log_has 'ended with status|killed by'
		has "sanitizers, $compiler: $fault in a handler is seen" "$(cat "$scratch/log")" '(ended with status|killed by signal) [^0]'
		[ $compiler = gcc ] && [ $fault = undefined ] && texts=0 || texts=1 # gcc loses UBSan's text
		is "sanitizers, $compiler: $fault: reports kept" "$(cat "$scratch"/report.* 2>"$scratch/err" | grep -cE 'runtime error:|ERROR: Addr')" $texts
		rm -f "$scratch"/report.*
		: >"$scratch/log"
	done
	stop
done
quiet_make unsandboxed "HANDLER=$scratch/my/web.c" CC=gcc CFLAGS=-g CPPFLAGS="-DDIRECTORY='\"$scratch/my\"'"
is "unsandboxed, a service with HANDLER_READS: it builds" "$? $(cat "$scratch/make")" "0 "
start "$scratch/my/web-unsandboxed" -p 0 -a 127.0.0.1
has "... and serves" "$(client 127.0.0.1 "$port" send "GET /text HTTP/1.0" send "" half rest)" '^mine$'
stop
timeout 10 "$program-unsandboxed" -p 0 -s 2>"$scratch/err"
has "... with -s it does not start" "$? $(cat "$scratch/err")" '^1 .*-s: not started: .*left out of this build'

# The Makefile, copied with the two source files alone, into a directory with a blank in its name; make
# clean, with a build/ that is not its own, and BUILD in the environment.
mkdir -p "$scratch/a b/build" "$scratch/c"
cp Makefile tcpserver.c landlock_compat.h "$scratch/a b"
printf 'static int handle_request(int client)\n{\n\treturn close(client);\n}\n' >"$scratch/a b/check.c"
before=$(ls -R "$scratch/a b")
alone() { (unset MAKEFLAGS MFLAGS && export BUILD="$scratch/c" && cd "$scratch/a b" && make -s "$@") >"$scratch/make" 2>&1; }
alone
is "the Makefile without tests/: it builds" "$? $(cat "$scratch/make")" "0 "
alone HANDLER=check.c
is "... and a service that may be named check" "$? $(cat "$scratch/make") $(ls "$scratch/a b/check")" "0  $scratch/a b/check"
rm -f "$scratch/a b/check"
alone clean
is "make clean removes what was built, and nothing else" "$(cat "$scratch/make"; ls -R "$scratch/a b")" "$before"
cp -R tests "$scratch/a b/" && rm -rf "$scratch/a b/tests/build"
before=$(ls -R "$scratch/a b")
alone tests/build/client
alone clean
is "... with tests/, too" "$(cat "$scratch/make"; ls -R "$scratch/a b"; ls -d "$scratch/c")" "$before
$scratch/c"
for name in all clean tcpserver check attack bench unsandboxed; do
	cp "$scratch/a b/check.c" "$scratch/a b/$name.c" 2>/dev/null
	alone "HANDLER=./$name.c"
	has "HANDLER=./$name.c: make fails, and says why" "$? $(grep -c "HANDLER=./$name.c: " "$scratch/make")" '^2 1$'
done
is "... and the server's source is what it was" "$(cmp tcpserver.c "$scratch/a b/tcpserver.c" 2>&1 | grep -c differ)" 1
