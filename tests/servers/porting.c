// SPDX-License-Identifier: 0BSD
/*
 * porting - tries the rows of the porting guide's tables
 *
 * Each row is tried in three processes: unsandboxed, in the sandbox that denies all, and with its
 * fix. Prints a line for each row, with tabs in it: the first words of the guide's row, how each of
 * the three ended, and what a machine may lack for it. porting.sh compares that with the guide, and
 * makes the files in the current directory.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <err.h>
#include <execinfo.h>
#include <iconv.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#ifdef WITH_OPENSSL
#include <openssl/ssl.h>
#endif
#include "../../landlock_compat.h"

/* How an attempt ends: 0 if it works, its errno, SIGNALLED + the signal, or one of the others. */
enum { SIGNALLED = 150, SILENTLY = 250, UNTESTABLE };
enum { CONTROL, SANDBOXED, FIXED };

// clang-format off
enum { CERTIFICATE, DIRECTORY, LINK, LOG, TRUNCATE, REPLACE, TEMPORARY, MAILDIR, PIDFILE, NULL_DEVICE, DEVICE, CHECK,
       PTHREAD_EXIT, PTHREAD_CANCEL, BACKTRACE, DLOPEN, ICONV, LOCALTIME, OPENSSL, GETPWNAM, GETSERVBYNAME, GETIFADDRS,
       BACKEND, OLD_SOCKET, UNIX, ABSTRACT, DNS, ANSWER, LISTEN, BACKLOG, SOCKETPAIR, NOTIFY, SYSLOG, MPTCP, FAST_OPEN,
       KERNEL_TLS, IO_URING, RUN, SET_UID, OLDER, PARENT, THREADS, NO_UNSHARE, RELOAD, FINE, ROWS };
// clang-format on

static in_port_t backend, any_port; /* any_port stays 0 */

/* The fix of a row without any of these is in early() or attempt(). */
struct row {
	const char *words;
	int before;		       /* the fix is to do it once before the sandbox, */
	const char *path;	       /* a rule for a path, */
	in_port_t *port;	       /* for a port, */
	uint64_t access;	       /* of this access, */
	int kind[3];		       /* for a kind of socket, */
	uint64_t sockets, scoped, net; /* or that these bits are cleared */
	const char *file;	       /* a rule for this, which is not enough, */
	uint64_t given;		       /* with this access, or (0) to read */
	const char *needs;	       /* what a machine may lack */
};
#define FS(right) LANDLOCK_ACCESS_FS_##right
#define NET(right) LANDLOCK_ACCESS_NET_##right
#define TCP                                                                                        \
	{                                                                                          \
		AF_UNSPEC, SOCK_STREAM, 0                                                          \
	}
