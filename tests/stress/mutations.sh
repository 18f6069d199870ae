#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# mutations.sh [REGEXP]: takes one thing at a time out of tcpserver.c and landlock_compat.h, as
# mutations.awk derives them from the text: rows of tables, limits, steps, checks of results. Each time
# it builds, and runs the tests, those first that are about this, until one line fails. What none of them
# sees is a survivor, and a failure, unless tests/stress/explained has it; so is an explanation that is not needed.
#
# REGEXP: those whose line "FILE FUNCTION KIND LINE: WHAT" matches. EVERY=10 TURN=3: each tenth of them,
# from the third on.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
workers=${WORKERS:-$(nproc)}
every=${EVERY:-1}
turn=${TURN:-0}

# Survivors that cannot matter: FUNCTION | KIND | WHAT, as mutations.awk prints it | why
grep -v '^#' tests/stress/explained >"$scratch/explained"

# calls WHAT: the system calls that stress/faults has, of those that the text makes
calls() {
	echo "$1" | grep -oE '[A-Za-z_0-9]+' | sed -e 's/^setrlimit$/prlimit64/; s/^waitpid$/wait4/; s/^open$/openat/; s/^fork$/clone/' \
		-e 's/^signal$/rt_sigaction/; s/^sigprocmask$/rt_sigprocmask/; s/^signalfd$/signalfd4/' \
		-e 's/^SET$/setsockopt/; s/^landlock_compat_restrict$/landlock_restrict_self/; s/^landlock_compat_enforce$/seccomp/' \
		-e 's/^landlock_\(compat_create\|get_best_ruleset_attr\)$/landlock_create_ruleset/' |
		grep -xF "$(sed -n 's/^\([a-z_0-9]*\) *| [+E].*/\1/p' tests/stress/faults)" | sort -u | paste -sd ' '
}

# order FUNCTION KIND WHAT: lines of parts that run at the same time: those that are about it, then all others
order() {
	case $file in *.h) echo header; return ;; esac
	case $1 in
	rules | enforce_* | seal) first="attack sandbox" ;;
	rehearse | give_up_root | limit_resources | main | must | report_sandbox) first="sandbox places machine options" ;;
	is_reading | send_all | finish | handle_request | serve_client) first="delivery serving" ;;
	close_inherited) first="sandbox machine attack" ;;
	number | parse_flags) first="options addresses" ;;
	bind_socket) first="delivery addresses serving" ;;
	*) first="serving machine sandbox" ;;
	esac
	[ "$2" != unchecked ] || [ -z "$(calls "$3")" ] || echo faults
	echo "$first"
	echo "$all_parts" | tr ' ' '\n' | grep -vwE "$(echo "$first" | tr ' ' '|')" | paste -sd ' '
	[ "$2" = unchecked ] && [ "$(calls "$3")" ] || echo faults
}

# run PART...: in a tree; what it says goes to standard output. Nothing that it started is left.
# The programs that talk to the server are not built again: they are not mutated.
run() {
	parts=$* b=tests/build goals=tcpserver
	case " $parts " in
	*' attack '*) goals="$goals $b/none $b/landlock $b/filter $b/server $b/reads-filter $b/reads $b/calls $b/answer" ;;
	*' delivery '* | *' serving '*) goals="tcpserver $b/answer" ;;
	' header ') goals="$b/asked $b/policies $b/bpf" ;;
	esac
	# shellcheck disable=SC2086 # several words
	make -s -j2 -o $b/client -o $b/attack -o $b/outer CFLAGS=-O0 $goals 2>&1 || { echo "not ok - it builds"; return 1; }
	case $parts in
	header) set -- sh -c "for p in asked policies bpf; do timeout 60 $b/\$p >said-\$p 2>&1 ||
		{ grep -m 1 '^not ok' said-\$p || echo \"not ok - \$p ends well\"; exit 1; }; done" ;;
	faults) # shellcheck disable=SC2046 # several words
		[ "$(id -u)" -ne 0 ] || set -- tests/stress/faults.sh $(calls "${what-}") ;;
	*) set -- tests/check/check.sh ;;
	esac
	mkdir -p tmp
	# A warning, as of a variable that is no longer used, shows nothing.
	env CC="${CC:-cc} -w" TMPDIR="$PWD/tmp" PARTS="$parts" FAIL_FAST=1 WORKERS=1 timeout -k 5 600 "$@" 2>&1 &
	group=$! # timeout(1) makes one
	wait $group
	ended=$?
	kill -s KILL -- -$group 2>/dev/null
	rm -rf tmp
	[ $ended -ne 124 ] || echo "not ok - it comes to its end"
	return $ended
}
# The names of what went wrong, of what was said so.
wrong() { sed -n 's/^not ok - //p'; }

