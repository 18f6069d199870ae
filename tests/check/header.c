// SPDX-License-Identifier: 0BSD
/*
 * header: tries out landlock_compat.h on this kernel, and on simulated older ones.
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
#include <linux/filter.h>
#include <linux/perf_event.h>
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
#include <termios.h>
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
static long restrict_flags; /* of a ruleset that is any descriptor */
static long threads_until;  /* this millisecond, unshare(2) says that there are other threads */

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long simulate(long number, ...)
{
	uint64_t asked[3] = { 0, 0, 0 };
	const int error = errno; /* which a call that succeeds leaves as it is */
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	errno = number == __NR_seccomp	 ? kernel.filter
		: number == __NR_unshare ? milliseconds() < threads_until ? EINVAL : kernel.unshare
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
	errno = error;
	if (number == 444 && kernel.pretend)
		return dup(0);
	if (number == 446 && kernel.pretend) {
		restrict_flags = argument[1];
		return 0;
	}
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

/* ---- What is there before the sandbox ---- */

/* Where actions get to, or what they bind: allowed by a rule, elsewhere, an abstract UNIX socket.
 */
enum { IN, OUT, NAMED };
static struct place {
	int fd;
	bool listens;
	socklen_t length;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	} address;
} tcp[2], free_tcp[2], udp[2], free_udp[2], streams[3], datagrams[3];
static char folder[] = "/tmp/header-XXXXXX";
static int file;						/* in/file */
static int old_tcp[9], next_old, old_client, old_udp, old_unix; /* made for each sandbox */
static int old_terminal, master; /* of targets[OUTSIDE]; its other end */
static volatile sig_atomic_t caught;
static union { /* of in/file, if this user may open files by handle */
	struct file_handle handle;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} handle;
static bool by_handle;
#define GARBAGE (sizeof(long) == 8 ? (long)(1ULL << 40) : 0)

static void handler(int signal)
{
	caught = signal;
}

static int failed(long result)
{
	return result < 0 ? errno : 0;
}

/* call[0] is the number. Sockets, too, are made and used by number: the C libraries of i386 and
 * s390x do so by socketcall(2). */
static int try_call(const long call[7])
{
	return failed(syscall(call[0], call[1], call[2], call[3], call[4], call[5], call[6]));
}

static int new_socket(int family, int type)
{
	return (int)syscall(__NR_socket, family, type, 0);
}

static int bind_to(int fd, const struct place *place)
{
	const int one = 1; /* others may bind it, too */

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return errno;
	return failed(syscall(__NR_bind, fd, &place->address, place->length));
}

/* Without a path, it is a port that the kernel picks; "" is an abstract name that it picks. */
static void open_place(struct place *place, int type, const char *path)
{
	socklen_t size = sizeof(place->address);

	if (path) {
		place->address.un.sun_family = AF_UNIX;
		strcpy(place->address.un.sun_path, path);
		place->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	} else {
		place->address.in.sin_family = AF_INET;
		place->address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		place->length = sizeof(place->address.in);
	}
	place->fd = socket(place->address.any.sa_family, type | SOCK_NONBLOCK, 0);
	if (bind_to(place->fd, place) || getsockname(place->fd, &place->address.any, &size) ||
	    (place->listens && listen(place->fd, 100)))
		err(1, "a socket for others to reach");
	place->length = size;
}

/* Whether something came in, which is then taken out. */
static bool arrived(const struct place *place)
{
	struct pollfd wait = { place->fd, POLLIN, 0 };
	char byte;

	if (poll(&wait, 1, 1000) != 1)
		return false;
	if (place->listens)
		return !close(accept4(place->fd, NULL, NULL, 0));
	return recv(place->fd, &byte, 1, 0) >= 0;
}

/* Another process. It blocks all signals, and tells whether one has come, or removes the queue. */
enum { REMOVE_QUEUE, OUTSIDE = 0, OLDER, NEWER, SELF };
static struct target {
	pid_t pid;
	int fd;
} targets[2];
static char queue[40];

static struct target start_target(void)
{
	struct target target;
	int ends[2];
	sigset_t set, before;
	char question;
	bool came;

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
	setsid();
	ioctl(old_terminal, TIOCSCTTY, 0); /* the first process gets it */
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL);
	while (read(ends[1], &question, 1) == 1) {
		sigemptyset(&set);
		sigaddset(&set, question);
		if (question == REMOVE_QUEUE)
			came = !syscall(__NR_mq_unlink, queue);
		else
			came = sigtimedwait(&set, NULL, &(struct timespec){ 0, 0 }) == question;
		if (write(ends[1], &came, 1) != 1)
			break;
	}
	_exit(0);
}

static bool ask(const struct target *target, char question)
{
	if (write(target->fd, &question, 1) != 1 || read(target->fd, &question, 1) != 1)
		err(1, "a process does not answer");
	return question;
}

/* ---- The policies ---- */

// clang-format off
enum policy { NOTHING, TCP_CLIENT, TCP_SERVER, TCP_CONNECT, PLAIN_TCP, ALL_TCP, UDP_CLIENT, UDP_SERVER, UNIX_PATH, UNIX_NAMES,
	UNIX_KIND, OTHERS, SIGNALS, LIMITS, READ, LOG, REPLACE, EMPTY, RUN, MOVE, NO_FILES, POLICIES };
