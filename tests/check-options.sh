# shellcheck shell=sh disable=SC2154 # check.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# Part of check.sh: the flags, and what is wrong with them.

text=$($server -h 2>"$scratch/err")
is "-h: exit status and standard error" "$? $(cat "$scratch/err")" "0 "
is "-h explains each flag that there is" \
	"$(printf '%s\n' "$text" | sed -n 's/^  -\(.\).*/\1/p' | tr -d '\n')" pactusvh
if [ -e /dev/full ]; then
	$server -h >/dev/full 2>"$scratch/err"
	is "-h on a full disk" "$? $(cat "$scratch/err")" "1 tcpserver: standard output: No space left on device"
fi

start "$server" -p 0
taken=$port
me=user
[ "$(id -u)" -ne 0 ] || me=root
while IFS='|' read -r arguments expected who message; do
	who=${who# } who=${who%% *}
	case $arguments in \#*) continue ;; esac
	[ "$who" = any ] || [ "$who" = "$me" ] || continue
	arguments=$(printf '%s' "$arguments" | sed "s/TAKEN/$taken/; s/ *\$//")
	message=$(printf '%s' "${message# }" | sed "s/TAKEN/$taken/")
	eval "timeout 5 $server $arguments" >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
	lines=$((expected))
	if [ "$status" -eq $((expected)) ] && [ ! -s "$scratch/out" ] &&
		[ "$(wc -l <"$scratch/err")" -eq "$lines" ] &&
		head -n 1 "$scratch/err" | grep -Eq "^tcpserver: ($message)" &&
		{ [ "$lines" -eq 1 ] || tail -n 1 "$scratch/err" | grep -q '^usage: tcpserver -p PORT'; }; then
		ok "refused: $arguments"
	else
		not_ok "refused: $arguments" "status $status" "$(cat "$scratch/out" "$scratch/err")" "should say: $message"
	fi
done <tests/options
stop
