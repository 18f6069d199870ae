// SPDX-License-Identifier: 0BSD
/*
 * tcpserver - a TCP server that sandboxes itself before it reads a byte from the network
 *
 *	make && ./tcpserver -p 8080 -a 127.0.0.1
 *	bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080; echo hello >&3; head -n 1 <&3'
 *
 * The administrator who starts it is trusted; clients are not. Assume that through a bug in
 * handle_request(), an attacker takes over the process that serves them and runs any code there.
 * They get no file, no other connection, no other client's data, and no hold on another process.
 * They keep their connection and its slot, CPU time, a bounded amount of memory, and whatever bugs
 * the kernel has in 40 system calls.
 *
 *  set up:   flags -> socket, bind -> give up root -> limits -> Landlock -> listen -> filter
 *  server:   accept -> fork                 (reads nothing that a client sent)
 *  handler:  seal -> handle_request()       (untrusted once it reads)
 *
 * Two locks enforce this. Landlock denies opening files, using ports and UNIX sockets, and reaching
 * other processes. A seccomp filter denies every system call that is not in a table. To do what
 * both deny, such as opening a file, an attacker needs a hole in both. For the order, see main().
 *
 * It needs Linux 5.9 for close_range(2), 5.13 for Landlock, and amd64, arm64, riscv64 or ppc64el
 * for the filter. It reports a missing lock; with -s, it then refuses to start.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "landlock_compat.h"

/* Returns whether the client has acknowledged something since *left was set, and sets it again: to
 * the number of bytes that it has not acknowledged. The end of the stream counts as one. */
static bool is_reading(int client, int *left)
{
	const int before = *left;
	struct sockaddr peer;

	*left = 1; /* if the kernel or an emulator cannot tell */
	if (!ioctl(client, SIOCOUTQ, left) && getpeername(client, &peer, &(socklen_t){ 0 }))
		*left = 0; /* the client has reset the connection */
	return *left < before;
}

/* Writes all of data, however slowly the client reads. Returns false if it is gone or reads
 * nothing. Without this, write(2) would fail with EAGAIN if the client did not make room for a
 * third of the send buffer in 2 x -t. */
__attribute__((unused)) static bool send_all(int client, const char *data, size_t length)
{
	int left = INT_MAX;

	while (length > 0) {
		const ssize_t sent = write(client, data, length);

		/* EINTR: SIGSTOP and SIGCONT interrupt calls that have a time-out. */
		if (sent < 0 && errno != EINTR && (errno != EAGAIN || !is_reading(client, &left)))
			return false;
		data += sent > 0 ? sent : 0;
		length -= sent > 0 ? (size_t)sent : 0;
	}
	return true;
}

/* The service: an echo (RFC 862) or, with `make HANDLER=yours.c`, your handle_request(). It may
 * close the socket, and returns 0 for success. Your file shares the names of this one, and cannot
 * return from signal handlers. If it needs more than the echo, it defines HANDLER_READS as absolute
 * paths, HANDLER_CALLS as rows of the table below (ALLOW(getdents64)), HANDLER_MEMORY as bytes. */
#ifdef HANDLER
#include HANDLER
#else
static int handle_request(int client)
{
	static char buffer[65536];
	int left = INT_MAX;

	for (;;) {
		const ssize_t length = read(client, buffer, sizeof(buffer));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && is_reading(client, &left) && left > 0)
			continue; /* not idle: it still reads the echo */
		if (length <= 0 || !send_all(client, buffer, (size_t)length))
			return EXIT_SUCCESS; /* the client has finished, or is gone or idle */
		left = INT_MAX;
	}
}
#endif

#ifndef HANDLER_MEMORY
#define HANDLER_MEMORY (48UL << 20) /* at most 512 MiB with page tables and socket buffers */
#endif
_Static_assert((HANDLER_MEMORY) >= 1 << 20, "HANDLER_MEMORY is too small, or overflows");

/* Variables are in structs without a name, so that one of the same name in HANDLER is an error. C
 * would take two definitions `int x;` for the same variable. */
static struct {
	struct landlock_compat_attr policy;
	int no_filter; /* an errno if there is no filter, else 0 */
	pid_t pid;     /* of the process that accepts clients and forks the handlers */
} server;