#define FS(right) LANDLOCK_ACCESS_FS_##right
#define NET(right) LANDLOCK_ACCESS_NET_##right
static const struct {
	const char *name;
	struct landlock_compat_attr clear;
	uint64_t net; /* a rule for this port */
	const struct place *port;
	uint64_t fs; /* a rule for the folder "in" */
} policies[] = {
	[NOTHING] = { .name = "nothing" },
	[TCP_CLIENT] = { .name = "a TCP port to connect to", .net = NET(CONNECT_TCP), .port = &tcp[IN] },
	[TCP_SERVER] = { .name = "a TCP port to listen on", .clear.filtered = LANDLOCK_COMPAT_LISTEN,
		.net = NET(BIND_TCP), .port = &free_tcp[IN] },
	[TCP_CONNECT] = { .name = "connecting by TCP", .clear.handled_access_net = NET(CONNECT_TCP) },
	[PLAIN_TCP] = { .name = "TCP, but not MPTCP", .clear.handled_access_net = LANDLOCK_COMPAT_NET_TCP },
	[ALL_TCP] = { .name = "TCP in every way", .clear.handled_access_net = LANDLOCK_COMPAT_NET_TCP,
		.clear.filtered = LANDLOCK_COMPAT_OTHER_SOCKETS },
	[UDP_CLIENT] = { .name = "a UDP port to send to", .net = NET(CONNECT_SEND_UDP), .port = &udp[IN] },
	[UDP_SERVER] = { .name = "a UDP port to answer from", .clear.handled_access_net = NET(CONNECT_SEND_UDP),
		.net = NET(BIND_UDP), .port = &free_udp[IN] },
	[UNIX_PATH] = { .name = "UNIX sockets in a folder", .fs = FS(RESOLVE_UNIX) },
	[UNIX_NAMES] = { .name = "abstract UNIX sockets", .clear.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET },
	[UNIX_KIND] = { .name = "making UNIX sockets", .clear.filtered = LANDLOCK_COMPAT_UNIX },
	[OTHERS] = { .name = "other kinds of sockets", .clear.filtered = LANDLOCK_COMPAT_OTHER_SOCKETS },
	[SIGNALS] = { .name = "signals", .clear.scoped = LANDLOCK_SCOPE_SIGNAL },
	[LIMITS] = { .name = "limits and IPC", .clear.filtered = LANDLOCK_COMPAT_LIMITS | LANDLOCK_COMPAT_IPC },
	[READ] = { .name = "reading in a folder", .fs = LANDLOCK_COMPAT_READ },
	[LOG] = { .name = "logs in a folder", .fs = LANDLOCK_COMPAT_LOG },
	[REPLACE] = { .name = "replacing files in a folder", .fs = LANDLOCK_COMPAT_REPLACE },
	[EMPTY] = { .name = "emptying files in a folder", .fs = FS(TRUNCATE) },
	[RUN] = { .name = "running programs", .fs = LANDLOCK_COMPAT_RUN },
	[MOVE] = { .name = "moving files between folders", .fs = FS(REFER) | FS(MAKE_REG) | FS(REMOVE_FILE) },
	[NO_FILES] = { .name = "all files", .clear.handled_access_fs = ~0ULL },
};
#define P(policy) (1U << (policy))
enum {
	ALL = P(POLICIES) - 1,
	UNIX = P(UNIX_PATH) | P(UNIX_NAMES) | P(UNIX_KIND) | P(NO_FILES),
	TCP_OUT = P(TCP_CONNECT) | P(PLAIN_TCP) | P(ALL_TCP), /* connect to every port */
	TCP = P(TCP_CLIENT) | P(TCP_SERVER) | TCP_OUT,
	UDP = P(UDP_CLIENT) | P(UDP_SERVER),
	OTHER = P(OTHERS) | P(ALL_TCP),
	TCP_IN = P(PLAIN_TCP) | P(ALL_TCP), /* bind every port */
	CONNECT = UNIX | UDP | OTHER | P(TCP_CLIENT) | TCP_OUT, /* leave connect(2) open */
	BIND = UNIX | UDP | OTHER | P(TCP_SERVER) | TCP_IN,
	/* policies with which sockets of some kind can be made; with socketcall(2), of all kinds then */
	ANY = TCP | UDP | UNIX | OTHER,
#ifdef __NR_socketcall
	MULTIPLEXED = ANY,
#else
	MULTIPLEXED = 0,
#endif
	MPTCP = P(ALL_TCP) | (MULTIPLEXED & P(PLAIN_TCP)),
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
	{ UDP_PORTS, UDP | MULTIPLEXED, 0, 10, LAXER },
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
/* ---- The actions: each returns 0 if its form n worked, or the errno, and closes nothing ---- */

enum { NO_EFFECT = 255 };

// clang-format off
static const int kinds[][3] = {
	{ AF_INET, SOCK_STREAM, 0 }, { AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 6 }, { AF_INET6, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0 }, { AF_INET, SOCK_DGRAM, 17 }, { AF_INET6, SOCK_DGRAM, 0 },
	{ AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0 }, { AF_UNIX, SOCK_SEQPACKET, 0 }, { AF_UNIX, SOCK_DGRAM, 0 },
	/* From 9 on, others: TIPC, SCTP, UDP-Lite, raw, netlink, vsock, packet (of 802.3), ALG. */
	{ 30, SOCK_RDM, 0 }, { 30, SOCK_STREAM, 0 }, { AF_INET, SOCK_STREAM, 132 }, { AF_INET, SOCK_DGRAM, 136 },
	{ AF_INET, SOCK_RAW, 255 }, { AF_NETLINK, SOCK_RAW, 0 }, { 40, SOCK_STREAM, 0 }, { AF_PACKET, SOCK_RAW, 256 },
	{ 38, SOCK_SEQPACKET, 0 },
	/* From 18 on, TCP by other ways: MPTCP, SMC. */
	{ AF_INET, SOCK_STREAM, 262 }, { AF_INET6, SOCK_STREAM, 262 }, { 43, SOCK_STREAM, 0 }, { AF_INET, SOCK_STREAM, 256 },
};
// clang-format on

static int make(int n)
{
	return failed(syscall(__NR_socket, kinds[n][0], kinds[n][1], kinds[n][2]));
}

static int pair(int n)
{
	int ends[2];

	return failed(syscall(__NR_socketpair, kinds[n][0], kinds[n][1], kinds[n][2], ends));
}

#ifdef __NR_socketcall
static int multiplexed(int n)
{
	static const int numbers[] = { 1, 2, 3, 8, 11, 16, 20, 4 };
	long arguments[6] = { -1, 1 };

	return failed(syscall(__NR_socketcall, numbers[n], arguments));
}
#endif

/* Whether what had this result came to the place. */
static int reached(const struct place *place, long result)
{
	const int error = failed(result);
	const bool begun = !error || error == EINPROGRESS, came = begun && arrived(place);

	return error == EINPROGRESS || came ? 0 : error ? error : NO_EFFECT;
}

static long connect_to(const struct place *place, int fd)
{
	return fd < 0 ? fd : syscall(__NR_connect, fd, &place->address, place->length);
}

/* A byte, to a place or to where fd is connected to, by one of three calls */
static long send_to(const struct place *place, int fd, int call, long flags)
{
	struct iovec data = { "x", 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &data, .msg_iovlen = 1 } };

	if (place) {
		message.msg_hdr.msg_name = (void *)&place->address;
		message.msg_hdr.msg_namelen = place->length;
	}
	if (fd < 0)
		return fd;
	if (call == 1)
		return syscall(__NR_sendmsg, fd, &message.msg_hdr, flags);
	if (call == 2)
		return syscall(__NR_sendmmsg, fd, &message, 1UL, flags);
	return syscall(__NR_sendto, fd, "x", 1UL, flags, message.msg_hdr.msg_name,
		       (long)message.msg_hdr.msg_namelen);
}

/* 0, 1: a new socket; 2: an older one; 3: the client's, disconnected. Its old connection's state
 * may delay a new one: out is out. */
