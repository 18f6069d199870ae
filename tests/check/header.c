// SPDX-License-Identifier: 0BSD
/*
 * header: tries out landlock_compat.h on this kernel, and on simulated older ones.
 * header abi: prints this kernel's Landlock ABI.
 * header nest N COMMAND...: runs a command inside N Landlock layers.
 *
 * A matrix of policies, actions and kernels. A kernel is simulated by its answers to the calls that
 * make a sandbox; the real one then enforces what was asked for. Each policy has to allow and to
 * deny the same actions on every kernel: what differs is listed in one table, differences[]. What
 * the policy denies and still works has to be told by landlock_compat_missing(), and nothing else
 * may be. Every action is tried without a sandbox first. Then: threads, and bad input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Instead of syscall(3), whose name the header gives by an asm label, it calls simulate(). */
static long simulate(long number, ...);
#define landlock_compat_syscall simulate
#define __asm__(label)
#include "../../landlock_compat.h"
#undef __asm__
#undef landlock_compat_syscall

#ifndef __NR_fcntl64 /* 32-bit architectures have both */
#define __NR_fcntl64 __NR_fcntl
#define __NR_truncate64 __NR_truncate
#endif

/* ---- The kernels ---- */

enum { NEWEST = 11 };
/* By the kernel's documentation, not by the header: files, network, scopes of each ABI. */
static const uint64_t rights[NEWEST + 1][3] = {
	{ 0, 0, 0 },	  { 0x1fff, 0, 0 },  { 0x3fff, 0, 0 },	 { 0x7fff, 0, 0 },
	{ 0x7fff, 3, 0 }, { 0xffff, 3, 0 },  { 0xffff, 3, 3 },	 { 0xffff, 3, 3 },
	{ 0xffff, 3, 3 }, { 0x1ffff, 3, 3 }, { 0x1ffff, 15, 3 }, { 0x1ffff, 15, 3 },
};

static struct kernel {
	int probe;	     /* its answer to the probe: an ABI, or -errno */
	int takes, refusal;  /* the newest ABI whose rights it takes, and the errno for others */
	int filter, unshare; /* the errno of seccomp(2) and of unshare(2) */
	bool pretend;	     /* a ruleset is any descriptor: for ABIs newer than the real one */
} kernel;

static long simulate(long number, ...)
{
	uint64_t asked[3] = { 0, 0, 0 };
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	errno = number == __NR_seccomp	 ? kernel.filter
		: number == __NR_unshare ? kernel.unshare
					 : 0;
	if (number == 444 && !argument[0]) {
		errno = kernel.probe < 0 ? -kernel.probe : 0;
		return errno ? -1 : kernel.probe;
	}
	if (number == 444)
		memcpy(asked, (void *)argument[0], sizeof(asked));
	for (int i = 0; i < 3; i++)
		if (asked[i] & ~rights[kernel.takes][i])
			errno = kernel.refusal;
	if (number == 446 && kernel.takes < 8 && (int)argument[1])
		errno = EINVAL;
	if (errno)
		return -1;
	if (number == 444 && kernel.pretend)
		return dup(0);
	return syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4],
		       argument[5]);
}

static void simulate_abi(int abi)
{
	kernel = (struct kernel){ abi ? abi : -ENOSYS, abi, EINVAL, 0, 0, false };
}

static int real_abi(void)
{
	const long abi = syscall(444, NULL, 0UL, 1UL);

	return abi < 0 ? 0 : abi > NEWEST ? NEWEST : (int)abi;
}

/* ---- The policies ---- */

// clang-format off
enum policy { NOTHING, TCP_CLIENT, TCP_SERVER, TCP_CONNECT, UDP_CLIENT, UDP_SERVER, UNIX_PATH, UNIX_NAMES,
	UNIX_KIND, OTHERS, SIGNALS, LIMITS, READ, LOG, REPLACE, EMPTY, RUN, MOVE, NO_FILES, POLICIES };
#define FS(right) LANDLOCK_ACCESS_FS_##right
#define NET(right) LANDLOCK_ACCESS_NET_##right
static const struct {
	const char *name;
	uint64_t clear[4]; /* in the order of struct landlock_compat_attr */
	uint64_t net, fs;  /* rules: for the port, and below the folder "in" */
} policies[POLICIES] = {
	[NOTHING] = { "nothing", { 0 }, 0, 0 },
	[TCP_CLIENT] = { "a TCP port to connect to", { 0 }, NET(CONNECT_TCP), 0 },
	[TCP_SERVER] = { "a TCP port to listen on", { 0, 0, 0, LANDLOCK_COMPAT_LISTEN }, NET(BIND_TCP), 0 },
	[TCP_CONNECT] = { "connecting by TCP", { 0, NET(CONNECT_TCP) }, 0, 0 },
	[UDP_CLIENT] = { "a UDP port to send to", { 0 }, NET(CONNECT_SEND_UDP), 0 },
	[UDP_SERVER] = { "a UDP port to answer from", { 0, NET(CONNECT_SEND_UDP) }, NET(BIND_UDP), 0 },
	[UNIX_PATH] = { "UNIX sockets in a folder", { 0 }, 0, FS(RESOLVE_UNIX) },
	[UNIX_NAMES] = { "abstract UNIX sockets", { 0, 0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET }, 0, 0 },
	[UNIX_KIND] = { "making UNIX sockets", { 0, 0, 0, LANDLOCK_COMPAT_UNIX }, 0, 0 },
	[OTHERS] = { "other kinds of sockets", { 0, 0, 0, LANDLOCK_COMPAT_OTHER_SOCKETS }, 0, 0 },
	[SIGNALS] = { "signals", { 0, 0, LANDLOCK_SCOPE_SIGNAL }, 0, 0 },
	[LIMITS] = { "limits and IPC", { 0, 0, 0, LANDLOCK_COMPAT_LIMITS | LANDLOCK_COMPAT_IPC }, 0, 0 },
	[READ] = { "reading in a folder", { 0 }, 0, LANDLOCK_COMPAT_READ },
	[LOG] = { "logs in a folder", { 0 }, 0, LANDLOCK_COMPAT_LOG },
	[REPLACE] = { "replacing files in a folder", { 0 }, 0, LANDLOCK_COMPAT_REPLACE },
	[EMPTY] = { "emptying files in a folder", { 0 }, 0, FS(TRUNCATE) },
	[RUN] = { "running programs", { 0 }, 0, LANDLOCK_COMPAT_RUN },
	[MOVE] = { "moving files between folders", { 0 }, 0, FS(REFER) | FS(MAKE_REG) | FS(REMOVE_FILE) },
	[NO_FILES] = { "all files", { ~0ULL }, 0, 0 },
};
#define P(policy) (1U << (policy))
enum {
	ALL = P(POLICIES) - 1,
	UNIX = P(UNIX_PATH) | P(UNIX_NAMES) | P(UNIX_KIND) | P(NO_FILES),
	TCP = P(TCP_CLIENT) | P(TCP_SERVER) | P(TCP_CONNECT),
	UDP = P(UDP_CLIENT) | P(UDP_SERVER),
	CONNECT = UNIX | UDP | P(OTHERS) | P(TCP_CLIENT) | P(TCP_CONNECT), /* leave connect(2) open */
	BIND = UNIX | P(OTHERS) | P(TCP_SERVER) | P(UDP_SERVER),
	/* policies with which sockets of some kind can be made; with socketcall(2), of all kinds then */
	ANY = TCP | UDP | UNIX | P(OTHERS),
#ifdef __NR_socketcall
	MULTIPLEXED = ANY,
#else
	MULTIPLEXED = 0,
#endif
	READS = P(READ) | P(REPLACE) | P(RUN),
	WRITES = P(LOG) | P(REPLACE),
	IN_CHILD = P(29),
	MAY_FAIL = P(30), /* without a sandbox it may fail, if by another errno than in it */
};

/* All that differs between kernels, by policies and below an ABI. What is laxer works there although
 * the policy denies it, and is told; what is stricter is denied there, and documented. */
enum difference { SAME, KINDS, FILES, DEVICES, OPEN_FILES, LENGTHS, EMPTIED, TCP_NEW, TCP_OLD, PORTS_NEW, PORTS_OLD, UDP_SENT,
	UDP_PORTS, PATHS, NAMES, UDP_OLD, PATHS_OLD, NAMES_OLD, SIGNALED, TRUNCATED, MOVES, OWN_MEMORY };
