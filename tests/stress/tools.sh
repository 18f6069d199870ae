#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# tools.sh: what other tools find: sanitizers, valgrind, clang-tidy, gcc's analyzer, a fuzzer, and
# which lines the tests never reach. FUZZ= is the fuzzer's seconds.
#
# Sanitizers and valgrind call what the sandbox denies, so they look at the server without it
# (tests/attack/bare.h); what the sandbox itself does is for coverage to show.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
tools=$(mkdir -p "$build/tools/sanitized" "$build/tools/covered" && cd "$build/tools" && pwd) || exit 1
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
	# Leaks are for valgrind. The status is one of its own, as the server reports it.
	export ASAN_OPTIONS=detect_leaks=0:exitcode=86:handle_segv=0 UBSAN_OPTIONS=exitcode=86:handle_segv=0
	quiet "sanitized: it builds" sanitized -o "$tools/sanitized/tcpserver" tcpserver.c
	SERVER=$tools/sanitized/tcpserver PARTS="options serving" tests/check/check.sh >"$scratch/suite" 2>&1
	is "sanitized: options and serving: $(tail -n 1 "$scratch/suite")" "$(grep -A 3 '^not ok' "$scratch/suite")" ""
	quiet "sanitized: the attacked one builds" sanitized -o "$tools/sanitized/attacked" tests/attack/attacker.c
	for fault in overflow use-after-free; do
		start "$tools/sanitized/attacked" -p 0
		client 127.0.0.1 "$port" send $fault rest >"$scratch/out"
		until_true log_has 'ended with status'
		has "a sanitizer that finds $fault in a handler is heard" "$(cat "$scratch/log")" 'ended with status 86$'
		stop TERM
	done
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

if has_tool clang "fuzzer"; then
	quiet "the fuzzer builds" clang -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-o "$tools/fuzz" tests/stress/fuzz.c
	mkdir -p "$tools/corpus"
	"$tools/fuzz" -close_fd_mask=3 -max_total_time="${FUZZ:-20}" -max_len=200 -artifact_prefix="$tools/" "$tools/corpus" >"$scratch/fuzz" 2>&1
	is "flags and report, fuzzed: exit status" "$? $(grep -E 'ERROR|SUMMARY' "$scratch/fuzz")" "0 "
	echo "figure - $(tail -n 1 "$scratch/fuzz")"
fi

if has_tool llvm-cov "coverage"; then
	# In continuous mode, %c, the counters are a file's pages, mapped before main and shared with the
	# handlers: the sandbox is as ever. A file for each process, as adding one up is not atomic.
	rm -f "$tools"/*.profraw
	quiet "coverage: it builds" clang -std=c11 -O0 -g -fprofile-instr-generate="$tools/%p%c.profraw" -fcoverage-mapping \
		-mllvm -runtime-counter-relocation -o "$tools/covered/tcpserver" tcpserver.c
	# Not judged: a server that writes counters can't pass what is about descriptors and sizes of files.
	SERVER=$tools/covered/tcpserver PARTS="options serving machine sandbox addresses places" tests/check/check.sh >"$scratch/suite" 2>&1
	SERVER=$tools/covered/tcpserver tests/stress/faults.sh >"$scratch/faults" 2>&1
	echo "figure - covered: $(tail -n 1 "$scratch/suite"); system calls that fail: $(tail -n 1 "$scratch/faults")"
	llvm-profdata merge -failure-mode=all -o "$tools/profile" "$tools"/*.profraw 2>"$scratch/err"
	llvm-cov export -format=lcov -instr-profile="$tools/profile" "$tools/covered/tcpserver" tcpserver.c >"$tools/lcov"
	echo "figure - $(awk -F'[:,]' '/^DA/ { lines++; hit += $3 > 0 } /^BRDA/ { branches++; taken += $5 > 0 }
		END { printf "coverage: %d of %d lines, %d of %d branches", hit, lines, taken, branches }' "$tools/lcov")"
	has "coverage: it was measured" "$(grep -c '^DA' "$tools/lcov")" '^[1-9][0-9][0-9]$'
	awk -F'[:,]' '/^SF/ { file = $2 } /^DA/ && $3 == 0 { print file, $2 }' "$tools/lcov" | while read -r file line; do
		sed -n "${line}s/^[[:space:]]*/$line: /p" "$file"
	done >"$scratch/never"
	# What cannot be counted here: a trial handler that a signal kills; a server that is the kernel's
	# root under another name, or an ordinary user's, may not write the counters. The last two are
	# shown by places.sh, and by make check as an ordinary user.
	grep -vE ': (DIE\("a handler cannot be sealed: killed.*|DIE\("handlers could fork.*|DIE\("-u %s: only root.*|return;)$' \
		"$scratch/never" >"$scratch/uncovered"
	is "coverage: lines of tcpserver.c that were never run" "$(cat "$scratch/uncovered")" ""
fi
count