static int tcp_socket(int n)
{
	const struct sockaddr unspecified = { .sa_family = AF_UNSPEC };

	if (n < 2)
		return new_socket(AF_INET, SOCK_STREAM);
	if (n == 2)
		return old_tcp[next_old++];
	if (syscall(__NR_connect, old_client, &unspecified, sizeof(unspecified)) ||
	    fcntl(old_client, F_SETFL, O_NONBLOCK))
		return -1;
	return old_client;
}

static int connect_tcp(int n)
{
	const struct place *const to = &tcp[n ? OUT : IN];

	return reached(to, connect_to(to, tcp_socket(n)));
}

static int fast_open(int n)
{
	const long flags = MSG_FASTOPEN | (n == 3 ? GARBAGE : 0);

	return reached(&tcp[OUT], send_to(&tcp[OUT], tcp_socket(2), n % 3, flags));
}

static int bind_tcp(int n)
{
	return bind_to(tcp_socket(n), &free_tcp[n ? OUT : IN]);
}

static int use_mptcp(int n)
{
	const int fd = (int)syscall(__NR_socket, AF_INET, SOCK_STREAM, 262);

	return n ? bind_to(fd, &free_tcp[OUT]) : reached(&tcp[OUT], connect_to(&tcp[OUT], fd));
}

static int listen_tcp(int n)
{
	const int fd = tcp_socket(n);

	return fd < 0 ? errno : failed(syscall(__NR_listen, fd, 1));
}

/* On the client's socket: 0 to 2 send, 3 and 4 set harmless options, 5 sets TCP_ULP. */
static int serve(int n)
{
	const long name = n == 3 ? 1 /* TCP_NODELAY */ : 31 /* TCP_ULP, if of level 6 */;
	const char value[] = "none";

	if (n < 3)
		return failed(send_to(NULL, old_client, n, MSG_NOSIGNAL));
	return failed(
		syscall(__NR_setsockopt, old_client, n == 4 ? SOL_SOCKET : 6, name, value, 5));
}

/* 0, 1: to the port; 2, 3: to another; 4: from an older socket. The odd ones connect first. */
static int send_udp(int n)
{
	const struct place *const to = &udp[n < 2 ? IN : OUT];
	const int fd = n == 4 ? old_udp : new_socket(AF_INET, SOCK_DGRAM);

	if (n % 2 == 0)
		return reached(to, send_to(to, fd, 0, 0));
	return connect_to(to, fd) ? errno : reached(to, send_to(NULL, fd, 0, 0));
}

static int answer_udp(int n)
{
	const struct place picked = { .length = sizeof(picked.address.in),
				      .address.in.sin_family = AF_INET };
	const struct place *const to = &udp[n == 2 ? IN : OUT];
	const int fd = new_socket(AF_INET, SOCK_DGRAM);
	const int error = bind_to(fd, n == 2 ? &picked : &free_udp[n]);

	return error ? error : reached(to, send_to(to, fd, 0, 0));
}

/* At each place: connect, send, send from one of a pair; 9: from an older socket to places 1, 2 */
static int reach_unix(int n)
{
	const int where = n < 9 ? n / 3 : n - 8, how = n < 9 ? n % 3 : 3;
	const struct place *const to = how ? &datagrams[where] : &streams[where];
	int ends[2] = { -1, -1 }, error;

	if (how == 0)
		error = reached(to, connect_to(to, new_socket(AF_UNIX, SOCK_STREAM)));
	else if (how == 1)
		error = reached(to, send_to(to, new_socket(AF_UNIX, SOCK_DGRAM), 0, 0));
	else if (how == 2 && syscall(__NR_socketpair, AF_UNIX, SOCK_DGRAM, 0, ends))
		return errno;
	else
		error = reached(to, send_to(to, how == 2 ? ends[0] : old_unix, 0, 0));
	return error == EPERM ? EACCES : error; /* Landlock says EPERM for abstract sockets */
}

#ifndef __NR_open /* newer architectures */
#define OPEN_IN(flags)                                                                             \
	{                                                                                          \
		__NR_openat, AT_FDCWD, (long)"in/file", flags                                      \
	}
#define CREAT_IN OPEN_IN(O_CREAT | O_WRONLY | O_TRUNC)
#else
#define OPEN_IN(flags)                                                                             \
	{                                                                                          \
		__NR_open, (long)"in/file", flags                                                  \
	}
#define CREAT_IN                                                                                   \
	{                                                                                          \
		__NR_creat, (long)"in/file", 0600                                                  \
	}
#endif

static int open_file(int n)
{
	const long at = AT_FDCWD, in = (long)"in/file", out = (long)"out/file";
	const long new = O_CREAT | O_EXCL | O_WRONLY, by = by_handle ? (long)&handle : in;
	const long open_by = by_handle ? __NR_open_by_handle_at : __NR_openat;
	const long forms[][7] = {
		{ __NR_openat, at, in, O_RDONLY },
		{ __NR_openat, at, out, O_RDONLY },
		{ __NR_openat, at, (long)"in", O_RDONLY | O_DIRECTORY },
		{ __NR_openat, at, in, O_WRONLY },
		{ __NR_openat, at, out, O_WRONLY },
		{ __NR_openat, at, (long)"in/new", new, 0600 },
		{ __NR_openat, at, (long)"in/new_too", new | O_TRUNC, 0600 },
		/* 7 to 12: they empty the file. */
		{ __NR_openat, at, in, O_RDONLY | O_TRUNC },
		{ __NR_openat, at, in, O_WRONLY | O_TRUNC },
		{ __NR_openat, at, in, O_RDONLY | O_TRUNC | GARBAGE },
		OPEN_IN(O_RDONLY | O_TRUNC),
		CREAT_IN,
		{ open_by, at, by, O_RDONLY | O_TRUNC },
		/* from 13 on */
		{ __NR_openat, at, in, 3 },
		{ __NR_openat, at, in, 3 | GARBAGE },
		OPEN_IN(3),
		{ open_by, at, by, 3 },
	};
	const bool empties = n >= 7 && n <= 12;
	struct stat status;
	int error;

	if (empties && pwrite(file, "text", 4, 0) != 4)
		return NO_EFFECT;
	error = try_call(forms[n]);
	if (!error && empties && (fstat(file, &status) || status.st_size))
		return NO_EFFECT;
	return error;
}

/* 0, 1: truncate(2), of 32-bit architectures in both forms; 2: elsewhere; 3: ftruncate(2) */
static int truncate_file(int n)
{
	const char *const path = n == 2 ? "out/file" : "in/file";
	const int fd = n == 3 ? (int)syscall(__NR_openat, AT_FDCWD, path, (long)O_WRONLY) : 0;

	if (n < 3)
		return failed(
			syscall(n == 1 ? __NR_truncate64 : __NR_truncate, path, 0UL, 0UL, 0UL));
	return fd < 0 ? errno : failed(ftruncate(fd, 0));
}

