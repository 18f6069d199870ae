#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# make check-header: landlock_compat.h works (the program `header`), and builds without a warning, and to
# the same code, wherever it may be copied to: languages, compilers, architectures, headers next to it,
# names that a program uses, and kernel headers from before Landlock to the newest, fetched from Debian.
#
# header.sh         all of it
# header.sh quick   what needs no network; part of make check
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
		int sandbox(struct landlock_compat_attr *missing);
		int sandbox(struct landlock_compat_attr *missing)
		{
			static struct landlock_compat_program program;
			struct landlock_compat_attr attr;
			if (landlock_get_best_ruleset_attr(&attr) < 0 || landlock_compat_create(&attr) ||
			    landlock_compat_allow_path(&attr, "/", LANDLOCK_COMPAT_REPLACE | LANDLOCK_COMPAT_RUN) ||
			    landlock_compat_allow_port(&attr, 80, LANDLOCK_ACCESS_NET_CONNECT_TCP) ||
			    landlock_compat_restrict(&attr, LANDLOCK_COMPAT_THIS_THREAD) || landlock_compat_filter(&attr))
				return -1;
			landlock_compat_begin(&program);
			landlock_compat_if(&program, 0, ~0U, LANDLOCK_COMPAT_ABI);
			landlock_compat_allow(&program, __NR_close);
			landlock_compat_deny(&program, __NR_close, EPERM);
			if (landlock_compat_enforce(&program, SECCOMP_RET_ALLOW))
				return -1;
			return landlock_compat_missing(&attr, missing);
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
	LISTEN IPC LIMITS; do
	echo "#define $macro +"
done >"$tmp/macros.h"
echo '#define open open' >>"$tmp/macros.h"
file macros '#include "includes.h"' '#include "macros.h"' "$ours"
for neighbor in linux/landlock.h linux/prctl.h sys/prctl.h fcntl.h linux/seccomp.h linux/types.h sys/socket.h; do
	flat=$(echo "$neighbor" | tr / -)
	file "before-$flat" "#include <$neighbor>" "$ours"
	file "after-$flat" "$ours" "#include <$neighbor>"
done
echo '#include <linux/landlock.h>' >"$tmp/landlock.c"

# builds NAME SUFFIX COMPILER...: all sources
builds() {
	name=$1 suffix=$2
	shift 2
	for base in $sources; do
		case $base in # this neighbor is missing before Linux 5.13
		*-linux-landlock.h) "$@" -E "$tmp/landlock.c" >"$tmp/log" 2>&1 || continue ;;
		esac
		if ! "$@" -c "$tmp/$base$suffix" -o "$tmp/object" >"$tmp/log" 2>&1; then
			not_ok "header: $name, $base" "$(head -n 20 "$tmp/log")"
			return
		fi
	done
	ok "header: $name"
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
	echo '_Static_assert(LANDLOCK_COMPAT_ARCH != 0U, "no filter");' | cat "$tmp/alone.c" - >"$tmp/filter.c"
	for architecture in i686-linux-gnu aarch64-linux-gnu arm-linux-gnueabihf riscv64-linux-gnu powerpc64le-linux-gnu s390x-linux-gnu; do
		builds $architecture .c $architecture-gcc -std=c99 -O2 $warnings
		good "$architecture has a filter" $architecture-gcc -std=c11 -c "$tmp/filter.c" -o "$tmp/object"
	done
}

# All that it defines, beside what it includes, has its prefix.
names() {
	cat "$tmp/includes.h" "$tmp/landlock.c" >"$tmp/included.c"
	for mode in c99 "gnu11 -D_GNU_SOURCE"; do
		gcc -std=$mode -dM -E "$tmp/included.c" | sort >"$tmp/theirs"
		gcc -std=$mode -dM -E "$tmp/alone.c" | sort | comm -13 "$tmp/theirs" - >"$tmp/defined"
		is "header: every macro has the prefix, -std=$mode" "$(grep -v '^#define LANDLOCK_' "$tmp/defined")" ''
	done
	for file in included alone; do
		clang -std=c99 -fsyntax-only -Xclang -ast-dump "$tmp/$file.c" | grep -E '^[|`]-|EnumConstantDecl' |
			sed -E "s/( definition| '.*)$//; s/.* //" | sort -u >"$tmp/$file.names"
	done
	comm -13 "$tmp/included.names" "$tmp/alone.names" >"$tmp/names"
	is "header: every function, variable and type has the prefix ($(grep -c landlock_compat_ "$tmp/names"))" \
		"$(grep -vE '^landlock_|^sandbox$' "$tmp/names")" ''
}

