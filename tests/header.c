// SPDX-License-Identifier: 0BSD
/*
 * header abis      what landlock_compat.h asks of kernels of every ABI, and of broken ones
 * header filter    what its filter denies, tried out on this kernel, for every ABI
 * header abi       this kernel's ABI
 * header nest N COMMAND...   runs a command inside N Landlock layers
 *
 * Prints "ok - ..." or "not ok - ..." lines. The expectations are written down here once more, in
 * other terms than the header's: by the numbers of landlock-facts and of the kernel's headers.
 */
#define _GNU_SOURCE
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static long kernel(long number, ...);
#define syscall kernel
#include "../landlock_compat.h"
#undef syscall

enum { NEWEST = 11 };
static const struct landlock_compat_attr expected[NEWEST + 1] = {
	/* file system, network, scopes */
	{ 0, 0, 0 },	  { 0x1fff, 0, 0 },  { 0x3fff, 0, 0 },	 { 0x7fff, 0, 0 },
	{ 0x7fff, 3, 0 }, { 0xffff, 3, 0 },  { 0xffff, 3, 3 },	 { 0xffff, 3, 3 },
	{ 0xffff, 3, 3 }, { 0x1ffff, 3, 3 }, { 0x1ffff, 15, 3 }, { 0x1ffff, 15, 3 },
};

/* A kernel that is played: what the probe answers, an ABI or -errno; the newest ABI whose rights it
 * takes all the same, and the errno for more. */
static struct {
	bool on;
	long probe;
	int takes, refusal;
} played;
static struct landlock_compat_attr asked; /* last */

static long kernel(long number, ...)
{
	long arguments[4];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 4; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	if (!played.on || number != 444)
		return syscall(number, arguments[0], arguments[1], arguments[2], arguments[3]);
	errno = 0;
	if (!arguments[0]) {
		errno = played.probe < 0 ? (int)-played.probe : 0;
		return played.probe < 0 ? -1 : played.probe;
	}
	memcpy(&asked, (void *)arguments[0], sizeof(asked));
	if ((asked.handled_access_fs & ~expected[played.takes].handled_access_fs) ||
	    (asked.handled_access_net & ~expected[played.takes].handled_access_net) ||
	    (asked.scoped & ~expected[played.takes].scoped) || !asked.handled_access_fs) {
		errno = played.refusal;
		return -1;
	}
	return open("/dev/null", O_RDONLY);
}

static int failures;

__attribute__((format(printf, 2, 3))) static void check(bool good, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("%s - header: ", good ? "ok" : "not ok");
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	failures += !good;
}

static void play(long probe, int takes, int refusal, int abi, int error)
{
	struct landlock_compat_attr attr;
	const int before = dup(0);
	int result, after;

	close(before);
	played.on = true;
	played.probe = probe;
	played.takes = takes;
	played.refusal = refusal;
	memset(&attr, 0x55, sizeof(attr));
	result = landlock_get_best_ruleset_attr(&attr);
	after = errno;
	played.on = false;
	check(result == abi && (!error || after == error) &&
		      (abi < 0 || !memcmp(&attr, &expected[abi], sizeof(attr))),
	      "a kernel with ABI %ld that takes %d, or else says %d: ABI %d", probe, takes, refusal,
	      abi);
	if (dup(0) != before)
		check(false, "a descriptor is left open");
	close(before);
}

static int check_abis(void)
{
	for (int abi = 1; abi <= NEWEST; abi++)
		play(abi, abi, EINVAL, abi, 0);
	play(12, NEWEST, EINVAL, NEWEST, 0);
	play(999, NEWEST, EINVAL, NEWEST, 0);
	play(-ENOSYS, 0, 0, 0, ENOSYS);
	play(-EOPNOTSUPP, 0, 0, 0, EOPNOTSUPP);
	play(-EPERM, 0, 0, 0, EPERM);
	play(-ENOMEM, 0, 0, -1, ENOMEM);
	play(6, 5, EINVAL, 5, 0); /* as RHEL 9's 5.14 did */
	play(11, 8, E2BIG, 8, 0);
	play(4, 1, EINVAL, 1, 0);
	play(11, 0, EINVAL, 0, EINVAL);
	play(7, 0, ENOMEM, -1, ENOMEM);
	return failures != 0;
}

/* What the filter denies. Each call does no harm where it is allowed. */
static long call(int which)
{
	const struct sched_param parameters = { 0 };
	struct rlimit limit;
	int fds[2];

	switch (which) {
	case 0:
		return socket(AF_INET, SOCK_STREAM, 0);
	case 1:
		return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
	case 2:
		return syscall(__NR_connect, -1, NULL, 0);
	case 3:
		return syscall(__NR_bind, -1, NULL, 0);
	case 4:
		return syscall(__NR_listen, -1, 0);
	case 5:
		return syscall(__NR_sendto, -1, NULL, 0, MSG_FASTOPEN, NULL, 0);
	case 6:
		return syscall(__NR_sendmsg, -1, NULL, MSG_FASTOPEN);
	case 7:
		return syscall(__NR_sendmmsg, -1, NULL, 0, MSG_FASTOPEN);
	case 8:
		return syscall(__NR_sendto, -1, NULL, 0, MSG_NOSIGNAL, NULL, 0);
	case 9:
		return syscall(425, 0, NULL);
	case 10:
		return open("/dev/null", 3);
	case 11:
		return open("/dev/null", O_RDWR);
	case 12:
		return kill(getpid(), 0);
	case 13:
		return syscall(__NR_tgkill, getpid(), getpid(), 0);
	case 14:
		return fcntl(0, F_SETOWN, getpid());
	case 15:
		return fcntl(0, F_GETFL);
	case 16:
		return ioctl(0, FIOSETOWN, NULL);
	case 17:
		return truncate("/dev/null/x", 0);
	case 18:
		return prlimit(getppid(), RLIMIT_CORE, NULL, &limit);
	case 19:
		return prlimit(0, RLIMIT_CORE, NULL, &limit);
	case 20:
		return syscall(__NR_sched_setscheduler, getppid(), SCHED_OTHER, &parameters);
	case 21:
		return syscall(__NR_sched_setscheduler, 0, SCHED_OTHER, &parameters);
	case 22:
		return setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0));
	case 23:
		/* by the call itself: some C libraries only use socketcall(2), see the header */
		return syscall(__NR_socket, AF_INET, SOCK_STREAM, 262);
	case 24:
		return syscall(__NR_socket, AF_INET, SOCK_STREAM, 256);
	case 25:
		return syscall(__NR_socket, 43, SOCK_STREAM, 0);
	case 26:
		return shmget(IPC_PRIVATE, 0, 0);
	case 27:
		return setsid();
	default:
		return syscall(437, -1, NULL, NULL, 0);
	}
}

