#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# tools.sh: what other tools find: sanitizers, valgrind, clang-tidy, gcc's analyzer.
#
# Sanitizers and valgrind call what the sandbox denies, so they look at the server without it
# (tests/attack/bare.h); what the sandbox itself does is for mutations.sh to show.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
tools=$(mkdir -p "$build/tools/sanitized" && cd "$build/tools" && pwd) || exit 1
has_tool() { installed "$1" || { skip "$2" "$1 is not installed"; false; }; }
# quiet NAME COMMAND...: it succeeds and prints nothing
quiet() {
	name=$1
	shift
	text=$("$@" 2>&1)
	is "$name" "$? $text" "0 "
}
bare() { "$@" -std=c11 -O1 -g -include tests/attack/bare.h -I.; }
sanitized() { bare clang -fsanitize=address,undefined -fno-sanitize-recover=undefined "$@"; }

if has_tool clang "sanitizers"; then
	# Leaks are for valgrind.
	export ASAN_OPTIONS=detect_leaks=0:handle_segv=0 UBSAN_OPTIONS=handle_segv=0
	quiet "sanitized: it builds" sanitized -o "$tools/sanitized/tcpserver" tcpserver.c
	SERVER=$tools/sanitized/tcpserver PARTS=serving tests/check/check.sh >"$scratch/suite" 2>&1
	is "sanitized: serving: $(tail -n 1 "$scratch/suite")" "$(grep -A 3 '^not ok' "$scratch/suite")" ""
fi

if has_tool valgrind "valgrind"; then
	quiet "valgrind: the server builds" bare gcc -o "$tools/tcpserver" tcpserver.c
	start valgrind -q --error-exitcode=86 --leak-check=full --vgdb=no \
		--child-silent-after-fork=yes --log-file="$scratch/valgrind" "$tools/tcpserver" -p 0 -v
	echoes "valgrind: it serves" 3
	client 127.0.0.1 "$port" bulk 1000000 half rest
	client -n 3 127.0.0.1 "$port" reset
	until_true has_children 0
	stop TERM
	is "valgrind: exit status" "$status" 0
	is "valgrind: what it finds" "$(sed '/WARNING: unhandled/d; /-- \(You may\|Read the\|Nevertheless\|it at http\)/d' "$scratch/valgrind")" ""
	is "valgrind: what it finds in a handler" "$(grep 'ended with\|killed by' "$scratch/log" | grep -v 'status 0$')" ""
fi

has_tool clang-tidy "clang-tidy" && quiet "clang-tidy" sh -c 'clang-tidy --quiet tcpserver.c -- -std=c11 2>/dev/null'
quiet "gcc -fanalyzer" gcc -std=c11 -O2 -fanalyzer -c -o "$tools/analyzed.o" tcpserver.c

count
