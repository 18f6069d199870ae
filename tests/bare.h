// SPDX-License-Identifier: 0BSD
/*
 * For the controls: put before tcpserver.c by the compiler's -include, it makes every call by which
 * the server gives something up do nothing. With -DWITH_LANDLOCK, Landlock and giving up root stay.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../landlock_compat.h"

#define landlock_compat_filter(abi, leave) (errno = ENOSYS, 0)
#ifndef WITH_LANDLOCK
#define landlock_get_best_ruleset_attr(attr) ((void)(attr), errno = ENOSYS, 0)
#define setgroups(size, list) 0
#define setgid(gid) 0
#define setuid(uid) ((uid) == 0 ? -1 : 0)
#define getresuid(real, effective, saved) (*(real) = *(effective) = *(saved) = 1, 0)
#undef __NR_capset
#define __NR_capset __NR_munlockall
#endif
#undef __NR_close_range
#define __NR_close_range __NR_munlockall
static inline int dup2_or_not(int from, int to)
{
	return to == 3 ? dup2(from, to) : to;
}
#define dup2 dup2_or_not
#define setsid() 0
#define setpgid(pid, group) 0
#define chdir(path) 0
#undef PR_SET_DUMPABLE
#define PR_SET_DUMPABLE PR_SET_TIMING
#define setrlimit(resource, ...) ((void)(__VA_ARGS__), 0)