static int use_device(int n)
{
	char terminal[64];
	int fd = (int)syscall(__NR_openat, AT_FDCWD, "/dev/null", n ? 3L : (long)O_RDONLY);

	if (fd < 0 && !n)
		fd = open("/dev/null", O_WRONLY);
	return fd < 0 || (ioctl(fd, TIOCGWINSZ, terminal) && errno != ENOTTY) ? errno : 0;
}

/* What is made or removed; restore_files() undoes it. */
enum { BLOCK, CHARACTER, FIFO, SOCKET, FOLDER, LINK, MOVED, NO_FOLDER, REMOVED };
static const char *const changed[] = {
	"in/block",	   "in/character", "in/fifo",	 "in/socket", "in/made",    "in/link",
	"in/folder/moved", "in/empty",	   "in/removed", "in/new",    "in/new_too",
};

static int change(int n)
{
	static const mode_t types[] = { S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK };

	switch (n) {
	case FOLDER: return failed(mkdir(changed[n], 0700));
	case LINK: return failed(symlink("file", changed[n]));
	case MOVED: return failed(rename("in/moved", changed[n])) ? EACCES : 0; /* or EXDEV */
	case NO_FOLDER: return failed(rmdir(changed[n]));
	case REMOVED: return failed(unlink(changed[n]));
	default: return failed(mknod(changed[n], types[n], 0x103));
	}
}

static void restore_files(void)
{
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++)
		remove(changed[i]);
	if (close(creat("in/removed", 0600)) || close(creat("in/moved", 0600)) ||
	    mkdir("in/empty", 0700))
		err(1, "%s", folder);
}

static int execute(int n)
{
	execl("/proc/self/exe", "header", "true", (char *)NULL);
	return errno + n;
}

/* Calls that fail for another reason where they are allowed. Older headers lack some names. */
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
#ifdef __NR_ipc
	__NR_ipc,
#endif
#if __SIZEOF_LONG__ == 4
	420, /* semtimedop_time64 */
#endif
};
// clang-format on
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static int call(int n)
{
	return failed(syscall(calls[n], -1L, 0UL, 0UL, 0UL, 0UL, 0UL));
}

/* Another process by six calls, an older (6) and a newer (12) child by kill(2), itself from 18 on
 */
static int send_signal(int n)
{
	const int which = n / 6;
	const struct target target = which == NEWER  ? start_target()
				     : which == SELF ? (struct target){ getpid(), -1 }
						     : targets[which];
	const siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	const long pid = target.pid, pidfd = syscall(434, pid, 0UL);
	const long forms[][7] = {
		{ __NR_kill, pid, SIGUSR1 },
		{ __NR_tkill, pid, SIGUSR1 },
		{ __NR_tgkill, pid, pid, SIGUSR1 },
		{ __NR_rt_sigqueueinfo, pid, SIGUSR1, (long)&info },
		{ __NR_rt_tgsigqueueinfo, pid, pid, SIGUSR1, (long)&info },
		{ 424 /* pidfd_send_signal */, pidfd, SIGUSR1 },
	};
	int error;

	caught = 0;
	error = try_call(forms[n % 6]);
	if (which == SELF ? caught == SIGUSR1 : ask(&target, SIGUSR1))
		return 0;
	return error ? error : NO_EFFECT;
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

/* An owner is sent SIGIO. From ABI 6 on, Landlock denies that, not F_SETOWN. 5: itself; 6, 7:
 * O_ASYNC makes it the foreground group of a terminal */
static int set_owner(int n)
{
	const int on = 1, owner[] = { 1 /* F_OWNER_PID */, targets[OUTSIDE].pid };
	long forms[][7] = {
		{ __NR_fcntl, 0, F_SETOWN, owner[1] },
		{ __NR_fcntl, 0, 15 /* F_SETOWN_EX */, (long)owner },
		{ __NR_ioctl, 0, 0x8901 /* FIOSETOWN */, (long)&owner[1] },
		{ __NR_ioctl, 0, 0x8902 /* SIOCSPGRP */, (long)&owner[1] },
		{ __NR_fcntl64, 0, F_SETOWN | GARBAGE, owner[1] },
		{ __NR_fcntl64, 0, F_SETOWN, getpid() },
		{ __NR_fcntl64, 0, F_SETFL, O_RDWR | O_ASYNC },
		{ __NR_ioctl, 0, FIOASYNC, (long)&on },
	};
	struct pollfd input = { old_terminal, POLLIN, 0 };
	int ends[2], error;

	if (syscall(__NR_socketpair, AF_UNIX, SOCK_STREAM, 0, ends))
		return errno;
	caught = 0;
	forms[n][1] = n < 6 ? ends[0] : old_terminal;
	error = try_call(forms[n]);
	if (n >= 6 && (write(master, "\n", 1) != 1 || poll(&input, 1, 1000) != 1 ||
		       tcflush(old_terminal, TCIFLUSH))) /* which waits for the signal */
		error = EPERM;				 /* no terminal */
	if (!error && (fcntl(ends[0], F_SETFL, O_ASYNC) || write(ends[1], "", 1) != 1))
		error = NO_EFFECT;
	close(ends[0]); /* or its end would be another SIGIO */
	close(ends[1]);
	fcntl(old_terminal, F_SETFL, O_RDWR);
	if (n == 5 ? caught == SIGIO : ask(&targets[OUTSIDE], SIGIO))
		return 0;
	return error ? error : EPERM;
}

/* 4: a child, 5: itself */
static int look(int n)
{
	static char byte;
	const struct iovec memory = { &byte, 1 };
	const long here = (long)&memory, pid = targets[OUTSIDE].pid;
	const long forms[][7] = {
		{ 438 /* pidfd_getfd */, syscall(434, pid, 0UL) },
		{ __NR_process_vm_writev, pid, here, 1, here, 1 },
		{ __NR_process_vm_readv, pid, here, 1, here, 1 },
		{ __NR_ptrace, PTRACE_SEIZE, pid },
		{ __NR_ptrace, PTRACE_TRACEME },
		{ __NR_process_vm_readv, getpid(), here, 1, here, 1 },
	};

	return try_call(forms[n]);
}

/* The kernel's SIGHUP to an orphaned group reaches processes that are older than the sandbox. */
static int leave_group(int n)
{
	return failed(setpgid(n, 0)) ? errno : getpgrp() == getpid() ? 0 : NO_EFFECT;
}

static int sample(int n)
{
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE,
					 .size = sizeof(event),
					 .config = PERF_COUNT_SW_TASK_CLOCK,
					 .exclude_kernel = 1 };
	const int fd = (int)syscall(__NR_perf_event_open, &event, targets[OUTSIDE].pid, -1, -1, n);

	if (fd >= 0)
		close(fd);
	return failed(fd);
}

