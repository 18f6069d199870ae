// SPDX-License-Identifier: 0BSD
/*
 * tcpserver - a TCP server that sandboxes itself before it reads a byte from the network
 *
 * Trusted: whoever starts it, and its flags. Not trusted: whoever connects. Assume that through a
 * bug in handle_request() an attacker takes over the process that serves them, and runs any code
 * there. They must get nothing but their own connection, CPU time and a bounded amount of memory:
 * no file, no other connection in or out, no other client's data, no hold on another process.
 *
 *  set up:   flags -> socket, bind -> give up root -> limits -> Landlock -> listen -> filter
 *  server:   accept -> fork                 (reads nothing that a client sent)
 *  handler:  seal -> handle_request()       (not trusted once it reads)
 *
 * Two locks enforce this. Landlock denies opening files, using ports and UNIX sockets, and reaching
 * other processes. A seccomp filter denies every system call that is not on a list. To do what both
 * deny, such as to open a file, an attacker needs a hole in both. What Landlock cannot deny on this
 * kernel, the filter denies alone. main(), at the end, has all of it in order.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "landlock_compat.h"

/* For a service of your own, define handle_request() in yours.c and run make HANDLER=yours.c. What
 * it returns is the exit status of the client's process; any but 0 is logged. yours.c may also
 * define HANDLER_READS, paths that it reads; HANDLER_CALLS, system calls beyond the list below; and
 * HANDLER_MEMORY, bytes of address space. */
#ifdef HANDLER
#include HANDLER
#endif

#ifndef HANDLER_MEMORY
#define HANDLER_MEMORY (48UL << 20) /* page tables and socket buffers can add 208 MiB */
#endif
_Static_assert((HANDLER_MEMORY) >= 1 << 20, "HANDLER_MEMORY is too small, or overflows");

static struct landlock_compat_attr policy;
static pid_t server_pid; /* of the process that accepts, and forks the handlers */

/* One line on standard error, in one write(2). It is dropped if the log is a full pipe: a log that
 * nobody reads must not stop the server. */
__attribute__((format(printf, 1, 2))) static void report(const char *format, ...)
{
	struct pollfd log = { .fd = STDERR_FILENO, .events = POLLOUT };
	char text[800], line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(line, sizeof(line), "%.200s: %s\n", program_invocation_short_name, text);
	if (poll(&log, 1, 0) != 0 && write(STDERR_FILENO, line, strlen(line)) < 0)
		return; /* nowhere left to report it */
}

#define DIE(...) (report(__VA_ARGS__), exit(EXIT_FAILURE))

static void must(bool success, const char *what)
{
	if (!success)
		DIE("%s: %s", what, strerror(errno));
}

/* The first lock. It denies every right that this kernel's Landlock knows; the only exceptions are
 * the paths of HANDLER_READS. Without Landlock it does nothing, and report_sandbox() says so. */
static void enforce_landlock(void)
{
	must(landlock_get_best_ruleset_attr(&policy) >= 0 && !landlock_compat_create(&policy),
	     "landlock_create_ruleset");
#ifdef HANDLER_READS
	static const char *const paths[] = { "" HANDLER_READS }; /* "": only strings compile */

	if (!policy.abi)
		DIE("no Landlock: nothing would limit what a handler reads: %s",
		    strerror(policy.no_landlock));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (landlock_compat_allow_path(&policy, paths[i], LANDLOCK_COMPAT_READ))
			DIE("HANDLER_READS \"%s\": %s", paths[i], strerror(errno));
#endif
	must(!landlock_compat_restrict(&policy, 0), "landlock_restrict_self (16 layers at most)");
}

/* The second lock: a list of the calls that the server and its handlers make. Any other, even one
 * that a later kernel adds, fails with ENOSYS, as if the kernel did not have it. */
