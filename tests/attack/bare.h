// SPDX-License-Identifier: 0BSD
/*
 * The server without its sandbox, for controls, sanitizers and benchmarks: put before tcpserver.c
 * by the compiler's -include, it takes out every step by which the server gives something up.
 * WITH_LANDLOCK or WITH_FILTER leaves that lock alone. The report says what was left out.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "../../landlock_compat.h"

/* A definition, `step(void)`, becomes step_void(), which nobody calls. A call becomes step_(). */
#pragma GCC diagnostic ignored "-Wunused-function"
#define close_inherited(v) close_inherited_##v()
#define give_up_root(v) give_up_root_##v()
#define limit_resources(v) limit_resources_##v()
static void close_inherited_(void)
{
}
static void give_up_root_(void)
{
}
static void limit_resources_(void)
{
}

enum { LEFT_OUT = 9999 }; /* no errno */
#define strerror(error) ((error) == LEFT_OUT ? "left out of this build" : strerror(error))
#ifndef WITH_LANDLOCK /* an ABI without a right, but not 0: a service with HANDLER_READS starts */
#define landlock_get_best_ruleset_attr(attr)                                                       \
	(memset(attr, 0, sizeof(*(attr))), (attr)->handled_access_fs = ~0ULL,                      \
	 (attr)->no_landlock = LEFT_OUT, (attr)->abi = -1, 0)
#endif
#ifndef WITH_FILTER
#define landlock_compat_enforce(rules, count, rest)                                                \
	((void)(rules), (void)(count), errno = LEFT_OUT, -1)
#undef ENOTSUP
#define ENOTSUP LEFT_OUT /* an error that the server survives */
#endif

/* A server that keeps what it knows of its clients, and how their handlers ended */
#define madvise(memory, size, advice) 0
static struct sockaddr_storage kept[2];
static int keep(int client, const void *address, socklen_t size)
{
	static int turn;

	memcpy(&kept[turn = !turn], address, client < 0 ? 0 : size);
	return client;
}
#define accept4(fd, address, size, flags) keep(accept4(fd, address, size, flags), address, *(size))

/* What seal() takes away; Linux takes no notice of RLIMIT_RSS. */
#undef __NR_close_range
#define __NR_close_range __NR_munlockall
#undef RLIMIT_NPROC
#define RLIMIT_NPROC RLIMIT_RSS

/* The server tries whether its handlers can fork, and does not start if so. */
static pid_t bare_server;
__attribute__((constructor)) static void note_server(void)
{
	bare_server = getpid();
}
#define fork() (getpid() == bare_server ? fork() : -1)