static const struct row rows[ROWS] = {
	[CERTIFICATE] = { "opens a file that", .path = ".", .access = LANDLOCK_COMPAT_READ,
			  .file = "file" },
	[DIRECTORY] = { "serves a directory", .path = ".", .access = LANDLOCK_COMPAT_READ,
			.file = "directory" },
	[LINK] = { "follows a symbolic", .path = "target", .access = LANDLOCK_COMPAT_READ,
		   .file = "links" },
	[LOG] = { "reopens a log", .path = ".", .access = LANDLOCK_COMPAT_LOG | FS(READ_FILE) },
	[TRUNCATE] = { "opens a file with `O_TRUNC`", .path = ".",
		       .access = FS(WRITE_FILE) | FS(TRUNCATE) },
	[REPLACE] = { "writes a file", .path = ".", .access = LANDLOCK_COMPAT_REPLACE },
	[TEMPORARY] = { "makes temporary", .path = ".", .access = LANDLOCK_COMPAT_REPLACE },
	[MAILDIR] = { "moves a file", .path = ".", .access = FS(REFER), .file = ".",
		      .given = LANDLOCK_COMPAT_REPLACE },
	[PIDFILE] = { "removes its PID", .path = ".", .access = FS(REMOVE_FILE) },
	[NULL_DEVICE] = { "opens `/dev/null`", .path = "/dev/null",
			  .access = FS(READ_FILE) | FS(WRITE_FILE) },
	[DEVICE] = { "calls `ioctl(2)`", .path = "/dev/null",
		     .access = FS(READ_FILE) | FS(IOCTL_DEV) },
	[CHECK] = { "checks with", .path = ".", .access = LANDLOCK_COMPAT_READ },
	[PTHREAD_EXIT] = { "ends a thread with `pthread_exit`", .before = 1 },
	[PTHREAD_CANCEL] = { "ends a thread with `pthread_cancel`", .before = 1 },
	[BACKTRACE] = { "calls `backtrace`", .before = 1 },
	[DLOPEN] = { "calls `dlopen`", .before = 1 },
	[ICONV] = { "calls `iconv_open`", .before = 1 },
	[LOCALTIME] = { "uses local time", .before = 1 },
	[OPENSSL] = { "uses OpenSSL", .before = 1, .needs = "libssl-dev" },
	[GETPWNAM] = { "calls `getpwnam`", .path = "/etc", .access = LANDLOCK_COMPAT_READ },
	[GETSERVBYNAME] = { "calls `getservbyname`", .path = "/etc", .access = LANDLOCK_COMPAT_READ,
			    .needs = "/etc/services" },
	[GETIFADDRS] = { "calls `getifaddrs`", .kind = { AF_NETLINK, SOCK_RAW, 0 },
			 .sockets = LANDLOCK_COMPAT_SOCKET_BIND },
	[BACKEND] = { "connects to a backend's TCP", .port = &backend, .access = NET(CONNECT_TCP),
		      .kind = TCP },
	[OLD_SOCKET] = { "connects a TCP socket", .port = &backend, .access = NET(CONNECT_TCP) },
	[UNIX] = { "connects to a backend's UNIX", .path = ".", .access = FS(RESOLVE_UNIX),
		   .kind = { AF_UNIX, SOCK_STREAM, 0 } },
	[ABSTRACT] = { "connects to an abstract", .kind = { AF_UNIX, SOCK_STREAM, 0 },
		       .scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET,
		       .sockets = LANDLOCK_COMPAT_SOCKET_CONNECT },
	[DNS] = { "asks a DNS", .port = &backend,
		  .access = NET(CONNECT_SEND_UDP) | NET(CONNECT_TCP), .kind = TCP },
	[ANSWER] = { "answers UDP", .net = NET(CONNECT_SEND_UDP) },
	[LISTEN] = { "listens on another", .port = &any_port, .access = NET(BIND_TCP), .kind = TCP,
		     .sockets = LANDLOCK_COMPAT_SOCKET_LISTEN },
	[BACKLOG] = { "calls `listen(2)`", .sockets = LANDLOCK_COMPAT_SOCKET_LISTEN },
	[SOCKETPAIR] = { "makes a `socketpair`", .kind = { AF_UNIX, SOCK_DGRAM, 0 } },
	[NOTIFY] = { "calls `sd_notify`" },
	[SYSLOG] = { "calls `syslog`", .path = "/dev", .access = FS(RESOLVE_UNIX),
		     .kind = { AF_UNIX, SOCK_DGRAM, 0 }, .needs = "root, for a /dev of its own" },
	[MPTCP] = { "uses MPTCP", .kind = { AF_INET, SOCK_STREAM, 262 }, .needs = "MPTCP" },
	[FAST_OPEN] = { "sends with `MSG_FASTOPEN`" },
	[KERNEL_TLS] = { "switches on kernel TLS" },
	[IO_URING] = { "uses io_uring", .needs = "io_uring" },
	[RUN] = { "runs programs", .path = "/usr", .access = LANDLOCK_COMPAT_RUN },
	[SET_UID] = { "runs set-user-ID" },
	[OLDER] = { "signals a process", .scoped = LANDLOCK_SCOPE_SIGNAL },
	[PARENT] = { "lets a child signal" },
	[THREADS] = { "restricts itself when" },
	[NO_UNSHARE] = { "restricts itself where", .needs = "root, to unmount /proc" },
	[RELOAD] = { "reloads its configuration" },
	[FINE] = { "needs nothing" },
};