static const struct {
	enum difference what;
	unsigned int policies;
	int from, below;
	enum { LAXER, STRICTER } how;
} differences[] = {
	{ KINDS, MULTIPLEXED, 0, 99, LAXER },
	{ FILES, ALL, 0, 1, LAXER }, /* no Landlock: files are open */
	{ DEVICES, ALL, 0, 1, LAXER },
	{ DEVICES, READS | WRITES, 0, 5, LAXER }, /* ioctl(2) on devices that may be opened */
	{ OPEN_FILES, ALL, 0, 1, LAXER },
	{ OPEN_FILES, WRITES, 0, 3, LAXER }, /* ftruncate(2) of files that may be written */
	{ LENGTHS, P(REPLACE) | P(EMPTY), 0, 3, LAXER }, /* truncate(2) of other files */
	{ EMPTIED, P(EMPTY), 0, 1, LAXER },
	{ TRUNCATED, P(EMPTY), 0, 1, LAXER },
	{ TCP_NEW, P(TCP_CLIENT) | MULTIPLEXED, 0, 4, LAXER }, /* other ports */
	{ TCP_OLD, CONNECT | MULTIPLEXED, 0, 4, LAXER }, /* other ports, as by the client's socket */
	{ PORTS_NEW, P(TCP_SERVER) | MULTIPLEXED, 0, 4, LAXER },
	{ PORTS_OLD, BIND | MULTIPLEXED, 0, 4, LAXER },
	{ UDP_SENT, UDP | MULTIPLEXED, 0, 10, LAXER },
	{ UDP_PORTS, P(UDP_SERVER) | MULTIPLEXED, 0, 10, LAXER },
	{ PATHS, UNIX | MULTIPLEXED, 0, 9, LAXER },
	{ NAMES, UNIX | MULTIPLEXED, 0, 6, LAXER },
	{ UDP_OLD, ALL, 0, 10, LAXER }, /* not told: datagram sockets from before */
	{ PATHS_OLD, ALL, 0, 9, LAXER },
	{ NAMES_OLD, ALL, 0, 6, LAXER },
	{ SIGNALED, ~P(SIGNALS), 0, 6, STRICTER }, /* newer children, by themselves as well; owners */
	{ TRUNCATED, P(LOG), 0, 3, STRICTER }, /* O_TRUNC of new files */
	{ MOVES, P(MOVE), 1, 2, STRICTER }, /* denied even with a rule */
	{ MOVES, ALL, 0, 1, LAXER },
	{ OWN_MEMORY, P(NO_FILES), 0, 4, STRICTER }, /* for lack of a ruleset */
	{ OWN_MEMORY, ALL, 0, 1, STRICTER }, /* ptrace(2) of a child, reading one's own memory */
};
// clang-format on

/* ---- What is there before the sandbox ---- */

enum { IN, OUT, NAMED, PLACES }; /* allowed by a rule; elsewhere; an abstract UNIX socket */
static const char *const paths[2][PLACES] = { { "in/stream", "out/stream", "\0stream" },
					      { "in/datagram", "out/datagram", "\0datagram" } };
static char folder[] = "/tmp/header-XXXXXX";
static int tcp[2], udp[2], unix_sockets[2][PLACES];
static int tcp_port[2], udp_port[2], free_tcp[2], free_udp[2];	/* the free ones can be bound */
static int file;						/* in/file */
static int old_tcp[9], next_old, old_client, old_udp, old_unix; /* made for each sandbox */
static bool by_handle;						/* who may */
static volatile sig_atomic_t caught;
static union {
	struct file_handle handle;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} handle;
#define GARBAGE (sizeof(long) == 8 ? (long)(1ULL << 40) : 0)

static void handler(int signal)
{
	caught = signal;
}

static int failed(long result)
{
	return result < 0 ? errno : 0;
}

static struct sockaddr_in local(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

/* An abstract name is made unique by the folder's. */
static socklen_t path_address(const char *path, struct sockaddr_un *address)
{
	const bool named = !*path;
	const char *const end = named ? folder : "";

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path + named, sizeof(address->sun_path) - 1, "%s%s", path + named,
		 end);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(path + named) +
			   strlen(end));
}

/* A socket at a port that the kernel picks; others may bind it, too. */
static int at_port(int type, int *port)
{
	struct sockaddr_in address = local(*port);
	socklen_t length = sizeof(address);
	const int fd = (int)syscall(__NR_socket, AF_INET, type, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    syscall(__NR_bind, fd, &address, length) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		return -1;
	*port = ntohs(address.sin_port);
	return fd;
}

/* Whether something came in, which is then taken out. */
static bool arrived(int fd, bool connection)
{
	struct pollfd wait = { fd, POLLIN, 0 };
	char byte;

	if (poll(&wait, 1, 1000) != 1)
		return false;
	return connection ? !close(accept4(fd, NULL, NULL, 0)) : recv(fd, &byte, 1, 0) >= 0;
}

/* Another process. It blocks all signals, and tells which of them have come. */
enum { OUTSIDE, OLDER, NEWER, SELF, REMOVE_QUEUE = -1 };
static struct target {
	pid_t pid;
	int fd;
} targets[2];
static char queue[40];

static struct target start_target(void)
{
	struct target target;
	int ends[2], question;
	sigset_t set, before;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &before);
	if (syscall(__NR_socketpair, AF_UNIX, SOCK_STREAM, 0, ends) || (target.pid = fork()) < 0)
		err(1, "another process");
	target.fd = ends[0];
	if (target.pid) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		close(ends[1]);
		return target;
	}
	close(ends[0]);
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL);
	while (read(ends[1], &question, sizeof(question)) == sizeof(question)) {
		sigemptyset(&set);
		sigaddset(&set, question);
		if (question == REMOVE_QUEUE)
			question = !syscall(__NR_mq_unlink, queue);
		else
			question = sigtimedwait(&set, NULL, &(struct timespec){ 0, 0 }) == question;
		if (write(ends[1], &question, sizeof(question)) != sizeof(question))
			break;
	}
	_exit(0);
}

static bool ask(const struct target *target, int question)
{
	if (write(target->fd, &question, sizeof(question)) != sizeof(question) ||
	    read(target->fd, &question, sizeof(question)) != sizeof(question))
		err(1, "a process does not answer");
	return question;
}

/* ---- The actions, in form n: each returns 0 if it worked, or the errno ---- */

enum { NO_EFFECT = 255 };

/* Socket calls are made by number: the C libraries of i386 and s390x use socketcall(2). */
// clang-format off
static const int kinds[][3] = {
	{ AF_INET, SOCK_STREAM, 0 }, { AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 6 }, { AF_INET6, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0 }, { AF_INET, SOCK_DGRAM, 17 }, { AF_INET6, SOCK_DGRAM, 0 },
	{ AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0 }, { AF_UNIX, SOCK_SEQPACKET, 0 }, { AF_UNIX, SOCK_DGRAM, 0 },
	/* From 9 on, others: TIPC, MPTCP, SMC, SCTP, UDP-Lite, raw, netlink, vsock, packet, ALG. */
	{ 30, SOCK_RDM, 0 }, { 30, SOCK_STREAM, 0 }, { AF_INET, SOCK_STREAM, 262 }, { AF_INET6, SOCK_STREAM, 262 },
	{ 43, SOCK_STREAM, 0 }, { AF_INET, SOCK_STREAM, 256 }, { AF_INET, SOCK_STREAM, 132 },
	{ AF_INET, SOCK_DGRAM, 136 }, { AF_INET, SOCK_RAW, 255 }, { AF_NETLINK, SOCK_RAW, 0 },
	{ 40, SOCK_STREAM, 0 }, { AF_PACKET, SOCK_RAW, 0 }, { 38, SOCK_SEQPACKET, 0 },
};
// clang-format on

static int make(int n)
{
	const int fd = (int)syscall(__NR_socket, kinds[n][0], kinds[n][1], kinds[n][2]);

	return fd < 0 ? errno : close(fd);
}

static int pair(int n)
{
	int ends[2];

	if (syscall(__NR_socketpair, kinds[n][0], kinds[n][1], kinds[n][2], ends) < 0)
		return errno;
	return close(ends[0]) || close(ends[1]);
}

#ifdef __NR_socketcall
static int multiplexed(int n)
{
	static const int numbers[] = { 1, 2, 3, 8, 11, 16, 20, 4 };
	long arguments[6] = { -1, 1 };

	return failed(syscall(__NR_socketcall, numbers[n], arguments));
}
#endif