/* On another process; on "this one" from 7 on; from 14 on all of a user's, and of the own group */
static int limit(int n)
{
	const uint64_t none[] = { 1, 1 };
	const uint32_t attributes[12] = { sizeof(attributes) };
	const struct sched_param parameters = { 0 };
	const long pid = n < 7 ? targets[OUTSIDE].pid : 0, nobody = 999999;
	const long own = getpriority(PRIO_PROCESS, 0), best_effort = 2 << 13 | 4;
	cpu_set_t all;
	const long forms[][7] = {
		{ __NR_setpriority, PRIO_PROCESS, pid, own },
		{ __NR_ioprio_set, 1, pid, best_effort },
		{ __NR_prlimit64, pid, RLIMIT_CORE, (long)none },
		{ __NR_sched_setattr, pid, (long)attributes },
		{ __NR_sched_setparam, pid, (long)&parameters },
		{ __NR_sched_setscheduler, pid, SCHED_OTHER, (long)&parameters },
		{ __NR_sched_setaffinity, pid, sizeof(all), (long)&all },
		{ __NR_setpriority, PRIO_USER, nobody, own },
		{ __NR_ioprio_set, 3, nobody, best_effort },
		{ __NR_setpriority, PRIO_PGRP, 0, own },
		{ __NR_ioprio_set, 2, 0, best_effort },
	};

	memset(&all, 0xff, sizeof(all));
	return try_call(forms[n < 7 ? n : n - 7]);
}