static int failed(int result)
{
	return result < 0 ? errno : 0;
}

static void *leave(void *unused)
{
	pthread_exit(unused);
}

static void *linger(void *unused)
{
	pause();
	return unused;
}

/* How two attempts of one row end, which has to be the same. */
static int both(int one, int other)
{
	return one == other ? one : SILENTLY;
}

static const char *ending(int status)
{
	if (status == 0)
		return "works";
	if (status == SILENTLY)
		return "silently";
	if (status == UNTESTABLE)
		return "untestable";
	return status >= SIGNALLED ? sigabbrev_np(status - SIGNALLED) : strerrorname_np(status);
}

static int use(int fd, int (*how)(int, const struct sockaddr *, socklen_t), in_port_t port,
	       const char *path)
{
	const struct sockaddr_in to = { AF_INET, htons(port), { htonl(INADDR_LOOPBACK) }, { 0 } };
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (path) /* a zero before it: an abstract one */
		strcpy(at.sun_path + !*path, path + !*path);
	if (fd < 0 || how(fd, path ? (void *)&at : (void *)&to, path ? sizeof(at) : sizeof(to)))
		return -1;
	return fd;
}

/* A new socket, connected to the port or path, or bound to it. */
static int reach(int (*how)(int, const struct sockaddr *, socklen_t), int type, in_port_t port,
		 const char *path)
{
	return use(socket(path ? AF_UNIX : AF_INET, type, 0), how, port, path);
}

static int say_to(int fd)
{
	return failed(fd < 0 ? -1 : (int)send(fd, "READY=1", 7, 0));
}

/* The port of a socket that is bound to any. */
static in_port_t port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) ? 0 : ntohs(address.sin_port);
}

static int sandbox(int row, int fixed)
{
	const struct row none = { 0 }, *fix = fixed ? &rows[row] : &none;
	struct landlock_compat_attr attr;

	if (landlock_get_best_ruleset_attr(&attr) < 0)
		return errno;
	attr.handled_access_socket &= ~fix->sockets;
	attr.scoped &= ~fix->scoped;
	attr.handled_access_net &= ~fix->net;
	if (landlock_compat_create(&attr) ||
	    (rows[row].file &&
	     landlock_compat_allow_path(&attr, rows[row].file,
					rows[row].given ? rows[row].given : LANDLOCK_COMPAT_READ)))
		return errno;
	if ((fix->path && landlock_compat_allow_path(&attr, fix->path, fix->access)) ||
	    (fix->port && landlock_compat_allow_port(&attr, *fix->port, fix->access)) ||
	    (fix->kind[1] &&
	     landlock_compat_allow_socket(&attr, fix->kind[0], fix->kind[1], fix->kind[2])) ||
	    (fixed && row == DNS && landlock_compat_allow_socket(&attr, AF_UNSPEC, SOCK_DGRAM, 0)))
		return errno;
	return failed(landlock_compat_restrict(&attr, 0) || landlock_compat_filter(&attr) ? -1 : 0);
}

static int exit_status(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) < 0)
		return errno;
	return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A sandboxed worker reads from fd, or opens the file itself. */
static int worker(int fd)
{
	const pid_t child = fork();
	char byte;
	int error;

	if (child)
		return exit_status(child);
	error = sandbox(RELOAD, 0);
	if (!error && fd < 0)
		error = failed(fd = open("file", O_RDONLY));
	_exit(error ? error : failed((int)read(fd, &byte, 1)));
}

