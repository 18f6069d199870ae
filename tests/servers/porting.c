// SPDX-License-Identifier: 0BSD
/*
 * porting - tries the rows of the README's table of what servers run into
 *
 * Each row is tried in three processes: unsandboxed, in the sandbox that denies all, and with its
 * fix. Prints a line for each row, with tabs in it: words that the README's row has, how each of
 * the three ended, and what a machine may lack for it. porting.sh compares that with the README,
 * and makes the files in the current folder.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
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
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
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

/* clang-format off */
enum { PTHREAD_EXIT, PTHREAD_CANCEL, BACKTRACE, OPENSSL, ICONV, DLOPEN, LOCALTIME, GETPWNAM, GETSERVBYNAME, CERTIFICATE,
       FOLDER, LINK, LOG, REPLACE, PIDFILE, MASTER, RUN, RELOAD, DATABASE, DNS, ANSWER, UNIX, NOTIFY, SYSLOG, SOCKETPAIR,
       GETIFADDRS, SIGNAL, GROUP, RAISE, RENICE, IPC, THREADS, FINE, ROWS };
/* clang-format on */

static in_port_t database, resolver, any_port; /* any_port stays 0 */

/* The fix of a row without any of these is in early() or attempt(). */
struct row {
	const char *words;
	int before;	  /* the fix is to do it once before the sandbox, */
	const char *path; /* a rule for a path or a port, */
	const in_port_t *port;
	uint64_t access;
	uint64_t filtered, scoped, net; /* or that these are cleared */
	const char *file;		/* a rule to read this, which is not enough */
	const char *needs;		/* what a machine may lack */
};

