# shellcheck shell=sh disable=SC2154,SC2034 # check.sh and fetch.sh set and use the others
# SPDX-License-Identifier: 0BSD
# Part of check.sh: kernels/fetch.sh, with a mirror that lists more than it delivers.

if ! installed dpkg-deb; then
	skip "fetching kernels" "dpkg-deb is not installed"
	return 0
fi
cache=$scratch/cache tmp=$scratch MIRROR=here PAUSE=0
progress() { echo "# $*"; }
# shellcheck source=tests/kernels/fetch.sh
. tests/kernels/fetch.sh
mkdir -p "$scratch/deb/DEBIAN" "$scratch/deb/boot"
: >"$scratch/deb/boot/vmlinuz-x"
printf '%s\n' 'Package: x' 'Version: 1' 'Architecture: all' 'Maintainer: x <x@x>' 'Description: x' >"$scratch/deb/DEBIAN/control"
dpkg-deb -b "$scratch/deb" "$scratch/x.deb" >"$scratch/out"
# Lists 6.12.1 and 6.12.2; delivers the version $has, from the request number $from on.
private_apt() {
	case $4 in
	dumpavail) printf 'Package: linux-image-6.12.%s-cloud\nVersion: 6.12.%s\nSize: 5\n\n' 1 1 2 2 ;;
	download)
		echo "${5#*=}" >>"$scratch/requests"
		[ "${5#*=}" = "$has" ] && [ "$(wc -l <"$scratch/requests")" -ge "$from" ] && cp "$scratch/x.deb" .
		;;
	esac
}
while read -r name has from requests expected; do
	rm -rf "$cache" "$scratch/requests"
	fetch_file trixie amd64 '^linux-image-6[.]12' 'boot/vmlinuz-x' >"$scratch/out" 2>&1
	is "a kernel that the mirror $name" "$? $(tr '\n' ' ' <"$scratch/requests")" "$expected $(echo "$requests" | tr , ' ') "
done <<'TABLE'
delivers 6.12.2 1 6.12.2 0
delivers-the-third-time 6.12.2 3 6.12.2,6.12.2,6.12.2 0
has-in-an-older-version 6.12.1 1 6.12.2,6.12.2,6.12.2,6.12.1 0
does-not-have none 1 6.12.2,6.12.2,6.12.2,6.12.1 1
TABLE