/* mq_open(2) makes a queue and then asks Landlock. */
static int make_queue(int n)
{
	const int error = failed(syscall(__NR_mq_open, queue, O_CREAT | O_RDWR, 0600, NULL));

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
	{ "make another socket", make, 9, 9, OTHER | MAY_FAIL, EACCES, K(OTHER_SOCKETS), KINDS },
	{ "make an MPTCP or SMC socket", make, 18, 4, MPTCP | MAY_FAIL, EACCES, K(OTHER_SOCKETS), SAME },
	{ "make a pair of streams", pair, 6, 2, ALL, EACCES, NO_RIGHT, SAME },
	{ "make a pair of datagram sockets", pair, 8, 1, UNIX, EACCES, K(UNIX), KINDS },
	{ "make another pair", pair, 9, 2, OTHER | MAY_FAIL, EACCES, K(OTHER_SOCKETS), KINDS },
	{ "serve the client", serve, 0, 5, ALL | MAY_FAIL, EACCES, NO_RIGHT, SAME },
	{ "set TCP_ULP", serve, 5, 1, MPTCP | MAY_FAIL, EACCES, K(OTHER_SOCKETS), SAME },
#ifdef __NR_socketcall
	{ "socketcall(2)", multiplexed, 0, 7, ANY | MAY_FAIL, EACCES, NO_RIGHT, SAME },
	{ "socketcall(2) to listen", multiplexed, 7, 1, P(TCP_SERVER) | MAY_FAIL, EACCES, K(LISTEN), SAME },
#endif
	{ "connect to the TCP port", connect_tcp, 0, 1, P(TCP_CLIENT) | TCP_OUT, EACCES, N(CONNECT_TCP), TCP_NEW },
	{ "connect to another TCP port", connect_tcp, 1, 1, TCP_OUT, EACCES, N(CONNECT_TCP), TCP_NEW },
	{ "connect an older TCP socket to it", connect_tcp, 2, 2, TCP_OUT, EACCES, N(CONNECT_TCP), TCP_OLD },
	{ "connect by MSG_FASTOPEN", fast_open, 0, 4, TCP_OUT, EACCES, N(CONNECT_TCP), SAME },
	{ "bind the TCP port", bind_tcp, 0, 1, P(TCP_SERVER) | TCP_IN, EACCES, N(BIND_TCP), PORTS_NEW },
	{ "bind another TCP port", bind_tcp, 1, 1, TCP_IN, EACCES, N(BIND_TCP), PORTS_NEW },
	{ "bind an older TCP socket", bind_tcp, 2, 1, TCP_IN, EACCES, N(BIND_TCP), PORTS_OLD },
	{ "connect by MPTCP", use_mptcp, 0, 1, MPTCP | MAY_FAIL, EACCES, N(CONNECT_TCP), SAME },
	{ "bind an MPTCP socket", use_mptcp, 1, 1, MPTCP | MAY_FAIL, EACCES, N(BIND_TCP), SAME },
	{ "listen", listen_tcp, 1, 2, P(TCP_SERVER), EACCES, K(LISTEN), SAME },
	{ "send to the UDP port", send_udp, 0, 2, UDP, EACCES, SEND_UDP, UDP_SENT },
	{ "send to another UDP port", send_udp, 2, 2, P(UDP_SERVER), EACCES, SEND_UDP, UDP_SENT },
	{ "send from an older UDP socket", send_udp, 4, 1, P(UDP_SERVER), EACCES, NO_RIGHT, UDP_OLD },
	{ "answer from the UDP port", answer_udp, 0, 1, P(UDP_SERVER), EACCES, N(BIND_UDP), UDP_PORTS },
	{ "send from a UDP port that the kernel picks", answer_udp, 2, 1, UDP, EACCES, SEND_UDP, UDP_SENT },
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
	{ "make a terminal's group an owner", set_owner, 6, 2, P(SIGNALS) | MAY_FAIL, EPERM, S(SIGNAL), SAME },
	{ "be an owner", set_owner, 5, 1, ALL, EPERM, NO_RIGHT, SIGNALED },
	{ "leave its process group", leave_group, 0, 1, P(SIGNALS) | IN_CHILD, EPERM, S(SIGNAL), SAME },
	{ "sample another process", sample, 0, 1, MAY_FAIL, EPERM, NO_RIGHT, SAME },
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

static int sandbox(enum policy policy, struct landlock_compat_attr *attr)
{
	const struct landlock_compat_attr *const clear = &policies[policy].clear;
	const uint64_t net = policies[policy].net, fs = policies[policy].fs;

	if (landlock_get_best_ruleset_attr(attr) < 0)
		return -1;
	attr->handled_access_fs &= ~clear->handled_access_fs;
	attr->handled_access_net &= ~clear->handled_access_net;
	attr->scoped &= ~clear->scoped;
	attr->filtered &= ~clear->filtered;
	return landlock_compat_create(attr) ||
	       (net && landlock_compat_allow_port(
			       attr, ntohs(policies[policy].port->address.in.sin_port), net)) ||
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

/* In the child: makes what is to be older than the sandbox, enters it, and tries all actions. */
static void try_all(int policy)
{
	alarm(60);
	setpgid(0, 0); /* whose priority is set */
	for (size_t i = 0; i < sizeof(old_tcp) / sizeof(old_tcp[0]); i++)
		old_tcp[i] = socket(AF_INET, SOCK_STREAM, 0);
	old_udp = socket(AF_INET, SOCK_DGRAM, 0);
	old_unix = socket(AF_UNIX, SOCK_DGRAM, 0);
	old_terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	if (bind_to(old_udp, &free_udp[OUT]))
		err(1, "bind");
	targets[OLDER] = start_target();
	if (policy >= 0 && sandbox((enum policy)policy, &shared->attr))
		err(1, "%s", policies[policy].name);
	landlock_compat_missing(&shared->attr, &shared->missing);
	for (int i = 0; i < ACTIONS; i++)
		for (int form = 0; form < actions[i].count; form++) {
			const int n = actions[i].first + form;

			shared->result[i][form] = actions[i].allowed & IN_CHILD
							  ? in_child(&actions[i], n)
							  : actions[i].try(n);
		}
	abort();
}

/* Tries all actions in a child, which ends by SIGABRT. policy -1: without a sandbox */
static bool run(int policy)
{
	const int peer = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	restore_files();
	if (connect_to(&tcp[IN], peer) || (old_client = accept4(tcp[IN].fd, NULL, NULL, 0)) < 0 ||
	    (pid = fork()) < 0)
		err(1, "a client");
	if (pid == 0)
		try_all(policy);
	close(peer);
	close(old_client);
	if (waitpid(pid, &shared->status, 0) != pid)
		err(1, "waitpid");
	return WIFSIGNALED(shared->status) && WTERMSIG(shared->status) == SIGABRT;
}

static bool testable(int action, int form)
{
	const int control = shared->control[action][form];

	return !control ||
	       (actions[action].allowed & MAY_FAIL && control != actions[action].denial);
}

static bool differs(const struct action *action, int policy, int how)
{
	const int abi = shared->attr.abi;

	for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++)
		if (differences[i].what == action->difference &&
		    differences[i].policies & P(policy) && abi >= differences[i].from &&
		    abi < differences[i].below && (int)differences[i].how == how)
			return true;
	return false;
}

/* Compares the results with what is expected, and with what is told. */
static bool judge(int policy, const char *where)
{
	uint64_t denied[4], told[4], open[4] = { 0 }, tried[4] = { 0 };
	bool good = true;

	memcpy(denied, &shared->attr, sizeof(denied)); /* in the order of enum field */
	memcpy(told, &shared->missing, sizeof(told));
	for (int i = 0; i < ACTIONS; i++) {
		const struct action *action = &actions[i];
		const enum field field = action->field;
		const bool allowed = action->allowed & P(policy);
		const bool works = allowed != differs(action, policy, allowed ? STRICTER : LAXER);
		const uint64_t right = action->right & denied[field];

		for (int form = 0; form < action->count; form++) {
			const int result = shared->result[i][form];
			const int control = shared->control[i][form];
			const int expected = works ? control : action->denial;
			const bool open_here = !result && !allowed;
			const bool untold = open_here && right && !(told[field] & right);

			if (!testable(i, form))
				continue;
			/* A rule for a file allows a right here and not there, one for a kind of
			 * sockets all of it. */
			tried[field] |= control || (allowed && field != FILTERED) ? 0 : right;
			open[field] |= open_here ? right : 0;
			if ((result == expected || kernel.filter) && !untold)
				continue;
			good = check(false, "%s: %s, form %d: %s; expected: %s%s", where,
				     action->name, action->first + form,
				     result ? strerror(result) : "works",
				     expected ? strerror(expected) : "works",
				     untold ? ", not told" : "");
		}
	}
	/* Not every kernel has MPTCP, or lets fast open pass, which cannot be probed for. */
	if (kernel.filter || (MULTIPLEXED & P(policy)))
		tried[NETWORK] &= ~(uint64_t)LANDLOCK_COMPAT_NET_TCP;
	for (int i = 0; i < 4; i++)
		if (told[i] & tried[i] & ~open[i])
			good = check(false, "%s: told, but nothing works: %#llx, field %d", where,
				     (unsigned long long)(told[i] & tried[i] & ~open[i]), i);
	return good;
}

/* A control has to work, or to fail by another errno than in a sandbox. */
static void check_controls(void)
{
	for (int i = 0; i < ACTIONS; i++)
		for (int form = 0; form < actions[i].count; form++) {
			char name[100];

			if (testable(i, form))
				continue;
			snprintf(name, sizeof(name), "%s, form %d (without a sandbox: %s)",
				 actions[i].name, form, strerror(shared->control[i][form]));
			if (actions[i].allowed & MAY_FAIL && ++shared->skipped)
				printf("skip - header: %s\n", name);
			else
				check(false, "%s", name);
		}
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
	int count = 4;

	for (int abi = 0; abi <= real; abi++) {
		simulate_abi(abi);
		kernels[count++] = kernel;
		kernel.filter = ENOSYS;
		kernels[count++] = kernel;
	}
	for (int policy = 0; policy < POLICIES; policy++) {
		bool good = true;

		for (int i = 0; i < count && good; i++) {
			char where[100];

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

/* What Landlock alone leaves open, by ABIs that may be newer than the real one */
static void check_missing(void)
{
	for (int abi = 0; abi <= NEWEST; abi++) {
		struct landlock_compat_attr attr, missing;
		uint64_t fs, net;

		kernel = (struct kernel){ abi ? abi : -ENOSYS, abi, EINVAL, 0, 0, true };
		if (landlock_get_best_ruleset_attr(&attr) != abi)
			errx(1, "ABI %d", abi);
		attr.restricted = abi > 0;
		/* Even ABI 1 denies moving files; MPTCP and, below 10, fast open connect. */
		fs = attr.handled_access_fs & ~rights[abi][0] & ~(abi ? FS(REFER) : 0);
		net = attr.handled_access_net & ~(rights[abi][1] & LANDLOCK_COMPAT_NET_UDP);
		check(landlock_compat_missing(&attr, &missing) == 1 &&
			      missing.handled_access_fs == fs &&
			      missing.handled_access_net == net &&
			      missing.scoped == /* setpgid(2) */
				      ((attr.scoped & ~rights[abi][2]) | LANDLOCK_SCOPE_SIGNAL) &&
			      missing.filtered == attr.filtered,
		      "ABI %d without a filter: what is missing", abi);
	}
}

/* ---- Threads ---- */

enum { THREADS = 10 };
static pthread_t group[THREADS];
static pthread_barrier_t barrier;
static _Atomic int no_files, no_sockets; /* in how many threads */

/* Runs until finish_threads(), and then finds out what is denied. */
static void *in_group(void *unused)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	no_files += open_file(1) == EACCES;
	no_sockets += make(0) == EACCES;
	return unused;
}

static void start_threads(void *(*function)(void *))
{
	no_files = no_sockets = 0;
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		if ((errno = pthread_create(&group[i], NULL, function, NULL)))
			err(1, "pthread_create");
	pthread_barrier_wait(&barrier);
}

static void finish_threads(void)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
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

static bool fails(int result, int error)
{
	return result == -1 && errno == error;
}

static bool unchanged(const struct landlock_compat_attr *attr)
{
	return !attr->restricted && !prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) &&
	       !open_file(1);
}

static bool is_busy(struct landlock_compat_attr *attr)
{
	return fails(landlock_compat_restrict(attr, 0), EBUSY) && unchanged(attr);
}

static void one_of_ten(int unshare)
{
	struct landlock_compat_attr attr = strict(7);
	const char *how = unshare ? "10 threads, no unshare(2)" : "10 threads";

	kernel.unshare = unshare;
	start_threads(in_group);
	check(is_busy(&attr), "%s: EBUSY, nothing has changed", how);
	check(!landlock_compat_restrict(&attr, LANDLOCK_COMPAT_THIS_THREAD) &&
		      prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) == 1 &&
		      !landlock_compat_filter(&attr) && open_file(1) == EACCES,
	      "%s: this thread only", how);
	finish_threads();
	check(!no_files && no_sockets == THREADS, "%s: the others have the filter alone", how);
	start_threads(in_group);
	finish_threads();
	check(no_files == THREADS && no_sockets == THREADS, "%s: 10 later ones have both", how);
}

static struct landlock_compat_attr one_for_each;

static void *restrict_itself(void *unused)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	no_files += !landlock_compat_restrict(&one_for_each, LANDLOCK_COMPAT_THIS_THREAD) &&
		    prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) == 1 && open_file(1) == EACCES;
	return unused;
}

