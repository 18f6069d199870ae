# shellcheck shell=sh disable=SC2154 # check.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# Part of check.sh: a handler that is taken over, and the example of one that reads files.

# table NAME SERVER: the table of attacks, with this program as the server
table() {
	"$build"/attack -t "$build"/none "$build"/landlock "$build"/filter "$2" >"$scratch/table" 2>&1
	ended=$?
	[ "$1" != attacks ] || sed -n 's/^\(.*\)\t.*\t.*\t.*\t.*\tskip: \(.*\)/\1\t\2/p' "$scratch/table" | while IFS="$(printf '\t')" read -r attack why; do
		skip "$1: $attack" "$why"
	done
	is "$1: nothing that should not work does" "$ended $(grep -c ok$ "$scratch/table") $(grep -e FAILED -e '^attack: ' "$scratch/table")" \
		"0 $(grep -vc -e '^#' -e skip: "$scratch/table") "
}

# calls NAME PROGRAM: the system calls that a handler reaches are those of the list, in their forms.
calls() {
	start "$2" -p 0 -a 127.0.0.1
	client 127.0.0.1 "$port" send calls half rest >"$scratch/calls"
	stop
	count=$(sed -n '$s/^listed //p' "$scratch/calls")
	stray=$(grep -v '^listed' "$scratch/calls" | while read -r what number; do
		echo "$what $number: $(echo '#include <sys/syscall.h>' | ${CC:-cc} -E -dM - | awk -v n="$number" '$2 ~ /^__NR_/ && $3 == n { print $2 }')"
	done)
	is "$1: the calls that it reaches are those that are listed" "$((${count:-0} > 0)) $stray" "1 "
	case $(uname -m) in
	x86_64)
		is "$1: no more than 50 of them" "$((${count:-99} <= 50))" 1
		[ "$1" != "a handler" ] || is "README.md has their number" "$(sed -n 's/.* the \([0-9]*\) calls.*/\1/p' README.md | uniq)" "$count"
		;;
	esac
}

table "attacks" "$build"/server
calls "a handler" "$build"/server
start "$build"/server -p 0 -a 127.0.0.1
client 127.0.0.1 "$port" send abort closed
until_true log_has 'killed by signal'
has "abort(3) in a handler is reported as a signal" "$(cat "$scratch/log")" 'killed by signal (4|5|11)$'
client 127.0.0.1 "$port" send nonsense closed
until_true log_has 'ended with'
has "... and another status than 0, without -v" "$(cat "$scratch/log")" 'ended with status 1$'
stop

# ---- The web server, with everything that a folder can have in it ----

chmod 755 "${results%/*}" "$scratch"
mkdir -p "$scratch/www/sub"
echo welcome >"$scratch/www/index.html"
echo secret >"$scratch/secret"
awk 'BEGIN { for (i = 0; i < 30000; i++) print "line", i }' >"$scratch/www/sub/large"
ln -s sub/large "$scratch/www/inside"
ln -s ../secret "$scratch/www/outside"
ln -s / "$scratch/www/root"
mkfifo "$scratch/www/fifo"

# make_handler FILE: by the Makefile, for the folder in $scratch
make_handler() {
	make -s HANDLER="$1" BUILD="$scratch/build" CPPFLAGS="-DFOLDER='\"$scratch/www\"'" >"$scratch/make" 2>&1
}
get() { client 127.0.0.1 "$port" send "GET $1 HTTP/1.0" send "" half rest; }

cp tests/attack/web.c "$scratch/web.c"
make_handler "$scratch/web.c"
is "web.c: it builds" "$? $(cat "$scratch/make")" "0 "
start "$scratch/web" -p 0 -a 127.0.0.1 -t 5
if log_has 'nothing would limit'; then
	stop
	is "web.c: it does not start without Landlock" "$status" 1
else
	has "web.c: a file" "$(get /)" '^welcome$'
	get "/sub/large?x" | sed '1,/^.$/d' | cmp -s - "$scratch/www/sub/large"
	is "web.c: a large file, unchanged" $? 0
	get /inside | sed '1,/^.$/d' | cmp -s - "$scratch/www/sub/large"
	is "web.c: by a link within the folder" $? 0
	for path in /nothing /sub /fifo /outside /root/etc/passwd /../secret /sub/../../secret //../secret \
		"/../../../../../../$scratch/secret" "$scratch/secret" /etc/passwd /%2e%2e/secret /proc/self/environ; do
		is "web.c: not $(echo "$path" | sed "s|$scratch|...|")" "$(get "$path" | tr -d '\r' | sed -n '1p;$p' | tr '\n' ' ')" \
			"HTTP/1.0 404 Not Found 404 Not Found "
	done
	if mknod "$scratch/www/zero" c 1 5 2>"$scratch/out"; then
		has "web.c: not a device without an end" "$(get /zero)" '^Content-Length: 0'
	else
		skip "web.c: not a device without an end" "mknod: $(sed 's/.*: //' "$scratch/out")"
	fi
	has "web.c: a long request" "$(get "$(awk 'BEGIN { while (i++ < 20000) printf "/.." }')")" '^HTTP/1.0 414 '
	has "web.c: no request" "$(client 127.0.0.1 "$port" send "HELO x" half rest)" '^HTTP/1.0 400 '
	is "web.c: none at all" "$(client 127.0.0.1 "$port" half rest)" ""
	is "web.c: no handler ended otherwise than it should" "$(grep pid "$scratch/log")" ""
	stop

	# The same attacks, in a handler that may read /etc
	table "attacks, with HANDLER_READS" "$build"/reads
	calls "a handler with HANDLER_READS" "$build"/reads

	mv "$scratch/www" "$scratch/moved"
	"$scratch/web" -p 0 >"$scratch/out" 2>&1
	is "web.c: without its folder" "$? $(cat "$scratch/out")" "1 web: HANDLER_READS \"$scratch/www\": No such file or directory"
	mv "$scratch/moved" "$scratch/www"
	for error in ENOSYS EOPNOTSUPP EPERM; do
		if ! can strace -o "$scratch/trace"; then
			skip "web.c: without Landlock, $error" "$(why)"
			continue
		fi
		timeout 10 strace -o "$scratch/trace" -e inject=landlock_create_ruleset:error=$error:when=1 "$scratch/web" -p 0 >"$scratch/out" 2>&1
		has "web.c: without Landlock, $error" "$? $(cat "$scratch/out")" '^1 web: .*nothing would limit what a handler reads'
	done
fi

echo 'static int handle_request(int client) { return nonsense(client); }' >"$scratch/broken.c"
echo '#define HANDLER_CALLS __NR_nonsense' | cat - tests/attack/web.c >"$scratch/call.c"
echo '#define HANDLER_CALLS { __NR_getuid, __NR_getgid }' | cat - tests/attack/web.c >"$scratch/braces.c"
sed 's/^#define HANDLER_READS .*/#define HANDLER_READS { "\/usr", "\/etc" }/' tests/attack/web.c >"$scratch/reads.c"
echo '#define HANDLER_MEMORY (4096 << 20)' | cat - tests/attack/web.c >"$scratch/memory.c"
for handler in broken call none braces reads memory; do
	make_handler "$scratch/$handler.c"
	is "a handler that does not build ($handler.c): no program" "$(($? > 0)) $(ls -d "$scratch/$handler" 2>/dev/null)" "1 "
	has "... and it is said why" "$(cat "$scratch/make")" "nonsense|none.c|error:.*(HANDLER_|expected)"
done