static int fine(void)
{
	struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST }, *found;
	const pid_t child = fork();
	pthread_t thread;
	sigset_t set;

	if (child == 0)
		_exit(0);
	sigemptyset(&set);
	return exit_status(child) || epoll_create1(0) < 0 || eventfd(0, 0) < 0 ||
			       timerfd_create(CLOCK_MONOTONIC, 0) < 0 ||
			       signalfd(-1, &set, 0) < 0 ||
			       inotify_add_watch(inotify_init1(0), ".", IN_CREATE) < 0 ||
			       pthread_create(&thread, NULL, linger, NULL) ||
			       pthread_kill(thread, 0) || raise(SIGCONT) || nice(1) < 0 ||
			       getaddrinfo("127.0.0.1", "80", &numeric, &found) ||
			       setuid(getuid() ? getuid() : 65534)
		       ? SILENTLY
		       : 0;
}

static int old_socket, log_socket; /* from before the sandbox */

/* An outer sandbox that refuses unshare(2) */
static void refuse_unshare(void)
{
	const struct landlock_compat_rule rule = { __NR_unshare,
						   SECCOMP_RET_ERRNO | EPERM,
						   { { 0, 0 } } };

	if (landlock_compat_enforce(&rule, 1, SECCOMP_RET_ALLOW))
		_exit(UNTESTABLE);
}

/* What comes before the sandbox in all three processes. */
static void early(int row, int mode)
{
	const char *const own = row == SYSLOG ? "/dev" : "/proc";
	pthread_t thread;

	if ((row == SYSLOG || row == NO_UNSHARE) &&
	    (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	     (!(row == NO_UNSHARE && mode == FIXED) && mount("none", own, "tmpfs", 0, NULL))))
		_exit(UNTESTABLE);
	switch (row) {
	case NOTIFY: old_socket = reach(connect, SOCK_DGRAM, 0, "notify"); break;
	case ANSWER: old_socket = reach(bind, SOCK_DGRAM, 0, NULL); break;
	case OLD_SOCKET: old_socket = socket(AF_INET, SOCK_STREAM, 0); break;
	case BACKLOG:
		old_socket = reach(bind, SOCK_STREAM, 0, NULL);
		listen(old_socket, 1);
		break;
	case KERNEL_TLS: old_socket = reach(connect, SOCK_STREAM, backend, NULL); break;
	case FAST_OPEN: old_socket = socket(AF_INET, SOCK_STREAM, 0); break;
	case THREADS:
		if (mode != FIXED)
			pthread_create(&thread, NULL, linger, NULL);
		break;
	case NO_UNSHARE: refuse_unshare(); break;
	case SYSLOG: /* with a /dev of its own; syslogd restarts */
		log_socket = reach(bind, SOCK_DGRAM, 0, "/dev/log");
		openlog("porting", LOG_NDELAY, LOG_DAEMON);
		close(log_socket);
		unlink("/dev/log");
		log_socket = reach(bind, SOCK_DGRAM, 0, "/dev/log");
		break;
	default: break;
	}
}

/* What others do, outside the sandbox, before the attempt. */
static void meanwhile(void)
{
	renameat2(AT_FDCWD, "file", AT_FDCWD, "file.new", RENAME_EXCHANGE);
	renameat2(AT_FDCWD, "directory", AT_FDCWD, "directory.new", RENAME_EXCHANGE);
	rename("log", "log.1");
	rename("target/mail", "mail");
	close(open("mail", O_CREAT | O_WRONLY, 0600));
	close(open("pidfile", O_CREAT | O_WRONLY, 0600));
}

