#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# What other tools find: sanitizers, valgrind, clang-tidy, gcc's analyzer, coverage (of check.sh and
# faults.sh, in the sandbox), a fuzzer. FUZZ is its seconds. Lines as in check.sh.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
tools=$build/tools
mkdir -p "$tools"
has_tool() { command -v "$1" >/dev/null || { skip "$2" "no $1"; false; }; }
# quiet NAME COMMAND...: it succeeds and prints nothing
quiet() {
	name=$1
	shift
	text=$("$@" 2>&1)
	is "$name" "$? $text" "0 "
}
# suite NAME: the parts of check.sh that other builds can pass: not those about what is in the program
suite() {
	SERVER=$tools/$1 PARTS="options serving machine" tests/check.sh >"$scratch/suite" 2>&1
	is "$1: the suite" "$(grep -A 3 '^not ok' "$scratch/suite")" ""
	figure=$(tail -n 1 "$scratch/suite")
	has "$1: the suite: $figure" "$figure" ' passed, 0 failed, '
}

if has_tool clang "sanitizers"; then
	# Leaks are for valgrind: their check starts a process that looks into this one. What a handler
	# would print goes nowhere, so its exit status, which the server reports, is one of its own.
	export ASAN_OPTIONS=detect_leaks=0:exitcode=86 UBSAN_OPTIONS=exitcode=86
	sanitize="clang -std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -I. -DHANDLER_MEMORY=RLIM_INFINITY"
	# shellcheck disable=SC2086 # several words
	quiet "sanitized: it builds" $sanitize -o "$tools/sanitized" tcpserver.c
	# shellcheck disable=SC2086
	quiet "sanitized: the attacked one builds" $sanitize '-DHANDLER="tests/attacker.c"' -o "$tools/sanitized-attacked" tcpserver.c
	suite sanitized
	for fault in overflow use-after-free; do
		start "$tools/sanitized-attacked" -p 0
		client 127.0.0.1 "$port" send $fault rest >"$scratch/out"
		until_true log_has 'ended with status'
		has "a sanitizer that finds $fault in a handler is heard" "$(cat "$scratch/log")" 'ended with status 86$'
		stop TERM
	done
fi

if has_tool valgrind "valgrind"; then
	# It knows neither Landlock nor seccomp, and wants RLIMIT_NOFILE for itself.
	printf '%s\n' '#define _GNU_SOURCE' '#include <sys/resource.h>' '#define setrlimit(...) 0' >"$tools/no-limits.h"
	quiet "valgrind: the server builds" gcc -std=c11 -O1 -g -include "$tools/no-limits.h" -o "$tools/valgrind" tcpserver.c
	start valgrind -q --error-exitcode=86 --leak-check=full --vgdb=no \
		--child-silent-after-fork=yes --log-file="$scratch/valgrind" "$tools/valgrind" -p 0 -v
	is "valgrind: it serves" "$(client -n 3 127.0.0.1 "$port" send hello half rest | uniq -c | tr -s ' ')" " 3 hello"
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

if has_tool llvm-cov "coverage"; then
	# In continuous mode, %c, the counters are a file's pages, mapped before main and shared with
	# the handlers: the sandbox is as ever.
	quiet "coverage: it builds" clang -std=c11 -O0 -g -fprofile-instr-generate="$PWD/$tools/%m%c.profraw" -fcoverage-mapping \
		-mllvm -runtime-counter-relocation -o "$tools/covered" tcpserver.c
	rm -f "$tools"/*.profraw
	suite covered
	# A file each where two run at a time, as adding one up is not atomic. (In the suite, one may not
	# even make a file.)
	LLVM_PROFILE_FILE=$PWD/$tools/%p%c.profraw SERVER=$tools/covered tests/faults.sh >"$scratch/faults" 2>&1
	is "covered: system calls that fail" "$? $(grep -a -A 3 '^not ok' "$scratch/faults")" "0 "
	SERVER=$tools/covered tests/check.sh >"$scratch/suite" 2>&1
	if [ "$(id -u)" -eq 0 ]; then # what an ordinary user comes to
		chmod 777 "$tools" && chmod 666 "$tools"/*.profraw
		setpriv --reuid=65534 --regid=65534 --clear-groups "$tools/covered" -p 0 -u nobody 2>"$scratch/log"
		start setpriv --reuid=65534 --regid=65534 --clear-groups "$tools/covered" -p 0
		stop TERM
	fi
	llvm-profdata merge -failure-mode=all -o "$tools/profile" "$tools"/*.profraw 2>"$scratch/err"
	llvm-cov export -format=lcov -instr-profile="$tools/profile" "$tools/covered" tcpserver.c >"$tools/lcov"
	echo "figure - $(awk -F'[:,]' '/^DA/ { lines++; hit += $3 > 0 } /^BRDA/ { branches++; taken += $5 > 0 }
		END { printf "coverage: %d of %d lines, %d of %d branches", hit, lines, taken, branches }' "$tools/lcov")"
	awk -F'[:,]' '/^SF/ { file = $2 } /^DA/ && $3 == 0 { print file, $2 }' "$tools/lcov" | while read -r file line; do
		sed -n "${line}s/^[[:space:]]*//p" "$file"
	done >"$scratch/uncovered"
	has "coverage: it was measured" "$(grep -c '^DA' "$tools/lcov")" '^[1-9][0-9][0-9]$'
	is "coverage: lines of tcpserver.c that were never run" "$(cat "$scratch/uncovered")" ""
fi

if has_tool clang "fuzzer"; then
	quiet "the fuzzer builds" clang -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
		-o "$tools/fuzz" tests/fuzz.c
	mkdir -p "$tools/corpus"
	"$tools/fuzz" -max_total_time="${FUZZ:-20}" -max_len=200 -artifact_prefix="$tools/" "$tools/corpus" >"$scratch/fuzz" 2>&1
	is "flags and report, fuzzed: exit status" "$? $(grep -E 'ERROR|SUMMARY' "$scratch/fuzz")" "0 "
	echo "figure - $(tail -n 1 "$scratch/fuzz")"
fi
count