static const int calls[] = {
	// clang-format off
	/* the connection, and what a handler may have open to read */
	__NR_read, __NR_readv, __NR_write, __NR_writev, __NR_recvfrom, __NR_recvmsg,
	__NR_shutdown, __NR_getsockname, __NR_getpeername, __NR_close, __NR_dup3, __NR_ppoll,
	__NR_lseek,
	/* memory */
	__NR_brk, __NR_munmap,
	/* time, and the process itself; without kill(2), abort(3) ends in a trap: SIGSEGV on amd64.
	 * Not rt_sigreturn(2): nothing here handles signals, and a forged frame makes a line in the
	 * kernel's log, which in a flood of them drops those about other processes. */
	__NR_nanosleep, __NR_gettimeofday, __NR_getpid, __NR_gettid, __NR_getppid, __NR_getrandom,
	__NR_rt_sigaction, __NR_rt_sigprocmask, __NR_restart_syscall, __NR_exit_group,
	/* the server, and the seal: a handler has no listener, child or ruleset to use them on */
	__NR_accept4, __NR_wait4, __NR_close_range, LANDLOCK_COMPAT_NR(446) /* landlock_restrict_self */,
	/* what only some architectures have, or C libraries use */
#ifdef __NR_fork
	__NR_fork, __NR_poll, /* older architectures; musl uses fork, others clone */
#endif
#ifdef __NR_send
	__NR_send, __NR_recv, /* armhf, ppc64el */
#endif
#ifdef __NR__llseek
	__NR__llseek, /* lseek(2) of 32 bits; ppc64el, for dprintf(3) */
#endif
#if __SIZEOF_LONG__ == 4
	414, /* ppoll_time64 */
#endif
#ifdef HANDLER_CALLS
	0 | HANDLER_CALLS, /* 0 |: only numbers compile */
#endif
	// clang-format on
};

static struct landlock_compat_program filter;

static void allow_form(int call, uint32_t argument, uint32_t mask, uint32_t value)
{
	landlock_compat_if(&filter, argument, mask, value);
	landlock_compat_allow(&filter, call);
}

/* Some calls are allowed in a harmless form only: (argument & mask) == value. The first rule that
 * matches a call answers it, so these come before the list. landlock_compat_if() adds a condition
 * to the rule that follows. */
static void allow_forms(void)
{
	const uint32_t harmless = MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_NORESERVE | MAP_STACK;
	const uint32_t forks = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;

	/* Only memory that RLIMIT_AS bounds: no shared, file-backed, huge or executable mapping. */
#ifdef __NR_mmap2
	const int map = __NR_mmap2;
#else
	/* s390x passes a pointer to the arguments; there malloc(3) uses brk(2). */
	const int map = LANDLOCK_COMPAT_ARCH == AUDIT_ARCH_S390X ? -1 : __NR_mmap;
#endif
	landlock_compat_if(&filter, 2, ~(uint32_t)(PROT_READ | PROT_WRITE), 0);
	allow_form(map, 3, ~harmless, MAP_PRIVATE | MAP_ANONYMOUS);
	/* Not to a place of its choice: page tables for pages far apart are 427 MiB on s390x. */
	allow_form(__NR_mremap, 3, ~(uint32_t)MREMAP_MAYMOVE, 0);
	/* Processes as fork(2) makes them; in a handler, RLIMIT_NPROC forbids even these. The flags
	 * are argument 0, on s390x 1. */
	allow_form(__NR_clone, LANDLOCK_COMPAT_ARCH == AUDIT_ARCH_S390X, ~forks, SIGCHLD);
	/* A handler must not undo that it dies with the server. */
	landlock_compat_if(&filter, 1, ~0U, SIGKILL);
	allow_form(__NR_prctl, 0, ~0U, PR_SET_PDEATHSIG);
	allow_form(__NR_prctl, 0, ~0U, PR_SET_NO_NEW_PRIVS);
	/* Only its own limits: a CPU time limit of 0 kills another process. */
	allow_form(__NR_prlimit64, 0, ~0U, 0);
	/* The machine's clocks, 0 to 15: negative ones are the CPU clocks of any process. */
	allow_form(__NR_clock_gettime, 0, ~15U, 0);
	allow_form(__NR_clock_nanosleep, 0, ~15U, 0);
#if __SIZEOF_LONG__ == 4
	allow_form(403, 0, ~15U, 0); /* clock_gettime64 */
	allow_form(407, 0, ~15U, 0); /* clock_nanosleep_time64 */
#endif
	/* Not F_SETLK, as a lock on /dev/null holds up others; nor F_SETOWN, F_SETPIPE_SZ. */
	allow_form(__NR_fcntl, 1, ~0U, F_GETFL);
	allow_form(__NR_fcntl, 1, ~0U, F_SETFL);
#ifdef __NR_fcntl64
	allow_form(__NR_fcntl64, 1, ~0U, F_GETFL);
	allow_form(__NR_fcntl64, 1, ~0U, F_SETFL);
#endif
	allow_form(__NR_getsockopt, 1, ~0U, SOL_SOCKET);
	/* From ABI 10 on, Landlock logs each fast open that it denies: a flood of audit records. */
	allow_form(__NR_sendto, 3, MSG_FASTOPEN, 0);
	allow_form(__NR_sendmsg, 2, MSG_FASTOPEN, 0);
	/* openat(2) only reads, even where HANDLER_CALLS names it. */
#ifdef HANDLER_READS
	allow_form(__NR_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, O_RDONLY);
#endif
	landlock_compat_deny(&filter, __NR_openat, ENOSYS);
#ifdef __NR_socketcall
	/* i386 and s390x with glibc: getsockname, getpeername, send, recv, recvfrom, shutdown,
	 * recvmsg, accept4; not sendto and sendmsg, whose flags it hides */
	static const uint32_t numbers[] = { 6, 7, 9, 10, 12, 13, 17, 18 };

	for (size_t i = 0; i < 8; i++)
		allow_form(__NR_socketcall, 0, ~0U, numbers[i]);
#endif
}