static int try_file(int row)
{
	char name[] = "temporary-XXXXXX";
	int fd, error;

	switch (row) {
	case CERTIFICATE: return failed(open("file", O_RDONLY));
	case DIRECTORY: return failed(open("directory/file", O_RDONLY));
	case LINK: return failed(open("links/link", O_RDONLY));
	case LOG:
		error = failed(open("log", O_WRONLY | O_APPEND | O_CREAT, 0600));
		return both(error, failed(open("log", O_RDWR | O_APPEND | O_CREAT, 0600)));
	case TRUNCATE: return failed(open("file", O_WRONLY | O_TRUNC));
	case REPLACE:
		return failed(open("data.new", O_WRONLY | O_CREAT | O_TRUNC, 0600) < 0
				      ? -1
				      : rename("data.new", "data"));
	case TEMPORARY: return failed(mkstemp(name) < 0 ? -1 : unlink(name));
	case MAILDIR: return failed(rename("mail", "target/mail"));
	case PIDFILE: return failed(unlink("pidfile"));
	case NULL_DEVICE: return failed(open("/dev/null", O_RDWR));
	case DEVICE:
		fd = open("/dev/null", O_RDONLY);
		return fd < 0 || (ioctl(fd, TIOCGWINSZ, name) && errno != ENOTTY) ? errno : 0;
	default: /* CHECK */
		return access("file", R_OK) ? SILENTLY : failed(open("file", O_RDONLY));
	}
}

static int try_library(int row)
{
	const time_t start = 0;
	void *frames[4];
	struct ifaddrs *interfaces;
	pthread_t thread;

	switch (row) {
	case PTHREAD_EXIT:
		return pthread_create(&thread, NULL, leave, NULL) || pthread_join(thread, NULL);
	case PTHREAD_CANCEL:
		return pthread_create(&thread, NULL, linger, NULL) || pthread_cancel(thread) ||
		       pthread_join(thread, NULL);
	case BACKTRACE: return backtrace(frames, 4) > 0 ? 0 : SILENTLY;
	case DLOPEN: return dlopen("libresolv.so.2", RTLD_NOW) ? 0 : SILENTLY;
	case ICONV: return iconv_open("ISO-8859-2", "UTF-8") == (iconv_t)-1 ? errno : 0;
	case LOCALTIME: return localtime(&start)->tm_hour == 1 ? 0 : SILENTLY;
#ifdef WITH_OPENSSL
	case OPENSSL:
		return SSL_CTX_get_min_proto_version(SSL_CTX_new(TLS_server_method())) ==
				       TLS1_3_VERSION
			       ? 0
			       : SILENTLY;
#endif
	case GETPWNAM: return getpwnam("root") ? 0 : errno;
	case GETSERVBYNAME:
		if (access("/etc/services", F_OK))
			return UNTESTABLE;
		return getservbyname("domain", "udp") ? 0 : SILENTLY;
	case GETIFADDRS: return failed(getifaddrs(&interfaces));
	default: return UNTESTABLE;
	}
}

