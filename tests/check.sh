#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make check: starts the real server, talks to it, attacks it, and looks at what it says and does.
# Each line is "ok - ...", "not ok - ..." or "skip - ... (why)"; the last one counts them. What only
# some machines have (strace, a second user) is skipped by name where it is missing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

for part in ${PARTS:-options serving machine sandbox}; do
	# shellcheck source=/dev/null
	. "tests/check-$part.sh"
done
count
