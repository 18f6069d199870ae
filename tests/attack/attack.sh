# shellcheck shell=sh disable=SC2154 # check.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# Part of check.sh: a handler that is taken over, the calls that it reaches, and the example that reads files.

# calls NAME PROGRAM: the system calls that a handler reaches are those of the table, in their forms.
calls() {
	start "$2" -p 0 -a 127.0.0.1
	client 127.0.0.1 "$port" send calls half rest >"$scratch/calls"
	stop
	count=$(sed -n '$s/^listed //p' "$scratch/calls")
	stray=$(grep -v '^listed' "$scratch/calls" | while read -r what number; do
		echo "$what $number: $(echo '#include <sys/syscall.h>' | ${CC:-cc} -E -dM - | awk -v n="$number" '$2 ~ /^__NR_/ && $3 == n { print $2 }')"
	done)
	is "$1: the calls that it reaches are those of the table" "$stray" ""
	case $(uname -m) in
	x86_64) is "$1: how many these are" "$count" "$3" ;;
	*) has "$1: how many these are" "$count" '^(3[5-9]|4[0-3])$' ;;
	esac
}
calls "a handler" "$build"/server 40
is "README.md has their number" "$(grep -o '[0-9][0-9]* system calls' README.md | sort -u)" "40 system calls"
calls "a handler with HANDLER_READS" "$build"/reads 41
start "$build"/calls -p 0 -a 127.0.0.1 -v
is "a handler can make each call of the table" "$(client 127.0.0.1 "$port" send 123456789 rest)" "....end"
until_true has_clients 0
is "... and ends well" "$(sed -n 's/.* \(ended with\|killed\)/\1/p' "$scratch/log")" "ended with status 0"
stop
start "$build"/server -p 0 -a 127.0.0.1
client 127.0.0.1 "$port" send abort closed
until_true log_has 'killed by signal'
has "abort(3) in a handler is reported as a signal" "$(cat "$scratch/log")" 'killed by signal (4|5|11)$'
stop

"$build"/attack "$build"/none "$build"/landlock "$build"/filter "$build"/server "$build"/reads-filter "$build"/reads >"$scratch/table" 2>&1
ended=$?
sed -n 's/^\([^\t]*\)\t.*\tskip: \(.*\)/\1\t\2/p' "$scratch/table" | while IFS="$(printf '\t')" read -r attack why; do
	skip "attacks: $attack" "$why"
done
is "attacks: nothing that should not work does" "$ended $(grep -c ok$ "$scratch/table") $(grep -e FAILED -e '^attack: ' "$scratch/table")" \
	"0 $(grep -vc -e '^#' -e skip: "$scratch/table") "
has "attacks: most are tried" "$(grep -c ok$ "$scratch/table")" '^2[0-9][0-9]$'

# ---- The web server, with everything that a directory can have in it ----

chmod 755 "${results%/*}" "$scratch"
mkdir -p "$scratch/www/sub"
echo welcome >"$scratch/www/index.html"
echo secret >"$scratch/secret"
awk 'BEGIN { for (i = 0; i < 30000; i++) print "line", i }' >"$scratch/www/sub/large"
ln -s sub/large "$scratch/www/inside"
ln -s ../secret "$scratch/www/outside"
ln -s / "$scratch/www/root"
mkfifo "$scratch/www/fifo"
get() { client 127.0.0.1 "$port" send "GET $1 HTTP/1.0" send "" half rest; }
body() { sed '1,/^.$/d'; }

cp tests/examples/web.c "$scratch/web.c"
(unset MAKEFLAGS MFLAGS && make -s HANDLER="$scratch/web.c" CFLAGS=-O0 CPPFLAGS="-DDIRECTORY='\"$scratch/www\"'") >"$scratch/make" 2>&1
is "web.c: it builds" "$? $(cat "$scratch/make")" "0 "
start "$scratch/web" -p 0 -a 127.0.0.1 -t 5
if log_has 'nothing would limit'; then
	stop
	is "web.c: it does not start without Landlock" "$status" 1
	return 0
fi
is "web.c: a file" "$(get / | body)" welcome
get "/sub/large?x" | body | cmp -s - "$scratch/www/sub/large"
is "web.c: a large file, unchanged" $? 0
get /inside | body | cmp -s - "$scratch/www/sub/large"
is "web.c: by a link within the directory" $? 0
for path in /nothing /sub /fifo /outside /root/etc/passwd /../secret /sub/../../secret //../secret \
	"/../../../../../../$scratch/secret" "$scratch/secret" /etc/passwd /%2e%2e/secret /proc/self/environ; do
	is "web.c: not $(echo "$path" | sed "s|$scratch|...|")" "$(get "$path" | tr -d '\r' | sed -n '1p;$p' | tr '\n' ' ')" \
		"HTTP/1.0 404 Not Found 404 Not Found"
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
mv "$scratch/www" "$scratch/moved"
timeout 10 "$scratch/web" -p 0 >"$scratch/out" 2>&1
is "web.c: without its directory" "$? $(cat "$scratch/out")" "1 web: HANDLER_READS \"$scratch/www\": No such file or directory"
mv "$scratch/moved" "$scratch/www"
for error in ENOSYS EOPNOTSUPP EPERM; do
	if ! can strace -o "$scratch/trace"; then
		skip "web.c: without Landlock, $error" "$(why)"
		continue
	fi
	timeout 10 strace -o "$scratch/trace" -e inject=landlock_create_ruleset:error=$error "$scratch/web" -p 0 >"$scratch/out" 2>&1
	has "web.c: without Landlock, $error" "$? $(cat "$scratch/out")" '^1 web: .*nothing would limit what a handler reads'
done

# The example of README.md and the case to study
# shellcheck disable=SC2016 # sed's
is "README.md has hello.c" "$(sed -n '/^```c$/,/^```$/{/^```/!p}' README.md | sed '/^}/q')" "$(cat tests/examples/hello.c)"
cp tests/examples/hello.c "$scratch/hello.c"
(unset MAKEFLAGS MFLAGS && make -s HANDLER="$scratch/hello.c" CFLAGS=-O0) >"$scratch/make" 2>&1
is "hello.c: it builds" "$? $(cat "$scratch/make")" "0 "
start "$scratch/hello" -p 0 -a 127.0.0.1
for bytes in 10 4000 5000 100000; do
	is "hello.c answers a request of $bytes bytes" "$(client 127.0.0.1 "$port" send "GET / HTTP/1.0" \
		send "X: $(awk -v n=$bytes 'BEGIN { while (n-- > 0) printf "x" }')" send "" rest | tail -n 1)" hello
done
stop
tests/examples/example.sh >"$scratch/example" 2>&1
is "make example: the filter alone serves /etc/passwd, Landlock does not" \
	"$(grep -o 'passwd .*HTTP/1.0 [0-9]*' "$scratch/example" | grep -o '[0-9]*$' | tr '\n' ' ')" "200 404 "