/* Enforces the second lock. Without seccomp it does nothing, and report_sandbox() says so. */
static void enforce_filter(void)
{
	landlock_compat_begin(&filter);
	allow_forms();
	landlock_compat_answer(&filter, SECCOMP_RET_ALLOW, calls, sizeof(calls) / sizeof(calls[0]));
	policy.filter = !landlock_compat_enforce(&filter, SECCOMP_RET_ERRNO | ENOSYS);
	policy.no_filter = policy.filter ? 0 : errno;
	must(policy.filter || errno == ENOSYS || errno == ENOTSUP || errno == EPERM, "seccomp");
}

/* Locks a client's process in before it reads, or ends it: it keeps the client's socket, as
 * descriptor 3, and /dev/null as 0, 1 and 2. */
static void seal(int client)
{
	const struct rlimit none = { 0, 0 };

	/* The handler ends with the server, which may be gone already. SIGINT and SIGTERM stay
	 * blocked: ^C or a supervisor may send them to all, but handlers finish. */
	must(!prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL), "prctl");
	const pid_t parent = getppid();
	if (parent == 0) /* unshare -p without -f */
		report("a handler cannot be sealed: its parent is not in its pid namespace");
	if (parent != server_pid)
		_exit(EXIT_FAILURE);
	/* In the server's Landlock domain, a handler could read the memory of the server and of
	 * other handlers, and signal them. It gets a domain of its own inside. */
	must(!landlock_compat_restrict(&policy, LANDLOCK_COMPAT_THIS_THREAD),
	     "landlock_restrict_self (16 layers at most)");
	/* musl's dup3(3) would call dup2, which is not on the list. */
	must(syscall(__NR_dup3, client, 3, 0) >= 0 && !syscall(__NR_close_range, 4U, ~0U, 0U),
	     "dup3, close_range");
	/* A handler makes no process or thread. The server has to fork, so it keeps its limit. */
	must(!setrlimit(RLIMIT_NPROC, &none), "setrlimit");
	must(syscall(__NR_dup3, STDIN_FILENO, STDERR_FILENO, 0) >= 0, "dup3");
}

