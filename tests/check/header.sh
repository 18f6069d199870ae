#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make check-header: landlock_compat.h works (the programs asked, policies and bpf), and builds without a
# warning, and to the same code, wherever it may be copied to: languages, compilers, architectures, headers
# next to it, names that a program uses, and kernel headers from Linux 5.13 to the newest, fetched from Debian.
#
# header.sh         all of it
# header.sh quick   that it works; part of make check
# shellcheck source=tests/lib.sh disable=SC2034,SC2086,SC2154 # several words; fetch.sh's variables
. "$(dirname "$0")/../lib.sh"
tmp=$scratch
progress() { printf '# %s\n' "$*"; }

# good NAME COMMAND...: ok if it succeeds
good() {
	name=$1
	shift
	if "$@" >"$tmp/log" 2>&1; then ok "header: $name"; else not_ok "header: $name" "$(head -n 20 "$tmp/log")"; fi
}

for program in asked policies bpf; do
	"$build/$program" >"$tmp/$program" 2>&1 || not_ok "header: $program ends well" "$(tail -n 20 "$tmp/$program")"
	grep -E '^(ok|not ok|skip) - ' "$tmp/$program" | tee -a "$results"
	has "header: $program has come to its end" "$(tail -n 1 "$tmp/$program")" '^ok - header: .*\([0-9]+ checks\)$'
done
[ "${1-}" != quick ] || { count; exit; }

warnings="-pedantic-errors -Wall -Wextra -Wconversion -Wshadow -Wundef -Wredundant-decls -Wframe-larger-than=2048 -Werror"
# What clang's -Weverything has against code in C99 and C++11 that the kernel has to understand: it is no
# C90, C++98 or newer C, its pointers are plain, its casts C's, and the kernel's structs end unevenly.
everything="-Weverything -Wno-unknown-warning-option -Wno-padded -Wno-declaration-after-statement
	-Wno-unsafe-buffer-usage -Wno-pre-c11-compat -Wno-old-style-cast -Wno-zero-as-null-pointer-constant
	-Wno-c++98-compat -Wno-c++98-compat-pedantic -Wno-reserved-macro-identifier"

# file NAME LINE...: "$tmp/NAME.c" and .cc of these lines, and a use of all functions, one of $sources
file() {
	sources="${sources-} $1" base=$tmp/$1
	shift
	printf '%s\n' "$@" >"$base.c"
	cat >>"$base.c" <<-'END'
		int sandbox(char *missing, size_t size);
		int sandbox(char *missing, size_t size)
		{
			static const struct landlock_compat_rule rules[] = { { __NR_close, SECCOMP_RET_ALLOW, { { 0, 0 } } } };
			struct landlock_compat_attr attr;
			if (landlock_get_best_ruleset_attr(&attr) < 0 || landlock_compat_create(&attr) ||
			    landlock_compat_allow_path(&attr, "/", LANDLOCK_COMPAT_REPLACE | LANDLOCK_COMPAT_RUN) ||
			    landlock_compat_allow_port(&attr, 80, LANDLOCK_ACCESS_NET_CONNECT_TCP) ||
			    landlock_compat_allow_socket(&attr, AF_UNSPEC, SOCK_STREAM, 0) ||
			    landlock_compat_restrict(&attr, LANDLOCK_COMPAT_THIS_THREAD) || landlock_compat_filter(&attr) ||
			    landlock_compat_enforce(rules, 1, SECCOMP_RET_ALLOW))
				return -1;
			return landlock_compat_missing(&attr, missing, size);
		}
	END
	cp "$base.c" "$base.cc"
}
cp landlock_compat.h "$tmp" || exit 1
ours='#include "landlock_compat.h"'
file alone "$ours"
file twice "$ours" "$ours"
grep '^#include <[^>]*>$' landlock_compat.h >"$tmp/includes.h"
# Macros that a program may have of its own, and some that are functions' names
for macro in never always row unless 'min(a, b)' 'max(a, b)' IF ALLOW DENY ANY ALL TCP UDP UNIX READ RUN LOG REPLACE \
	FS NET SCOPE SOCKET code rule rules next rest count; do
	echo "#define $macro +"
done | grep -vwE 'code|rule|rules|next|rest|count' >"$tmp/macros.h"
echo '#define open open' >>"$tmp/macros.h"
file macros '#include "includes.h"' '#include "macros.h"' "$ours"
for neighbor in linux/landlock.h linux/prctl.h sys/prctl.h fcntl.h linux/seccomp.h linux/types.h sys/socket.h netinet/in.h \
	netinet/tcp.h; do
	flat=$(echo "$neighbor" | tr / -)
	file "before-$flat" "#include <$neighbor>" "$ours"
	file "after-$flat" "$ours" "#include <$neighbor>"