# other_headers: none of Landlock's, which gcc would find among the machine's own if older ones lack it; and
# one that says the same in other words, and has more
other_headers() {
	mkdir "$tmp/none"
	cp "$tmp/alone.c" "$tmp/none"
	sed 's/__has_include(<linux.landlock.h>)/0/' landlock_compat.h >"$tmp/none/landlock_compat.h"
	gcc -std=c99 -O2 -c "$tmp/alone.c" -o "$tmp/now.o"
	good "no kernel header of Landlock: no warning" gcc -std=c99 -O2 $warnings -c "$tmp/none/alone.c" -o "$tmp/none.o"
	good "no kernel header of Landlock: the same code" cmp "$tmp/now.o" "$tmp/none.o"
	mkdir -p "$tmp/future/linux"
	sed -n 's/^#define \(LANDLOCK_[A-Z_]*\)[[:space:]]*(1U*L*\(.*\)).*/#define \1 (UINT64_C(0x1)\2)/p' landlock_compat.h |
		grep -v COMPAT >"$tmp/future/linux/landlock.h"
	echo '#define LANDLOCK_ACCESS_FS_LATER (UINT64_C(1) << 40)' >>"$tmp/future/linux/landlock.h"
	good "a kernel header in other words: no warning" gcc -std=c99 -O2 $warnings -I"$tmp/future" -c "$tmp/alone.c" -o "$tmp/future.o"
	good "a kernel header in other words: the same code" cmp "$tmp/now.o" "$tmp/future.o"
}

# What newer kernels' headers have and ours leaves out: flags for the audit log, rights that are not
# asked for because prctl(2) does that on every kernel.
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
			struct path { uint64_t allowed_access; int32_t parent_fd; };
			_Static_assert(LANDLOCK_RULE_PATH_BENEATH == 1 && LANDLOCK_RULE_NET_PORT == 2, "rules");
			_Static_assert(offsetof(struct landlock_ruleset_attr, scoped) == 16, "ruleset");
			_Static_assert(offsetof(struct landlock_path_beneath_attr, parent_fd) == offsetof(struct path, parent_fd), "path");
			_Static_assert(sizeof(struct landlock_path_beneath_attr) <= sizeof(struct path), "path");
			_Static_assert(sizeof(struct landlock_net_port_attr) == 16, "port");
			_Static_assert(offsetof(struct landlock_net_port_attr, port) == 8, "port");
		END
		for call in 424:pidfd_send_signal 425:io_uring_setup 430:fsopen 437:openat2 438:pidfd_getfd \
			444:landlock_create_ruleset 445:landlock_add_rule 446:landlock_restrict_self; do
			echo "_Static_assert(LANDLOCK_COMPAT_NR(${call%:*}) == __NR_${call#*:}, \"$call\");"
		done
	} >"$tmp/compare.c"
	good "$label: constants, structs and numbers are the kernel's" "$@" -std=c11 -c "$tmp/compare.c" -o "$tmp/object"
	"$@" -dM -E "$tmp/landlock.c" | sed -n 's/^#define \(LANDLOCK_\(ACCESS\|SCOPE\|RESTRICT_SELF\|PERM\)[A-Z_]*\) .*/\1/p' >"$tmp/theirs"
	sed -n 's/^#define \(LANDLOCK_[A-Z_]*\)[[:space:]].*/\1/p' landlock_compat.h >"$tmp/ours"
	is "header: $label: has no right that ours lacks" "$(grep -vxFf "$tmp/ours" "$tmp/theirs" | grep -vxE "$left_out")" ''
	echo '#include <sys/syscall.h>' >"$tmp/theirs.c"
	last=$("$@" -dM -E "$tmp/theirs.c" | sed -n 's/^#define __NR_[a-z0-9_]* \([0-9]*\)$/\1/p' | sort -n | tail -n 1)
	[ "$last" -le "${newest:-0}" ] || newest=$last
}

headers() {
	cache=$(mkdir -p "$build/headers" && cd "$build/headers" && pwd) || exit 1
	# shellcheck source=tests/kernels/fetch.sh
	. tests/kernels/fetch.sh
	find_mirrors || not_ok "header: kernel headers of Debian" "$why"
	first='' newest=''
	for suite in bullseye bookworm trixie trixie-backports sid; do
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
	is "header: the last call that it knows is the newest kernel's" "$newest" \
		"$(sed -n 's/^#define LANDLOCK_COMPAT_LAST_CALL \([0-9]*\).*/\1/p' landlock_compat.h)"
}

"$build/header" 2>&1 | tee "$tmp/header" | sed '$d' | tee -a "$results"
has "header: the program has come to its end" "$(tail -n 1 "$tmp/header")" '^[0-9]+ passed, '
names
other_headers
if [ "${1-}" = quick ]; then
	builds "gcc -std=c99" .c gcc -std=c99 -O2 $warnings
else
	compilers
	headers
fi
count