#ifndef HANDLER
/* The built-in service: an echo (RFC 862). */
static int handle_request(int client)
{
	static char buffer[65536];

	for (;;) {
		const ssize_t length = read(client, buffer, sizeof(buffer));
		ssize_t sent = 0;

		/* EINTR: SIGSTOP and SIGCONT interrupt calls that have a time-out. */
		if (length == 0 || (length < 0 && errno != EINTR))
			return EXIT_SUCCESS; /* the client has finished, or is gone or idle */
		while (sent < length) {
			const ssize_t more = write(client, buffer + sent, (size_t)(length - sent));

			if (more < 0 && errno != EINTR)
				return EXIT_SUCCESS;
			sent += more > 0 ? more : 0;
		}
	}
}
#endif

static _Noreturn void serve_client(int client)
{
	seal(client);
	const int status = handle_request(3);
#ifdef HANDLER
	fflush(NULL); /* streams that it opened by fdopen(3) */
#endif
	_exit(status);
}

/* ---- The server: accept, fork, reap ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static struct {
	union address address; /* AF_UNSPEC: all addresses */
	unsigned int clients, seconds;
	const char *user;
	uid_t uid;
	gid_t gid;
	bool dual_stack, strict, verbose;
} option = { .clients = 40, .seconds = 30, .uid = 65534, .gid = 65534 /* nobody */ };

struct client {
	pid_t pid; /* 0: a free place */
	union address address;
};
struct table {
	unsigned int running;
	struct signalfd_siginfo signal; /* when a handler ends: its pid, status and CPU time */
	struct client client[];
};
/* What the server knows of its clients. fork(2) does not copy it, so that no handler has it. Only
 * what is logged is copied elsewhere: the stack and the registers reach the next handler. */
static struct table *clients;

static void make_client_table(void)
{
	const size_t size = sizeof(*clients) + option.clients * sizeof(clients->client[0]);

	clients = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(clients != MAP_FAILED && !madvise(clients, size, MADV_DONTFORK), "client table");
}

/* Returns 192.0.2.1:80 or [2001:db8::1]:80, in a buffer that the next call overwrites. */
static const char *address_text(const union address *address)
{
	static char text[INET6_ADDRSTRLEN + sizeof("[]:65535")];
	const bool v4 = address->any.sa_family == AF_INET;
	const unsigned char *v6 = address->v6.sin6_addr.s6_addr;
	/* an IPv4 client of a dual-stack socket */
	const bool mapped = !v4 && IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
	const void *ip = v4 ? &address->v4.sin_addr : (const void *)(mapped ? v6 + 12 : v6);
	char host[INET6_ADDRSTRLEN] = "?";

	inet_ntop(v4 || mapped ? AF_INET : AF_INET6, ip, host, sizeof(host));
	snprintf(text, sizeof(text), v4 || mapped ? "%s:%u" : "[%s]:%u", host,
		 ntohs(address->v4.sin_port));
	return text;
}

/* Returns false if the caller should wait before it tries again. */
static bool accept_client(int listener)
{
	struct client *client = clients->client;
	socklen_t length = sizeof(client->address);

	while (client->pid)
		client++;
	const int fd = accept4(listener, &client->address.any, &length, SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return true; /* the client has gone */
		report("accept: %s", strerror(errno));
		return false;
	}
	const pid_t pid = fork();
	if (pid == 0)
		serve_client(fd);
	if (pid < 0) {
		report("fork: %s; %s dropped", strerror(errno), address_text(&client->address));
	} else {
		client->pid = pid;
		clients->running++;
		if (option.verbose)
			report("pid %d from %s (%u/%u)", pid, address_text(&client->address),
			       clients->running, option.clients);
	}
	close(fd);
	return pid >= 0;
}

