# shellcheck shell=sh disable=SC2154 # check.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# Part of check.sh: a handler can make the calls that it may make.

start "$build"/calls -p 0 -a 127.0.0.1 -v
is "a handler can make each call of the list" "$(client 127.0.0.1 "$port" send 123456789 rest)" ".....end"
until_true has_clients 0
is "... and ends well" "$(sed -n 's/.* \(ended with\|killed\)/\1/p' "$scratch/log")" "ended with status 0"
stop