/* Logs a line, but drops it if the log is a full pipe, which would stop the server. */
#define REPORT(...)                                                                                \
	do {                                                                                       \
		if (poll(&(struct pollfd){ STDERR_FILENO, POLLOUT, 0 }, 1, 0) != 0)                \
			warnx(__VA_ARGS__);                                                        \
	} while (0)

static void must(bool success, const char *what)
{
	if (!success)
		err(EXIT_FAILURE, "%s", what);
}

/* The first lock denies all that this kernel's Landlock can deny, except reading HANDLER_READS. */
static void enforce_landlock(void)
{
	must(landlock_get_best_ruleset_attr(&server.policy) >= 0 &&
		     !landlock_compat_create(&server.policy),
	     "landlock_create_ruleset");
#ifdef HANDLER_READS
	static const char *const paths[] = { "" HANDLER_READS }; /* "": only strings compile */

	if (!server.policy.abi)
		errx(EXIT_FAILURE, "no Landlock: nothing would limit what a handler reads");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (landlock_compat_allow_path(&server.policy, paths[i], LANDLOCK_COMPAT_READ))
			err(EXIT_FAILURE, "HANDLER_READS \"%s\"", paths[i]);
#endif
	must(!landlock_compat_restrict(&server.policy, 0),
	     "landlock_restrict_self (16 layers at most)");
}

// clang-format off
#define ALLOW(call)		{ __NR_##call, SECCOMP_RET_ALLOW, { ANY } }
#define ALLOW_IF(call, ...)	{ __NR_##call, SECCOMP_RET_ALLOW, { __VA_ARGS__ } }
#define FAIL(call, error)	{ __NR_##call, SECCOMP_RET_ERRNO | (error), { ANY } }
/* Conditions on an argument */
#define ANY			{ 0, 0 }
#define IS(value)		{ ~0U, value }
#define HAS_NO(bits)		{ bits, 0 }
#define HAS_ONLY(required, may)	{ ~(uint32_t)(may), required }

/* The second lock allows the system calls that the server and its handlers make, some only with
 * harmless arguments. The first row that matches a call answers it. All other calls, even those
 * that a later kernel adds, fail with ENOSYS, as if the kernel did not have them. */