static void reap_clients(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct client *const client = clients->client;
		unsigned int i = 0;

		while (i < option.clients && client[i].pid != pid)
			i++;
		if (i == option.clients)
			continue; /* an orphan that process 1 adopted */
		/* Any status but 0 is a bug, or an attack. */
		if (WIFSIGNALED(status))
			report("pid %d from %s killed by signal %d", pid,
			       address_text(&client[i].address), WTERMSIG(status));
		else if (status || option.verbose)
			report("pid %d from %s ended with status %d", pid,
			       address_text(&client[i].address), WEXITSTATUS(status));
		client[i].pid = 0;
		clients->running--;
	}
	must(pid == 0 || errno == ECHILD, "waitpid"); /* an unreaped client would keep its place */
}

static void serve(int listener, int signals)
{
	bool wait_a_second = false;

	while (listener >= 0 || clients->running > 0) {
		const bool paused = wait_a_second || clients->running == option.clients;
		struct pollfd events[] = { { .fd = signals, .events = POLLIN },
					   { .fd = paused ? -1 : listener, .events = POLLIN } };

		must(poll(events, 2, wait_a_second ? 1000 : -1) >= 0 || errno == EINTR, "poll");
		wait_a_second = events[1].revents && !accept_client(listener);
		if (!events[0].revents ||
		    read(signals, &clients->signal, sizeof(clients->signal)) < 0)
			continue;
		if (clients->signal.ssi_signo == SIGCHLD) {
			reap_clients();
			continue;
		}
		if (listener < 0) /* PR_SET_PDEATHSIG ends the handlers */
			DIE("second signal: clients cut off: %u", clients->running);
		close(listener); /* this resets the clients in the backlog */
		listener = -1;
		if (clients->running)
			report("stopping; clients to finish: %u (a second signal cuts them off)",
			       clients->running);
	}
}

/* ---- Initialisation ---- */

/* Returns why Landlock, seccomp or close_range(2) is unavailable. */
static const char *explain(int error, const char *unsupported)
{
	switch (error) {
	case ENOSYS: return "not in kernel";
	case EOPNOTSUPP: return unsupported;
	case EPERM: /* a container's profile, or systemd's SystemCallFilter */
		return "outer sandbox";
	default: return "kernel refuses";
	}
}

/* Landlock does not restrict what is open already: with `tcpserver 5</etc/shadow`, descriptor 5
 * must not reach a client. And if one of 0 to 2 were closed, a socket would take its place. */
static void close_inherited(void)
{
	struct stat status;
	int null;

	if (syscall(__NR_close_range, 3U, ~0U, 0U))
		DIE("close_range: %s (%s)", strerror(errno), explain(errno, ""));
	do {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		must(null >= 0, "/dev/null");
	} while (null <= STDERR_FILENO);
	/* Every handler gets it: through another file in its place, they could share data. */
	must(!fstat(null, &status), "/dev/null");
	if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))
		DIE("/dev/null is not the null device");
	must(!chdir("/"), "chdir"); /* the working directory is open, too */
	must(dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0, "dup2");
	close(null);
}

/* A blocked signal reaches the signalfd even if the caller ignored it; but if SIGCHLD were ignored,
 * exit statuses would be lost. */
static int receive_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	must(signal(SIGCHLD, SIG_DFL) != SIG_ERR && !sigprocmask(SIG_SETMASK, &mask, NULL),
	     "signal");
	const int signals = signalfd(-1, &mask, SFD_CLOEXEC);
	must(signals >= 0, "signalfd");
	return signals;
}

static void set_option(int listener, int level, int name, int value, const char *what)
{
	must(!setsockopt(listener, level, name, &value, sizeof(value)), what);
}

#ifndef VANISHED_AFTER
#define VANISHED_AFTER 120 /* seconds after which a peer that answers no probe is gone (-t 0) */
#endif