done

# builds NAME SUFFIX COMPILER...: all sources
builds() {
	name=$1 suffix=$2
	shift 2
	if printf '%s\n' $sources | xargs -P "$(nproc)" -I FILE "$@" -c "$tmp/FILE$suffix" -o "$tmp/FILE.o" >"$tmp/log" 2>&1; then
		ok "header: $name"
	else
		not_ok "header: $name" "$(head -n 20 "$tmp/log")"
	fi
}

compilers() {
	for cc in gcc clang; do
		cxx=g++ more=
		[ $cc = gcc ] || cxx=clang++ more=$everything
		for mode in c99 gnu99 c11 "gnu11 -D_GNU_SOURCE" c17 gnu2x; do
			builds "$cc -std=$mode" .c $cc -std=$mode -O1 $warnings $more
		done
		for mode in c++11 gnu++11 c++17 gnu++2b; do
			builds "$cxx -std=$mode" .cc $cxx -std=$mode -O1 $warnings $more
		done
	done
	for level in 0 2 s 3; do
		good "frames of less than 2 KiB, -O$level" gcc -std=c99 -O$level $warnings -c "$tmp/alone.c" -o "$tmp/object"
	done
	builds tcc .c tcc -Wall -Werror
	# Debian's musl-gcc knows no kernel headers; Alpine's compiler does.
	builds musl-gcc .c musl-gcc -std=c11 -O2 $warnings -idirafter /usr/include -idirafter "/usr/include/$(gcc -print-multiarch)"
	while read -r architecture emulator expected; do
		builds $architecture .c $architecture-gcc -std=c99 -O2 $warnings
		good "$architecture: the program bpf builds" $architecture-gcc -static -O1 -w -o "$tmp/bpf" tests/check/bpf.c
		has "header: $architecture: $expected" "$($emulator "$tmp/bpf" 2>&1)" "^ok - header: $expected"
	done <<-'END'
		aarch64-linux-gnu qemu-aarch64 what the filter answers
		riscv64-linux-gnu qemu-riscv64 what the filter answers
		powerpc64le-linux-gnu qemu-ppc64le what the filter answers
		i686-linux-gnu qemu-i386 no filter on this architecture
		arm-linux-gnueabihf qemu-arm no filter on this architecture
		s390x-linux-gnu qemu-s390x no filter on this architecture
	END
}

# All that it defines, beside what it includes, has its prefix.
names() {
	cp "$tmp/includes.h" "$tmp/included.c"
	for mode in c99 "gnu11 -D_GNU_SOURCE"; do
		gcc -std=$mode -dM -E "$tmp/included.c" | sort >"$tmp/theirs"
		gcc -std=$mode -dM -E "$tmp/alone.c" | sort | comm -13 "$tmp/theirs" - >"$tmp/defined"
		has "header: it has macros, -std=$mode" "$(grep -c '^#define LANDLOCK_COMPAT_' "$tmp/defined")" '^[1-3][0-9]$'
		is "header: every macro has the prefix, -std=$mode" "$(grep -v '^#define LANDLOCK_' "$tmp/defined")" ''
	done
	installed clang || { skip "header: every name has the prefix" "clang is not installed" && return; }
	for file in included alone; do
		clang -std=c99 -fsyntax-only -Xclang -ast-dump "$tmp/$file.c" 2>"$tmp/log" | grep -E '^[|`]-|EnumConstantDecl' |
			sed -E "s/( definition| '.*)$//; s/.* //" | grep -v : | sort -u >"$tmp/$file.names"
	done
	comm -13 "$tmp/included.names" "$tmp/alone.names" >"$tmp/names"
	has "header: it has names" "$(grep -c landlock_compat_ "$tmp/names")" '^[2-9][0-9]$'
	is "header: every function, variable and type has the prefix" "$(grep -vE '^landlock_|^LANDLOCK_|^sandbox$' "$tmp/names")" ''
}