static const struct landlock_compat_rule rules[] = {
	/* The connection, and files open for reading. sendmsg(2) and recvmsg(2) are left out
	 * because their control messages can pin kernel memory (we measured 626 MiB). */
	ALLOW(read), ALLOW(readv), ALLOW(write), ALLOW(writev), ALLOW(recvfrom), ALLOW(shutdown),
	ALLOW(getsockname), ALLOW(getpeername), ALLOW(close), ALLOW(dup3), ALLOW(lseek),
	ALLOW_IF(getsockopt, ANY, IS(SOL_SOCKET)),
	ALLOW_IF(ioctl, ANY, IS(SIOCOUTQ)),
	/* MSG_FASTOPEN connects. Before ABI 10 Landlock misses it; later, denials flood the log. */
	ALLOW_IF(sendto, ANY, ANY, ANY, HAS_NO(MSG_FASTOPEN)),
	/* F_SETLK could block other processes, F_SETOWN signal them, F_SETPIPE_SZ pin memory. */
	ALLOW_IF(fcntl, ANY, IS(F_GETFL)), ALLOW_IF(fcntl, ANY, IS(F_SETFL)),
	/* Private anonymous memory, which RLIMIT_AS bounds. Nothing can be made executable. */
	ALLOW(brk), ALLOW(munmap),
#ifdef __NR_mmap /* 32-bit ARM has another call, and no filter */
	ALLOW_IF(mmap, ANY, ANY, HAS_ONLY(0, PROT_READ | PROT_WRITE),
		 HAS_ONLY(MAP_PRIVATE | MAP_ANONYMOUS,
			  MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_NORESERVE | MAP_STACK)),
#endif
	ALLOW_IF(mremap, ANY, ANY, ANY, HAS_ONLY(0, MREMAP_MAYMOVE)), /* as realloc(3) uses it */
	/* The system's clocks are 0 to 15. Negative numbers are the CPU clocks of any process. */
	ALLOW_IF(clock_gettime, HAS_ONLY(0, 15)), ALLOW_IF(clock_nanosleep, HAS_ONLY(0, 15)),
	ALLOW(nanosleep), ALLOW(gettimeofday),
	/* The process itself. Without kill(2), abort(3) ends by an illegal instruction.
	 * rt_sigreturn(2) is left out because forged frames could flood the kernel's log. */
	ALLOW(getpid), ALLOW(gettid), ALLOW(getppid), ALLOW(getrandom), ALLOW(rt_sigaction),
	ALLOW(rt_sigprocmask), ALLOW(restart_syscall), ALLOW(exit_group),
	ALLOW_IF(prlimit64, IS(0)), /* its own: in another process, an RLIMIT_CPU of 0 kills */
	/* For the server and seal(). A handler has no listener, child or ruleset to use them on. */
	ALLOW(accept4), ALLOW(wait4), ALLOW(close_range), ALLOW(landlock_restrict_self),
	ALLOW_IF(prctl, IS(PR_SET_NO_NEW_PRIVS)),
	ALLOW_IF(prctl, IS(PR_SET_PDEATHSIG), IS(SIGKILL)), /* a handler cannot clear it */
	/* Processes as fork(2) makes them. In a handler, RLIMIT_NPROC forbids even these. */
	ALLOW_IF(clone, HAS_ONLY(SIGCHLD, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)),
#ifdef __NR_fork /* amd64, ppc64el: C libraries prefer these where they exist */
	ALLOW(fork), ALLOW(poll),
#else
	ALLOW(ppoll),
#endif
#ifdef __NR_send
	ALLOW(send), ALLOW(recv), ALLOW(_llseek), /* ppc64el */
#endif
	/* These rows come before HANDLER_CALLS, which therefore cannot allow openat(2) to write. */
#ifdef HANDLER_READS
	ALLOW_IF(openat, ANY, ANY, HAS_NO(O_ACCMODE | O_CREAT | O_TRUNC | O_PATH)),
#endif
	FAIL(openat, ENOSYS),
#ifdef HANDLER_CALLS
	HANDLER_CALLS,
#endif
	FAIL(mprotect, ENOMEM), /* musl would take ENOSYS for success */
};
// clang-format on

static void enforce_filter(void)
{
	const size_t count = sizeof(rules) / sizeof(rules[0]);

	if (!landlock_compat_enforce(rules, count, SECCOMP_RET_ERRNO | ENOSYS))
		return;
	server.no_filter = errno;
	must(errno == ENOSYS || errno == EINVAL || errno == ENOTSUP || errno == EPERM, "seccomp");
}

enum { CLIENT = 3, CLIENT_AGAIN = 4 }; /* descriptors of a handler; CLIENT_AGAIN is for finish() */

/* Called in a handler before it reads. Leaves it the client's socket, twice, and placeholders as
 * descriptors 0 to 2. If a step fails, the handler ends. */
static void seal(int client)
{
	/* End with the server, which may be gone already. SIGINT and SIGTERM stay blocked, so that
	 * handlers finish even if ^C or a supervisor sends the signal to all processes. */
	must(!prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL), "PR_SET_PDEATHSIG");
	if (getppid() != server.pid)
		_exit(EXIT_FAILURE);
	/* Add a Landlock domain of its own. In the server's, the handler could signal the server
	 * and other handlers, and read their memory. */
	must(!landlock_compat_restrict(&server.policy, LANDLOCK_COMPAT_THIS_THREAD),
	     "landlock_restrict_self (16 layers at most)");
	/* By number, because musl's dup3(3) calls dup2(2), which the filter denies. */
	must(syscall(__NR_dup3, client, CLIENT, 0) >= 0, "dup3");
	must(syscall(__NR_dup3, CLIENT, CLIENT_AGAIN, 0) >= 0, "dup3");
	must(!syscall(__NR_close_range, CLIENT_AGAIN + 1, INT_MAX, 0), "close_range");
	must(!setrlimit(RLIMIT_NPROC, &(struct rlimit){ 0, 0 }), "RLIMIT_NPROC");
	must(syscall(__NR_dup3, STDIN_FILENO, STDERR_FILENO, 0) >= 0, "dup3"); /* ends logging */
}

