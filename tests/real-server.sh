#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make check-real-server: the README's steps on a server that others wrote. Fetches mini_httpd (a process
# a client, 3,800 lines) from Debian's sources to build/source, adds the header and the lines below, and
# shows that it still serves files, and that whoever takes over a handler gets none but those.
# Four programs: as it is and sandboxed, each as it is and with an attacker in the handler's place.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
# shellcheck disable=SC2034 # for fetch.sh
cache=$PWD/build/source
mkdir -p "$cache" || exit 1
tmp=$(mktemp -d) || exit 1
pid='' passed=0 failed=0 skipped=0
trap '[ ! "$pid" ] || kill "$pid"; rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

# shellcheck disable=SC2317 # fetch.sh calls it
progress() { printf '# %s\n' "$*"; }
end() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ] || exit 1
	exit 0
}
skip() {
	skipped=$((skipped + 1))
	echo "skip - real server: mini_httpd ($1)"
	end
}
# is NAME GOT EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		echo "ok - real server: $1: $2"
	else
		failed=$((failed + 1))
		printf 'not ok - real server: %s\n      got:      %s\n      expected: %s\n' "$1" "$2" "$3"
	fi
}

# shellcheck source=tests/fetch.sh disable=SC1091
. tests/fetch.sh
kept='' why=''
find_mirrors || skip "$why"
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
fetch_source "$codename,bookworm" mini-httpd || skip "$why"

# --- What a newcomer adds -------------------------------------------------------------------------

# 1. The header and a function, below the #includes
cat >"$tmp/function" <<'END'
#include "landlock_compat.h"

static int ruleset = -1;

/* From here on: read files below the current folder, and nothing else. */
static int sandbox( void )
    {
    struct landlock_compat_attr attr;
    int abi = landlock_get_best_ruleset_attr( &attr );

    if ( abi > 0 &&
	 ( ( ruleset = landlock_compat_create( &attr ) ) < 0 ||
	   landlock_compat_allow_path( ruleset, &attr, ".",
	       LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR ) ||
	   landlock_compat_restrict( ruleset, 0 ) ) )
	return -1;
    return abi < 0 ? -1 : landlock_compat_filter( abi, 0 );
    }
END
# 2. Before the main loop, when all is open and root is given up
cat >"$tmp/start" <<'END'
    if ( sandbox() < 0 )
	{
	perror( "sandbox" );
	exit( 1 );
	}
END
# 3. A domain of its own for each client's process
cat >"$tmp/child" <<'END'
	    if ( ruleset >= 0 && ( landlock_compat_restrict( ruleset, 0 ) || close( ruleset ) ) )
		exit( 1 );
END

# --- The attacker: what works for somebody who runs code in a client's process ----------------------

cat >"$tmp/attack.h" <<'END'
static int attacker_connects( int port )
    {
    struct sockaddr_in to;
    (void) memset( &to, 0, sizeof(to) );
    to.sin_family = AF_INET;
    to.sin_port = htons( (unsigned short) port );
    to.sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    return connect( socket( AF_INET, SOCK_STREAM, 0 ), (struct sockaddr*) &to, sizeof(to) );
    }
static void attack( int fd, int port )
    {
    char request[1000];
    (void) ( read( fd, request, sizeof(request) ) + 1 ); /* or else the client gets a reset */
#define TRY( what, call ) do { errno = 0; dprintf( fd, "%s: %s\n", what, ( call ) < 0 ? strerror( errno ) : "works" ); } while ( 0 )
    TRY( "read a file that it serves", open( "file", O_RDONLY ) );
    TRY( "list the folder that it serves", open( ".", O_RDONLY ) );
    TRY( "read /etc/passwd", open( "/etc/passwd", O_RDONLY ) );
    TRY( "read a file next to that folder", open( "../outside", O_RDONLY ) );
    TRY( "write to a file that it serves", open( "file", O_WRONLY ) );
    TRY( "make a file there", open( "new", O_CREAT | O_WRONLY, 0600 ) );
    TRY( "run a program", access( "/bin/true", X_OK ) || open( "/bin/true", O_RDONLY ) < 0 ? -1 : 0 );
    TRY( "make a TCP socket", socket( AF_INET, SOCK_STREAM, 0 ) );
    TRY( "make a UDP socket", socket( AF_INET, SOCK_DGRAM, 0 ) );
    TRY( "make a UNIX socket", socket( AF_UNIX, SOCK_STREAM, 0 ) );
    TRY( "limit the server", prlimit( getppid(), RLIMIT_CORE, &(struct rlimit){ 0, 0 }, (struct rlimit*) 0 ) );
    TRY( "signal the server", kill( getppid(), SIGCONT ) );
    TRY( "connect out", attacker_connects( port ) );
    TRY( "a last word", 0 );
    exit( 0 );
    }