# Headers of Linux 5.13, which know the rights of ABI 1 alone; and one that says the same in other words
other_headers() {
	gcc -std=c99 -O2 -c "$tmp/alone.c" -o "$tmp/now.o"
	for header in old future; do
		mkdir -p "$tmp/$header/linux"
		found=$(echo '#include <linux/landlock.h>' | gcc -M -x c - | grep -o '/[^ ]*linux/landlock.h')
		grep -vE '^#define LANDLOCK_(ACCESS_FS_(REFER|TRUNCATE|IOCTL_DEV|RESOLVE_UNIX)|ACCESS_NET|SCOPE|RESTRICT)' "$found" >"$tmp/$header/linux/landlock.h"
	done
	sed -n 's/^#define \(LANDLOCK_[A-Z_]*\)[[:space:]]*(1U*L*\(.*\)).*/#define \1 (UINT64_C(0x1)\2)/p' landlock_compat.h |
		grep -v COMPAT >>"$tmp/future/linux/landlock.h"
	echo '#define LANDLOCK_ACCESS_FS_LATER (UINT64_C(1) << 40)' >>"$tmp/future/linux/landlock.h"
	for header in old future; do
		good "a kernel header, $header: no warning" gcc -std=c99 -O2 $warnings -I"$tmp/$header" -c "$tmp/alone.c" -o "$tmp/$header.o"
		good "a kernel header, $header: the same code" cmp "$tmp/now.o" "$tmp/$header.o"
	done
}

# What newer kernels' headers have and ours leaves out: flags for the audit log, and one that prctl(2) replaces
left_out='LANDLOCK_RESTRICT_SELF_LOG_[A-Z_]*|LANDLOCK_RESTRICT_SELF_NO_NEW_PRIVS'

# compare NAME COMPILER...: what is written down here once more is the kernel's, in $kept
compare() {
	label=$1
	shift
	{
		echo '#include "landlock_compat.h"'
		sed -n 's/^#define \(LANDLOCK_[A-Z_]*\)[[:space:]]*\((1U[^)]*)\).*/_Static_assert(\1 == \2, "\1");/p' landlock_compat.h |
			grep -v COMPAT
		cat <<-'END'
			_Static_assert(LANDLOCK_RULE_NET_PORT == LANDLOCK_COMPAT_NET_PORT, "rules");
			_Static_assert(offsetof(struct landlock_ruleset_attr, scoped) == 16, "ruleset");
			_Static_assert(sizeof(struct landlock_net_port_attr) == 16, "port");
			_Static_assert(offsetof(struct landlock_net_port_attr, port) == 8, "port");
		END
	} >"$tmp/compare.c"
	has "header: $label: there is something to compare" "$(grep -c Static_assert "$tmp/compare.c")" '^1[0-9]$'
	good "$label: constants and structs are the kernel's" "$@" -std=c11 -c "$tmp/compare.c" -o "$tmp/object"
	echo '#include <linux/landlock.h>' >"$tmp/landlock.c"
	"$@" -dM -E "$tmp/landlock.c" | sed -n 's/^#define \(LANDLOCK_\(ACCESS\|SCOPE\|RESTRICT_SELF\|PERM\)[A-Z_]*\) .*/\1/p' >"$tmp/theirs"
	grep -o 'LANDLOCK_[A-Z_]*' landlock_compat.h | sort -u >"$tmp/ours"
	has "header: $label: it has rights" "$(grep -c ACCESS_FS "$tmp/theirs")" '^1[0-9]$'
	is "header: $label: has no right that ours lacks" "$(grep -vxFf "$tmp/ours" "$tmp/theirs" | grep -vxE "$left_out")" ''
}

headers() {
	cache=$(mkdir -p "$build/headers" && cd "$build/headers" && pwd) || exit 1
	# shellcheck source=tests/kernels/fetch.sh
	. tests/kernels/fetch.sh
	find_mirrors || not_ok "header: kernel headers of Debian" "$why"
	first=''
	for suite in bookworm trixie trixie-backports sid; do
		if ! fetch_tree $suite "$(dpkg --print-architecture)" '^linux-libc-dev$'; then
			not_ok "header: kernel headers of $suite" "$why"
			continue
		fi
		what="kernel headers of $suite, ${version%%-*}"
		set -- -isystem "$kept/usr/include" -isystem "$kept/usr/include/$(gcc -print-multiarch)"
		builds "$what" .c gcc -std=c99 -O2 $warnings "$@"
		builds "$what, clang" .c clang -std=gnu11 -D_GNU_SOURCE -O2 $warnings $everything "$@"
		builds "$what, C++" .cc g++ -std=c++11 -O2 $warnings "$@"
		# To the last byte the same code and tables: what is asked of the kernel is the same, too.
		gcc -std=c99 -O2 -c "$tmp/alone.c" -o "$tmp/$suite.o" "$@" 2>"$tmp/log"
		good "$what: the same code as with those of ${first:=$suite}" cmp "$tmp/$suite.o" "$tmp/$first.o"
		case $suite in
		trixie-backports | sid) compare "$what" gcc "$@" ;;
		esac
	done
}

names
other_headers
compilers
headers
count