/* ---- The server: accept, fork, reap ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6; /* the port has the same offset in both */
};

static struct {
	union address address; /* at first [::], which includes IPv4 */
	unsigned int clients, user;
	int seconds;
	bool strict, verbose;
} option = { .address.any.sa_family = AF_INET6, .clients = 40, .seconds = 30 };

/* Returns 192.0.2.1:80 or [2001:db8::1]:80, in a buffer that the next call overwrites. */
static const char *address_text(const union address *address)
{
	static char text[INET6_ADDRSTRLEN + sizeof("[]:65535")];
	const bool v4 = address->any.sa_family == AF_INET;
	const void *ip = v4 ? &address->v4.sin_addr : (const void *)&address->v6.sin6_addr;
	char host[INET6_ADDRSTRLEN] = "?";

	inet_ntop(address->any.sa_family, ip, host, sizeof(host));
	snprintf(text, sizeof(text), v4 ? "%s:%u" : "[%s]:%u", host, ntohs(address->v4.sin_port));
	return text;
}

/* Delivers the answer when handle_request() has returned, or called exit(3). A plain close(2) would
 * lose it: SO_LINGER drops the bytes that the client has not acknowledged, and unread input resets
 * the connection. So this discards input until the client has everything and has closed. It gives
 * up after 2 x -t without progress, or -t if only the close is missing. Input counts as progress
 * for the first 10 x -t only, or a client could hold its slot by sending on. */
static void finish(void)
{
	static char rest[65536];
	struct timespec start = { 0 }, now; /* start: when the first input came */
	int left = INT_MAX, waited = 0;
	bool late = false;

#ifdef HANDLER
	fflush(NULL); /* streams that it has opened */
#endif
	shutdown(CLIENT_AGAIN, SHUT_WR);
	for (;;) {
		const ssize_t length = recv(CLIENT_AGAIN, rest, sizeof(rest), MSG_DONTWAIT);
		const bool open = length > 0 || (length < 0 && errno == EAGAIN);
		const int pause = 1 + waited / 4; /* milliseconds: ever longer */

		if (length > 0) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			start = start.tv_sec ? start : now;
			late = now.tv_sec - start.tv_sec >= 10L * option.seconds;
		}
		if (is_reading(CLIENT_AGAIN, &left) || (length > 0 && !late))
			waited = 0;
		if ((!open && !left) || waited >= (left ? 2000 : 1000) * option.seconds)
			return;
		poll(&(struct pollfd){ CLIENT_AGAIN, POLLIN, 0 }, open && !late, pause);
		waited += pause;
	}
}

static _Noreturn void serve_client(int client)
{
	seal(client);
#ifdef HANDLER
	atexit(finish); /* it may call exit(3) */
	exit(handle_request(CLIENT) ? EXIT_FAILURE : EXIT_SUCCESS);
#endif
	handle_request(CLIENT);
	finish();
	_exit(EXIT_SUCCESS);
}

/* The handlers that run. fork(2) does not copy this memory, so that no handler can read how another
 * one ended, and when. */
static struct {
	struct signalfd_siginfo signal;
	unsigned int running;
	pid_t pid[]; /* option.clients slots, of which the first are in use */
} * handlers;

static void make_slots(void)
{
	const size_t size = sizeof(*handlers) + option.clients * sizeof(handlers->pid[0]);

	handlers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(handlers != MAP_FAILED && !madvise(handlers, size, MADV_DONTFORK), "mmap, madvise");
}

static void accept_client(int listener)
{
	union address address = { 0 };
	socklen_t length = sizeof(address);
	const int client = accept4(listener, &address.any, &length, SOCK_CLOEXEC);

	if (client < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return; /* no client, or poll(2) reports it again */
		REPORT("accept: %s", strerror(errno));
		sleep(1); /* it would fail again at once */
		return;
	}
	const unsigned int running = handlers->running + 1;
	const pid_t pid = fork();
	if (pid == 0) {
		if (option.verbose) /* not in the server, whose memory would keep the text */
			REPORT("pid %d from %s (%u/%u)", getpid(), address_text(&address), running,
			       option.clients);
		serve_client(client);
	}
	if (pid > 0) {
		handlers->pid[handlers->running++] = pid;
	} else {
		REPORT("client dropped: fork: %s", strerror(errno));
		sleep(1);
	}
	close(client);
}