/* 0, 1: a new socket; 2: an older one; 3: the client's, disconnected */
static int tcp_socket(int n)
{
	const struct sockaddr unspecified = { .sa_family = AF_UNSPEC };

	if (n < 2)
		return (int)syscall(__NR_socket, AF_INET, SOCK_STREAM, 0);
	if (n == 2)
		return dup(old_tcp[next_old++]);
	if (syscall(__NR_connect, old_client, &unspecified, sizeof(unspecified)))
		return -1;
	return dup(old_client);
}

static int connect_tcp(int n)
{
	const struct sockaddr_in address = local(tcp_port[n ? OUT : IN]);
	const int fd = tcp_socket(n);
	int error = fd < 0 ? errno : 0;
	bool came;

	if (n == 3 && !error) /* The old connection's state may delay the new one: out is out. */
		fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!error)
		error = failed(syscall(__NR_connect, fd, &address, sizeof(address)));
	came = (!error || error == EINPROGRESS) && arrived(tcp[n ? OUT : IN], true);
	close(fd);
	return error == EINPROGRESS || came ? 0 : error ? error : NO_EFFECT;
}

static int bind_tcp(int n)
{
	const struct sockaddr_in address = local(free_tcp[n ? OUT : IN]);
	const int fd = tcp_socket(n), one = 1;
	int error = fd < 0 ? errno : 0;

	if (!error && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		error = failed(syscall(__NR_bind, fd, &address, sizeof(address)));
	close(fd);
	return error;
}

static int listen_tcp(int n)
{
	const int fd = tcp_socket(n), error = fd < 0 ? errno : failed(syscall(__NR_listen, fd, 1));

	close(fd);
	return error;
}

static int fast_open(int n)
{
	struct sockaddr_in to = local(tcp_port[OUT]);
	struct iovec data = { &to, 1 };
	struct mmsghdr message = { .msg_len = 0 };
	const long flags = MSG_FASTOPEN | (n == 3 ? GARBAGE : 0);
	const int fd = tcp_socket(2);
	int error;

	message.msg_hdr = (struct msghdr){
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &data, .msg_iovlen = 1
	};
	if (n == 1)
		error = failed(syscall(__NR_sendmsg, fd, &message.msg_hdr, flags));
	else if (n == 2)
		error = failed(syscall(__NR_sendmmsg, fd, &message, 1UL, flags));
	else
		error = failed(syscall(__NR_sendto, fd, &to, 1UL, flags, &to, sizeof(to)));
	close(fd);
	return error ? error : arrived(tcp[OUT], true) ? 0 : NO_EFFECT;
}

/* What the client's socket is for, next to what is denied */
static int serve(int n)
{
	struct iovec data = { "x", 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &data, .msg_iovlen = 1 } };
	const int one = 1;

	if (n < 2) /* TCP_NODELAY, and what has TCP_ULP's number elsewhere */
		return failed(syscall(__NR_setsockopt, old_client, n ? SOL_SOCKET : 6, n ? 31 : 1,
				      &one, 4));
	if (n == 2)
		return failed(
			syscall(__NR_sendto, old_client, "x", 1UL, (long)MSG_NOSIGNAL, NULL, 0UL));
	if (n == 3)
		return failed(syscall(__NR_sendmsg, old_client, &message.msg_hdr, 0UL));
	return failed(syscall(__NR_sendmmsg, old_client, &message, 1UL, 0UL));
}

static int upper_layer(int n)
{
	return failed(syscall(__NR_setsockopt, old_client, 6, 31 /* TCP_ULP */, "none", 5 + n));
}

/* 0, 1: to the port; 2, 3: to another; 4: from an older socket. The odd ones connect first. */
static int send_udp(int n)
{
	const struct sockaddr_in to = local(udp_port[n < 2 ? IN : OUT]);
	const int fd = n == 4 ? dup(old_udp) : (int)syscall(__NR_socket, AF_INET, SOCK_DGRAM, 0);
	int error = failed(fd);

	if (!error && n & 1)
		error = failed(syscall(__NR_connect, fd, &to, sizeof(to)));
	if (!error)
		error = failed(syscall(__NR_sendto, fd, "", 1UL, 0UL, n & 1 ? NULL : &to,
				       n & 1 ? 0UL : sizeof(to)));
	close(fd);
	return error ? error : arrived(udp[n < 2 ? IN : OUT], false) ? 0 : NO_EFFECT;
}

static int answer_udp(int n)
{
	const struct sockaddr_in to = local(udp_port[OUT]);
	int port = free_udp[n], fd = at_port(SOCK_DGRAM, &port);
	const int error =
		fd < 0 ? errno : failed(syscall(__NR_sendto, fd, "", 1UL, 0UL, &to, sizeof(to)));

	close(fd);
	return error ? error : arrived(udp[OUT], false) ? 0 : NO_EFFECT;
}

/* At each place: connect, send, send from one of a pair; 9: from an older socket to places 1, 2 */
static int reach_unix(int n)
{
	const int place = n < 9 ? n / 3 : n - 8, how = n < 9 ? n % 3 : 3;
	struct sockaddr_un to;
	const socklen_t length = path_address(paths[how > 0][place], &to);
	int ends[2] = { -1, -1 }, fd = -1, error;

	if (how == 2)
		fd = syscall(__NR_socketpair, AF_UNIX, SOCK_DGRAM, 0, ends) ? -1 : ends[0];
	else
		fd = how == 3 ? dup(old_unix)
			      : (int)syscall(__NR_socket, AF_UNIX, how ? SOCK_DGRAM : SOCK_STREAM,
					     0);
	error = fd < 0 ? errno : 0;
	if (!error && !how)
		error = failed(syscall(__NR_connect, fd, &to, length));
	else if (!error)
		error = failed(syscall(__NR_sendto, fd, "", 1UL, 0UL, &to, length));
	close(fd);
	close(ends[1]);
	if (error) /* for abstract sockets Landlock says EPERM */
		return error == EPERM ? EACCES : error;
	return arrived(unix_sockets[how > 0][place], !how) ? 0 : NO_EFFECT;
}

// clang-format off
static const struct {
	const char *path;
	int flags;
	enum { OPENAT, HIGH_BITS, OPEN, CREAT, HANDLE } call;
} opens[] = {
	{ "in/file", O_RDONLY, OPENAT }, { "out/file", O_RDONLY, OPENAT }, { "in", O_RDONLY | O_DIRECTORY, OPENAT },
	{ "in/file", O_WRONLY, OPENAT }, { "out/file", O_WRONLY, OPENAT },
	{ "in/new", O_CREAT | O_EXCL | O_WRONLY, OPENAT }, { "in/new_too", O_CREAT | O_EXCL | O_WRONLY | O_TRUNC, OPENAT },
	/* from 7 on */
	{ "in/file", O_RDONLY | O_TRUNC, OPENAT }, { "in/file", O_WRONLY | O_TRUNC, OPENAT },
	{ "in/file", O_RDONLY | O_TRUNC, HIGH_BITS }, { "in/file", O_RDONLY | O_TRUNC, OPEN },
	{ "in/file", O_TRUNC, CREAT }, { "in/file", O_RDONLY | O_TRUNC, HANDLE },
	/* from 13 on */
	{ "in/file", 3, OPENAT }, { "in/file", 3, HIGH_BITS }, { "in/file", 3, OPEN }, { "in/file", 3, HANDLE },
};
// clang-format on

static int open_file(int n)
{
	const long flags = opens[n].flags | (opens[n].call == HIGH_BITS ? GARBAGE : 0);
	struct stat status;
	int error, fd = -1;

	if (flags & O_TRUNC && pwrite(file, "text", 4, 0) != 4)
		return NO_EFFECT;
	if (opens[n].call == HANDLE && by_handle) /* else it is openat once more */
		fd = open_by_handle_at(AT_FDCWD, &handle.handle, (int)flags);
	else if (opens[n].call == CREAT)
		fd = creat(opens[n].path, 0600);
#ifdef __NR_open
	else if (opens[n].call == OPEN)
		fd = (int)syscall(__NR_open, opens[n].path, flags);
#endif
	else
		fd = (int)syscall(__NR_openat, AT_FDCWD, opens[n].path, flags, 0600UL);
	error = failed(fd);
	close(fd);
	if (!error && flags & O_TRUNC && !(flags & O_CREAT) &&
	    (fstat(file, &status) || status.st_size))
		return NO_EFFECT;
	return error;
}

static int truncate_file(int n)
{
	const int fd = n == 3 ? (int)syscall(__NR_openat, AT_FDCWD, "in/file", (long)O_WRONLY) : -1;
	int error = n == 3 ? failed(fd) : 0;

	if (n < 3)
		error = failed(syscall(n == 1 ? __NR_truncate64 : __NR_truncate,
				       n < 2 ? "in/file" : "out/file", 0UL, 0UL, 0UL, 0UL));
	else if (!error)
		error = failed(ftruncate(fd, 0));
	close(fd);
	return error;
}