/* On Linux, accepted sockets inherit all of these. */
static void set_timeouts(int listener)
{
	const struct timeval idle = { .tv_sec = (time_t)option.seconds };
	/* Twice as long, as a client that reads slowly can keep its window closed: at 4 kB/s for 32
	 * seconds. */
	const struct timeval unread = { .tv_sec = 2 * (time_t)option.seconds };
	const int gone = option.seconds ? 2000 * (int)option.seconds : 1000 * VANISHED_AFTER;

	must(!setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle)), "SO_RCVTIMEO");
	must(!setsockopt(listener, SOL_SOCKET, SO_SNDTIMEO, &unread, sizeof(unread)),
	     "SO_SNDTIMEO");
	/* What a client has not read stays in the kernel after its handler has ended: 80 clients
	 * that never read held 288 MiB while all places were free. */
	set_option(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, gone, "TCP_USER_TIMEOUT");
	/* With -t 0, a client whose machine is gone would keep its place: probe twice. */
	set_option(listener, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
	set_option(listener, IPPROTO_TCP, TCP_KEEPIDLE, VANISHED_AFTER / 3, "TCP_KEEPIDLE");
	set_option(listener, IPPROTO_TCP, TCP_KEEPINTVL, VANISHED_AFTER / 3, "TCP_KEEPINTVL");
}

static int bind_socket(void)
{
	const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	union address *address = &option.address;
	const bool all = address->any.sa_family == AF_UNSPEC;
	socklen_t length = sizeof(*address);

	if (all) /* "::", or 0.0.0.0 where the kernel has no IPv6: both are zero */
		address->any.sa_family = AF_INET6;
	int listener = socket(address->any.sa_family, type, 0);
	if (listener < 0 && all && errno == EAFNOSUPPORT) {
		address->any.sa_family = AF_INET;
		listener = socket(AF_INET, type, 0);
	}
	must(listener >= 0, "socket");
	option.dual_stack = all && address->any.sa_family == AF_INET6;
	if (address->any.sa_family == AF_INET6)
		set_option(listener, IPPROTO_IPV6, IPV6_V6ONLY,
			   !all && !IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr), "IPV6_V6ONLY");
	set_option(listener, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
	set_timeouts(listener);
	if (bind(listener, &address->any, length))
		DIE("bind %s: %s", address_text(address), strerror(errno));
	must(!getsockname(listener, &address->any, &length), "getsockname"); /* -p 0 */
	return listener;
}

/* Landlock does not deny setuid(2), chown(2) or kexec_load(2), which only root can do. */
static void give_up_root(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	/* Fails in a container without CAP_SETUID, or a namespace with one user. */
	if (geteuid() == 0 && (setgroups(0, NULL) || setgid(option.gid) || setuid(option.uid)))
		DIE("root cannot become %u:%u here: %s; start it as that user (docker run --user)",
		    option.uid, option.gid, strerror(errno));
	/* A user may have capabilities from setcap(8) or a supervisor. */
	must(!syscall(__NR_capset, &header, none), "capset");
	if (!setuid(0))
		DIE("refusing to run: root could be regained");
	/* Keeps clients' data out of core dumps, and other processes of the same user from looking
	 * into the server and (even without Landlock) its handlers. setuid(2) resets it, so it
	 * comes last. */
	must(!prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL), "prctl");
}

/* Limits for handlers, which inherit them. The server can live with them. */
static void limit_resources(void)
{
	struct rlimit memory, files;

	must(!getrlimit(RLIMIT_AS, &memory) && !getrlimit(RLIMIT_NOFILE, &files), "getrlimit");
	if (memory.rlim_max > HANDLER_MEMORY)
		memory.rlim_max = HANDLER_MEMORY;
	if (files.rlim_max > 64) /* bounds poll(2)'s array, too */
		files.rlim_max = 64;
	memory.rlim_cur = memory.rlim_max;
	files.rlim_cur = files.rlim_max;
	must(!setrlimit(RLIMIT_AS, &memory) && !setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
	/* A handler that unmaps all but one page of each huge page would hold 512 times what
	 * RLIMIT_AS counts. */
	must(!prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL), "prctl");
}

/* Seals a trial process before the server listens, to find two problems that show in no other way:
 * 15 Landlock layers around the server leave no room for a handler's, and RLIMIT_NPROC does not
 * hold for the kernel's root, which a user namespace can map to any uid (unshare -U
 * --map-user=1000). */
