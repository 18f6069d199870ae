#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make check: starts the real server, talks to it, attacks it, and looks at what it says and does.
# Each line is "ok - ...", "not ok - ..." or "skip - ... (why this machine cannot show it)"; the last
# one counts them. The parts run at the same time. PARTS="options serving": only these.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

if ! cp "$server" "$scratch/program" || ! timeout 10 "$scratch/program" -h >"$scratch/out" 2>"$scratch/why"; then
	not_ok "programs run in TMPDIR (${TMPDIR:-/tmp}); set it to another directory" "$(why)"
	count
	exit
fi
all=$scratch
[ -z "${FAIL_FAST:-}" ] || trap 'cat "$all"/*/output; exit 1' TERM
part() { # in a process and a directory of its own
	scratch=$all/$1
	case $1 in
	attack)
		# shellcheck source=/dev/null
		. "tests/attack/$1.sh"
		;;
	header) tests/check/header.sh quick | sed '$d' | tee -a "$results" ;;
	snippets) tests/check/snippets.sh | sed '$d' | tee -a "$results" ;;
	*)
		# shellcheck source=/dev/null
		. "tests/check/$1.sh"
		;;
	esac
	: >"$scratch/complete"
}
parts=${PARTS:-delivery places builds addresses sandbox machine serving options attack header snippets}
running=
for part in $parts; do
	mkdir "$all/$part"
	part "$part" >"$all/$part/output" 2>&1 &
	running="$running$! "
done
for part in $parts; do
	wait "${running%% *}" 2>/dev/null
	running=${running#* }
	cat "$all/$part/output"
	[ -e "$all/$part/complete" ] || not_ok "the part '$part' has come to its end"
done
count
