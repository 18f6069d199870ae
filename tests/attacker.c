// SPDX-License-Identifier: 0BSD
/*
 * The attacker's handle_request(): what somebody could do who runs code of his own in a handler.
 * tcpserver.c includes it as its HANDLER.
 *
 * A request is one line, "OTHER OUTSIDE DIRECTORY ATTACK": the pids of another client's handler and
 * of a process that has nothing to do with the server, a directory with a file `victim` and a
 * listening UNIX socket `socket` (and an abstract one by the same name), and a line of attacks.h.
 * The outcome, "works", an errno's name or "n/a" on this architecture, goes to a page that all
 * handlers share, as an attack may well cost the connection: the request "outcome" asks for it.
 */
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#define NOT_HERE (-2)
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static struct {
	volatile bool done, signalled;
	char outcome[16];
} * shared;
static int its_client;
static pid_t other, outside;
static char directory[100];
static volatile int secret; /* in the memory of whoever serves the request "hold" */

__attribute__((constructor)) static void share_page(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
}

static const char *path(const char *name)
{
	static char text[2][200];
	static unsigned int turn;

	turn = !turn;
	snprintf(text[turn], sizeof(text[turn]), "%s/%s", directory, name);
	return text[turn];
}

/* Something that listens: the server itself. */
static union address target;

static int tcp(int protocol)
{
	return socket(target.any.sa_family, SOCK_STREAM, protocol);
}

static int disconnect(int fd)
{
	return connect(fd, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
}

static int connect_to(int fd)
{
	return fd < 0 ? fd : connect(fd, &target.any, sizeof(target));
}

static int bind_to_any(int fd)
{
	union address address = target;

	address.v4.sin_port = 0;
	return fd < 0 ? fd : bind(fd, &address.any, sizeof(address));
}

static int listen_on(int fd)
{
	return fd < 0 ? fd : listen(fd, 1);
}

static long fast_open(int fd, char how)
{
	struct iovec data = { .iov_base = "x", .iov_len = 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_name = &target,
						.msg_namelen = sizeof(target),
						.msg_iov = &data,
						.msg_iovlen = 1 } };

	if (fd < 0)
		return fd;
	if (how == 't')
		return sendto(fd, "x", 1, MSG_FASTOPEN, &target.any, sizeof(target));
	if (how == 'm')
		return sendmsg(fd, &message.msg_hdr, MSG_FASTOPEN);
	if (how == 'M')
		return sendmmsg(fd, &message, 1, MSG_FASTOPEN);
#if __SIZEOF_LONG__ == 8
	return syscall(__NR_sendto, fd, "x", 1UL, MSG_FASTOPEN | 1L << 32, &target, sizeof(target));
#endif
	return NOT_HERE;
}

static long send_udp(void)
{
	const int fd = socket(target.any.sa_family, SOCK_DGRAM, 0);

	return fd < 0 ? fd : sendto(fd, "x", 1, 0, &target.any, sizeof(target));
}

static int connect_unix(bool abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path + abstract, sizeof(address.sun_path) - 1, "%s/socket", directory);
	return fd < 0 ? fd : connect(fd, (struct sockaddr *)&address, sizeof(address));
}

static long socket_int80(void)
{
#ifdef __x86_64__
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(359), "b"(AF_INET), "c"(SOCK_STREAM), "d"(0)
			 : "memory");
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
#else
	return NOT_HERE;
#endif
}

static long socket_x32(void)
{
#ifdef __x86_64__
	return syscall(0x40000000 + __NR_socket, AF_INET, SOCK_STREAM, 0);
#else
	return NOT_HERE;
#endif
}

static long socket_garbage(void)
{
#if __SIZEOF_LONG__ == 8
	return syscall(__NR_socket, AF_INET | 1L << 32, SOCK_STREAM | 1L << 33, 1L << 34);
#else
	return NOT_HERE;
#endif
}

static long socket_socketcall(void)
{
#ifdef __NR_socketcall
	return syscall(__NR_socketcall, 1, (long[]){ AF_INET, SOCK_STREAM, 0 });
#else
	return NOT_HERE;
#endif
}

static long make_io_uring(void)
{
	static char parameters[120]; /* struct io_uring_params, all zero */

	return syscall(LANDLOCK_COMPAT_NR(425), 1, parameters);
}

static long open_openat2(void)
{
	static const uint64_t how[3]; /* struct open_how: O_RDONLY */

	return syscall(LANDLOCK_COMPAT_NR(437), AT_FDCWD, path("victim"), how, sizeof(how));
}