END
# What is expected of each, sandboxed. Signals are EPERM from ABI 6 on by Landlock, below by the filter.
expected='read a file that it serves: works
list the folder that it serves: works
read /etc/passwd: Permission denied
read a file next to that folder: Permission denied
write to a file that it serves: Permission denied
make a file there: Permission denied
run a program: Permission denied
make a TCP socket: Permission denied
make a UDP socket: Permission denied
make a UNIX socket: Permission denied
limit the server: Operation not permitted
signal the server: Operation not permitted
connect out: Permission denied
a last word: works'

# --- Four programs ----------------------------------------------------------------------------------

# shellcheck disable=SC2154 # fetch.sh sets $kept
cp -r "$kept" "$tmp/plain" && cp -r "$kept" "$tmp/sandboxed" && cp landlock_compat.h "$tmp/sandboxed" || exit 1
sed -e "/^#include \"tdate_parse.h\"/r $tmp/function" -e "/^    init_mime();/r $tmp/start" \
	"$kept/mini_httpd.c" >"$tmp/sandboxed/step.c"
chmod -R u+w "$tmp/plain" "$tmp/sandboxed"
# in the child: above its handle_request();
awk -v file="$tmp/child" '/^	    handle_request\(\);/ { while ((getline line <file) > 0) print line } { print }' \
	"$tmp/sandboxed/step.c" >"$tmp/sandboxed/mini_httpd.c"
for program in plain sandboxed; do
	for attacked in '' -attacked; do
		if [ "$attacked" ]; then
			awk '/^#include "tdate_parse.h"/ { print; print "#include <sys/resource.h>"; print "#include \"../attack.h\""; next }
				/^	    handle_request\(\);/ { print "\t    attack( conn_fd, (int) port );" } { print }' \
				"$tmp/$program/mini_httpd.c" >"$tmp/$program/attacked.c" && mv "$tmp/$program/attacked.c" "$tmp/$program/mini_httpd.c"
		fi
		# Its Makefile has -ansi, which is C90; the header needs C11.
		if ! make -s -C "$tmp/$program" mini_httpd CC="${CC:-cc}" CFLAGS='-O2 -w -D_GNU_SOURCE' >"$tmp/log" 2>&1; then
			is "$program$attacked builds" "$(tail -n 5 "$tmp/log")" ""
			end
		fi
		mv "$tmp/$program/mini_httpd" "$tmp/$program$attacked.program"
	done
done
added=$(cat "$tmp/function" "$tmp/start" "$tmp/child" | grep -vc '^$')
passed=$((passed + 1))
echo "ok - real server: it takes $added lines"

make -s build/client || exit 1
mkdir "$tmp/root" && echo 'what it serves' >"$tmp/root/file" && echo secret >"$tmp/outside" &&
	chmod 755 "$tmp" "$tmp/root" && chmod 644 "$tmp/root/file" "$tmp/outside" || exit 1
[ "$(id -u)" -ne 0 ] || chown -R nobody "$tmp/root"
port=$((20000 + $$ % 10000))

# start PROGRAM
start() {
	port=$((port + 1))
	(cd "$tmp/root" && exec "$tmp/$1.program" -D -h 127.0.0.1 -p $port -d "$tmp/root") >"$tmp/log" 2>&1 </dev/null &
	pid=$!
	tries=0
	until get / >/dev/null 2>&1 || [ $tries -gt 50 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}
get() { timeout 10 build/client 127.0.0.1 $port send "$(printf 'GET %s HTTP/1.0\r\n\r\nx' "$1")" rest 2>&1; }
stop() {
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	pid=
}
for program in plain sandboxed; do
	start $program
	is "$program serves a file" "$(get /file | tail -n 1)" "what it serves"
	is "$program lists its folder" "$(get / | grep -c 'href="file"\|HREF="file"')" 1
	is "$program answers 404 to what is not there" "$(get /nothing | head -n 1 | tr -d '\r')" "HTTP/1.0 404 Not Found"
	stop
	start $program-attacked
	get / >"$tmp/attacks"
	[ -s "$tmp/attacks" ] || cat "$tmp/log"
	stop
	echo "$expected" | while IFS=: read -r what denied; do
		got=$(awk -F ': ' -v what="$what" '$1 == what { print $2; exit }' "$tmp/attacks")
		[ $program = sandboxed ] || denied=works
		echo "$program: $what|$got|${denied# }"
	done >"$tmp/compare"
	while IFS='|' read -r what got denied; do is "$what" "$got" "$denied"; done <"$tmp/compare"
done
end
