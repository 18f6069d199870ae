#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# mutations.sh [REGEXP]: takes one thing at a time out of tcpserver.c and landlock_compat.h, as
# mutations.awk derives them from the text: calls, forms, rows, limits, steps, checks of results. Each
# time it builds, and runs the quick parts of the tests, those first that are about this, until one
# line fails. What none of them sees is a survivor, and a failure, unless it is explained below.
#
# REGEXP: those whose line "FILE FUNCTION KIND LINE: WHAT" matches. EVERY=10: each tenth of them, others
# with each commit. FIRST=1: a quick look, by the parts that are about the mutation alone.
# CC=i686-linux-gnu-gcc: what only that architecture has is tried, too, as a kernel for amd64 runs it; what
# is not in the build is passed over.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
workers=${WORKERS:-$(nproc)}
every=${EVERY:-1}
turn=$(($(git rev-list --count HEAD 2>/dev/null || echo 0) % every))

# Survivors that cannot matter: FUNCTION | KIND | WHAT, as mutations.awk prints it | why
cat >"$scratch/explained" <<'EXPLAINED'
close_inherited | without | !S_ISCHR(status.st_mode) | only the block device 1:3, /dev/ram3, makes a difference
bind_socket | without | listener < 0 | no call before leaves the errno EAFNOSUPPORT
report | unchecked | if (poll(&log, 1, 0) != 0 && write(STDERR_FILENO, line, strlen(line)) < 0) | it ends there anyway
choose_user | without | fclose(users) | close_inherited() closes it as well
choose_user | unchecked | if (geteuid() != 0) | give_up_root() uses the ids of root's choice alone
choose_user | without | if (geteuid() != 0) | give_up_root() uses the ids of root's choice alone
receive_signals | without | sigemptyset(&mask) | the stack happens to be empty; tools.sh's valgrind looks at that
set_timeouts | without | !setsockopt(listener, SOL_SOCKET, SO_SNDTIMEO, &unread, sizeof(unread)) | TCP_USER_TIMEOUT does it, too; on 5.10 it took 8 s instead of 4
landlock_compat_allow_port | unchecked | if ((access & LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP) && landlock_compat_port(attr, 0, LANDLOCK_ACCESS_NET_BIND_UDP)) | if the first rule fails, so does the second
landlock_compat_allow_path | without | errno == EINVAL | any other error comes again
landlock_compat_has_threads | without | errno != EINVAL | /proc has a folder for the other threads, too
landlock_compat_enforce | without | !LANDLOCK_COMPAT_ARCH | it is false where this runs
landlock_compat_processes | entry | 0x8004667d | only ppc64le spells FIOASYNC so
landlock_compat_missing | without | memset(missing, 0, sizeof(*missing)) | the fields that are documented are set below
EXPLAINED

# parts FILE FUNCTION KIND: those that are about it first, then all others
parts() {
	case $2 in
	calls) first="calls" ;;
	allow_form* | enforce_filter) first="calls attack" ;;
	landlock_*) first="program" ;;
	set_timeouts) first="addresses serving" ;;
	main | must | *seal | give_up_root | make_client_table) first="sandbox places machine faults" ;;
	limit_resources) first="sandbox machine" ;;
	enforce_landlock | serve_client) first="sandbox attack" ;;
	close_inherited) first="machine sandbox places" ;;
	number | parse_*) first="options places addresses" ;;
	choose_user) first="options places sandbox" ;;
	report_sandbox | explain) first="sandbox addresses" ;;
	bind_socket) first="addresses sandbox serving" ;;
	report | receive_signals) first="machine serving" ;;
	reap_clients | serve) first="machine sandbox serving attack" ;;
	accept_client) first="machine sandbox" ;;
	*) first="serving" ;;
	esac
	[ "$3" != unchecked ] || first="${first% faults} faults"
	[ "${FIRST:-0}" = 0 ] || { echo "$first"; return; }
	for part in $first $all_parts program faults; do
		echo "$part"
	done | awk -v file="$1" '!seen[$0]++ && (file ~ /compat/ || !/header|program/)'
}
# The system calls behind the C library's and the header's functions, as far as faults.sh has them.
faulty() {
	for word in "$@"; do
		case $word in
		fork) echo clone ;;
		waitpid) echo wait4 ;;
		open | fopen) echo openat ;;
		setrlimit | getrlimit) echo prlimit64 ;;
		sigaction | signal) echo rt_sigaction ;;
		sigprocmask) echo rt_sigprocmask ;;
		signalfd) echo signalfd4 ;;
		set_option) echo setsockopt ;;
		seal) echo prctl landlock_restrict_self dup3 close_range prlimit64 ;;
		landlock_get_best_ruleset_attr | landlock_compat_create) echo landlock_create_ruleset ;;
		landlock_compat_restrict) echo landlock_restrict_self prctl ;;
		landlock_compat_enforce) echo seccomp prctl ;;
		*) echo "${word#__NR_}" ;;
		esac
	done | tr ' ' '\n' | while read -r call; do
		! grep -q "^$call  *| *[+E]" tests/stress/faults || echo "$call"
	done | sort -u | tr '\n' ' '
}