static void reap_handlers(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		unsigned int slot = 0;

		while (slot < handlers->running && handlers->pid[slot] != pid)
			slot++;
		if (slot == handlers->running)
			continue; /* not ours; as process 1, the server inherits orphans */
		handlers->pid[slot] = handlers->pid[--handlers->running];
		if (WIFSIGNALED(status)) /* a bug or an attack, as is any status but 0 */
			REPORT("pid %d killed by signal %d", pid, WTERMSIG(status));
		else if (status || option.verbose)
			REPORT("pid %d ended with status %d", pid, WEXITSTATUS(status));
	}
	must(pid == 0 || errno == ECHILD, "waitpid"); /* or slots would never become free */
}

static void serve(int listener, int signals)
{
	while (listener >= 0 || handlers->running > 0) {
		const bool full = handlers->running >= option.clients; /* others wait */
		struct pollfd events[] = { { .fd = signals, .events = POLLIN },
					   { .fd = full ? -1 : listener, .events = POLLIN } };

		must(poll(events, 2, -1) >= 0 || errno == EINTR, "poll");
		if (events[1].revents)
			accept_client(listener);
		if (!events[0].revents ||
		    read(signals, &handlers->signal, sizeof(handlers->signal)) < 0)
			continue;
		if (handlers->signal.ssi_signo == SIGCHLD) {
			reap_handlers();
		} else if (listener < 0) {
			exit(EXIT_FAILURE); /* PR_SET_PDEATHSIG ends the handlers */
		} else {
			if (handlers->running)
				REPORT("stopping; waiting for %u clients (a second signal cuts "
				       "them off)",
				       handlers->running);
			else
				REPORT("stopping");
			close(listener); /* this resets the clients in the backlog */
			listener = -1;
		}
	}
}

/* ---- Set up, in the order of main() ---- */

/* Landlock does not restrict open descriptors: with `tcpserver 5</etc/shadow`, descriptor 5 must
 * not reach a handler. If one of 0 to 2 were closed, a socket would get its number. All handlers
 * share this /dev/null; O_PATH leaves it no flags that they could use as a channel between them. */
static void close_inherited(void)
{
	must(!syscall(__NR_close_range, STDERR_FILENO + 1, INT_MAX, 0), "close_range");
	close(STDIN_FILENO);
	must(open("/dev/null", O_PATH) == STDIN_FILENO && dup2(0, STDOUT_FILENO) > 0, "/dev/null");
	must(fcntl(STDERR_FILENO, F_GETFD) >= 0 || dup2(0, STDERR_FILENO) > 0, "/dev/null");
	must(!chdir("/"), "chdir"); /* it is an open directory */
}

/* Signals are read from a descriptor. If SIGCHLD were ignored, exit statuses would be lost. */
static int receive_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	must(signal(SIGCHLD, SIG_DFL) != SIG_ERR, "signal");
	must(!sigprocmask(SIG_SETMASK, &mask, NULL), "sigprocmask");
	const int signals = signalfd(-1, &mask, SFD_CLOEXEC);
	must(signals >= 0, "signalfd");
	return signals;
}

