#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make check-real-server: the porting guide on servers that others wrote, from Debian's sources (kept in
# tests/build/source): lighttpd (one process, with backends) and memcached (ten threads, UDP).
# Each is built as it is and with the lines that a porter adds; what is denied in the one must work in the
# other. Then porting.c, where a server's usual needs are tried.
#
# KERNELS="7.0 7.3": again, in these of tests/kernels/table
# MADE=DIRECTORY: what was built already, for guest.sh
export LC_ALL=C
# shellcheck source=tests/lib.sh disable=SC1091,SC2154
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/kernels/fetch.sh disable=SC1091
. tests/kernels/fetch.sh

MADE=${MADE:-$scratch/made}
mkdir -p "$build/source" "$MADE" || exit 1
# shellcheck disable=SC2034 # for fetch.sh
cache=$(cd "$build/source" && pwd) tmp=$scratch why='' kept='' backend=''
trap 'kill $pid $backend 2>/dev/null; rm -rf "$scratch"' EXIT
# shellcheck disable=SC2317 # fetch.sh calls it
progress() { printf '# %s\n' "$*"; }

# For servers that give up root: nobody reads it all, and may write in www and log.
chmod 755 "$scratch" && mkdir "$scratch/www" "$scratch/log" "$scratch/sockets" "$scratch/others" || exit 1
echo 'what it serves' >"$scratch/www/file"
echo 'a secret' >"$scratch/outside"
[ "$(id -u)" -ne 0 ] || chown -R nobody "$scratch/www" "$scratch/log" "$scratch/sockets" "$scratch/others" || exit 1

# two_trees PACKAGE DIRECTORY COMMAND: its source as $scratch/plain, configured by COMMAND, and with the header
# in DIRECTORY as $scratch/sandboxed. With their times, by which make tells whether to make configure again.
two_trees() {
	added=0 made=$MADE/$1
	ln -sf "$made/plain" "$made/sandboxed" "$made/late" "$scratch" || exit 1
	[ ! -e "$made/built" ] || return 0
	mkdir "$made" || exit 1
	if ! find_mirrors || ! fetch_source "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release),bookworm" "$1"; then
		skip "$1" "$why: it cannot be tested on this machine"
		return 1
	fi
	cp -pR "$kept" "$made/plain" && chmod -R u+w "$made/plain" || exit 1
	if ! (cd "$scratch/plain" && eval "$3") >"$scratch/build" 2>&1; then
		not_ok "$1 can be configured" "$(tail -n 5 "$scratch/build")"
		return 1
	fi
	cp -pR "$made/plain" "$made/sandboxed" && cp landlock_compat.h "$scratch/sandboxed/$2" || exit 1
}

# insert FILE above|below TEXT: the lines of the standard input, at the one line with TEXT
insert() {
	cat >"$scratch/lines"
	[ ! -e "$made/built" ] || return 0
	awk -v lines="$scratch/lines" -v text="$3" -v place="$2" '
		function add(line) { while ((getline line <lines) > 0) print line; found++ }
		place == "above" && index($0, text) { add() }
		{ print }
		place == "below" && index($0, text) { add() }
		END { exit found != 1 }' "$1" >"$scratch/inserted" || not_ok "${1##*/} has a place for the lines" "$3"
	cat "$scratch/inserted" >"$1"
}
# The same in the sandboxed tree, as a porter does it; counts the lines.
porter_inserts() {
	insert "$scratch/sandboxed/$1" "$2" "$3"
	added=$((added + $(grep -vc '^$' "$scratch/lines")))
}

# build_both NAME COMMAND: in both trees, or three; fails where one does not build.
build_both() {
	for tree in plain sandboxed late; do
		if [ ! -e "$made/built" ] && [ -e "$made/$tree" ] && ! (cd "$scratch/$tree" && eval "$2") >"$scratch/build" 2>&1; then
			not_ok "$1 builds, $tree" "$(tail -n 5 "$scratch/build")"
			return 1
		fi
	done
	: >"$made/built"
	ok "$1: $added lines added"
}