static const struct row rows[ROWS] = {
	[PTHREAD_EXIT] = { "`pthread_exit`", .before = 1 },
	[PTHREAD_CANCEL] = { "`pthread_cancel`", .before = 1 },
	[BACKTRACE] = { "`backtrace`", .before = 1 },
	[OPENSSL] = { "OpenSSL", .before = 1, .needs = "libssl-dev" },
	[ICONV] = { "`iconv_open`", .before = 1 },
	[DLOPEN] = { "`dlopen`", .before = 1 },
	[LOCALTIME] = { "local time", .before = 1 },
	[GETPWNAM] = { "`getpwnam`", .path = "/etc", .access = LANDLOCK_COMPAT_READ },
	[GETSERVBYNAME] = { "`getservbyname`", .path = "/etc", .access = LANDLOCK_COMPAT_READ,
			    .needs = "/etc/services" },
	[CERTIFICATE] = { "a certificate", .path = ".", .access = LANDLOCK_COMPAT_READ,
			  .file = "file" },
	[FOLDER] = { "serve a folder", .path = ".", .access = LANDLOCK_COMPAT_READ,
		     .file = "folder" },
	[LINK] = { "symbolic link", .path = "target", .access = LANDLOCK_COMPAT_READ,
		   .file = "links" },
	[LOG] = { "reopen its log", .path = ".",
		  .access = LANDLOCK_COMPAT_LOG | LANDLOCK_ACCESS_FS_READ_FILE },
	[REPLACE] = { "rename it over", .path = ".", .access = LANDLOCK_COMPAT_REPLACE },
	[PIDFILE] = { "PID file", .path = ".", .access = LANDLOCK_ACCESS_FS_REMOVE_FILE },
	[MASTER] = { "reload its configuration" },
	[RUN] = { "run programs", .path = "/usr", .access = LANDLOCK_COMPAT_RUN },
	[RELOAD] = { "listen on another port", .port = &any_port,
		     .access = LANDLOCK_ACCESS_NET_BIND_TCP, .filtered = LANDLOCK_COMPAT_LISTEN },
	[DATABASE] = { "backend's TCP port", .port = &database,
		       .access = LANDLOCK_ACCESS_NET_CONNECT_TCP },
	[UNIX] = { "backend's UNIX socket", .path = ".",
		   .access = LANDLOCK_ACCESS_FS_RESOLVE_UNIX },
	[DNS] = { "DNS server", .port = &resolver,
		  .access =
			  LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP | LANDLOCK_ACCESS_NET_CONNECT_TCP },
	[ANSWER] = { "answer UDP", .net = LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP },
	[NOTIFY] = { "`sd_notify`" },
	[SYSLOG] = { "`syslog`", .path = "/dev", .access = LANDLOCK_ACCESS_FS_RESOLVE_UNIX,
		     .needs = "root, for a /dev of its own" },
	[SOCKETPAIR] = { "`socketpair`" },
	[GETIFADDRS] = { "`getifaddrs`", .filtered = LANDLOCK_COMPAT_OTHER_SOCKETS },
	[SIGNAL] = { "signal processes", .scoped = LANDLOCK_SCOPE_SIGNAL },
	[GROUP] = { "process group", .scoped = LANDLOCK_SCOPE_SIGNAL },
	[RAISE] = { "`raise`", .scoped = LANDLOCK_SCOPE_SIGNAL },
	[RENICE] = { "thread id", .filtered = LANDLOCK_COMPAT_LIMITS },
	[IPC] = { "System V IPC", .filtered = LANDLOCK_COMPAT_IPC },
	[THREADS] = { "with threads" },
	[FINE] = { "use epoll" },
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

/* As musl's raise(3) does. */
static void *signal_itself(void *error)
{
	*(int *)error = failed((int)syscall(__NR_tkill, gettid(), 0));
	return NULL;
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

/* A socket, connected to the port or path, or bound to it. */
static int reach(int (*how)(int, const struct sockaddr *, socklen_t), int type, in_port_t port,
		 const char *path)
{
	const struct sockaddr_in to = { AF_INET, htons(port), { htonl(INADDR_LOOPBACK) }, { 0 } };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const int fd = socket(path ? AF_UNIX : AF_INET, type, 0);

	if (path)
		strcpy(at.sun_path, path);
	if (fd < 0 || how(fd, path ? (void *)&at : (void *)&to, path ? sizeof(at) : sizeof(to)))
		return -1;
	return fd;
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
	const char *file = rows[row].file;
	struct landlock_compat_attr attr;
	int error;

	if (landlock_get_best_ruleset_attr(&attr) < 0)
		return errno;
	if (row == RAISE && attr.abi > 5) /* simulates the older kernel */
		attr.abi = 5;
	attr.filtered &= ~fix->filtered;
	attr.scoped &= ~fix->scoped;
	attr.handled_access_net &= ~fix->net;
	error = landlock_compat_create(&attr);
	if (!error && file)
		error = landlock_compat_allow_path(&attr, file, LANDLOCK_COMPAT_READ);
	if (!error && fix->path)
		error = landlock_compat_allow_path(&attr, fix->path, fix->access);
	if (!error && fix->port)
		error = landlock_compat_allow_port(&attr, *fix->port, fix->access);
	if (!error)
		error = landlock_compat_restrict(&attr, 0);
	if (!error)
		error = landlock_compat_filter(&attr);
	return failed(error);
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
	error = sandbox(MASTER, 0);
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

static int connected, bound, log_socket; /* from before the sandbox */

/* What comes before the sandbox in all three processes. */
static void early(int row, int mode)
{
	pthread_t thread;

	if (row == NOTIFY && mode == FIXED)
		connected = reach(connect, SOCK_DGRAM, 0, "notify");
	if (row == ANSWER)
		bound = reach(bind, SOCK_DGRAM, 0, NULL);
	if (row == THREADS && mode != FIXED)
		pthread_create(&thread, NULL, linger, NULL);
	if (row == SYSLOG) { /* with a /dev of its own; syslogd restarts */
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", "/dev", "tmpfs", 0, NULL))
			_exit(UNTESTABLE);
		log_socket = reach(bind, SOCK_DGRAM, 0, "/dev/log");
		openlog("porting", LOG_NDELAY, LOG_DAEMON);
		close(log_socket);
		unlink("/dev/log");
		log_socket = reach(bind, SOCK_DGRAM, 0, "/dev/log");
	}
}

/* What others do, outside the sandbox, before the attempt. */
static void meanwhile(void)
{
	renameat2(AT_FDCWD, "file", AT_FDCWD, "file.new", RENAME_EXCHANGE);
	renameat2(AT_FDCWD, "folder", AT_FDCWD, "folder.new", RENAME_EXCHANGE);
	rename("log", "log.1");
	close(open("pidfile", O_CREAT | O_WRONLY, 0600));
}

static int attempt(int row, int fixed)
{
	const struct sockaddr_in client = {
		AF_INET, htons(resolver), { htonl(INADDR_LOOPBACK) }, { 0 }
	};
	const time_t start = 0;
	void *frames[4];
	char *arguments[] = { (char *)"/bin/true", NULL };
	struct ifaddrs *interfaces;
	pthread_t thread;
	cpu_set_t processors;
	pid_t child;
	int ends[2], fd, error, thread_error;
	char text[100];

	errno = 0;
	switch (row) {
	case PTHREAD_EXIT:
		return pthread_create(&thread, NULL, leave, NULL) || pthread_join(thread, NULL);
	case PTHREAD_CANCEL:
		return pthread_create(&thread, NULL, linger, NULL) || pthread_cancel(thread) ||
		       pthread_join(thread, NULL);
	case BACKTRACE: return backtrace(frames, 4) > 0 ? 0 : SILENTLY;
#ifdef WITH_OPENSSL
	case OPENSSL:
		return SSL_CTX_get_min_proto_version(SSL_CTX_new(TLS_server_method())) ==
				       TLS1_3_VERSION
			       ? 0
			       : SILENTLY;
#endif
	case ICONV: return iconv_open("ISO-8859-2", "UTF-8") == (iconv_t)-1 ? errno : 0;
	case DLOPEN: return dlopen("libresolv.so.2", RTLD_NOW) ? 0 : SILENTLY;
	case LOCALTIME: return localtime(&start)->tm_hour == 1 ? 0 : SILENTLY;
	case GETPWNAM: return getpwnam("root") ? 0 : errno;
	case GETSERVBYNAME:
		if (access("/etc/services", F_OK))
			return UNTESTABLE;
		return getservbyname("domain", "udp") ? 0 : SILENTLY;
	case CERTIFICATE: return failed(open("file", O_RDONLY));
	case FOLDER: return failed(open("folder/file", O_RDONLY));
	case LINK: return failed(open("links/link", O_RDONLY));
	case LOG:
		error = failed(open("log", O_WRONLY | O_APPEND | O_CREAT, 0600));
		return both(error, failed(open("log", O_RDWR | O_APPEND | O_CREAT, 0600)));
	case REPLACE:
		return failed(open("data.new", O_WRONLY | O_CREAT | O_TRUNC, 0600) < 0
				      ? -1
				      : rename("data.new", "data"));
	case PIDFILE: return failed(unlink("pidfile"));
	case MASTER:
		if (!fixed)
			return failed(open("file", O_RDONLY));
		return worker(-1) == EACCES ? worker(open("file", O_RDONLY)) : SILENTLY;
	case RUN:
		fd = posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ);
		return fd ? fd : exit_status(child);
	case RELOAD:
		fd = reach(bind, SOCK_STREAM, 0, NULL);
		return failed(fd < 0 ? -1 : listen(fd, 1));
	case DATABASE: return failed(reach(connect, SOCK_STREAM, database, NULL));
	case DNS:
		error = say_to(reach(connect, SOCK_DGRAM, resolver, NULL));
		return both(error, failed(reach(connect, SOCK_STREAM, resolver, NULL)));
	case ANSWER:
		return failed((int)sendto(bound, "x", 1, 0, (const struct sockaddr *)&client,
					  sizeof(client)));
	case UNIX: return failed(reach(connect, SOCK_STREAM, 0, "backend"));
	case NOTIFY: return say_to(fixed ? connected : reach(connect, SOCK_DGRAM, 0, "notify"));
	case SYSLOG:
		syslog(LOG_INFO, "still here");
		return recv(log_socket, text, sizeof(text), MSG_DONTWAIT) > 0 ? 0 : SILENTLY;
	case SOCKETPAIR:
		return failed(socketpair(AF_UNIX, fixed ? SOCK_STREAM : SOCK_DGRAM, 0, ends));
	case GETIFADDRS: return failed(getifaddrs(&interfaces));
	case SIGNAL: return failed(kill(getppid(), 0));
	case GROUP: return failed(setpgid(0, 0));
	case RAISE:
		child = fork();
		if (child == 0)
			_exit(raise(SIGCONT) ? errno : 0);
		error = failed(kill(child, 0));
		thread_error = SILENTLY;
		if (!pthread_create(&thread, NULL, signal_itself, &thread_error))
			pthread_join(thread, NULL);
		return both(both(error, exit_status(child)), thread_error);
	case RENICE:
		sched_getaffinity(0, sizeof(processors), &processors);
		error = failed(
			setpriority(PRIO_PROCESS, (id_t)getpid(), getpriority(PRIO_PROCESS, 0)));
		error = both(error, failed(prlimit(getppid(), RLIMIT_NOFILE, NULL, NULL)));
		return both(error,
			    failed(sched_setaffinity(gettid(), sizeof(processors), &processors)));
	case IPC: return failed(shmget(IPC_PRIVATE, 1, 0600));
	case THREADS: return fixed ? pthread_create(&thread, NULL, linger, NULL) : 0;
	case FINE: return fine();
	default: return UNTESTABLE;
	}
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
		if (!error && mode != CONTROL && !(row == MASTER && mode == FIXED))
			error = sandbox(row, mode == FIXED);
		raise(SIGSTOP); /* which the parent sees */
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
	database = port_of(server);
	resolver = port_of(reach(bind, SOCK_DGRAM, database, NULL)); /* the same: free, too */
	if (listen(server, 9) || listen(reach(bind, SOCK_STREAM, 0, "backend"), 9) ||
	    reach(bind, SOCK_DGRAM, 0, "notify") < 0)
		return 1;
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