#define SET(level, name, value)                                                                    \
	must(!setsockopt(listener, level, name, &(value), sizeof(value)), #name)

static int bind_socket(void)
{
	const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	union address *const address = &option.address;
	socklen_t length = sizeof(*address);
	int listener = socket(address->any.sa_family, type, 0);

	if (listener < 0 && errno == EAFNOSUPPORT &&
	    IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr)) {
		address->any.sa_family = AF_INET; /* no IPv6, so 0.0.0.0 */
		listener = socket(AF_INET, type, 0);
	}
	must(listener >= 0, "socket");
	if (address->any.sa_family == AF_INET6)
		SET(IPPROTO_IPV6, IPV6_V6ONLY, (int){ 0 });
	SET(SOL_SOCKET, SO_REUSEADDR, (int){ 1 });
	/* Accepted sockets inherit these options. Sending gets twice as long, because a slow reader
	 * may open its window only every 32 s. */
	SET(SOL_SOCKET, SO_RCVTIMEO, (struct timeval){ .tv_sec = option.seconds });
	SET(SOL_SOCKET, SO_SNDTIMEO, (struct timeval){ .tv_sec = 2L * option.seconds });
	/* Without this, unsent data would outlive its handler, and -c would not bound it. */
	SET(SOL_SOCKET, SO_LINGER, (struct linger){ .l_onoff = 1 });
	if (bind(listener, &address->any, length))
		err(EXIT_FAILURE, "bind %s", address_text(address));
	must(!getsockname(listener, &address->any, &length), "getsockname"); /* for -p 0 */
	return listener;
}

/* Landlock does not deny setuid(2), chown(2) or kexec_load(2), which need root. */
static void give_up_root(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };
	const unsigned int user = option.user ? option.user : 65534 /* nobody */;

	if ((option.user || geteuid() == 0) && (setgroups(0, NULL) || setgid(user) || setuid(user)))
		err(EXIT_FAILURE, "cannot become user %u here; start it as that user", user);
	must(!syscall(__NR_capset, &header, none), "capset");
	if (!setuid(0))
		errx(EXIT_FAILURE, "refusing to run: root could be regained");
	/* Keep clients' data out of core dumps, and other processes of this user from reading the
	 * memory of the server and its handlers. Last, because setuid(2) resets it. */
	must(!prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL), "PR_SET_DUMPABLE");
}

/* Handlers inherit these limits. RLIMIT_NOFILE also bounds the memory that poll(2) copies. */
static void limit_resources(void)
{
	must(!setrlimit(RLIMIT_AS, &(struct rlimit){ HANDLER_MEMORY, HANDLER_MEMORY }),
	     "RLIMIT_AS is below HANDLER_MEMORY (see ulimit -v)");
	must(!setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 64, 64 }),
	     "RLIMIT_NOFILE is below 64 (see ulimit -n)");
	/* By unmapping all but 4 KiB of each huge page, a handler could keep 512 times the memory
	 * that RLIMIT_AS counts. gVisor and qemu have no huge pages, and return EINVAL. */
	must(!prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL) || errno == EINVAL,
	     "PR_SET_THP_DISABLE");
	/* Without this, in our test, one handler read another's data through the cache (Spectre
	 * v2). Some processors and kernels do not have it, so it may fail. */
	prctl(PR_SET_SPECULATION_CTRL, (unsigned long)PR_SPEC_INDIRECT_BRANCH,
	      PR_SPEC_FORCE_DISABLE, 0UL, 0UL);
}

/* Seals a trial process before anyone is served, and checks that it cannot fork. A handler gets no
 * Landlock domain of its own if the server runs inside 15 others, and RLIMIT_NPROC does not bind
 * the real root (uid 0 of the first user namespace), whatever its uid in here. */
static void rehearse(int listener)
{
	enum { CAN_FORK = 2 }; /* a status that seal() does not end with */
	const pid_t child = fork();
	int status = -1;

	if (child == 0) {
		seal(listener);
		_exit(fork() < 0 ? EXIT_SUCCESS : CAN_FORK);
	}
	must(child > 0 && waitpid(child, &status, 0) == child, "fork");
	if (WIFEXITED(status) && WEXITSTATUS(status) == CAN_FORK)
		errx(EXIT_FAILURE, "refusing to run: handlers could fork; use another user (-u)");
	if (status)
		errx(EXIT_FAILURE, "refusing to run: a handler cannot be sealed");
}

static void report_sandbox(void)
{
	char first[80], second[80] = "a seccomp filter";

	snprintf(first, sizeof(first), "Landlock ABI %d", server.policy.abi);
	if (!server.policy.restricted)
		snprintf(first, sizeof(first), "NO LANDLOCK (%s)",
			 strerror(server.policy.no_landlock));
	if (server.no_filter)
		snprintf(second, sizeof(second), "NO SECCOMP (%s)", strerror(server.no_filter));
	if (option.strict && (!server.policy.restricted || server.no_filter))
		errx(EXIT_FAILURE, "-s: not started: %s, %s", first, second);
	REPORT("listening on %s", address_text(&option.address));
	REPORT("sandbox: %s, %s", first, second);
}

