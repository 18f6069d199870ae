# shellcheck shell=sh disable=SC2154,SC2016 # servers.sh sets what is used here; backquotes are the tables'
# SPDX-License-Identifier: 0BSD
# The tables of the porting guide, row by row: what porting.c does works without the sandbox, ends in it as
# the row says, and works with the fix. It is linked as a server is by default, with the shared C library.

# expect: how the row's attempt ends in the sandbox, in the words of porting.c
expect() {
	case $sees in
	*'from ABI '*)
		since=$(echo "$sees" | sed 's/.*from ABI \([0-9]*\).*/\1/')
		[ "$abi" -ge "$since" ] && echo "$sees" | sed 's/`\(E[A-Z]*\)`.*/\1/' || echo works
		;;
	*'below ABI '*) [ "$abi" -lt "${sees##* }" ] && echo "$sees" | sed 's/`\(E[A-Z]*\)`.*/\1/' || echo works ;;
	\`E*) echo "$sees" | sed 's/`\(E[A-Z]*\)`.*/\1/' ;;
	abort) echo ABRT ;;
	silently*) echo silently ;;
	*) echo works ;;
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
	mkdir -m 755 "$scratch/tried" && (
		cd "$scratch/tried" && mkdir directory directory.new links target
		for file in file file.new directory/file directory.new/file target/file; do
			echo x >$file
		done
		ln -s ../target/file links/link
	)
	# A time zone an hour east of Greenwich: one type of time, 4 letters.
	{ printf TZif && head -c 35 /dev/zero && printf '\001\0\0\0\004\0\0\016\020\0\0CET\0'; } >"$scratch/tried/zone"
	printf '%s\n' 'openssl_conf = init' '[init]' 'ssl_conf = ssl' '[ssl]' 'system_default = all' '[all]' \
		'MinProtocol = TLSv1.3' >"$scratch/tried/openssl.cnf"
	(cd "$scratch/tried" && "$MADE/porting") >"$scratch/rows" 2>"$scratch/messages" || not_ok "porting ends" "$(cat "$scratch/messages")"

	{
		awk '/^\| Your server \|/ { on = 1; getline; next } !/^\|/ { on = 0 } on' tests/servers/README.md | sed 's/^| \(.*\) |$/\1/; s/ | /\t/g'
		printf 'needs nothing: epoll, threads, children and the like\tworks\t\tnothing\n'
	} >"$scratch/table"
	while IFS='	' read -r wants sees _ fix; do
		awk -F '\t' -v wants="$wants" 'index(wants, $1) == 1' "$scratch/rows" >"$scratch/row"
		IFS='	' read -r _ control sandboxed fixed needs <"$scratch/row"
		case $sees in *always*) fix="nothing, as it says" better=$(expect) ;; *) better=works ;; esac
		if [ "$control" = untestable ]; then
			skip "porting: $wants" "it needs $needs: it cannot be tested on this machine"
		else
			is "porting: $wants: $sees; the fix, $fix: $better" "$control $sandboxed $fixed" "works $(expect) $better"
		fi
	done <"$scratch/table"
	flags=$(sed -n 's/.*pthread_exit.*link with .\(-.*-lgcc_s\).*/\1/p' tests/servers/README.md)
	# shellcheck disable=SC2086 # several words
	[ -e "$MADE/linked" ] || "${CC:-cc}" -O1 -w -o "$MADE/linked" tests/servers/porting.c "$@" $flags
	is "porting: threads end, linked with $flags" \
		"$(cd "$scratch/tried" && rm backend notify && "$MADE/linked" 2>"$scratch/messages" | awk -F '\t' '/pthread_/ { print $3 }' | paste -sd ' ')" "works works"
	is "porting: it tries these rows and no others" "$(wc -l <"$scratch/rows")" "$(wc -l <"$scratch/table")"
	has "porting: there are rows" "$(wc -l <"$scratch/table")" '^4[0-9]$'
}
porting_tests