static void try_seal(int listener)
{
	enum { CAN_FORK = 2 }; /* an exit status, as a sealed process has no log */
	const pid_t child = fork();
	int status = -1;

	if (child == 0) {
		seal(listener);
		_exit(fork() < 0 ? EXIT_SUCCESS : CAN_FORK);
	}
	must(child > 0 && waitpid(child, &status, 0) == child, "fork");
	if (WIFSIGNALED(status))
		DIE("a handler cannot be sealed: killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == CAN_FORK)
		DIE("handlers could fork: this user is the kernel's root; use another one");
	if (status)
		exit(EXIT_FAILURE); /* seal() has said why */
}

/* Reports in two lines where the server listens and which locks are in force. */
static void report_sandbox(void)
{
	char landlock[80], seccomp[80] = "a seccomp filter";
	const in_port_t port = ntohs(option.address.v4.sin_port);

	snprintf(landlock, sizeof(landlock), "Landlock ABI %d", policy.abi);
	if (!policy.restricted)
		snprintf(landlock, sizeof(landlock), "NO LANDLOCK (%s)",
			 explain(policy.no_landlock, "off at boot"));
	if (!policy.filter)
		snprintf(seccomp, sizeof(seccomp), "NO SECCOMP (%s)",
			 explain(policy.no_filter, "unknown CPU"));
	if (option.strict && (!policy.restricted || !policy.filter))
		DIE("-s: not started: %s, %s", landlock, seccomp);
	if (option.dual_stack)
		report("listening on 0.0.0.0:%u and [::]:%u", port, port);
	else
		report("listening on %s", address_text(&option.address));
	report("sandbox: %s, %s", landlock, seccomp);
}

/* ---- Flags and users ---- */

static const char usage[] =
	"usage: %s -p PORT [-a ADDRESS] [-c CLIENTS] [-t SECONDS] [-u USER] [-sv]\n";
static const char help[] =
	"  -p PORT      TCP port to listen on; 0 picks a free one\n"
	"  -a ADDRESS   numeric IPv4 or IPv6 address to listen on (default: all)\n"
	"  -c CLIENTS   clients served at the same time (default 40); others wait\n"
	"  -t SECONDS   close a connection idle this long (default 30; 0: never)\n"
	"  -u USER      run as USER, or UID[:GID], when started as root (default nobody)\n"
	"  -s           strict: refuse to serve unless both locks are in force\n"
	"  -v           log every connection\n"
	"  -h, --help   show this help\n";

#define DIE_OF_USAGE(...)                                                                          \
	(report(__VA_ARGS__), fprintf(stderr, usage, program_invocation_short_name), exit(2))

static unsigned int number(int flag, const char *text, unsigned int least, unsigned int most)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	/* strtoul(3) accepts white space and signs as well, and reads -1 as its largest number. */
	if (text[0] < '0' || *end || value < least || value > most)
		DIE_OF_USAGE("-%c '%s': not a number from %u to %u", flag, text, least, most);
	return (unsigned int)value;
}

/* 192.0.2.1, 2001:db8::1, fe80::1%eth0, and ::ffff:192.0.2.1, which is IPv4 */
static void parse_address(const char *text)
{
	union address *address = &option.address;
	const char *const zone = strchr(text, '%');
	char host[64]; /* longer than any address, so one that is cut off is not valid */

	snprintf(host, sizeof(host), "%.*s", (int)strcspn(text, "%"), text);
	if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1)
		address->any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1)
		address->any.sa_family = AF_INET6;
	else
		DIE_OF_USAGE("-a '%s': not a numeric IPv4 or IPv6 address", text);
	address->v6.sin6_scope_id = zone ? if_nametoindex(zone + 1) : 0;
	if (zone && !address->v6.sin6_scope_id)
		DIE_OF_USAGE("-a '%s': no network interface '%s'", text, zone + 1);
}