static const char usage[] =
	"usage: %s -p PORT [-a ADDRESS] [-c CLIENTS] [-t SECONDS] [-u UID] [-svh]\n"
	"  -p PORT      TCP port to listen on; 0 picks a free one\n"
	"  -a ADDRESS   numeric IPv4 or IPv6 address to listen on (default: all)\n"
	"  -c CLIENTS   clients served at the same time (default 40); others wait\n"
	"  -t SECONDS   close a connection idle this long (default 30)\n"
	"  -u UID       user and group to become, when started as root (default 65534)\n"
	"  -s           strict: refuse to serve unless both locks are in force\n"
	"  -v           log every connection\n"
	"  -h           show this help\n";

static unsigned int number(int flag, unsigned int least, unsigned int most)
{
	char *end;
	const unsigned long value = strtoul(optarg, &end, 10);

	/* By itself, strtoul(3) would also accept white space and signs. */
	if (optarg[0] < '0' || *end || value < least || value > most)
		errx(2, "-%c '%s': not a number from %u to %u; try -h", flag, optarg, least, most);
	return (unsigned int)value;
}

static void parse_flags(int argc, char **argv)
{
	union address *const address = &option.address;
	int port = -1, flag;

	while ((flag = getopt(argc, argv, ":p:a:c:t:u:svh")) != -1) {
		switch (flag) {
		case 'p': port = (int)number(flag, 0, 65535); break;
		case 'a':
			address->any.sa_family = strchr(optarg, ':') ? AF_INET6 : AF_INET;
			if (inet_pton(AF_INET6, optarg, &address->v6.sin6_addr) != 1 &&
			    inet_pton(AF_INET, optarg, &address->v4.sin_addr) != 1)
				errx(2, "-a '%s': not a numeric IPv4 or IPv6 address", optarg);
			break;
		case 'c': option.clients = number(flag, 1, 1000000); break;
		case 't': option.seconds = (int)number(flag, 1, 86400); break;
		case 'u': option.user = number(flag, 1, UINT32_MAX - 1); break;
		case 's': option.strict = true; break;
		case 'v': option.verbose = true; break;
		case 'h':
			must(printf(usage, program_invocation_short_name) > 0 && !fflush(stdout),
			     "standard output");
			exit(EXIT_SUCCESS);
		case ':': errx(2, "-%c: value missing; try -h", optopt);
		default: errx(2, "-%c: unknown option; try -h", optopt);
		}
	}
	if (optind < argc)
		errx(2, "'%s': unexpected argument; try -h", argv[optind]);
	if (port < 0)
		errx(2, "-p PORT is required; try -h");
	address->v4.sin_port = htons((in_port_t)port);
}

int main(int argc, char **argv)
{
	static char line[1024];

	setvbuf(stderr, line, _IOLBF, sizeof(line)); /* one write(2) for each line */
	/* If the log is a broken pipe or has reached `ulimit -f`, write(2) fails instead. */
	must(signal(SIGPIPE, SIG_IGN) != SIG_ERR && signal(SIGXFSZ, SIG_IGN) != SIG_ERR, "signal");
	server.pid = getpid();
	parse_flags(argc, argv);
	make_slots();
	close_inherited();		       /* before the server opens its own descriptors */
	const int signals = receive_signals(); /* before the first child can end */
	const int listener = bind_socket();    /* as root, for ports below 1024 */
	give_up_root();			       /* as soon as the port is bound */
	limit_resources();		       /* before the filter denies these prctl(2) options */
	enforce_landlock();		       /* after bind(2), which it denies */
	/* After Landlock, because from now on clients can connect. The kernel cuts the backlog to
	 * net.core.somaxconn. */
	must(!listen(listener, INT_MAX), "listen");
	enforce_filter();   /* after listen(2), which it denies */
	rehearse(listener); /* under both locks, before a client is accepted */
	report_sandbox();   /* only now is all of it true */
	serve(listener, signals);
	return EXIT_SUCCESS;
}
