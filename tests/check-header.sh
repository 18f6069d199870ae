#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make check-header: landlock_compat.h builds without a warning wherever it may be copied to, and asks
# the same of the kernel: languages, compilers, architectures, what is included next to it, and kernel
# headers from before Landlock to the newest, fetched from Debian to build/headers.
#
# check-header.sh         all of it
# check-header.sh quick   what needs no network; part of make check
# shellcheck source=tests/fetch.sh disable=SC2034,SC2154 # shared with it: $cache, $kept, $version
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
mkdir -p build || exit 1
tmp=$(mktemp -d "$PWD/build/check-header.XXXXXX") || exit 1
cache=$PWD/build/headers
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
passed=0 failed=0 skipped=0

ok() {
	passed=$((passed + 1))
	echo "ok - header: $1"
}
not_ok() {
	failed=$((failed + 1))
	echo "not ok - header: $1"
	head -n 20 "$tmp/log" | sed 's/^/      /'
}
skip() {
	skipped=$((skipped + 1))
	echo "skip - header: $1 ($2)"
}
progress() { printf '# %s\n' "$*"; }
# good NAME COMMAND...
good() {
	name=$1
	shift
	if "$@" >"$tmp/log" 2>&1; then ok "$name"; else not_ok "$name"; fi
}
have() { command -v "$1" >/dev/null; }

warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror"
# What clang's -Weverything has against what a header in C11 and C++17 can't do without:
#   padded: the kernel's own structs end unevenly, and a table's columns may
#   declaration-after-statement: is for C90
#   unsafe-buffer-usage, pre-c11-compat (newer clangs): against pointers in C, against C11
#   old-style-cast, zero-as-null-pointer-constant: C has no other casts, and no nullptr
#   c++98-compat, c++98-compat-pedantic: is for C++98
everything="-Weverything -Wno-unknown-warning-option -Wno-padded -Wno-declaration-after-statement
	-Wno-unsafe-buffer-usage -Wno-pre-c11-compat -Wno-old-style-cast -Wno-zero-as-null-pointer-constant
	-Wno-c++98-compat -Wno-c++98-compat-pedantic"

# A use of all its functions. $1: its name
use() {
	cat <<-END
		int $1(void);
		int $1(void)
		{
			struct landlock_compat_attr attr;
			int abi = landlock_get_best_ruleset_attr(&attr);
			int ruleset = landlock_compat_create(&attr);
			return landlock_compat_allow_path(ruleset, &attr, "/", LANDLOCK_ACCESS_FS_READ_FILE) ||
			       landlock_compat_allow_port(ruleset, &attr, 80, LANDLOCK_ACCESS_NET_CONNECT_TCP) ||
			       landlock_compat_restrict(ruleset, 0) ? -1 : landlock_compat_filter(abi, 0);
		}
	END
}
cp landlock_compat.h "$tmp" || exit 1
# file NAME INCLUDE...: "$tmp/NAME.c" and .cc, which include that and use the header
file() {
	base=$tmp/$1 function=$1
	shift
	for header; do echo "#include $header"; done >"$base.c"
	use "$function" >>"$base.c"
	cp "$base.c" "$base.cc"
}
ours='"landlock_compat.h"'
echo '#include <linux/landlock.h>' >"$tmp/probe.c"
landlock='<linux/landlock.h>'
${CC:-cc} -E "$tmp/probe.c" >/dev/null 2>&1 || landlock='<linux/types.h>' # before Linux 5.13
file alone "$ours"
file before "$ours" "$landlock" '<linux/seccomp.h>' '<sys/prctl.h>' '<fcntl.h>'
file after "$landlock" '<linux/seccomp.h>' '<sys/prctl.h>' '<fcntl.h>' "$ours"
file twice "$ours" "$ours"
# names that a program may have taken for macros of its own
for name in SOCKETS PROCESSES ALWAYS NEVER ROW ROWS ANY DENY IF UNLESS EVER; do
	echo "#define $name +"
done >"$tmp/macros.h"
file macros '"macros.h"' "$ours"
printf 'int alone(void), before(void);\nint main(int argc, char **argv)\n{\n\t(void)argv;\n\treturn argc > 9 ? alone() + before() : 0;\n}\n' >"$tmp/main.c"

# builds NAME COMPILER...: all of these files
builds() {
	name=$1 suffix=$2
	shift 2
	: >"$tmp/log"
	for base in alone before after twice macros; do
		if ! "$@" -c "$tmp/$base$suffix" -o "$tmp/object" >>"$tmp/log" 2>&1; then
			not_ok "$name, $base"
			return
		fi
	done
	ok "$name"
}

