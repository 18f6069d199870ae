# shellcheck shell=sh disable=SC2154 # servers.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# The README's table of what servers run into, row by row: what porting.c does works without the sandbox,
# ends in it as the row says, and works with the fix. It is linked as a server is by default, with the
# shared C library.

# expect: how the row's attempt ends in the sandbox, in the words of porting.c
expect() {
	case $wants in *'ABI 10 on') [ "$abi" -ge 10 ] || answer=nothing ;; esac
	case $answer in
	\`EBUSY\`) [ "$abi" -lt 8 ] && echo EBUSY || echo works ;;
	\`*) echo "$answer" | tr -d '`' ;;
	*aborts*) echo ABRT ;;
	nothing) echo works ;;
	*) echo silently ;;
	esac
}
porting_tests() {
	set -- -pthread
	if printf '#include <openssl/ssl.h>\n' | "${CC:-cc}" -E - >/dev/null 2>&1; then
		set -- "$@" -DWITH_OPENSSL -lssl -lcrypto
	fi
	if [ ! -e "$MADE/porting" ] && ! "${CC:-cc}" -O1 -w -o "$MADE/porting" tests/servers/porting.c "$@" >"$scratch/build" 2>&1; then
		not_ok "porting.c builds" "$(cat "$scratch/build")"
		return
	fi
	mkdir -m 755 "$scratch/tried" "$scratch/tried/folder" "$scratch/tried/folder.new" "$scratch/tried/links" "$scratch/tried/target"
	for file in file file.new folder/file folder.new/file target/file; do
		echo x >"$scratch/tried/$file"
	done
	ln -s ../target/file "$scratch/tried/links/link"
	# A time zone an hour east of Greenwich: one type of time, 4 letters.
	{ printf TZif && head -c 35 /dev/zero && printf '\001\0\0\0\004\0\0\016\020\0\0CET\0'; } >"$scratch/tried/zone"
	printf '%s\n' 'openssl_conf = init' '[init]' 'ssl_conf = ssl' '[ssl]' 'system_default = all' '[all]' \
		'MinProtocol = TLSv1.3' >"$scratch/tried/openssl.cnf"
	(cd "$scratch/tried" && "$MADE/porting") >"$scratch/rows" 2>"$scratch/messages" || not_ok "porting ends" "$(cat "$scratch/messages")"

	{
		sed -n '/^| Your server wants to /,/^$/s/^| \(.*\) |$/\1/p' README.md | sed '1d; s/ | /\t/g'
		printf 'use epoll, eventfd, timerfd, signalfd, inotify, threads, children, nice, setuid\tnothing\tnothing\n'
	} >"$scratch/table"
	while IFS='	' read -r wants answer fix; do
		awk -F '\t' -v wants="$wants" 'index(wants, $1)' "$scratch/rows" >"$scratch/row"
		IFS='	' read -r _ control sandboxed fixed needs <"$scratch/row"
		if [ "$control" = untestable ]; then
			skip "porting: $wants" "it needs $needs: it cannot be tested on this machine"
		else
			is "porting: $wants: $answer; the fix, $fix: works" "$control $sandboxed $fixed" "works $(expect) works"
		fi
	done <"$scratch/table"
	flags=$(sed -n 's/.*pthread_exit.*link with .\(-.*-lgcc_s\).*/\1/p' README.md)
	# shellcheck disable=SC2086 # several words
	[ -e "$MADE/linked" ] || "${CC:-cc}" -O1 -w -o "$MADE/linked" tests/servers/porting.c "$@" $flags
	is "porting: threads end, linked with $flags" \
		"$(cd "$scratch/tried" && rm backend notify && "$MADE/linked" 2>"$scratch/messages" | awk '/pthread_/ { print $3 }' | paste -sd ' ')" "works works"
	is "porting: it tries these rows and no others" "$(wc -l <"$scratch/rows")" "$(wc -l <"$scratch/table")"
}
porting_tests
