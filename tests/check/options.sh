# shellcheck shell=sh disable=SC2154 # check.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# Part of check.sh: the options, and what is wrong with them.

text=$(timeout 10 "$server" -h 2>"$scratch/err")
is "-h: exit status and standard error" "$? $(cat "$scratch/err")" "0 "
has "-h begins with the usage" "$(printf '%s\n' "$text" | sed -n 1p)" '^usage: tcpserver -p PORT '
is "-h explains each option" "$(printf '%s\n' "$text" | sed -n 's/^  -\(.\).*/\1/p' | tr -d '\n')" pactusvh
is "-h fits 80 columns" "$(printf '%s\n' "$text" | awk 'length > 80')" ""
is "README.md has it" "$(sed -n '/^usage: tcpserver/,/^```/p' README.md | grep -v '^```')" "$text"
if [ -e /dev/full ]; then
	timeout 10 "$server" -h >/dev/full 2>"$scratch/err"
	is "-h on a full disk" "$? $(cat "$scratch/err")" "1 tcpserver: standard output: No space left on device"
else
	skip "-h on a full disk" "there is no /dev/full"
fi

start "$server" -p 0
taken=$port
me=user
[ "$(id -u)" -ne 0 ] || me=root
drop="setpriv --reuid 1 --regid 1 --clear-groups"
while IFS='|' read -r arguments expected who message; do
	who=${who# } who=${who%% *}
	case $arguments in \#*) continue ;; esac
	as=
	case $who in
	any | "$me") ;;
	user) # shellcheck disable=SC2086 # several words
		can $drop "$server" -h || continue
		as=$drop
		;;
	*) continue ;;
	esac
	arguments=$(printf '%s' "$arguments" | sed "s/TAKEN/$taken/; s/ *\$//")
	message=$(printf '%s' "${message# }" | sed "s/TAKEN/$taken/")
	eval "timeout 5 $as $server $arguments" >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
	if [ "$status" -eq $((expected)) ] && [ ! -s "$scratch/out" ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] &&
		grep -Eq "^tcpserver: ($message)" "$scratch/err"; then
		ok "refused: $arguments"
	else
		not_ok "refused: $arguments" "status $status" "$(cat "$scratch/out" "$scratch/err")" "should say: $message"
	fi
	tried=$((${tried-0} + 1))
done <tests/check/options
stop
is "many wrong ways to start it were tried" $((tried > 25)) 1