static int run_program(void)
{
	char command[100];

	snprintf(command, sizeof(command), "echo works >&%d", its_client);
	fcntl(its_client, F_SETFD, 0);
	return execl("/bin/sh", "sh", "-c", command, NULL);
}

static int find_descriptor(void)
{
	struct stat status;

	for (int fd = 0; fd < 1024; fd++)
		if (fd != its_client && fstat(fd, &status) == 0 && status.st_rdev != makedev(1, 3))
			return fd;
	errno = EBADF;
	return -1;
}

static int type_into_terminal(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (ioctl(fd, TIOCSTI, "x") == 0)
			return fd;
	errno = ENOTTY;
	return -1;
}

static long read_memory(pid_t pid)
{
	int found = -1;
	const struct iovec here = { &found, sizeof(found) };
	const struct iovec there = { (void *)(uintptr_t)&secret, sizeof(secret) };

	return process_vm_readv(pid, &here, 1, &there, 1, 0);
}

static int open_memory(pid_t pid)
{
	char name[40];

	snprintf(name, sizeof(name), "/proc/%d/mem", pid);
	return open(name, O_RDONLY);
}

static long take_descriptor(pid_t pid)
{
	const int pidfd = (int)syscall(LANDLOCK_COMPAT_NR(434), pid, 0); /* pidfd_open */

	return pidfd < 0 ? pidfd : syscall(LANDLOCK_COMPAT_NR(438), pidfd, 0, 0); /* pidfd_getfd */
}

static long queue_signal(pid_t pid)
{
	const siginfo_t info = { .si_signo = SIGURG, .si_code = SI_QUEUE };

	return syscall(__NR_rt_sigqueueinfo, pid, SIGURG, &info);
}

static long signal_by_pidfd(pid_t pid)
{
	const int pidfd = (int)syscall(LANDLOCK_COMPAT_NR(434), pid, 0);

	return pidfd < 0 ? pidfd : syscall(LANDLOCK_COMPAT_NR(424), pidfd, SIGURG, NULL, 0);
}

/* Whoever owns a descriptor gets a signal, SIGUSR1 here, when there is something to read from it.
 */
static int signal_by_owner(int command)
{
	const struct f_owner_ex owner = { .type = F_OWNER_PID, .pid = other };
	const int fd = its_client;
	int result;

	if (command == F_SETOWN_EX)
		result = fcntl(fd, F_SETOWN_EX, &owner);
	else if (command == F_SETOWN)
		result = fcntl(fd, F_SETOWN, other);
	else
		result = ioctl(fd, FIOSETOWN, &other);
	if (result)
		return result;
	shared->signalled = false;
	if (fcntl(fd, F_SETSIG, SIGUSR1) || fcntl(fd, F_SETFL, O_ASYNC) ||
	    write(fd, "go\n", 3) != 3)
		return -1;
	for (int i = 0; i < 20 && !shared->signalled; i++)
		usleep(10000);
	errno = EPERM;
	return shared->signalled ? 0 : -1;
}

static long limit_process(pid_t pid)
{
	struct rlimit same;

	return prlimit(0, RLIMIT_CORE, NULL, &same) ? -1 : prlimit(pid, RLIMIT_CORE, &same, NULL);
}

static int move_process(pid_t pid)
{
	cpu_set_t same;

	return sched_getaffinity(pid, sizeof(same), &same)
		       ? -1
		       : sched_setaffinity(pid, sizeof(same), &same);
}

static int raise_limit(void)
{
	return prlimit(0, RLIMIT_NPROC, &(struct rlimit){ 64, 64 }, NULL);
}