/* Looks names up in /etc/passwd only: getpwnam(3) would load the libraries that nsswitch.conf
 * names, which every handler would inherit; in a static program it may not work at all. */
static void choose_user(void)
{
	static char buffer[BUFSIZ];
	const char *const name = option.user ? option.user : "nobody";
	const struct passwd *user = NULL;

	if (geteuid() != 0 && option.user)
		DIE("-u %s: only root can become another user", name);
	if (geteuid() != 0)
		return;
	FILE *const users = fopen("/etc/passwd", "re");
	if (users) {
		setvbuf(users, buffer, _IOFBF, sizeof(buffer));
		while ((user = fgetpwent(users)) && strcmp(user->pw_name, name) != 0)
			;
		fclose(users);
		explicit_bzero(buffer, sizeof(buffer)); /* every handler would inherit it */
	}
	if (user) {
		option.uid = user->pw_uid;
		option.gid = user->pw_gid;
	} else if (option.user) {
		char *end;
		const unsigned long uid = strtoul(name, &end, 10);
		const unsigned long gid = *end == ':' ? strtoul(end + 1, &end, 10) : uid;

		if (name[strspn(name, "0123456789:")] || *end || uid > INT_MAX || gid > INT_MAX)
			DIE_OF_USAGE("-u '%s': neither in /etc/passwd nor UID or UID:GID", name);
		option.uid = (uid_t)uid;
		option.gid = (gid_t)gid;
	}
	if (option.uid == 0 || option.gid == 0)
		DIE_OF_USAGE("-u '%s': %u:%u is root or its group", name, option.uid, option.gid);
}

static void parse_flags(int argc, char **argv)
{
	static const struct option long_options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	const char *port = NULL;
	int flag;

	opterr = 0;
	while ((flag = getopt_long(argc, argv, ":p:a:c:t:u:svh", long_options, NULL)) != -1) {
		switch (flag) {
		case 'p': port = optarg; break;
		case 'a': parse_address(optarg); break;
		case 'c': option.clients = number(flag, optarg, 1, 1000000); break;
		case 't': option.seconds = number(flag, optarg, 0, 1000000); break;
		case 'u': option.user = optarg; break;
		case 's': option.strict = true; break;
		case 'v': option.verbose = true; break;
		case 'h':
			printf(usage, program_invocation_short_name);
			must(fputs(help, stdout) >= 0 && !fflush(stdout), "standard output");
			exit(EXIT_SUCCESS);
		case ':': DIE_OF_USAGE("-%c: its value is missing", optopt);
		default:
			if (optopt)
				DIE_OF_USAGE("-%c: unknown option; try -h", optopt);
			DIE_OF_USAGE("%s: unknown option; try -h", argv[optind - 1]);
		}
	}
	if (optind < argc)
		DIE_OF_USAGE("'%s': unexpected argument; did you mean -p %s?", argv[optind],
			     argv[optind]);
	if (!port)
		DIE_OF_USAGE("-p PORT is missing");
	/* IPv6 has the port in the same place. */
	option.address.v4.sin_port = htons((in_port_t)number('p', port, 0, 65535));
}

int main(int argc, char **argv)
{
	/* The server goes on if its log is closed or reaches `ulimit -f`. */
	must(signal(SIGPIPE, SIG_IGN) != SIG_ERR && signal(SIGXFSZ, SIG_IGN) != SIG_ERR, "signal");
	server_pid = getpid();
	parse_flags(argc, argv);
	choose_user();
	close_inherited();
	const int signals = receive_signals();
	make_client_table();
	const int listener = bind_socket();
	give_up_root();
	limit_resources();
	enforce_landlock();
	try_seal(listener);
	/* From here on clients can connect, but none is accepted before the filter is in force.
	 * Landlock does not deny listen(2) on a bound socket. The filter does, so it comes after.
	 * The kernel cuts INT_MAX to net.core.somaxconn. */
	must(!listen(listener, INT_MAX), "listen");
	enforce_filter();
	report_sandbox();
	serve(listener, signals);
	return EXIT_SUCCESS;
}