enum {
	SOCKETS = LANDLOCK_COMPAT_SOCKETS,
	PROCESSES = LANDLOCK_COMPAT_PROCESSES,
	SESSIONS = LANDLOCK_COMPAT_SESSIONS
};
static const struct {
	const char *what;
	int error;	   /* 0: never denied */
	int abi;	   /* from which Landlock does it, and the filter does not */
	unsigned int part; /* that can be left out */
} calls[] = {
	{ "socket", EACCES, 99, SOCKETS },
	{ "socketpair", EACCES, 99, SOCKETS },
	{ "connect", EACCES, 99, SOCKETS },
	{ "bind", EACCES, 99, SOCKETS },
	{ "listen", EACCES, 99, 0 },
	{ "sendto(MSG_FASTOPEN)", EACCES, 99, 0 },
	{ "sendmsg(MSG_FASTOPEN)", EACCES, 99, 0 },
	{ "sendmmsg(MSG_FASTOPEN)", EACCES, 99, 0 },
	{ "sendto", 0, 0, 0 },
	{ "io_uring_setup", EACCES, 99, 0 },
	{ "open, mode 3", EACCES, 99, 0 },
	{ "open", 0, 0, 0 },
	{ "kill", EPERM, 6, PROCESSES },
	{ "tgkill", EPERM, 6, PROCESSES },
	{ "fcntl(F_SETOWN)", EPERM, 6, PROCESSES },
	{ "fcntl(F_GETFL)", 0, 0, 0 },
	{ "ioctl(FIOSETOWN)", EPERM, 6, PROCESSES },
	{ "truncate", EACCES, 3, 0 },
	{ "prlimit of another", EPERM, 99, PROCESSES },
	{ "prlimit", 0, 0, 0 },
	{ "sched_setscheduler of another", EPERM, 99, PROCESSES },
	{ "sched_setscheduler", 0, 0, 0 },
	{ "setpriority", EPERM, 99, PROCESSES },
	{ "an MPTCP socket", EACCES, 99, 0 },
	{ "an IPPROTO_SMC socket", EACCES, 99, 0 },
	{ "an AF_SMC socket", EACCES, 99, 0 },
	{ "shmget", EACCES, 99, 0 },
	{ "setsid", EPERM, 99, PROCESSES | SESSIONS },
	{ "openat2", EACCES, 99, 0 },
};

/* In a process of its own, as a filter is for good. */
static void check_filter(int abi, unsigned int leave)
{
	char wrong[400] = "";
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid > 0) {
		if (waitpid(pid, &status, 0) < 0 || status)
			failures++;
		return;
	}
	if (landlock_compat_filter(abi, leave) != 1)
		err(1, "landlock_compat_filter");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const bool denied =
			calls[i].error && abi < calls[i].abi && !(calls[i].part & leave);
		const long result = call((int)i);

		/* what is allowed fails otherwise, if at all */
		if (denied != (result < 0 && errno == calls[i].error))
			strcat(strcat(wrong, " "), calls[i].what);
	}
	check(!*wrong, "the filter at ABI %d, without parts %u%s%s", abi, leave, *wrong ? ": " : "",
	      wrong);
	fflush(stdout);
	_exit(*wrong != '\0');
}

static int nest(int layers, char **command)
{
	struct landlock_compat_attr attr = { LANDLOCK_ACCESS_FS_MAKE_SYM, 0, 0 };
	const int ruleset = landlock_compat_create(&attr);

	for (int i = 0; i < layers; i++)
		if (ruleset < 0 || landlock_compat_restrict(ruleset, 0))
			err(1, "layer %d", i);
	execvp(command[0], command);
	err(1, "%s", command[0]);
}

int main(int argc, char **argv)
{
	struct landlock_compat_attr attr;

	if (argc > 1 && !strcmp(argv[1], "abis"))
		return check_abis();
	if (argc > 1 && !strcmp(argv[1], "abi"))
		return printf("%d\n", landlock_get_best_ruleset_attr(&attr)) < 0;
	if (argc > 3 && !strcmp(argv[1], "nest"))
		return nest(atoi(argv[2]), argv + 3);
	if (argc != 2 || strcmp(argv[1], "filter"))
		errx(2, "usage: header abis|filter|nest N COMMAND...");
	check(call(0) >= 0 && call(10) >= 0 && call(12) == 0, "without a filter, the calls work");
	for (int abi = 0; abi <= NEWEST; abi++)
		check_filter(abi, 0);
	check_filter(0, SOCKETS);
	check_filter(0, PROCESSES);
	check_filter(0, SESSIONS);
	check_filter(NEWEST, SOCKETS | PROCESSES);
	return failures != 0;
}