# shellcheck disable=SC2086 # $warnings, $everything and $options are several words
compilers() {
	for cc in gcc clang; do
		if ! have $cc; then
			skip "$cc" "it is not there"
			continue
		fi
		more=
		[ $cc = gcc ] || more=$everything
		for standard in c11 gnu11 c17 gnu17 c2x gnu2x; do
			builds "$cc -std=$standard" .c $cc -std=$standard -O2 $warnings $more
		done
		[ $cc = gcc ] && cxx=g++ || cxx=clang++
		for standard in c++17 gnu++17 c++20 c++2b; do
			if have $cxx; then
				builds "$cxx -std=$standard" .cc $cxx -std=$standard -O2 $warnings $more
			else
				skip "$cxx -std=$standard" "$cxx is not there"
			fi
		done
	done
	if have tcc; then
		builds tcc .c tcc -Wall -Werror
	else
		skip tcc "it is not there"
	fi
	if have musl-gcc; then
		# Debian's musl-gcc knows no kernel headers; Alpine's compiler does
		triplet=$(musl-gcc -print-multiarch)
		builds musl .c musl-gcc -std=c11 -O2 $warnings -idirafter /usr/include -idirafter "/usr/include/$triplet"
	else
		skip musl "musl-gcc is not there"
	fi
	good "two files of one program" ${CC:-cc} -std=c11 "$tmp/main.c" "$tmp/alone.c" "$tmp/before.c" -o "$tmp/program"
	while read -r architecture compiler; do
		if have "$compiler"; then
			builds "$architecture" .c "$compiler" -std=c11 -O2 $warnings
			good "$architecture: has a filter" sh -c \
				"printf '%s\n' '#include \"landlock_compat.h\"' '#ifndef LANDLOCK_COMPAT_ARCH' '#error none' '#endif' >'$tmp/arch.c' &&
				'$compiler' -c '$tmp/arch.c' -o '$tmp/object'"
		else
			skip "$architecture" "$compiler is not there"
		fi
	done <<-'END'
		i386 i686-linux-gnu-gcc
		arm64 aarch64-linux-gnu-gcc
		armhf arm-linux-gnueabihf-gcc
		riscv64 riscv64-linux-gnu-gcc
		ppc64el powerpc64le-linux-gnu-gcc
		s390x s390x-linux-gnu-gcc
	END
}

# with TREE COMMAND...: its kernel headers instead of the machine's
with() {
	tree=$1
	shift
	"$@" -isystem "$tree/usr/include" -isystem "$tree/usr/include/$(gcc -print-multiarch)"
}

# What newer kernels' headers have and ours leaves out on purpose: rights that nothing denies.
left_out="
LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF	for the audit log
LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON		for the audit log
LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF	for the audit log
LANDLOCK_RESTRICT_SELF_NO_NEW_PRIVS		landlock_compat_restrict sets it by prctl(2), on every kernel
"

