// SPDX-License-Identifier: 0BSD
/*
 * porting [FOLDER] - what servers do later than one thinks
 *
 * Each row is tried in three processes: unsandboxed, in the sandbox that denies all, and with its
 * fix. FOLDER is an empty one, for their files. Without it, prints the rows as a table in Markdown.
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
       FOLDER, LOG, REPLACE, PIDFILE, MASTER, RUN, RELOAD, DATABASE, DNS, UNIX, NOTIFY, SYSLOG, SOCKETPAIR,
       GETIFADDRS, SIGNAL, RAISE, RENICE, IPC, THREADS, FINE, ROWS };
/* clang-format on */

static in_port_t database, resolver, any_port; /* any_port stays 0 */

/* What the server wants, the fix in words, how the attempt ends in the sandbox without it; the fix.
 */
static const struct {
	const char *wants, *fix;
	int ends;
	int before;	  /* the fix: to do it once before, or a rule, or what is cleared; */
	const char *path; /* where there is none of these, it is in early() or attempt() */
	uint64_t access;
	const in_port_t *port;
	uint64_t net, filtered, scoped;
	const char *file;  /* a rule to read it, which is not enough */
	const char *needs; /* what a machine may lack */
} rows[ROWS] = {
	[PTHREAD_EXIT] = { "end threads by `pthread_exit` (glibc)",
			   "link with `-lgcc_s` or statically, or end one like this before",
			   SIGNALLED + SIGABRT, .before = 1 },
	[PTHREAD_CANCEL] = { "end threads by `pthread_cancel` (glibc)", "likewise",
			     SIGNALLED + SIGABRT, .before = 1 },
	[BACKTRACE] = { "call `backtrace` (glibc)", "call it once before", SILENTLY, .before = 1 },
	[OPENSSL] = { "obey OpenSSL's configuration file",
		      "`OPENSSL_init_ssl` or `SSL_CTX_new` before", SILENTLY, .before = 1,
		      .needs = "libssl-dev" },
	[ICONV] = { "call `iconv_open`", "open that conversion before", EINVAL, .before = 1 },
	[DLOPEN] = { "call `dlopen`", "load it before", SILENTLY, .before = 1 },
	[LOCALTIME] = { "use local time", "`tzset` before", SILENTLY, .before = 1 },
	[GETPWNAM] = { "call `getpwnam`", "call it before, or a rule to read `/etc`", EACCES,
		       .path = "/etc", .access = LANDLOCK_COMPAT_READ },
	[GETSERVBYNAME] = { "call `getservbyname`", "call it before, or a rule to read `/etc`",
			    SILENTLY, .path = "/etc", .access = LANDLOCK_COMPAT_READ,
			    .needs = "/etc/services" },
	[CERTIFICATE] = { "read a file that others replace (a certificate, `resolv.conf`)",
			  "a rule for its folder, not for the file", EACCES, .path = ".",
			  .access = LANDLOCK_COMPAT_READ, .file = "file" },
	[FOLDER] = { "serve a folder that others replace", "a rule for the folder that it is in",
		     EACCES, .path = ".", .access = LANDLOCK_COMPAT_READ, .file = "folder" },
	[LOG] = { "reopen its log after it was rotated",
		  "a rule for its folder: `LANDLOCK_COMPAT_LOG`", EACCES, .path = ".",
		  .access = LANDLOCK_COMPAT_LOG },
	[REPLACE] = { "write a file and rename it over another",
		      "a rule for its folder: `LANDLOCK_COMPAT_REPLACE`", EACCES, .path = ".",
		      .access = LANDLOCK_COMPAT_REPLACE },
	[PIDFILE] = { "remove its PID file or socket at the end",
		      "a rule for a folder of its own: `..._FS_REMOVE_FILE`", EACCES, .path = ".",
		      .access = LANDLOCK_ACCESS_FS_REMOVE_FILE },
	[MASTER] = { "reload its configuration or restart itself",
		     "sandbox the workers, not their master", EACCES, .before = 0 },
	[RUN] = { "run programs (CGI)", "rules for them and their libraries: `LANDLOCK_COMPAT_RUN`",
		  EACCES, .path = "/usr", .access = LANDLOCK_COMPAT_RUN },
	[RELOAD] = { "listen on another port later",
		     "clear `LANDLOCK_COMPAT_LISTEN`; a rule for the port: `..._NET_BIND_TCP`",
		     EACCES, .port = &any_port, .net = LANDLOCK_ACCESS_NET_BIND_TCP,
		     .filtered = LANDLOCK_COMPAT_LISTEN },
	[DATABASE] = { "connect to a backend's TCP port",
		       "a rule for the port: `..._NET_CONNECT_TCP`", EACCES, .port = &database,
		       .net = LANDLOCK_ACCESS_NET_CONNECT_TCP },
	[UNIX] = { "connect to a backend's UNIX socket",
		   "a rule for its folder: `..._FS_RESOLVE_UNIX`", EACCES, .path = ".",
		   .access = LANDLOCK_ACCESS_FS_RESOLVE_UNIX },
	[DNS] = { "ask a DNS server",
		  "rules for port 53: `..._NET_CONNECT_SEND_UDP`, and to read `/etc`", EACCES,
		  .port = &resolver, .net = LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP },
	[NOTIFY] = { "call `sd_notify`", "send on a socket that was connected before", EACCES,
		     .before = 0 },
	[SYSLOG] = { "call `syslog` after syslogd was restarted",
		     "log to standard error, or a rule for `/dev`: `..._FS_RESOLVE_UNIX`", SILENTLY,
		     .path = "/dev", .access = LANDLOCK_ACCESS_FS_RESOLVE_UNIX,
		     .needs = "root, for a /dev of its own" },
	[SOCKETPAIR] = { "make a `socketpair` of datagrams", "`SOCK_STREAM` or `SOCK_SEQPACKET`",
			 EACCES, .before = 0 },
	[GETIFADDRS] = { "call `getifaddrs`",
			 "call it before, or clear `LANDLOCK_COMPAT_OTHER_SOCKETS`", EACCES,
			 .filtered = LANDLOCK_COMPAT_OTHER_SOCKETS },
	[SIGNAL] = { "signal processes that are older than the sandbox",
		     "clear `LANDLOCK_SCOPE_SIGNAL`", EPERM, .scoped = LANDLOCK_SCOPE_SIGNAL },
	[RAISE] = { "call `raise` in forked children, below ABI 6", "clear `LANDLOCK_SCOPE_SIGNAL`",
		    EPERM, .scoped = LANDLOCK_SCOPE_SIGNAL },
	[RENICE] = { "set the priority of another process", "clear `LANDLOCK_COMPAT_LIMITS`", EPERM,
		     .filtered = LANDLOCK_COMPAT_LIMITS },
	[IPC] = { "use System V IPC", "clear `LANDLOCK_COMPAT_IPC`", EACCES,
		  .filtered = LANDLOCK_COMPAT_IPC },
	[THREADS] = { "enter the sandbox with threads, below ABI 8",
		      "restrict before the first thread, filter after the last `listen`", EBUSY,
		      .before = 0 },
	[FINE] = { "use epoll, eventfd, timerfd, signalfd, inotify, threads, children, `nice`, "
		   "`setuid`",
		   "nothing", 0, .before = 0 },
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

static const char *ending(int status)
{
	if (status == 0)
		return "works";
	if (status == SILENTLY)
		return "fails silently";
	return status >= SIGNALLED ? "ends by a signal" : strerrorname_np(status);
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
	struct landlock_compat_attr attr;

	if (landlock_get_best_ruleset_attr(&attr) < 0)
		return errno;
	if (row == RAISE && attr.abi > 5) /* simulates the older kernel */
		attr.abi = 5;
	attr.filtered &= fixed ? ~rows[row].filtered : ~0ULL;
	attr.scoped &= fixed ? ~rows[row].scoped : ~0ULL;
	if (landlock_compat_create(&attr))
		return errno;
	if (rows[row].file &&
	    landlock_compat_allow_path(&attr, rows[row].file, LANDLOCK_COMPAT_READ))
		return errno;
	if (fixed && rows[row].path &&
	    landlock_compat_allow_path(&attr, rows[row].path, rows[row].access))
		return errno;
	if (fixed && rows[row].port &&
	    landlock_compat_allow_port(&attr, *rows[row].port, rows[row].net))
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

static int connected, log_socket; /* from before the sandbox */

/* What comes before the sandbox in all three processes. */
static void early(int row, int mode)
{
	pthread_t thread;

	if (row == OPENSSL)
		setenv("OPENSSL_CONF", "openssl.cnf", 1);
	if (row == LOCALTIME) {
		setenv("TZDIR", ".", 1);
		setenv("TZ", "zone", 1);
	}
	if (row == NOTIFY && mode == FIXED)
		connected = reach(connect, SOCK_DGRAM, 0, "notify");
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
static void meanwhile(int row)
{
	if (row == CERTIFICATE)
		renameat2(AT_FDCWD, "file", AT_FDCWD, "file.new", RENAME_EXCHANGE);
	if (row == FOLDER)
		renameat2(AT_FDCWD, "folder", AT_FDCWD, "folder.new", RENAME_EXCHANGE);
	if (row == LOG)
		rename("log", "log.1");
	if (row == PIDFILE)
		close(open("pidfile", O_CREAT | O_WRONLY, 0600));
}

static int attempt(int row, int fixed)
{
	const time_t start = 0;
	void *frames[4];
	char *arguments[] = { (char *)"/bin/true", NULL };
	struct ifaddrs *interfaces;
	pthread_t thread;
	pid_t child;
	int ends[2], fd;
	char text[100];

	errno = 0;
	switch (row) {
	case PTHREAD_EXIT:
		return pthread_create(&thread, NULL, leave, NULL) || pthread_join(thread, NULL);
	case PTHREAD_CANCEL:
		return pthread_create(&thread, NULL, linger, NULL) || pthread_cancel(thread) ||
		       pthread_join(thread, NULL);
	case BACKTRACE:
		return backtrace(frames, 4) > 0 ? 0 : SILENTLY;
#ifdef WITH_OPENSSL
	case OPENSSL:
		return SSL_CTX_get_min_proto_version(SSL_CTX_new(TLS_server_method())) ==
				       TLS1_3_VERSION
			       ? 0
			       : SILENTLY;
#endif
	case ICONV:
		return iconv_open("ISO-8859-2", "UTF-8") == (iconv_t)-1 ? errno : 0;
	case DLOPEN:
		return dlopen("libresolv.so.2", RTLD_NOW) ? 0 : SILENTLY;
	case LOCALTIME:
		return localtime(&start)->tm_hour == 1 ? 0 : SILENTLY;
	case GETPWNAM:
		return getpwnam("root") ? 0 : errno;
	case GETSERVBYNAME:
		if (access("/etc/services", F_OK))
			return UNTESTABLE;
		return getservbyname("domain", "udp") ? 0 : SILENTLY;
	case CERTIFICATE:
		return failed(open("file", O_RDONLY));
	case FOLDER:
		return failed(open("folder/file", O_RDONLY));
	case LOG:
		return failed(open("log", O_WRONLY | O_APPEND | O_CREAT, 0600));
	case REPLACE:
		return failed(open("data.new", O_WRONLY | O_CREAT | O_TRUNC, 0600) < 0
				      ? -1
				      : rename("data.new", "data"));
	case PIDFILE:
		return failed(unlink("pidfile"));
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
	case DATABASE:
		return failed(reach(connect, SOCK_STREAM, database, NULL));
	case DNS:
		return say_to(reach(connect, SOCK_DGRAM, resolver, NULL));
	case UNIX:
		return failed(reach(connect, SOCK_STREAM, 0, "backend"));
	case NOTIFY:
		return say_to(fixed ? connected : reach(connect, SOCK_DGRAM, 0, "notify"));
	case SYSLOG:
		syslog(LOG_INFO, "still here");
		return recv(log_socket, text, sizeof(text), MSG_DONTWAIT) > 0 ? 0 : SILENTLY;
	case SOCKETPAIR:
		return failed(socketpair(AF_UNIX, fixed ? SOCK_STREAM : SOCK_DGRAM, 0, ends));
	case GETIFADDRS:
		return failed(getifaddrs(&interfaces));
	case SIGNAL:
		return failed(kill(getppid(), 0));
	case RAISE:
		child = fork();
		if (child == 0)
			_exit(raise(SIGCONT) ? errno : 0);
		return exit_status(child);
	case RENICE:
		return failed(
			setpriority(PRIO_PROCESS, (id_t)getppid(), getpriority(PRIO_PROCESS, 0)));
	case IPC:
		return failed(shmget(IPC_PRIVATE, 1, 0600));
	case THREADS:
		return fixed ? pthread_create(&thread, NULL, linger, NULL) : 0;
	case FINE:
		return fine();
	default:
		return UNTESTABLE;
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
		meanwhile(row);
		kill(child, SIGCONT);
	}
	return exit_status(child);
}

static void make(const char *name, const void *content, size_t size)
{
	const int fd = open(name, O_CREAT | O_WRONLY, 0644);

	if (fd < 0 || write(fd, content, size) != (ssize_t)size || close(fd)) {
		perror(name);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	/* A time zone an hour east of Greenwich: one type of time, 4 letters. */
	static const char zone[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\1\0\0\0\4\0\0\16\20\0\0CET";
	static const char configuration[] = "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\n"
					    "system_default = all\n[all]\nMinProtocol = TLSv1.3\n";
	struct landlock_compat_attr attr;
	int server;

	for (int row = 0; argc == 1 && row < FINE; row++)
		printf("| %s | %s | %s |\n", rows[row].wants, ending(rows[row].ends),
		       rows[row].fix);
	if (argc == 1)
		return 0;
	if (chdir(argv[1]) || mkdir("folder", 0755) || mkdir("folder.new", 0755))
		return 1;
	make("zone", zone, sizeof(zone));
	make("openssl.cnf", configuration, sizeof(configuration) - 1);
	make("file", "x", 1);
	make("file.new", "x", 1);
	make("folder/file", "x", 1);
	make("folder.new/file", "x", 1);
	server = reach(bind, SOCK_STREAM, 0, NULL);
	database = port_of(server);
	resolver = port_of(reach(bind, SOCK_DGRAM, 0, NULL));
	if (listen(server, 9) || listen(reach(bind, SOCK_STREAM, 0, "backend"), 9) ||
	    reach(bind, SOCK_DGRAM, 0, "notify") < 0 || landlock_get_best_ruleset_attr(&attr) < 0)
		return 1;
	for (int row = 0; row < ROWS; row++) {
		const int ends = row == THREADS && attr.abi >= 8 ? 0 : rows[row].ends;
		int got[3];

		for (int mode = CONTROL; mode <= FIXED; mode++)
			got[mode] = try(row, mode);
		if (got[CONTROL] == UNTESTABLE)
			printf("skip - porting: %s (it needs %s: it cannot be tested on this "
			       "machine)\n",
			       rows[row].wants, rows[row].needs);
		else
			printf("%s - porting: %s: %s; the fix, %s: %s\n",
			       got[CONTROL] || got[SANDBOXED] != ends || got[FIXED] ? "not ok"
										    : "ok",
			       rows[row].wants, ending(got[SANDBOXED]), rows[row].fix,
			       ending(got[FIXED]));
		fflush(stdout);
	}
	return 0;
}