static int use_device(int n)
{
	char terminal[64];
	int fd = (int)syscall(__NR_openat, AT_FDCWD, "/dev/null", n ? 3L : (long)O_RDONLY), error;

	if (fd < 0 && !n)
		fd = open("/dev/null", O_WRONLY);
	error = fd < 0 || (ioctl(fd, TIOCGWINSZ, terminal) && errno != ENOTTY) ? errno : 0;
	close(fd);
	return error;
}

/* In alphabetical order; restore_files() undoes them. */
enum { BLOCK, CHARACTER, FIFO, FOLDER, LINK, MOVED, NO_FOLDER, REMOVED, SOCKET };
static int change(int n)
{
	switch (n) {
	case BLOCK:
	case CHARACTER:
		return failed(mknod("in/a", n ? S_IFCHR : S_IFBLK, 0x103));
	case FIFO:
	case SOCKET:
		return failed(
			mknod(n == FIFO ? "in/b" : "in/e", n == FIFO ? S_IFIFO : S_IFSOCK, 0));
	case FOLDER:
		return failed(mkdir("in/c", 0700));
	case LINK:
		return failed(symlink("file", "in/d"));
	case MOVED:
		return failed(rename("in/moved", "in/folder/moved")) ? EACCES : 0; /* or EXDEV */
	case NO_FOLDER:
		return failed(rmdir("in/empty"));
	default:
		return failed(unlink("in/removed"));
	}
}

static void restore_files(void)
{
	static const char *const made[] = { "a", "b",	"c",	   "d",
					    "e", "new", "new_too", "folder/moved" };
	char path[30];

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		remove(strcat(strcpy(path, "in/"), made[i]));
	if (close(creat("in/removed", 0600)) || close(creat("in/moved", 0600)) ||
	    (mkdir("in/empty", 0700) && errno != EEXIST))
		err(1, "%s", folder);
}

static int execute(int n)
{
	execl("/proc/self/exe", "header", "true", (char *)NULL);
	return errno + n;
}

/* Calls that fail for another reason where they are allowed. By number, as older headers lack some.
 */
// clang-format off
static const int calls[] = {
	437 /* openat2 */, 430 /* fsopen */, 425 /* io_uring_setup */,
	LANDLOCK_COMPAT_LAST_CALL + 1,
#ifdef __x86_64__
	0x40000000 + 39, /* an x32 call */
#else
	LANDLOCK_COMPAT_LAST_CALL + 2,
#endif
	__NR_mq_unlink, __NR_add_key, __NR_request_key, __NR_keyctl, __NR_shmget, __NR_shmat, __NR_shmctl,
	__NR_semget, __NR_semctl, __NR_msgget, __NR_msgsnd, __NR_msgrcv, __NR_msgctl,
#ifdef __NR_semop
	__NR_semop,
#endif
#ifdef __NR_semtimedop
	__NR_semtimedop,
#endif
};
// clang-format on
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static int call(int n)
{
	return failed(syscall(calls[n], -1L, 0UL, 0UL, 0UL, 0UL, 0UL));
}

static int send_signal(int n)
{
	static const int by[] = { __NR_kill,
				  __NR_tkill,
				  __NR_tgkill,
				  __NR_rt_sigqueueinfo,
				  __NR_rt_tgsigqueueinfo,
				  424 /* pidfd_send_signal */ };
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	const int which = n / 6, number = by[n % 6];
	const struct target target = which == NEWER  ? start_target()
				     : which == SELF ? (struct target){ getpid(), -1 }
						     : targets[which];
	const int pid = target.pid;
	bool hit;
	int error;

	caught = 0;
	if (n % 6 < 2)
		error = failed(syscall(number, pid, SIGUSR1));
	else if (number == 424)
		error = failed(syscall(number, syscall(434, pid, 0UL), SIGUSR1, NULL, 0UL));
	else if (number == __NR_rt_sigqueueinfo)
		error = failed(syscall(number, pid, SIGUSR1, &info));
	else
		error = failed(syscall(number, pid, pid, SIGUSR1, &info));
	hit = which == SELF ? caught == SIGUSR1 : ask(&target, SIGUSR1);
	if (which == NEWER && !close(target.fd))
		waitpid(pid, NULL, 0);
	return hit ? 0 : error ? error : NO_EFFECT;
}

static int signal_itself(int n)
{
	caught = 0;
	if (n == 2)
		abort();
	if ((errno = n ? pthread_kill(pthread_self(), SIGUSR1) : raise(SIGUSR1) ? errno : 0))
		return errno;
	return caught == SIGUSR1 ? 0 : NO_EFFECT;
}

/* An owner is sent SIGIO. From ABI 6 on, Landlock denies that, not F_SETOWN. 5: itself */
static int set_owner(int n)
{
	static const int how[] = { F_SETOWN, 15 /* F_SETOWN_EX */, 0x8901, 0x8902, F_SETOWN,
				   F_SETOWN };
	const long high = n == 4 ? GARBAGE : 0;
	int owner[] = { 1 /* F_OWNER_PID */, n == 5 ? getpid() : targets[OUTSIDE].pid }, ends[2],
	    error;

	if (syscall(__NR_socketpair, AF_UNIX, SOCK_STREAM, 0, ends))
		return errno;
	caught = 0;
	if (how[n] == F_SETOWN)
		error = failed(
			syscall(n ? __NR_fcntl64 : __NR_fcntl, ends[0], how[n] | high, owner[1]));
	else if (n == 1)
		error = failed(syscall(__NR_fcntl, ends[0], how[n] | high, owner));
	else
		error = failed(syscall(__NR_ioctl, ends[0], how[n] | high, &owner[1]));
	if (fcntl(ends[0], F_SETFL, O_ASYNC) || write(ends[1], "", 1) != 1)
		error = NO_EFFECT;
	close(ends[0]);
	close(ends[1]);
	if (n == 5 ? caught == SIGIO : ask(&targets[OUTSIDE], SIGIO))
		return 0;
	return error ? error : EPERM;
}

