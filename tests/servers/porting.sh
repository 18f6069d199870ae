# shellcheck shell=sh disable=SC2154 # servers.sh sets what is used here
# SPDX-License-Identifier: 0BSD
# porting.c, linked as a server is by default: with the shared C library.
set -- -pthread
if printf '#include <openssl/ssl.h>\n' | "${CC:-cc}" -E - >/dev/null 2>&1; then
	set -- "$@" -DWITH_OPENSSL -lssl -lcrypto
fi
mkdir "$scratch/porting" && chmod 755 "$scratch/porting"
if ! "${CC:-cc}" -O1 -w -o "$scratch/porting.program" tests/servers/porting.c "$@" >"$scratch/build" 2>&1; then
	not_ok "porting.c builds" "$(cat "$scratch/build")"
elif ! "$scratch/porting.program" "$scratch/porting" >"$scratch/rows" 2>"$scratch/messages"; then
	not_ok "porting ends" "$(cat "$scratch/messages")"
fi
tee -a "$results" <"$scratch/rows"