# serve PORT COMMAND...: a server in the background, as $pid; it says things in $messages
serve() {
	port=$1 messages=$scratch/log/$1
	shift
	"$@" >"$messages" 2>&1 </dev/null &
	pid=$!
	until_true reachable
	kill -0 "$pid" 2>/dev/null || not_ok "start: $*" "$(cat "$messages")"
}
reachable() { client 127.0.0.1 "$port" close >/dev/null || ! kill -0 "$pid" 2>/dev/null; }
get() { client 127.0.0.1 "$port" send "$(printf 'GET %s HTTP/1.0\r\n\r\n ' "$1")" rest; }

# What an attacker tries who has taken over a server, by calls that a debugger makes in each of its threads: in
# the server as it is (control), and sandboxed. A line each: EXPRESSION|IN WORDS|ANSWER IN THE SANDBOX; a part
# adds its own, on standard input, to those that every server denies.
open='((int (*)(const char *, int, int))open)' socket='((int (*)(int, int, int))socket)'
attempts() {
	cat >"$scratch/attempts" <<-END
		$open("/etc/passwd", 0, 0)|read /etc/passwd|denied
		$open("$scratch/www/file", 1, 0)|write to a file|denied
		$open("$scratch/www/new", 0101, 0600)|make a file|denied
		$socket(2, 2, 0)|make a UDP socket|denied
		$socket(2, 1, 262)|make an MPTCP socket|denied
	END
	cat >>"$scratch/attempts"
}
# try_them TREE: in the server that runs; the answers, "NUMBER RESULT ERRNO" for each thread
try_them() {
	number=0
	set -- "$1" -ex 'set scheduler-locking on'
	while IFS='|' read -r expression _; do
		number=$((number + 1))
		set -- "$@" -ex "thread apply all -q printf \"=$number %d %d\\n\", $expression, *((int *(*)(void))__errno_location)()"
	done <"$scratch/attempts"
	threads=$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)
	answers=$scratch/answers.$1
	shift
	timeout 60 gdb -q -nx -batch -p "$pid" "$@" 2>"$scratch/gdb" | sed -n 's/^=//p' >"$answers"
	rm -f "$scratch/www/new"
}
# answer TREE NUMBER: what all threads got
answer() {
	awk -v n="$2" -v threads="$threads" '$1 == n { a[++count] = $2 >= 0 ? "works" : $3 == 13 ? "denied" : "errno " $3 }
		END { for (i in a) if (a[i] != a[1]) a[1] = "not the same in all threads"; print count == threads ? a[1] : count + 0 " answers" }' \
		"$scratch/answers.$1"
}
# compare NAME
compare() {
	if grep -q 'Operation not permitted' "$scratch/gdb"; then
		skip "$1: attempts" "no debugger for this user: it cannot be tested on this machine"
		return
	fi
	number=0
	while IFS='|' read -r _ words expected; do
		number=$((number + 1))
		case $(answer plain $number) in
		works) is "$1: $words: $expected, in $threads threads" "$(answer sandboxed $number)" "$expected" ;;
		'errno 9'[2-7]) skip "$1: $words" "not in this kernel: it cannot be tested on this machine" ;;
		*) not_ok "$1: $words: control" "$(answer plain $number)" "$(cat "$scratch/gdb")" ;;
		esac
	done <"$scratch/attempts"
}

[ -e "$MADE/outer" ] || "${CC:-cc}" -static -O1 -w -o "$MADE/outer" tests/check/outer.c || exit 1
# shellcheck disable=SC2034 # for the parts
abi=$("$MADE/outer" 0)
if ! installed gdb; then
	skip "real servers" "gdb is missing: it cannot be tested on this machine"
elif [ "$abi" -ge 6 ]; then
	# shellcheck disable=SC2046 # several words
	set -- $(free_ports 4)
	for part in lighttpd memcached porting guest; do
		# shellcheck source=/dev/null
		. tests/servers/$part.sh
	done
else
	skip "real servers" "they want Landlock ABI 6, this kernel has $abi: it cannot be tested on this machine"
fi
count