chmod 711 "$scratch" # the server may be another user's
mkdir "$scratch/tree"
tar -c --exclude=./.git --exclude=./tests/build --exclude=./tcpserver . | tar -xC "$scratch/tree"
unset BUILD SERVER MAKEFLAGS MFLAGS
cd "$scratch/tree" || exit 1
all_parts="attack sandbox serving machine places delivery addresses options"
make -s CFLAGS=-O0 tcpserver tests/build/client tests/build/attack tests/build/outer 2>&1

for file in tcpserver.c landlock_compat.h; do
	awk -f tests/stress/mutations.awk $file
done | awk -F'\t' -v regexp="${1:-.}" '$1 " " $5 " " $6 " " $7 ~ regexp && !seen[$1 $2 $3 $4]++' |
	awk -v every="$every" -v turn="$turn" 'NR % every == turn' >"$scratch/mutations"
[ $# -gt 0 ] || has "there are mutations" "$(($(wc -l <"$scratch/mutations") * every))" '^[3-9][0-9][0-9]$'

# What fails without a mutation shows none.
for parts in header "$all_parts" faults; do
	[ "$parts" != faults ] || [ "$every" -eq 1 ] || continue # nearly no mutation comes to these
	# shellcheck disable=SC2086 # several words
	run $parts >"$scratch/said"
	is "$parts, with nothing taken out" "$? $(wrong <"$scratch/said")" "0 "
done

explanation() { # FUNCTION KIND WHAT
	awk -F' [|] ' -v f="$1" -v k="$2" -v w="$3" '$1 == f && $2 == k && $3 == w { print $4 }' "$scratch/explained"
}
worker() {
	cp -a "$scratch/tree" "$scratch/tree$1" && cd "$scratch/tree$1" || exit 1
	while IFS='	' read -r file start length replacement function kind what <&3; do
		mkdir "$scratch/$file-$start-$length-$kind" 2>/dev/null || continue # another worker's
		{
			head -c "$start" "$scratch/tree/$file"
			printf '%s' "$replacement"
			tail -c "+$((start + length + 1))" "$scratch/tree/$file"
		} >"$file"
		name="$file $function, $kind, $what"
		why=$(explanation "$function" "$kind" "${what#*: }")
		case $file in *.h) goal=tests/build/asked ;; *) goal=tcpserver ;; esac
		if ! make -s $goal CFLAGS=-O0 >said 2>&1; then
			echo "ok - $name: does not build"
		elif [ -n "$why" ]; then
			echo "explained - $function | $kind | ${what#*: }"
			echo "ok - $name: $why"
		else
			seen=
			while [ -z "$seen" ] && read -r parts <&4; do
				# shellcheck disable=SC2086 # several words
				run $parts >said || seen=$parts
			done 4<<-END
				$(order "$function" "$kind" "$what")
			END
			if [ -n "$seen" ]; then
				echo "ok - $name: $seen: $(wrong <said | head -n 1)"
			else
				echo "not ok - survives: $name"
			fi
		fi
		cp "$scratch/tree/$file" "$file"
	done 3<"$scratch/mutations"
}
begun=$(date +%s)
number=0
running=
while [ $number -lt "$workers" ]; do
	: >"$scratch/out$number"
	worker $number >>"$scratch/out$number" 2>"$scratch/err$number" &
	running="$running $!"
	number=$((number + 1))
done
tail -q -n +1 -f "$scratch"/out* &
tail=$!
# shellcheck disable=SC2086 # several words
wait $running
sleep 1
kill $tail
grep -h '^\(not \)\{0,1\}ok' "$scratch"/out* >>"$results"
[ $# -gt 0 ] || [ "$every" -gt 1 ] ||
	is "each explanation is of a mutation" "$(cut -d'|' -f1-3 "$scratch/explained" | sed 's/ $//' | sort | while read -r line; do
		grep -qF "explained - $line" "$scratch"/out* || echo "$line"
	done)" ""
is "each mutation has a result" "$(cat "$scratch"/out* | grep -c '^\(not \)\{0,1\}ok')" "$(wc -l <"$scratch/mutations")"
is "nothing else was said" "$(grep -hv -e Killed -e Terminated "$scratch"/err*)" ""
echo "figure - tried $(wc -l <"$scratch/mutations") mutations in $(($(date +%s) - begun)) s"
count
