// SPDX-License-Identifier: 0BSD
/*
 * For the controls: put before tcpserver.c by the compiler's -include, it makes every call by which
 * the server gives something up do nothing. WITH_LANDLOCK or WITH_FILTER leaves that lock alone.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../landlock_compat.h"

#ifndef WITH_LANDLOCK
#define landlock_get_best_ruleset_attr(attr) ((attr)->no_landlock = ENOSYS, 0)
#endif
#ifndef WITH_FILTER
#define landlock_compat_enforce(program, rest) ((void)(program), errno = ENOSYS, -1)
#endif
/* Root stays root, */
#define setgroups(size, list) 0
#define setgid(gid) 0
#define setuid(uid) ((uid) == 0 ? -1 : 0)
#undef __NR_capset
#define __NR_capset __NR_munlockall
/* what was inherited stays open, */
#undef __NR_close_range
#define __NR_close_range __NR_munlockall
#define dup2(from, to) (to)
#define chdir(path) 0
#define madvise(address, length, advice) 0
/* and nothing is limited: Linux takes no notice of RLIMIT_RSS. */
#undef PR_SET_DUMPABLE
#define PR_SET_DUMPABLE PR_SET_TIMERSLACK
#undef PR_SET_THP_DISABLE
#define PR_SET_THP_DISABLE PR_SET_TIMERSLACK
#undef RLIMIT_AS
#define RLIMIT_AS RLIMIT_RSS
#undef RLIMIT_NOFILE
#define RLIMIT_NOFILE RLIMIT_RSS
#undef RLIMIT_NPROC
#define RLIMIT_NPROC RLIMIT_RSS

/* The server tries whether its handlers can fork, and does not start if so. */
static pid_t bare_server;
__attribute__((constructor)) static void note_server(void)
{
	bare_server = getpid();
}
#define fork() (getpid() == bare_server ? fork() : -1)