/* 4: a child, 5: itself */
static int look(int n)
{
	static char byte;
	struct iovec here = { &byte, 1 };
	const int pid = n == 5 ? getpid() : targets[OUTSIDE].pid;

	if (n == 0)
		return failed(syscall(438 /* pidfd_getfd */, syscall(434, pid, 0UL), 0UL, 0UL));
	if (n == 1)
		return failed(process_vm_writev(pid, &here, 1, &here, 1, 0));
	if (n == 3)
		return failed(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	if (n == 4)
		return failed(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	return failed(process_vm_readv(pid, &here, 1, &here, 1, 0));
}

/* On another process; on "this one" from 7 on; from 14 on all of a user's, and of the own group */
static int limit(int n)
{
	const struct rlimit none = { 1, 1 };
	const int pid = n < 7 ? targets[OUTSIDE].pid : n < 14 || n > 15 ? 0 : 999999;
	const int own = getpriority(PRIO_PROCESS, 0);
	uint64_t many[16] = { 48 }; /* struct sched_attr: its size */
	struct sched_param parameters = { 0 };

	switch (n < 14 ? n % 7 : n % 2) {
	case 0:
		return failed(syscall(__NR_setpriority,
				      n < 14   ? PRIO_PROCESS
				      : n < 16 ? PRIO_USER
					       : PRIO_PGRP,
				      pid, own));
	case 1:
		return failed(syscall(__NR_ioprio_set,
				      n < 14   ? 1
				      : n < 16 ? 3
					       : 2,
				      pid, 2 << 13 | 4));
	case 2:
		return failed(prlimit(pid, RLIMIT_CORE, &none, NULL));
	case 3:
		return failed(syscall(__NR_sched_setattr, pid, many, 0UL));
	case 4:
		return failed(syscall(__NR_sched_setparam, pid, &parameters));
	case 5:
		return failed(syscall(__NR_sched_setscheduler, pid, SCHED_OTHER, &parameters));
	default:
		memset(many, 0xff, sizeof(many));
		return failed(syscall(__NR_sched_setaffinity, pid, sizeof(many), many));
	}
}

/* mq_open(2) makes a queue and then asks Landlock. */
static int make_queue(int n)
{
	const int fd = (int)syscall(__NR_mq_open, queue, O_CREAT | O_RDWR, 0600, NULL);
	const int error = failed(fd);

	close(fd);
	return ask(&targets[OUTSIDE], REMOVE_QUEUE) ? n : error ? error : NO_EFFECT;
}

#ifdef __x86_64__
static int foreign(int n)
{
	long result = 20 + n; /* getpid(2) of i386 */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	return (int)result < 0 ? -(int)result : 0;
}

#endif

// clang-format off
enum field { FILE_SYSTEM, NETWORK, SCOPED, FILTERED };
#define F(right) FILE_SYSTEM, FS(right)
#define N(right) NETWORK, NET(right)
#define S(right) SCOPED, LANDLOCK_SCOPE_##right
#define K(kind) FILTERED, LANDLOCK_COMPAT_##kind
#define NO_RIGHT FILE_SYSTEM, 0
#define SEND_UDP NETWORK, NET(CONNECT_SEND_UDP) | NET(BIND_UDP) /* for port 0 */
static const struct action {
	const char *name;
	int (*try)(int);
	int first, count;
	unsigned int allowed; /* by which policies */
	int denial;
	enum field field;
	uint64_t right; /* that denies it */
	enum difference difference;
} actions[] = {
	{ "make a TCP socket", make, 0, 3, TCP | MAY_FAIL, EACCES, K(TCP), KINDS },
	{ "make a UDP socket", make, 3, 3, UDP | MAY_FAIL, EACCES, K(UDP), KINDS },
	{ "make a UNIX socket", make, 6, 3, UNIX, EACCES, K(UNIX), KINDS },
	{ "make another socket", make, 9, 13, P(OTHERS) | MAY_FAIL, EACCES, K(OTHER_SOCKETS), KINDS },
	{ "make a pair of streams", pair, 6, 2, ALL, EACCES, NO_RIGHT, SAME },
	{ "make a pair of datagram sockets", pair, 8, 1, UNIX, EACCES, K(UNIX), KINDS },
	{ "make another pair", pair, 9, 2, P(OTHERS) | MAY_FAIL, EACCES, K(OTHER_SOCKETS), KINDS },
	{ "serve the client", serve, 0, 5, ALL | MAY_FAIL, EACCES, NO_RIGHT, SAME },
	{ "set TCP_ULP", upper_layer, 0, 1, P(OTHERS) | MAY_FAIL, EACCES, K(OTHER_SOCKETS), KINDS },
#ifdef __NR_socketcall
	{ "socketcall(2)", multiplexed, 0, 7, ANY | MAY_FAIL, EACCES, NO_RIGHT, SAME },
	{ "socketcall(2) to listen", multiplexed, 7, 1, P(TCP_SERVER) | MAY_FAIL, EACCES, K(LISTEN), SAME },
#endif
	{ "connect to the TCP port", connect_tcp, 0, 1, P(TCP_CLIENT) | P(TCP_CONNECT), EACCES, N(CONNECT_TCP), TCP_NEW },
	{ "connect to another TCP port", connect_tcp, 1, 1, P(TCP_CONNECT), EACCES, N(CONNECT_TCP), TCP_NEW },
	{ "connect an older TCP socket to it", connect_tcp, 2, 2, P(TCP_CONNECT), EACCES, N(CONNECT_TCP), TCP_OLD },
	{ "connect by MSG_FASTOPEN", fast_open, 0, 4, P(TCP_CONNECT), EACCES, N(CONNECT_TCP), SAME },
	{ "bind the TCP port", bind_tcp, 0, 1, P(TCP_SERVER), EACCES, N(BIND_TCP), PORTS_NEW },
	{ "bind another TCP port", bind_tcp, 1, 1, 0, EACCES, N(BIND_TCP), PORTS_NEW },
	{ "bind an older TCP socket", bind_tcp, 2, 1, 0, EACCES, N(BIND_TCP), PORTS_OLD },
	{ "listen", listen_tcp, 1, 2, P(TCP_SERVER), EACCES, K(LISTEN), SAME },
	{ "send to the UDP port", send_udp, 0, 2, P(UDP_CLIENT), EACCES, SEND_UDP, UDP_SENT },
	{ "send to another UDP port", send_udp, 2, 2, 0, EACCES, SEND_UDP, UDP_SENT },
	{ "send from an older UDP socket", send_udp, 4, 1, P(UDP_SERVER), EACCES, NO_RIGHT, UDP_OLD },
	{ "answer from the UDP port", answer_udp, 0, 1, P(UDP_SERVER), EACCES, N(BIND_UDP), UDP_PORTS },
	{ "answer from another UDP port", answer_udp, 1, 1, 0, EACCES, N(BIND_UDP), UDP_PORTS },
	{ "reach a UNIX socket in the folder", reach_unix, 0, 3, P(UNIX_PATH) | P(NO_FILES), EACCES, F(RESOLVE_UNIX), PATHS },
	{ "reach another UNIX socket", reach_unix, 3, 3, P(NO_FILES), EACCES, F(RESOLVE_UNIX), PATHS },
	{ "reach an abstract UNIX socket", reach_unix, 6, 3, P(UNIX_NAMES), EACCES, S(ABSTRACT_UNIX_SOCKET), NAMES },
	{ "... by an older one", reach_unix, 10, 1, P(UNIX_NAMES), EACCES, NO_RIGHT, NAMES_OLD },
	{ "reach another by an older one", reach_unix, 9, 1, P(NO_FILES), EACCES, NO_RIGHT, PATHS_OLD },
	{ "read in the folder", open_file, 0, 1, READS | P(NO_FILES), EACCES, F(READ_FILE), FILES },
	{ "read elsewhere", open_file, 1, 1, P(RUN) | P(NO_FILES), EACCES, F(READ_FILE), FILES },
	{ "list the folder", open_file, 2, 1, P(READ) | P(REPLACE) | P(NO_FILES), EACCES, F(READ_DIR), FILES },
	{ "write in the folder", open_file, 3, 1, WRITES | P(NO_FILES), EACCES, F(WRITE_FILE), FILES },
	{ "write elsewhere", open_file, 4, 1, P(NO_FILES), EACCES, F(WRITE_FILE), FILES },
	{ "make a file", open_file, 5, 1, WRITES | P(NO_FILES), EACCES, F(MAKE_REG), FILES },
	{ "make a file by O_TRUNC", open_file, 6, 1, WRITES | P(NO_FILES), EACCES, F(TRUNCATE), TRUNCATED },
	{ "empty a file by O_TRUNC", open_file, 7, 6, P(REPLACE) | P(NO_FILES) | MAY_FAIL, EACCES, F(TRUNCATE), EMPTIED },
	{ "open in access mode 3", open_file, 13, 4, P(NO_FILES) | MAY_FAIL, EACCES, NO_RIGHT, SAME },
	{ "truncate(2)", truncate_file, 0, 2, P(REPLACE) | P(EMPTY) | P(NO_FILES), EACCES, F(TRUNCATE), SAME },
	{ "truncate(2) elsewhere", truncate_file, 2, 1, P(NO_FILES), EACCES, F(TRUNCATE), LENGTHS },
	{ "ftruncate(2)", truncate_file, 3, 1, P(REPLACE) | P(NO_FILES), EACCES, F(TRUNCATE), OPEN_FILES },
	{ "use a device", use_device, 0, 1, P(NO_FILES), EACCES, F(IOCTL_DEV), DEVICES },
	{ "use a device in mode 3", use_device, 1, 1, P(NO_FILES), EACCES, F(IOCTL_DEV), SAME },
	{ "make a block device", change, BLOCK, 1, P(NO_FILES) | MAY_FAIL, EACCES, F(MAKE_BLOCK), FILES },
	{ "make a character device", change, CHARACTER, 1, P(NO_FILES) | MAY_FAIL, EACCES, F(MAKE_CHAR), FILES },
	{ "make a named pipe", change, FIFO, 1, P(NO_FILES), EACCES, F(MAKE_FIFO), FILES },
	{ "make a folder", change, FOLDER, 1, P(NO_FILES), EACCES, F(MAKE_DIR), FILES },
	{ "make a symbolic link", change, LINK, 1, P(NO_FILES), EACCES, F(MAKE_SYM), FILES },
	{ "move a file", change, MOVED, 1, P(MOVE) | P(NO_FILES), EACCES, F(REFER), MOVES },
	{ "remove a folder", change, NO_FOLDER, 1, P(NO_FILES), EACCES, F(REMOVE_DIR), FILES },
	{ "remove a file", change, REMOVED, 1, P(REPLACE) | P(MOVE) | P(NO_FILES), EACCES, F(REMOVE_FILE), FILES },
	{ "make the file of a socket", change, SOCKET, 1, P(NO_FILES), EACCES, F(MAKE_SOCK), FILES },
	{ "run a program", execute, 0, 1, P(RUN) | P(NO_FILES) | IN_CHILD, EACCES, F(EXECUTE), FILES },
	{ "openat2(2)", call, 0, 1, P(NO_FILES) | MAY_FAIL, ENOSYS, NO_RIGHT, SAME },
	{ "fsopen(2)", call, 1, 1, P(NO_FILES) | MAY_FAIL, EPERM, NO_RIGHT, SAME },
	{ "io_uring, new and x32 calls", call, 2, 3, MAY_FAIL, ENOSYS, NO_RIGHT, SAME },
	{ "IPC and keys", call, 5, CALLS - 5, P(LIMITS) | MAY_FAIL, EACCES, K(IPC), SAME },
	{ "make a message queue", make_queue, 0, 1, P(LIMITS) | MAY_FAIL, EACCES, K(IPC), SAME },
	{ "signal another process", send_signal, 0, 6, P(SIGNALS) | MAY_FAIL, EPERM, S(SIGNAL), SAME },
	{ "signal an older child", send_signal, 6, 1, P(SIGNALS), EPERM, S(SIGNAL), SAME },
	{ "signal a newer child", send_signal, 12, 1, ALL, EPERM, NO_RIGHT, SIGNALED },
	{ "signal itself", send_signal, 18, 5, ALL, EPERM, NO_RIGHT, SAME },
	{ "raise(3), pthread_kill(3)", signal_itself, 0, 2, ALL, EPERM, NO_RIGHT, SAME },
	{ "... in newer children", signal_itself, 0, 2, ALL | IN_CHILD, EPERM, NO_RIGHT, SIGNALED },
	{ "abort(3) in newer children", signal_itself, 2, 1, ALL | IN_CHILD, ENOSYS, NO_RIGHT, SIGNALED },
	{ "make another process an owner", set_owner, 0, 5, P(SIGNALS), EPERM, S(SIGNAL), SAME },
	{ "be an owner", set_owner, 5, 1, ALL, EPERM, NO_RIGHT, SIGNALED },
	{ "look into another process", look, 0, 4, MAY_FAIL, EPERM, NO_RIGHT, SAME },
	{ "trace a child, look into itself", look, 4, 2, ALL | MAY_FAIL | IN_CHILD, EPERM, NO_RIGHT, OWN_MEMORY },
	{ "limit another process", limit, 0, 7, P(LIMITS) | MAY_FAIL, EPERM, K(LIMITS), SAME },
	{ "limit itself", limit, 7, 7, ALL | MAY_FAIL, EPERM, NO_RIGHT, SAME },
	{ "set priorities of a user, a group", limit, 14, 4, P(LIMITS) | MAY_FAIL, EPERM, K(LIMITS), SAME },
#ifdef __x86_64__
	{ "an i386 call", foreign, 0, 1, MAY_FAIL | IN_CHILD, ENOSYS, NO_RIGHT, SAME },
#endif
};
// clang-format on
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]), FORMS = 20 };