/* no_new_privs is a thread's own: that the policy is in force in one sets it in no other. */
static void each_of_ten(int abi)
{
	one_for_each = strict(abi);
	start_threads(restrict_itself);
	check(!landlock_compat_restrict(&one_for_each, LANDLOCK_COMPAT_THIS_THREAD),
	      "10 threads: the first restricts itself");
	finish_threads();
	check(no_files == THREADS, "10 threads: each restricts itself, by the same policy");
}

static void all_of_ten(int abi)
{
	struct landlock_compat_attr attr = strict(abi);

	start_threads(in_group);
	check(!landlock_compat_restrict(&attr, 0), "10 threads: restricts all at once");
	finish_threads();
	check(no_files == THREADS && !no_sockets, "10 threads: all are under Landlock");
}

/* Of an ABI 8 that this kernel may not have. */
static void asks_for_all(int unused)
{
	struct landlock_compat_attr attr = strict(7);

	(void)unused;
	kernel = (struct kernel){ 8, 8, EINVAL, 0, 0, true };
	attr.abi = 8;
	start_threads(in_group);
	check(!landlock_compat_restrict(&attr, 0) && restrict_flags == LANDLOCK_RESTRICT_SELF_TSYNC,
	      "10 threads and ABI 8: the kernel is asked to restrict them, too");
	finish_threads();
}

static void *pass(void *unused)
{
	return unused;
}

static void joined_threads(int unshare)
{
	struct landlock_compat_attr attr = strict(7);
	int refused = 0;

	kernel.unshare = unshare;
	for (int i = 0; i < 12; i++) {
		if (pthread_create(&group[0], NULL, pass, NULL) || pthread_join(group[0], NULL))
			err(1, "a thread");
		refused += landlock_compat_restrict(&attr, 0) != 0;
	}
	check(!refused, "just joined threads, unshare(2) is errno %d: %d of 12 refused", unshare,
	      refused);
}

static void ending_thread(int unused)
{
	struct landlock_compat_attr attr = strict(7);

	(void)unused;
	threads_until = milliseconds() + 5;
	check(!landlock_compat_restrict(&attr, 0), "a thread that is about to end");
}

static void *without_leader(void *unused)
{
	struct landlock_compat_attr attr = strict(7);

	check(is_busy(&attr), "the first thread has left: EBUSY");
	check(!landlock_compat_restrict(&attr, LANDLOCK_COMPAT_THIS_THREAD),
	      "... but this thread only");
	_exit(0);
	return unused;
}

static void leader_leaves(int unused)
{
	if (pthread_create(&group[0], NULL, without_leader, NULL))
		err(1, "pthread_create");
	syscall(__NR_exit, unused);
}

static void timers_thread(int unused)
{
	struct landlock_compat_attr attr = strict(7);
	struct sigevent event = { .sigev_notify = SIGEV_THREAD };
	timer_t timer;

	(void)unused;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		err(1, "timer_create");
	check(is_busy(&attr), "SIGEV_THREAD's thread: EBUSY");
}

/* A filter that the header knows nothing of */
static void filter(const struct sock_filter *code, unsigned short length)
{
	const struct sock_fprog program = { length, (struct sock_filter *)code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) ||
	    prctl(PR_SET_SECCOMP, (unsigned long)SECCOMP_MODE_FILTER, &program))
		err(1, "PR_SET_SECCOMP");
}

static void *with_a_filter(void *unused)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	filter(&allow, 1);
	return in_group(unused);
}

static void other_filters(int abi)
{
	struct landlock_compat_attr attr = strict(abi);

	start_threads(with_a_filter);
	check(fails(landlock_compat_filter(&attr), ESRCH) && !attr.filter,
	      "a thread with its own filter: ESRCH");
	finish_threads();
}

/* ---- Bad input ---- */

/* Below ABI 10, nobody asks about the port that the kernel picks. */
static void sends_without_bind(int abi)
{
	struct landlock_compat_attr attr = strict(abi), missing;
	struct sockaddr_in own = { .sin_port = 0 };
	socklen_t length = sizeof(own);
	int fd;

	attr.filtered &= ~LANDLOCK_COMPAT_UDP;
	if (landlock_compat_restrict(&attr, 0) || landlock_compat_filter(&attr))
		err(1, "a sandbox");
	landlock_compat_missing(&attr, &missing);
	fd = new_socket(AF_INET, SOCK_DGRAM);
	check(!reached(&udp[OUT], send_to(&udp[OUT], fd, 0, 0)) &&
		      !getsockname(fd, (struct sockaddr *)&own, &length) && own.sin_port &&
		      !(LANDLOCK_COMPAT_NET_UDP & ~missing.handled_access_net),
	      "UDP sockets allowed, and no port: sending binds one, and that is told");
}