# run PART CALLS: in a tree; what it says goes to standard output. Nothing that it started is left.
# The programs that talk to the server are not built again: they are not mutated.
run() {
	[ "$1 $2" != "faults " ] || return 0
	case $1 in
	attack) goals="build/none build/landlock build/filter build/server build/reads" ;;
	calls) goals=build/calls ;;
	program | header) goals=build/header ;;
	*) goals=tcpserver ;;
	esac
	# shellcheck disable=SC2086 # several words
	make -s -j2 -o build/client -o build/attack -o build/outer CFLAGS=-O0 $goals 2>&1 || return 1
	# shellcheck disable=SC2086
	case $1 in
	faults) set -- tests/stress/faults.sh $2 ;;
	program) set -- sh -c 'build/header 2>&1 | sed "/^not ok/q"' ;;
	*) PARTS=$1 && set -- tests/check/check.sh ;;
	esac
	mkdir tmp
	# A warning, as of a variable that is no longer used, shows nothing.
	env CC="${CC:-cc} -w" TMPDIR="$PWD/tmp" BUILD=build PARTS="${PARTS:-}" FAIL_FAST=1 WORKERS=1 timeout -k 5 90 "$@" 2>&1 &
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

# The compiler's view of a file, for all that it can be built with: what it does not see is for another
# architecture or C library.
view() {
	for handler in '-DHANDLER="tests/attack/attacker.c"' '-DHANDLER_READS="/srv"'; do
		${CC:-cc} -E -P "$handler" -DHANDLER_CALLS=__NR_openat "$1/tcpserver.c"
	done 2>&1
}

chmod 711 "$scratch" # the server may be another user's
mkdir "$scratch/tree"
tar -c --exclude=./.git --exclude=./build --exclude=./tcpserver . | tar -xC "$scratch/tree"
unset BUILD SERVER MAKEFLAGS MFLAGS
cd "$scratch/tree" || exit 1
all_parts=$(sed -n 's/.*{PARTS:-\(.*\)}.*/\1/p' tests/check/check.sh | sed 's/ builds//; s/ snippets//; s/ header//') || exit 1
make -s CFLAGS=-O0 tcpserver build/client build/attack build/outer 2>&1
view . >"$scratch/view"

for file in tcpserver.c landlock_compat.h; do
	awk -f tests/stress/mutations.awk $file
done | awk -F'\t' -v regexp="${1:-.}" '$1 " " $5 " " $6 " " $7 ~ regexp && !seen[$1 $2 $3 $4]++' |
	awk -v every="$every" -v turn="$turn" 'NR % every == turn' >"$scratch/mutations"

# What fails without a mutation shows none.
: >"$scratch/before"
for part in $(cut -f1,5,6 "$scratch/mutations" | sort -u | while read -r file function kind; do
	parts "$file" "$function" "$kind"
done | tr ' ' '\n' | sort -u); do
	run "$part" prctl >"$scratch/said"
	status=$?
	wrong <"$scratch/said" >>"$scratch/before"
	is "$part, with nothing taken out" "$status $(wrong <"$scratch/said")" "0 "
done

explanation() { # FUNCTION KIND WHAT
	awk -F' [|] ' -v f="$1" -v k="$2" -v w="$3" '$1 == f && $2 == k && $3 == w { print $4 }' "$scratch/explained"
}
worker() {
	cp -a "$scratch/tree" "$scratch/tree$1" && cd "$scratch/tree$1" || exit 1
	awk -v n="$workers" -v k="$1" 'NR % n == k' "$scratch/mutations" >"$scratch/mine$1"
	while IFS='	' read -r file start length replacement function kind what calls <&3; do
		{
			head -c "$start" "$scratch/tree/$file"
			printf '%s' "$replacement"
			tail -c "+$((start + length + 1))" "$scratch/tree/$file"
		} >"$file"
		name="$file $function, $kind, $what"
		why=$(explanation "$function" "$kind" "${what#*: }")
		if view . | cmp -s - "$scratch/view"; then
			echo "passed over - $name"
		elif ! make -s "$(case $file in *.h) echo build/header ;; *) echo tcpserver ;; esac)" CFLAGS=-O0 >said 2>&1; then
			echo "ok - $name: does not build"
		else
			# shellcheck disable=SC2086 # several words
			calls=$(faulty $calls)
			seen=
			for part in $(parts "$file" "$function" "$kind"); do
				run "$part" "$calls" >said || [ -s "$scratch/before" ] || seen=$part
				wrong <said | grep -vxFf "$scratch/before" >worse
				[ ! -s worse ] || seen=$part
				[ -z "$seen" ] || break
			done
			if [ -n "$seen" ] && [ -z "$why" ]; then
				echo "ok - $name: $seen: $(head -n 1 worse)"
			elif [ -n "$seen" ]; then
				echo "not ok - explained, but $seen sees it: $name: $(head -n 1 worse)"
			elif [ -n "$why" ]; then
				echo "ok - $name: nothing sees it, as $why"
			else
				echo "not ok - survives: $name"
			fi
		fi
		cp "$scratch/tree/$file" "$file"
	done 3<"$scratch/mine$1"
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
cat "$scratch"/out* >>"$results"
is "nothing else was said" "$(cat "$scratch"/err*)" ""
echo "figure - tried $(cat "$scratch"/out* | grep -vc "^passed") of $(wc -l <"$scratch/mutations") mutations in $(($(date +%s) - begun)) s"
count