/* ---- The matrix ---- */

/* Shared with the children: one sandbox's results, those without a sandbox, and the counts. */
static struct {
	int result[ACTIONS][FORMS], control[ACTIONS][FORMS], status, passed, failed, skipped;
	struct landlock_compat_attr attr, missing;
} * shared;

__attribute__((format(printf, 2, 3))) static bool check(bool good, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("%s - header: ", good ? "ok" : "not ok");
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	good ? shared->passed++ : shared->failed++;
	return good;
}

static int sandbox(int policy, struct landlock_compat_attr *attr)
{
	const uint64_t net = policies[policy].net, fs = policies[policy].fs;
	const int port = net & NET(CONNECT_TCP)	       ? tcp_port[IN]
			 : net & NET(CONNECT_SEND_UDP) ? udp_port[IN]
			 : net & NET(BIND_TCP)	       ? free_tcp[IN]
						       : free_udp[IN];

	if (landlock_get_best_ruleset_attr(attr) < 0)
		return -1;
	attr->handled_access_fs &= ~policies[policy].clear[0];
	attr->handled_access_net &= ~policies[policy].clear[1];
	attr->scoped &= ~policies[policy].clear[2];
	attr->filtered &= ~policies[policy].clear[3];
	return landlock_compat_create(attr) ||
	       (net && landlock_compat_allow_port(attr, (uint16_t)port, net)) ||
	       (fs && landlock_compat_allow_path(attr, policy == RUN ? "/" : "in", fs)) ||
	       (fs & (FS(READ_FILE) | FS(WRITE_FILE)) &&
		landlock_compat_allow_path(attr, "/dev/null", fs)) ||
	       landlock_compat_restrict(attr, 0) || landlock_compat_filter(attr);
}

/* Actions that may end the process: SIGABRT is what is asked for, another signal is ENOSYS. */
static int in_child(const struct action *action, int n)
{
	const pid_t pid = fork();
	int status;

	if (!pid)
		_exit(action->try(n));
	if (waitpid(pid, &status, 0) != pid)
		return errno;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGABRT ? 0 : ENOSYS;
	return WEXITSTATUS(status);
}

/* Tries all actions in a child, which ends by SIGABRT. policy -1: without a sandbox */
static bool run(int policy)
{
	const struct sockaddr_in address = local(tcp_port[IN]), any = local(0);
	const int peer = socket(AF_INET, SOCK_STREAM, 0);
	int status = 0;
	pid_t pid;

	restore_files();
	if (connect(peer, (const struct sockaddr *)&address, sizeof(address)) ||
	    (old_client = accept4(tcp[IN], NULL, NULL, 0)) < 0 || (pid = fork()) < 0)
		err(1, "a client");
	if (pid == 0) {
		alarm(60);
		setpgid(0, 0); /* whose priority is set */
		for (size_t i = 0; i < sizeof(old_tcp) / sizeof(old_tcp[0]); i++)
			old_tcp[i] = socket(AF_INET, SOCK_STREAM, 0);
		old_udp = socket(AF_INET, SOCK_DGRAM, 0);
		old_unix = socket(AF_UNIX, SOCK_DGRAM, 0);
		if (bind(old_udp, (const struct sockaddr *)&any, sizeof(any)))
			err(1, "bind");
		targets[OLDER] = start_target();
		if (policy >= 0 && sandbox(policy, &shared->attr))
			err(1, "%s", policies[policy].name);
		landlock_compat_missing(&shared->attr, &shared->missing);
		for (int i = 0; i < ACTIONS; i++)
			for (int form = 0, n = actions[i].first; form < actions[i].count;
			     form++, n++)
				shared->result[i][form] = actions[i].allowed & IN_CHILD
								  ? in_child(&actions[i], n)
								  : actions[i].try(n);
		abort();
	}
	close(peer);
	close(old_client);
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	shared->status = status;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static bool testable(int action, int form)
{
	const int control = shared->control[action][form];

	return !control ||
	       (actions[action].allowed & MAY_FAIL && control != actions[action].denial);
}

static bool differs(const struct action *action, int policy, int how)
{
	for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++)
		if (differences[i].what == action->difference &&
		    differences[i].policies & P(policy) &&
		    shared->attr.abi >= differences[i].from &&
		    shared->attr.abi < differences[i].below && (int)differences[i].how == how)
			return true;
	return false;
}

/* Compares the results with what is expected, and with what is told. */
static bool judge(int policy, const char *where)
{
	const struct landlock_compat_attr *attr = &shared->attr, *missing = &shared->missing;
	const uint64_t denied[] = { attr->handled_access_fs, attr->handled_access_net, attr->scoped,
				    attr->filtered };
	const uint64_t told[] = { missing->handled_access_fs, missing->handled_access_net,
				  missing->scoped, missing->filtered };
	uint64_t open[4] = { 0 }, tried[4] = { 0 };
	bool good = true;

	for (int i = 0; i < ACTIONS; i++) {
		const struct action *action = &actions[i];
		const bool allowed = action->allowed & P(policy);
		const bool works = allowed != differs(action, policy, allowed ? STRICTER : LAXER);
		const uint64_t right = action->right & denied[action->field];

		for (int form = 0; form < action->count; form++) {
			const int result = shared->result[i][form],
				  control = shared->control[i][form];
			const int expected = works ? control : action->denial;
			const bool open_here = !result && !allowed;
			const bool untold = open_here && right && !(told[action->field] & right);

			if (!testable(i, form))
				continue;
			/* A rule for a file allows a right here and not there, one for a kind of
			 * sockets all of it. */
			tried[action->field] |=
				control || (allowed && action->field != FILTERED) ? 0 : right;
			open[action->field] |= open_here ? right : 0;
			if ((result != expected && !kernel.filter) || untold)
				good = check(false, "%s: %s, form %d: %s; expected: %s%s", where,
					     action->name, action->first + form,
					     result ? strerror(result) : "works",
					     expected ? strerror(expected) : "works",
					     untold ? ", not told" : "");
		}
	}
	/* Fast open gets past some kernels only, and that cannot be probed for. */
	if (kernel.filter || MULTIPLEXED)
		tried[NETWORK] &= ~(uint64_t)NET(CONNECT_TCP);
	for (int i = 0; i < 4; i++)
		if (told[i] & tried[i] & ~open[i])
			good = check(false, "%s: told, but nothing works: %#llx, field %d", where,
				     (unsigned long long)(told[i] & tried[i] & ~open[i]), i);
	return good;
}