static int try_socket(int row, int fixed)
{
	const struct sockaddr_in other = {
		AF_INET, htons(backend), { htonl(INADDR_LOOPBACK) }, { 0 }
	};
	char text[100];
	int ends[2], fd, error;

	switch (row) {
	case BACKEND: return failed(reach(connect, SOCK_STREAM, backend, NULL));
	case OLD_SOCKET: return failed(use(old_socket, connect, backend, NULL));
	case UNIX: return failed(reach(connect, SOCK_STREAM, 0, "backend"));
	case ABSTRACT: return failed(reach(connect, SOCK_STREAM, 0, "\0porting"));
	case DNS:
		error = say_to(reach(connect, SOCK_DGRAM, backend, NULL));
		return both(error, failed(reach(connect, SOCK_STREAM, backend, NULL)));
	case ANSWER:
		return failed((int)sendto(old_socket, "x", 1, 0, (const struct sockaddr *)&other,
					  sizeof(other)));
	case LISTEN:
		fd = reach(bind, SOCK_STREAM, 0, NULL);
		return failed(fd < 0 ? -1 : listen(fd, 1));
	case BACKLOG: return failed(listen(old_socket, 9));
	case SOCKETPAIR: return failed(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	case NOTIFY: return say_to(fixed ? old_socket : reach(connect, SOCK_DGRAM, 0, "notify"));
	case SYSLOG:
		syslog(LOG_INFO, "still here");
		return recv(log_socket, text, sizeof(text), MSG_DONTWAIT) > 0 ? 0 : SILENTLY;
	case MPTCP:
		error = failed(socket(AF_INET, SOCK_STREAM, 262));
		return error == EPROTONOSUPPORT || error == ENOPROTOOPT ? UNTESTABLE : error;
	case FAST_OPEN:
		return failed((int)sendto(old_socket, "x", 1, MSG_FASTOPEN,
					  (const struct sockaddr *)&other, sizeof(other)));
	case KERNEL_TLS:
		error = failed(setsockopt(old_socket, 6, 31 /* TCP_ULP */, "tls", 4));
		return error == ENOENT ? 0 : error; /* no such module, but not refused */
	default:				    /* IO_URING */
		error = failed((int)syscall(__NR_io_uring_setup, 1, text));
		return error == EPERM ? UNTESTABLE : error == ENOSYS ? ENOSYS : 0;
	}
}

static int try_process(int row, int fixed)
{
	char *arguments[] = { (char *)"/bin/true", NULL };
	int fd, ends[2] = { -1, -1 };
	pthread_t thread;
	pid_t child;

	switch (row) {
	case RUN:
		fd = posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ);
		return fd ? fd : exit_status(child);
	case SET_UID: return prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) ? SILENTLY : 0;
	case OLDER: return failed(kill(getppid(), 0));
	case PARENT:
		if (pipe(ends))
			return errno;
		child = fork();
		if (child == 0)
			_exit(sandbox(PARENT, 0) ? UNTESTABLE
						 : failed(fixed ? (int)write(ends[1], "x", 1)
								: kill(getppid(), 0)));
		return exit_status(child);
	case THREADS: return fixed ? pthread_create(&thread, NULL, linger, NULL) : 0;
	case NO_UNSHARE: return 0;
	case RELOAD:
		if (!fixed)
			return failed(open("file", O_RDONLY));
		return worker(-1) == EACCES ? worker(open("file", O_RDONLY)) : SILENTLY;
	default: return fine();
	}
}

static int attempt(int row, int fixed)
{
	errno = 0;
	if (row <= CHECK)
		return try_file(row);
	if (row <= GETIFADDRS)
		return try_library(row);
	return row <= IO_URING ? try_socket(row, fixed) : try_process(row, fixed);
}

static int try(int row, int mode)
{
	const pid_t child = fork();
	int error = 0;

	if (child == 0) {
		alarm(20);
		early(row, mode);
		if (mode == FIXED && rows[row].before)
			error = attempt(row, 0);
		/* PARENT's child and RELOAD's workers restrict themselves. */
		if (!error && mode != CONTROL && row != PARENT && !(row == RELOAD && mode == FIXED))
			error = sandbox(row, mode == FIXED);
		raise(SIGSTOP); /* which the parent sees */
		if (row == PARENT && mode == CONTROL)
			_exit(failed(kill(getppid(), 0)));
		_exit(error ? error : attempt(row, mode == FIXED));
	}
	if (waitid(P_PID, (id_t)child, NULL, WSTOPPED | WEXITED | WNOWAIT) == 0) {
		meanwhile();
		kill(child, SIGCONT);
	}
	return exit_status(child);
}

int main(void)
{
	const int server = reach(bind, SOCK_STREAM, 0, NULL);

	setenv("OPENSSL_CONF", "openssl.cnf", 1);
	setenv("TZDIR", ".", 1);
	setenv("TZ", "zone", 1);
	backend = port_of(server);
	if (listen(server, 99) || listen(reach(bind, SOCK_STREAM, 0, "backend"), 99) ||
	    listen(reach(bind, SOCK_STREAM, 0, "\0porting"), 99) ||
	    reach(bind, SOCK_DGRAM, backend, NULL) < 0 || reach(bind, SOCK_DGRAM, 0, "notify") < 0)
		err(1, "sockets");
	for (int row = 0; row < ROWS; row++) {
		printf("%s", rows[row].words);
		for (int mode = CONTROL; mode <= FIXED; mode++) {
			fflush(stdout);
			printf("\t%s", ending(try(row, mode)));
		}
		printf("\t%s\n", rows[row].needs ? rows[row].needs : "");
	}
	return 0;
}