static bool too_big(int conditions, int rules, size_t count)
{
	static const int call[256] = { __NR_getppid };
	struct landlock_compat_program program;

	landlock_compat_begin(&program);
	for (int i = 0; i < conditions; i++)
		landlock_compat_if(&program, 0, ~0U, 0);
	for (int i = 0; i < rules; i++)
		landlock_compat_answer(&program, SECCOMP_RET_ERRNO | EDOM, call, count);
	return fails(landlock_compat_enforce(&program, SECCOMP_RET_ALLOW), E2BIG);
}

static void bad_input(int abi)
{
	const uint64_t read = LANDLOCK_COMPAT_READ;
	struct landlock_compat_attr attr = strict(abi), before;
	const int next = dup(0);

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
	check(too_big(4, 1, 1), "ABI %d: a program with 4 conditions", abi);
	check(too_big(0, 200, 1), "ABI %d: a program with too many rules", abi);
	check(too_big(0, 1, 0), "ABI %d: a program with a rule for nothing", abi);
	check(too_big(0, 1, 256), "ABI %d: a program with a rule for too many calls", abi);
	check(dup(0) == next && !memcmp(&attr, &before, sizeof(attr)) && unchanged(&attr) &&
		      getppid() > 0,
	      "ABI %d: nothing is left of all this", abi);
	close(next);
	check(!landlock_compat_allow_path(&attr, "in", FS(READ_DIR)) && dup(0) == next,
	      "ABI %d: a rule leaves no descriptor open", abi);
	close(next);
	attr.ruleset = abi ? 0 : -1; /* no ruleset */
	check((!abi || fails(landlock_compat_allow_path(&attr, "in", read), EBADFD)) &&
		      (abi < 4 ||
		       fails(landlock_compat_allow_port(&attr, 1, NET(CONNECT_TCP)), EBADFD)),
	      "ABI %d: a rule that the kernel does not take", abi);
	attr.ruleset = -1;
	check((!abi || fails(landlock_compat_allow_path(&attr, "in", read), EBADF)) &&
		      (abi < 4 ||
		       fails(landlock_compat_allow_port(&attr, 1, NET(CONNECT_TCP)), EBADF)),
	      "ABI %d: a rule before landlock_compat_create()", abi);
	for (int i = 0; i < 3; i++) {
		struct landlock_compat_attr one = { .abi = abi };

		*(i == 0   ? &one.handled_access_fs
		  : i == 1 ? &one.handled_access_net
			   : &one.scoped) = ~0ULL;
		check(!landlock_compat_create(&one) && (one.ruleset >= 0) == (rights[abi][i] != 0),
		      "ABI %d: a policy about %s alone", abi,
		      i == 0   ? "files"
		      : i == 1 ? "ports"
			       : "scopes");
		close(one.ruleset);
	}
	attr.ruleset = before.ruleset;
	for (int i = 0; abi && i < 16; i++)
		if (landlock_compat_restrict(&attr, 0))
			err(1, "layer %d", i + 1);
	check(!abi || fails(landlock_compat_restrict(&attr, 0), E2BIG),
	      "ABI %d: one layer too many", abi);
	if (!abi)
		check(!landlock_compat_filter(&attr) &&
			      prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) == 1,
		      "the filter alone: no new privileges");
}

/* Calls that few may use, or that are not in the kernel yet, are EDOM from here on, so that it can
 * be seen whether they get that far. Then what works without a sandbox, and with it. */
static void matrix(int abi)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)calls[1], 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)calls[3], 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)calls[4], 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
	};

	alarm(600);
	simulate_abi(abi);
	filter(code, sizeof(code) / sizeof(code[0]));
	if (!run(-1))
		errx(1, "abort(3) fails without a sandbox");
	memcpy(shared->control, shared->result, sizeof(shared->control));
	check_controls();
	check_matrix();
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

static void prepare(void)
{
	const struct sigaction action = { .sa_handler = handler };
	const char *const paths[2][3] = { { "in/stream", "out/stream", "" },
					  { "in/datagram", "out/datagram", "" } };
	const int flags = O_RDWR | O_CREAT;
	int mount;

	if (!mkdtemp(folder) || chdir(folder) || mkdir("in", 0700) || mkdir("out", 0700) ||
	    mkdir("in/folder", 0700) || (file = open("in/file", flags, 0600)) < 0 ||
	    close(open("out/file", flags, 0600)))
		err(1, "%s", folder);
	for (int i = IN; i <= OUT; i++) {
		tcp[i].listens = true;
		open_place(&tcp[i], SOCK_STREAM, NULL);
		open_place(&free_tcp[i], SOCK_STREAM, NULL);
		open_place(&udp[i], SOCK_DGRAM, NULL);
		open_place(&free_udp[i], SOCK_DGRAM, NULL);
	}
	for (int i = IN; i <= NAMED; i++) {
		streams[i].listens = true;
		open_place(&streams[i], SOCK_STREAM, paths[0][i]);
		open_place(&datagrams[i], SOCK_DGRAM, paths[1][i]);
	}
	handle.handle.handle_bytes = MAX_HANDLE_SZ;
	if (!name_to_handle_at(AT_FDCWD, "in/file", &handle.handle, &mount, 0))
		by_handle = !close(open_by_handle_at(AT_FDCWD, &handle.handle, O_RDONLY));
	snprintf(queue, sizeof(queue), "header-%ld", (long)getpid());
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGIO, &action, NULL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 1, 1 }); /* not even to a pipe */
	if ((master = posix_openpt(O_RDWR | O_NOCTTY)) >= 0 && !unlockpt(master))
		old_terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	targets[OUTSIDE] = start_target();
}

int main(int argc, char **argv)
{
	const int abi = real_abi();

	if (argc == 2 && !strcmp(argv[1], "true")) /* execute() */
		return 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	prepare();
	check_probe();
	check_missing();
	for (int older = 0; older <= abi; older++)
		apart(bad_input, older);
	if (abi) {
		apart(one_of_ten, 0);
		apart(one_of_ten, EPERM);
		apart(each_of_ten, 7);
		if (abi >= 8)
			apart(all_of_ten, abi);
		apart(asks_for_all, 0);
		apart(ending_thread, 0);
		apart(joined_threads, 0);
		apart(joined_threads, EPERM);
		apart(leader_leaves, 0);
		apart(timers_thread, 0);
	}
	apart(other_filters, abi);
	apart(sends_without_bind, 7);
	apart(matrix, abi);
	printf("%d passed, %d failed, %d skipped\n", shared->passed, shared->failed,
	       shared->skipped);
	if (!fork())
		execlp("rm", "rm", "-rf", folder, (char *)NULL);
	wait(NULL);
	return shared->failed != 0;
}