static void check_matrix(void)
{
	const int real = real_abi(), claims = real < 6 ? real : 6, takes = claims ? claims - 1 : 0;
	struct kernel kernels[2 * NEWEST + 9] = {
		{ -EOPNOTSUPP, 0, EINVAL, 0, 0, false },
		{ -EPERM, 0, EINVAL, EPERM, 0, false },
		{ claims, takes, EINVAL, EINVAL, 0, false },
		{ claims, takes, E2BIG, 0, 0, false }, /* as RHEL 9's */
	};
	char where[100];
	int count = 4;

	for (int abi = 0; abi <= real; abi++) {
		simulate_abi(abi);
		kernels[count++] = kernel;
		kernel.filter = ENOSYS;
		kernels[count++] = kernel;
	}
	for (int i = 0; i < ACTIONS; i++)
		for (int form = 0; form < actions[i].count; form++) {
			snprintf(where, sizeof(where), "%s, form %d (without a sandbox: %s)",
				 actions[i].name, form, strerror(shared->control[i][form]));
			if (!testable(i, form) && !(actions[i].allowed & MAY_FAIL))
				check(false, "%s", where);
			else if (!testable(i, form) && ++shared->skipped)
				printf("skip - header: %s\n", where);
		}
	for (int policy = 0; policy < POLICIES; policy++) {
		bool good = true;

		for (int i = 0; i < count && good; i++) {
			kernel = kernels[i];
			snprintf(where, sizeof(where), "%s: ABI %d (takes %d)%s",
				 policies[policy].name, kernel.probe, kernel.takes,
				 kernel.filter ? ", no filter" : "");
			good = run(policy)
				       ? judge(policy, where)
				       : check(false, "%s: no sandbox, or no abort(3): status %#x",
					       where, (unsigned int)shared->status);
		}
		if (good)
			check(true, "allowed: %s: the same on %d kernels", policies[policy].name,
			      count);
	}
}

/* ---- What the probe finds, for kernels newer than this one as well ---- */

static void check_probe(void)
{
	static const struct {
		struct kernel kernel;
		int abi, error;
	} probes[] = {
		{ { 6, 5, EINVAL, 0, 0, true }, 5, 0 }, /* as RHEL 9's 5.14 did */
		{ { 8, 8, EINVAL, 0, 0, true }, 8, 0 },
		{ { 11, 8, E2BIG, 0, 0, true }, 8, 0 },
		{ { 999, NEWEST, EINVAL, 0, 0, true }, NEWEST, 0 },
		{ { 7, 0, EINVAL, 0, 0, true }, 0, EINVAL },
		{ { -ENOSYS, 0, 0, 0, 0, true }, 0, ENOSYS },
		{ { -EOPNOTSUPP, 0, 0, 0, 0, true }, 0, EOPNOTSUPP },
		{ { -EPERM, 0, 0, 0, 0, true }, 0, EPERM },
		{ { -ENOMEM, 0, 0, 0, 0, true }, -1, ENOMEM },
		{ { 7, 0, ENOMEM, 0, 0, true }, -1, ENOMEM },
	};

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		struct landlock_compat_attr attr;
		int result, error, next = dup(0);

		close(next);
		memset(&attr, 0x55, sizeof(attr));
		kernel = probes[i].kernel;
		result = landlock_get_best_ruleset_attr(&attr);
		error = result < 0 ? errno : attr.no_landlock;
		check(result == probes[i].abi && error == probes[i].error && dup(0) == next &&
			      (result < 0 ||
			       (attr.abi == result && attr.handled_access_fs == rights[NEWEST][0] &&
				attr.handled_access_net == rights[NEWEST][1] &&
				attr.scoped == rights[NEWEST][2] && attr.filtered == 0x7f)),
		      "a kernel that says ABI %d and takes %d: ABI %d", kernel.probe, kernel.takes,
		      probes[i].abi);
		close(next);
	}
}

/* ---- Threads ---- */

enum { THREADS = 10 };
static pthread_t group[THREADS];
static pthread_barrier_t ready, go;
static _Atomic int no_files, no_sockets; /* in how many threads */

static void *in_group(void *unused)
{
	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&go);
	no_files += open_file(1) == EACCES;
	no_sockets += make(0) == EACCES;
	return unused;
}

static void start_threads(void *(*function)(void *), unsigned int count)
{
	no_files = no_sockets = 0;
	pthread_barrier_init(&ready, NULL, count + 1);
	pthread_barrier_init(&go, NULL, count + 1);
	for (unsigned int i = 0; i < count; i++)
		if ((errno = pthread_create(&group[i], NULL, function, NULL)))
			err(1, "pthread_create");
	pthread_barrier_wait(&ready);
}

static void finish_threads(int count)
{
	pthread_barrier_wait(&go);
	for (int i = 0; i < count; i++)
		pthread_join(group[i], NULL);
}

/* The strictest policy; below ABI 8 for what says EBUSY there */
static struct landlock_compat_attr strict(int abi)
{
	struct landlock_compat_attr attr;

	simulate_abi(abi < real_abi() ? abi : real_abi());
	if (landlock_get_best_ruleset_attr(&attr) < 0 || landlock_compat_create(&attr))
		err(1, "landlock_compat_create");
	return attr;
}

static bool unchanged(const struct landlock_compat_attr *attr)
{
	return !attr->restricted && !prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) &&
	       !open_file(1);
}

static bool fails(int result, int error)
{
	return result == -1 && errno == error;
}

static void threads(int unshare)
{
	struct landlock_compat_attr attr = strict(7);
	const char *how = unshare ? "10 threads, no unshare(2)" : "10 threads";

	kernel.unshare = unshare;
	start_threads(in_group, THREADS);
	check(fails(landlock_compat_restrict(&attr, 0), EBUSY) && unchanged(&attr),
	      "%s: EBUSY, nothing has changed", how);
	check(!landlock_compat_restrict(&attr, LANDLOCK_COMPAT_THIS_THREAD) &&
		      !landlock_compat_filter(&attr) && open_file(1) == EACCES,
	      "%s: this thread only", how);
	finish_threads(THREADS);
	check(!no_files && no_sockets == THREADS, "%s: the others have the filter alone", how);
	start_threads(in_group, THREADS);
	finish_threads(THREADS);
	check(no_files == THREADS && no_sockets == THREADS, "%s: 10 later ones have both", how);
}

static void *pass(void *unused)
{
	pthread_barrier_wait(&ready);
	return unused;
}

static void *without_leader(void *unused)
{
	struct landlock_compat_attr attr = strict(7);

	check(fails(landlock_compat_restrict(&attr, 0), EBUSY) && unchanged(&attr),
	      "the first thread has left: EBUSY");
	check(!landlock_compat_restrict(&attr, LANDLOCK_COMPAT_THIS_THREAD),
	      "... but this thread only");
	_exit(0);
	return unused;
}

static void *with_a_filter(void *unused)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) ||
	    prctl(PR_SET_SECCOMP, (unsigned long)SECCOMP_MODE_FILTER, &program))
		err(1, "PR_SET_SECCOMP");
	return in_group(unused);
}