static int make_process(void)
{
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int memfd(void)
{
	return (int)syscall(__NR_memfd_create, "x", 0);
}

/* 256 MiB, and back again. */
static int fill_memory(int kind)
{
	enum { PIECE = 1 << 20, PIECES = 256 };
	char *pieces[PIECES];
	int count = 0, error;

	while (count < PIECES) {
		pieces[count] =
			mmap(NULL, PIECE, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);
		if (pieces[count] == MAP_FAILED)
			break;
		*pieces[count++] = 1;
	}
	error = errno;
	for (int i = 0; i < count; i++)
		munmap(pieces[i], PIECE);
	errno = error;
	return count == PIECES ? 0 : -1;
}

static int fill_descriptors(void)
{
	for (int i = 0; i < 1000; i++)
		if (dup(its_client) < 0)
			return -1;
	return 0;
}

/* Each timer is a signal that is kept for it. */
static int queue_signals(void)
{
	for (int i = 0, timer; i < 100; i++)
		if (syscall(__NR_timer_create, CLOCK_MONOTONIC, NULL, &timer))
			return -1;
	return 0;
}

static char scratch[4096];

static long splice_memory(void)
{
	const struct iovec memory = { scratch, 1 };
	int ends[2];

	return pipe(ends) ? -1 : vmsplice(ends[1], &memory, 1, 0);
}

static long set_up_aio(void)
{
	unsigned long context = 0;

	return syscall(__NR_io_setup, 1, &context);
}

static long make_file_system(void)
{
	unshare(CLONE_NEWUSER | CLONE_NEWNS);
	return syscall(LANDLOCK_COMPAT_NR(430), "tmpfs", 0);
}

static int share_memory(void)
{
	const int id = shmget(IPC_PRIVATE, 4096, 0600);

	return id < 0 ? id : shmctl(id, IPC_RMID, NULL);
}

static long attack(const char *name)
{
#define SECTION(title)
#define ATTACK(what, control, filter, shipped, code)                                               \
	if (!strcmp(name, what))                                                                   \
		return (long)(code);
#include "attacks.h"
	return NOT_HERE;
}

static const char *errno_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
#define NAME(error) { error, #error }
		NAME(EACCES),	    NAME(EPERM),	NAME(EAGAIN),	     NAME(EBADF),
		NAME(EINVAL),	    NAME(ENOSYS),	NAME(ENOENT),	     NAME(ENOTTY),
		NAME(ENXIO),	    NAME(EIO),		NAME(EFAULT),	     NAME(EMFILE),
		NAME(EISCONN),	    NAME(EPIPE),	NAME(ENOTCONN),	     NAME(ESRCH),
		NAME(EEXIST),	    NAME(ECONNREFUSED), NAME(EADDRNOTAVAIL), NAME(EPROTONOSUPPORT),
		NAME(EAFNOSUPPORT), NAME(ENOPROTOOPT),	NAME(EOPNOTSUPP),    NAME(ENOMEM),
		NAME(EFBIG),
	};
	static char number[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].error == error)
			return names[i].name;
	snprintf(number, sizeof(number), "%d", error);
	return number;
}

static void note_signal(int signal)
{
	(void)signal;
	shared->signalled = true;
}

static void answer(const char *text)
{
	char line[40];
	const int length = snprintf(line, sizeof(line), "%s\n", text);

	if (write(its_client, line, (size_t)length) != length)
		_exit(EXIT_FAILURE);
}

static int handle_request(int fd)
{
	char request[300] = "", name[100] = "", number[16];
	socklen_t length = sizeof(target);
	long result;

	its_client = fd;
	getsockname(its_client, &target.any, &length);
	if (read(its_client, request, sizeof(request) - 1) <= 0)
		return EXIT_FAILURE;
	if (!strcmp(request, "abort\n"))
		abort();
	if (!strcmp(request, "overflow\n")) /* for sanitizers */
		return request[sizeof(request) + (size_t)(its_client - 3)];
	if (!strcmp(request, "use-after-free\n")) {
		char *volatile gone = malloc(1);

		free(gone);
		return *gone;
	}
	if (!strcmp(request, "spin\n"))
		for (;;)
			continue;
	if (!strcmp(request, "fill\n")) { /* all the memory that it may have, for good */
		for (char *piece; (piece = malloc(1 << 20));)
			memset(piece, 1, 1 << 20);
		answer("full");
		return read(its_client, request, 1) ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (!strcmp(request, "hold\n")) {
		signal(SIGUSR1, note_signal);
		secret = 1;
		snprintf(number, sizeof(number), "%d", getpid());
		answer(number);
		while (read(its_client, request, 1) != 0)
			continue;
		return EXIT_SUCCESS;
	}
	if (!strcmp(request, "outcome\n")) {
		for (int i = 0; i < 300 && !shared->done; i++)
			usleep(10000);
		answer(shared->done ? shared->outcome : "nothing");
		return EXIT_SUCCESS;
	}
	if (sscanf(request, "%d %d %99s %99[^\n]", &other, &outside, directory, name) != 4)
		return EXIT_FAILURE;
	shared->done = false;
	result = attack(name);
	strcpy(shared->outcome, result == NOT_HERE ? "n/a"
				: result < 0	   ? errno_name(errno)
						   : "works");
	shared->done = true;
	return EXIT_SUCCESS;
}
