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
	sed 's|^\. tests/check-sandbox.sh||' tests/check.sh >"$tools/check.sh"
	SERVER=$tools/$1 sh "$tools/check.sh" "$PWD/tests" >"$scratch/suite" 2>&1
	is "$1: the suite" "$(grep '^not ok' "$scratch/suite")" ""
	figure=$(tail -n 1 "$scratch/suite")
	has "$1: the suite: $figure" "$figure" ' passed, 0 failed, '
}

if has_tool clang "sanitizers"; then
	# Leaks are for valgrind: their check starts a process that looks into this one. What a handler
	# would print goes nowhere, so its exit status, which the server reports, is one of its own.
	export ASAN_OPTIONS=detect_leaks=0:exitcode=86 UBSAN_OPTIONS=exitcode=86
	for name in sanitized sanitized-attacked; do
		attacked=
		[ $name = sanitized ] || attacked='-DHANDLER="tests/attacker.c"'
		quiet "$name: it builds" clang -std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
			-DHANDLER_MEMORY=RLIM_INFINITY -I. $attacked -o "$tools/$name" tcpserver.c
	done
	suite sanitized
	for fault in overflow use-after-free; do
		start "$tools/sanitized-attacked" -p 0
		client 127.0.0.1 "$port" send $fault rest >"$scratch/out"
		until_true log_has 'ended with status'
		has "a sanitizer that finds $fault in a handler is heard" "$(cat "$scratch/log")" 'ended with status 86$'
		stop
	done
fi

if has_tool valgrind "valgrind"; then
	# It knows neither Landlock nor seccomp, and wants RLIMIT_NOFILE for itself.
	quiet "valgrind: the server builds" gcc -std=c11 -O1 -g '-Dsetrlimit(...)=0' -o "$tools/valgrind" tcpserver.c
	start valgrind -q --error-exitcode=86 --leak-check=full --log-file="$scratch/valgrind-%p" "$tools/valgrind" -p 0 -v
	is "valgrind: it serves" "$(client -n 3 127.0.0.1 "$port" send hello half rest | uniq -c | tr -s ' ')" " 3 hello"
	client 127.0.0.1 "$port" bulk 1000000 half rest
	client -n 3 127.0.0.1 "$port" reset
	until_true has_children 0
	stop
	is "valgrind: exit status" "$status" 0
	is "valgrind: what it finds" "$(cat "$scratch"/valgrind-* | sed '/WARNING: unhandled/d; /-- \(You may\|Read the\|Nevertheless\|it at http\)/d')" ""
fi

has_tool clang-tidy "clang-tidy" && quiet "clang-tidy" sh -c 'clang-tidy --quiet tcpserver.c -- -std=c11 2>/dev/null'
quiet "gcc -fanalyzer" gcc -std=c11 -O2 -fanalyzer -c -o "$tools/analyzed.o" tcpserver.c

if has_tool llvm-cov-14 "coverage"; then
	# In continuous mode, %c, the counters are a file's pages, mapped before main: the sandbox is as ever.
	quiet "coverage: it builds" clang -std=c11 -O0 -g -fprofile-instr-generate="$PWD/$tools/%m%c.profraw" -fcoverage-mapping \
		-mllvm -runtime-counter-relocation -o "$tools/covered" tcpserver.c
	rm -f "$tools"/*.profraw
	: >"$tools/none"
	suite covered
	SERVER=$tools/covered tests/faults.sh >"$scratch/faults" 2>&1
	SERVER=$tools/covered tests/check.sh >"$scratch/suite" 2>&1
	llvm-profdata-14 merge -o "$tools/profile" "$tools"/*.profraw
	llvm-cov-14 export -format=lcov -instr-profile="$tools/profile" "$tools/covered" tcpserver.c landlock_compat.h >"$tools/lcov"
	echo "figure - $(awk -F'[:,]' '/^DA/ { lines++; hit += $3 > 0 } /^BRDA/ { branches++; taken += $5 > 0 }
		END { printf "coverage: %d of %d lines, %d of %d branches", hit, lines, taken, branches }' "$tools/lcov")"
	awk -F'[:,]' '/^SF/ { file = $2 } /^DA/ && $3 == 0 { print file, $2 }' "$tools/lcov" | while read -r file line; do
		sed -n "${line}s/^[[:space:]]*//p" "$file"
	done | grep -vxF -f tests/uncovered | grep -v '^[{}]*$' >"$scratch/uncovered"
	is "coverage: lines that were not run, and are not explained in tests/uncovered" "$(cat "$scratch/uncovered")" ""
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