# compare TREE NAME: every constant and struct of ours with that kernel's
compare() {
	{
		echo '#include <linux/landlock.h>'
		sed -n 's/^#define \(LANDLOCK_[A-Z_]*\)[[:space:]]*(.*/\1/p' landlock_compat.h | grep -v COMPAT |
			while read -r constant; do
				grep -qw "$constant" "$1/usr/include/linux/landlock.h" &&
					echo "enum { kernel_$constant = $constant };"
			done
		sed -n 's/^#define \(LANDLOCK_[A-Z_]*\)[[:space:]]*(.*/#undef \1/p' landlock_compat.h | grep -v COMPAT
		echo '#include "landlock_compat.h"'
		sed -n 's/^#define \(LANDLOCK_[A-Z_]*\)[[:space:]]*(.*/\1/p' landlock_compat.h | grep -v COMPAT |
			while read -r constant; do
				grep -qw "$constant" "$1/usr/include/linux/landlock.h" &&
					echo "_Static_assert(kernel_$constant == $constant, \"$constant\");"
			done
		for field in handled_access_fs handled_access_net scoped; do
			grep -q "__u64 $field;" "$1/usr/include/linux/landlock.h" || continue
			echo "_Static_assert(offsetof(struct landlock_compat_attr, $field) == offsetof(struct landlock_ruleset_attr, $field), \"$field\");"
		done
		cat <<-'END'
			_Static_assert(sizeof(struct landlock_compat_attr) <= sizeof(struct landlock_ruleset_attr), "size");
			struct path { uint64_t allowed_access; int32_t parent_fd; };
			_Static_assert(LANDLOCK_RULE_PATH_BENEATH == 1 && LANDLOCK_RULE_NET_PORT == 2, "rules");
			_Static_assert(offsetof(struct landlock_path_beneath_attr, parent_fd) == offsetof(struct path, parent_fd), "path");
			_Static_assert(sizeof(struct landlock_path_beneath_attr) <= sizeof(struct path), "path");
			_Static_assert(sizeof(struct landlock_net_port_attr) == 2 * sizeof(uint64_t), "port");
			_Static_assert(offsetof(struct landlock_net_port_attr, port) == sizeof(uint64_t), "port");
			_Static_assert(LANDLOCK_COMPAT_NR(444) == __NR_landlock_create_ruleset, "444");
			_Static_assert(LANDLOCK_COMPAT_NR(445) == __NR_landlock_add_rule, "445");
			_Static_assert(LANDLOCK_COMPAT_NR(446) == __NR_landlock_restrict_self, "446");
			_Static_assert(LANDLOCK_COMPAT_NR(424) == __NR_pidfd_send_signal, "424");
			_Static_assert(LANDLOCK_COMPAT_NR(425) == __NR_io_uring_setup, "425");
			_Static_assert(LANDLOCK_COMPAT_NR(437) == __NR_openat2, "437");
		END
	} >"$tmp/compare.c"
	count=$(grep -c _Static_assert "$tmp/compare.c")
	good "$2: $count constants, structs and numbers are the kernel's" with "$1" gcc -std=c11 -c "$tmp/compare.c" -o "$tmp/object"
	sed -n 's/^#define[[:space:]]*\(LANDLOCK_\(ACCESS\|SCOPE\|RESTRICT_SELF\|PERM\)[A-Z_]*\)[[:space:]].*/\1/p' \
		"$1/usr/include/linux/landlock.h" |
		while read -r constant; do
			grep -q "^#define ${constant}[[:space:]]" landlock_compat.h || echo "$left_out" | grep -qw "$constant" ||
				echo "$constant: a new ABI? add it, or say why not in tests/check-header.sh"
		done >"$tmp/log"
	sed -n '/^struct landlock_ruleset_attr {/,/^}/s/^[[:space:]]*__u64 \([a-z_]*\);/\1/p' "$1/usr/include/linux/landlock.h" |
		grep -vE '^(handled_access_fs|handled_access_net|scoped|quiet_access_fs|quiet_access_net|quiet_scoped)$' |
		sed 's/$/: a new field of landlock_ruleset_attr/' >>"$tmp/log"
	if [ -s "$tmp/log" ]; then
		not_ok "$2: has nothing new"
	else
		ok "$2: has nothing new"
	fi
}

suites="bullseye bookworm trixie trixie-backports sid"
# shellcheck disable=SC2086 # $warnings is several words
headers() {
	# shellcheck disable=SC1091
	. tests/fetch.sh
	if ! have gcc || ! find_mirrors; then
		for suite in $suites; do skip "kernel headers of $suite" "${why-no gcc}"; done
		return
	fi
	first=
	for suite in $suites; do
		if ! fetch_tree $suite "$(dpkg --print-architecture)" '^linux-libc-dev$'; then
			skip "kernel headers of $suite" "$why"
			continue
		fi
		tree=$kept what="headers of $suite, $(echo "$version" | sed 's/-.*//')"
		[ -e "$tree/usr/include/linux/landlock.h" ] && landlock='<linux/landlock.h>' || landlock='<linux/types.h>'
		file before "$ours" "$landlock" '<linux/seccomp.h>' '<sys/prctl.h>'
		file after "$landlock" '<linux/seccomp.h>' '<sys/prctl.h>' "$ours"
		builds "$what" .c with "$tree" gcc -std=c11 -O2 $warnings
		! have clang || builds "$what, clang" .c with "$tree" clang -std=c11 -O2 $warnings $everything
		! have g++ || builds "$what, C++" .cc with "$tree" g++ -std=c++17 -O2 $warnings
		# To the last byte the same code and tables: what is asked of the kernel is the same, too.
		with "$tree" gcc -std=c11 -O2 -c "$tmp/alone.c" -o "$tmp/alone.o" >"$tmp/log" 2>&1
		if [ ! "$first" ]; then
			first=$suite
			mv "$tmp/alone.o" "$tmp/first.o"
		else
			good "$what: the same program as with those of $first" cmp "$tmp/alone.o" "$tmp/first.o"
		fi
		case $suite in
		trixie-backports | sid) compare "$tree" "$what" ;;
		esac
	done
}

compilers
[ "${1-}" = quick ] || headers
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