enum { ALL_AT_ONCE, JOINED, JOINED_NO_UNSHARE, LEADER, TIMER, OTHER_FILTER };
static void more_threads(int test)
{
	struct landlock_compat_attr attr = strict(test == ALL_AT_ONCE ? NEWEST : 7);
	struct sigevent event = { .sigev_notify = SIGEV_THREAD };
	timer_t timer;
	int refused = 0;

	if (test == ALL_AT_ONCE) {
		start_threads(in_group, THREADS);
		check(!landlock_compat_restrict(&attr, 0), "10 threads: restricts all at once");
		finish_threads(THREADS);
		check(no_files == THREADS && !no_sockets, "10 threads: all are under Landlock");
	} else if (test == JOINED || test == JOINED_NO_UNSHARE) {
		kernel.unshare = test == JOINED ? 0 : EPERM;
		for (int i = 0; i < 12; i++) {
			start_threads(pass, 1);
			pthread_join(group[0], NULL);
			refused += landlock_compat_restrict(&attr, 0) != 0;
		}
		check(!refused, "just joined threads, unshare(2) is errno %d: %d of 12 refused",
		      kernel.unshare, refused);
	} else if (test == LEADER && !pthread_create(&group[0], NULL, without_leader, NULL)) {
		syscall(__NR_exit, 0);
	} else if (test == TIMER && !timer_create(CLOCK_MONOTONIC, &event, &timer)) {
		check(fails(landlock_compat_restrict(&attr, 0), EBUSY) && unchanged(&attr),
		      "SIGEV_THREAD's thread: EBUSY");
	} else {
		start_threads(with_a_filter, 1);
		check(fails(landlock_compat_filter(&attr), ESRCH) && !attr.filter,
		      "a thread with its own filter: ESRCH");
		finish_threads(1);
	}
}

/* ---- Bad input ---- */

static void bad_input(int abi)
{
	const uint64_t read = LANDLOCK_COMPAT_READ;
	struct landlock_compat_attr attr = strict(abi), before;
	struct landlock_compat_program program;
	int next = dup(0);

	close(next);
	attr.handled_access_net &= ~NET(BIND_TCP);
	attr.handled_access_fs &= ~FS(MAKE_SYM);
	before = attr;
	check(fails(landlock_compat_allow_path(&attr, "in/absent", read), ENOENT) &&
		      fails(landlock_compat_allow_path(&attr, "in/file/", read), ENOTDIR) &&
		      fails(landlock_compat_allow_path(&attr, "in", 0), EINVAL) &&
		      fails(landlock_compat_allow_path(&attr, "in", FS(MAKE_SYM) | read), EINVAL) &&
		      fails(landlock_compat_allow_path(&attr, "in", 1ULL << 40), EINVAL),
	      "ABI %d: paths and rights that cannot be", abi);
	check(fails(landlock_compat_allow_port(&attr, 1, 0), EINVAL) &&
		      fails(landlock_compat_allow_port(&attr, 1, NET(CONNECT_TCP) | NET(BIND_TCP)),
			    EINVAL) &&
		      fails(landlock_compat_allow_port(&attr, 1, 1ULL << 4), EINVAL),
	      "ABI %d: rights to ports that cannot be", abi);
	check(fails(landlock_compat_restrict(&attr, 1), EINVAL), "ABI %d: an unknown flag", abi);
	for (int which = 0; which < 3; which++) {
		const int call = __NR_getppid;

		landlock_compat_begin(&program);
		for (int i = 0; i < (which == 0 ? 4 : 0); i++)
			landlock_compat_if(&program, 0, ~0U, 0);
		for (int i = 0; i < (which == 1 ? 200 : 1); i++)
			landlock_compat_answer(&program, SECCOMP_RET_ERRNO | EDOM, &call,
					       which != 2);
		check(fails(landlock_compat_enforce(&program, SECCOMP_RET_ALLOW), E2BIG),
		      "ABI %d: a program with %s", abi,
		      which == 0   ? "4 conditions"
		      : which == 1 ? "too many rules"
				   : "a rule for nothing");
	}
	check(dup(0) == next && !memcmp(&attr, &before, sizeof(attr)) && unchanged(&attr) &&
		      getppid() > 0,
	      "ABI %d: nothing is left of all this", abi);
	close(next);
	for (int i = 0; abi && i < 16; i++)
		if (landlock_compat_restrict(&attr, 0))
			err(1, "layer %d", i + 1);
	check(!abi || fails(landlock_compat_restrict(&attr, 0), E2BIG),
	      "ABI %d: one layer too many", abi);
}

/* In a process of its own: a sandbox is for good. */
static void apart(void (*test)(int), int argument)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		alarm(30);
		test(argument);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		check(false, "a test process ended with status %#x", (unsigned int)status);
}

/* Calls that few may use, or that are not in the kernel yet, are EDOM from here on, so that it can
 * be seen whether they get that far. Then what works without a sandbox, and with it. */
static void with_controls(int unused)
{
	struct landlock_compat_program program;

	(void)unused;
	alarm(600);
	simulate_abi(real_abi());
	memset(&program, 0, sizeof(program)); /* for any architecture */
	landlock_compat_answer(&program, SECCOMP_RET_ERRNO | EDOM, &calls[1], 1);
	landlock_compat_answer(&program, SECCOMP_RET_ERRNO | EDOM, &calls[3], 2);
	if (landlock_compat_enforce(&program, SECCOMP_RET_ALLOW))
		err(1, "a filter");
	if (!run(-1))
		errx(1, "abort(3) fails without a sandbox");
	memcpy(shared->control, shared->result, sizeof(shared->control));
	check_matrix();
}

static int nest(int layers, char **command)
{
	struct landlock_compat_attr attr = strict(NEWEST);

	close(attr.ruleset);
	attr.handled_access_fs = FS(MAKE_SYM);
	attr.handled_access_net = attr.scoped = 0;
	if (landlock_compat_create(&attr))
		err(1, "ruleset");
	for (int i = 0; i < layers; i++)
		if (landlock_compat_restrict(&attr, 0))
			err(1, "layer %d", i + 1);
	close(attr.ruleset);
	execvp(command[0], command);
	err(1, "%s", command[0]);
}

static void prepare(void)
{
	const struct sigaction action = { .sa_handler = handler };
	const int flags = O_RDWR | O_CREAT;
	int mount;

	if (!mkdtemp(folder) || chdir(folder) || mkdir("in", 0700) || mkdir("out", 0700) ||
	    mkdir("in/folder", 0700) || (file = open("in/file", flags, 0600)) < 0 ||
	    close(open("out/file", flags, 0600)))
		err(1, "%s", folder);
	for (int place = IN; place <= OUT; place++) {
		tcp[place] = at_port(SOCK_STREAM | SOCK_NONBLOCK, &tcp_port[place]);
		udp[place] = at_port(SOCK_DGRAM, &udp_port[place]);
		if (tcp[place] < 0 || listen(tcp[place], 100) || udp[place] < 0 ||
		    at_port(SOCK_STREAM, &free_tcp[place]) < 0 ||
		    at_port(SOCK_DGRAM, &free_udp[place]) < 0)
			err(1, "a port");
	}
	for (int i = 0; i < 2 * PLACES; i++) {
		struct sockaddr_un address;
		const socklen_t length = path_address(paths[i % 2][i / 2], &address);
		const int fd = socket(AF_UNIX, i % 2 ? SOCK_DGRAM : SOCK_STREAM, 0);

		if (bind(fd, (struct sockaddr *)&address, length) || (i % 2 == 0 && listen(fd, 9)))
			err(1, "a UNIX socket");
		unix_sockets[i % 2][i / 2] = fd;
	}
	handle.handle.handle_bytes = MAX_HANDLE_SZ;
	if (!name_to_handle_at(AT_FDCWD, "in/file", &handle.handle, &mount, 0))
		by_handle = !close(open_by_handle_at(AT_FDCWD, &handle.handle, O_RDONLY));
	snprintf(queue, sizeof(queue), "header-%ld", (long)getpid());
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGIO, &action, NULL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 1, 1 }); /* not even to a pipe */
	targets[OUTSIDE] = start_target();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "true")) /* execute() */
		return 0;
	if (argc == 2 && !strcmp(argv[1], "abi"))
		return printf("%d\n", strict(NEWEST).abi) < 0;
	if (argc > 3 && !strcmp(argv[1], "nest"))
		return nest(atoi(argv[2]), argv + 3);
	if (argc != 1)
		errx(2, "usage: header [abi | nest N COMMAND...]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	prepare();
	check_probe();
	for (int abi = 0; abi <= real_abi(); abi++)
		apart(bad_input, abi);
	if (real_abi()) {
		apart(threads, 0);
		apart(threads, EPERM);
	}
	for (int test = real_abi() < 8; test <= OTHER_FILTER; test++)
		if (real_abi() || test == OTHER_FILTER)
			apart(more_threads, test);
	apart(with_controls, 0);
	printf("%d passed, %d failed, %d skipped\n", shared->passed, shared->failed,
	       shared->skipped);
	if (!fork())
		execlp("rm", "rm", "-rf", folder, (char *)NULL);
	wait(NULL);
	return shared->failed != 0;
}
