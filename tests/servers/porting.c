// SPDX-License-Identifier: 0BSD
/*
 * porting - tries the rows of the porting guide's tables, which porting.h has
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
#include <stdbool.h>
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

static in_port_t backend, any_port;	/* any_port stays 0 */
static int old_socket = -1, log_socket; /* from before the sandbox */

/* The fix of a row without any of these is in its code. */
struct row {
	const char *words;
	int line;
	bool before;		       /* the fix is to do it once before the sandbox, */
	const char *path;	       /* a rule for a path, */
	in_port_t *port;	       /* for a port, */
	uint64_t access;	       /* of this access, */
	int kinds[2][3];	       /* for kinds of sockets, */
	uint64_t sockets, scoped, net; /* or that these bits are cleared */
	const char *file;	       /* a rule for this, which is not enough, */
	uint64_t given;		       /* with this access, or (0) to read */
	bool itself;		       /* its code enters the sandbox, where it has to */
	const char *needs;	       /* what a machine may lack */
};
#define FS(right) LANDLOCK_ACCESS_FS_##right
#define NET(right) LANDLOCK_ACCESS_NET_##right
static const struct row rows[] = {
#define ROW(words, early, code, ...) { words, __LINE__, __VA_ARGS__ },
#include "porting.h"
#undef ROW
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int failed(int result)
{
	return result < 0 ? errno : 0;
}

/* How two attempts of one row end, which has to be the same. */
static int both(int one, int other)
{
	return one == other ? one : SILENTLY;
}

static int exit_status(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) < 0)
		return errno;
	return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

/* In the sandbox that denies all, but for the row's file and, if it is fixed, its fix */
static int sandbox(const struct row *row, bool fixed)
{
	const struct row none = { .file = NULL }, *const fix = fixed ? row : &none;
	struct landlock_compat_attr attr;

	if (landlock_get_best_ruleset_attr(&attr) < 0)
		return errno;
	attr.handled_access_socket &= ~fix->sockets;
	attr.scoped &= ~fix->scoped;
	attr.handled_access_net &= ~fix->net;
	if (landlock_compat_create(&attr) ||
	    (row->file &&
	     landlock_compat_allow_path(&attr, row->file,
					row->given ? row->given : LANDLOCK_COMPAT_READ)) ||
	    (fix->path && landlock_compat_allow_path(&attr, fix->path, fix->access)) ||
	    (fix->port && landlock_compat_allow_port(&attr, *fix->port, fix->access)))
		return errno;
	for (int i = 0; i < 2; i++)
		if (fix->kinds[i][1] &&
		    landlock_compat_allow_socket(&attr, fix->kinds[i][0], fix->kinds[i][1],
						 fix->kinds[i][2]))
			return errno;
	return failed(landlock_compat_restrict(&attr, 0) || landlock_compat_filter(&attr) ? -1 : 0);
}

/* ---- What rows do ---- */

static int try_open(const char *path, int flags)
{
	return failed(open(path, flags, 0600));
}

static int replace_file(void)
{
	return failed(open("data.new", O_WRONLY | O_CREAT | O_TRUNC, 0600) < 0
			      ? -1
			      : rename("data.new", "data"));
}

static int make_temporary(void)
{
	char name[] = "temporary-XXXXXX";

	return failed(mkstemp(name) < 0 ? -1 : unlink(name));
}

static int use_device(void)
{
	char text[64];
	const int fd = open("/dev/null", O_RDONLY);

	return fd < 0 || (ioctl(fd, TIOCGWINSZ, text) && errno != ENOTTY) ? errno : 0;
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

static int start_thread(void *(*what)(void *))
{
	pthread_t thread;

	return pthread_create(&thread, NULL, what, NULL);
}

static int end_thread(void *(*what)(void *))
{
	pthread_t thread;

	return pthread_create(&thread, NULL, what, NULL) ||
	       (what == linger && pthread_cancel(thread)) || pthread_join(thread, NULL);
}

static int read_openssl_cnf(void)
{
#ifdef WITH_OPENSSL
	SSL_CTX *const context = SSL_CTX_new(TLS_server_method());

	return SSL_CTX_get_min_proto_version(context) == TLS1_3_VERSION ? 0 : SILENTLY;
#else
	return UNTESTABLE;
#endif
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

static int send_to_backend(int flags)
{
	const struct sockaddr_in to = {
		AF_INET, htons(backend), { htonl(INADDR_LOOPBACK) }, { 0 }
	};

	return failed((int)sendto(old_socket, "x", 1, flags, (const void *)&to, sizeof(to)));
}

static void hide(const char *directory)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", directory, "tmpfs", 0, NULL))
		_exit(UNTESTABLE);
}

/* With a /dev of its own; it was connected to the old one. */
static void restart_syslogd(void)
{
	hide("/dev");
	log_socket = reach(bind, SOCK_DGRAM, 0, "/dev/log");
	openlog("porting", LOG_NDELAY, LOG_DAEMON);
	close(log_socket);
	unlink("/dev/log");
	log_socket = reach(bind, SOCK_DGRAM, 0, "/dev/log");
}

static int write_syslog(void)
{
	char text[100];

	syslog(LOG_INFO, "still here");
	return recv(log_socket, text, sizeof(text), MSG_DONTWAIT) > 0 ? 0 : SILENTLY;
}

static int make_mptcp(void)
{
	const int error = failed(socket(AF_INET, SOCK_STREAM, 262));

	return error == EPROTONOSUPPORT || error == ENOPROTOOPT ? UNTESTABLE : error;
}

static int use_kernel_tls(void)
{
	const int error = failed(setsockopt(old_socket, 6, 31 /* TCP_ULP */, "tls", 4));

	return error == ENOENT ? 0 : error; /* no such module, but not refused */
}

static int use_io_uring(void)
{
	char text[120];
	const int error = failed((int)syscall(__NR_io_uring_setup, 1, text));

	return error == EPERM ? UNTESTABLE : error == ENOSYS ? ENOSYS : 0;
}

static int run_program(void)
{
	char *arguments[] = { (char *)"/bin/true", NULL };
	pid_t child;
	const int error = posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ);

	return error ? error : exit_status(child);
}

/* A child that restricts itself signals its parent or, as the fix, writes to a pipe. */
static int signal_parent(int mode)
{
	const struct row none = { .file = NULL };
	int ends[2];
	pid_t child;

	if (pipe(ends))
		return errno;
	child = fork();
	if (child == 0)
		_exit(mode != CONTROL && sandbox(&none, false) ? UNTESTABLE
		      : mode == FIXED			       ? failed((int)write(ends[1], "x", 1))
							       : failed(kill(getppid(), 0)));
	return exit_status(child);
}

/* An outer sandbox that refuses unshare(2) */
static void refuse_unshare(void)
{
	const struct landlock_compat_rule rule = { __NR_unshare,
						   SECCOMP_RET_ERRNO | EPERM,
						   { { 0, 0 } } };

	if (landlock_compat_enforce(&rule, 1, SECCOMP_RET_ALLOW))
		_exit(UNTESTABLE);
}

/* A sandboxed worker reads from fd, or opens the file itself. */
static int worker(int fd)
{
	const struct row none = { .file = NULL };
	const pid_t child = fork();
	char byte;
	int error;

	if (child)
		return exit_status(child);
	error = sandbox(&none, false);
	if (!error && fd < 0)
		error = failed(fd = open("file", O_RDONLY));
	_exit(error ? error : failed((int)read(fd, &byte, 1)));
}

/* The fix: a master outside the sandbox reads its configuration, and its workers do not. */
static int reload(int mode)
{
	if (mode == FIXED)
		return worker(-1) == EACCES ? worker(open("file", O_RDONLY)) : SILENTLY;
	return mode == CONTROL ? try_open("file", O_RDONLY) : worker(-1);
}

static int need_nothing(void)
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

/* ---- The three processes of each row ---- */

#define NOTHING (void)0
static void come_before(int line, int mode)
{
	switch (line) {
// clang-format off
#define ROW(words, early, code, ...) case __LINE__: early; break;
#include "porting.h"
#undef ROW
		// clang-format on
	}
}

static int attempt(int line, int mode)
{
	errno = 0;
	switch (line) {
// clang-format off
#define ROW(words, early, code, ...) case __LINE__: return code;
#include "porting.h"
#undef ROW
		// clang-format on
	}
	return UNTESTABLE;
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

static int try(const struct row *row, int mode)
{
	const pid_t child = fork();
	int error = 0;

	if (child == 0) {
		alarm(20);
		come_before(row->line, mode);
		if (mode == FIXED && row->before)
			error = attempt(row->line, mode);
		if (!error && mode != CONTROL && !row->itself)
			error = sandbox(row, mode == FIXED);
		raise(SIGSTOP); /* which the parent sees */
		_exit(error ? error : attempt(row->line, mode));
	}
	if (waitid(P_PID, (id_t)child, NULL, WSTOPPED | WEXITED | WNOWAIT) == 0) {
		meanwhile();
		kill(child, SIGCONT);
	}
	return exit_status(child);
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

int main(void)
{
	const int server = reach(bind, SOCK_STREAM, 0, NULL);
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	setenv("OPENSSL_CONF", "openssl.cnf", 1);
	setenv("TZDIR", ".", 1);
	setenv("TZ", "zone", 1);
	if (getsockname(server, (struct sockaddr *)&address, &size))
		err(1, "getsockname");
	backend = ntohs(address.sin_port);
	if (listen(server, 99) || listen(reach(bind, SOCK_STREAM, 0, "backend"), 99) ||
	    listen(reach(bind, SOCK_STREAM, 0, "\0porting"), 99) ||
	    reach(bind, SOCK_DGRAM, backend, NULL) < 0 || reach(bind, SOCK_DGRAM, 0, "notify") < 0)
		err(1, "sockets");
	for (int row = 0; row < ROWS; row++) {
		printf("%s", rows[row].words);
		for (int mode = CONTROL; mode <= FIXED; mode++) {
			fflush(stdout);
			printf("\t%s", ending(try(&rows[row], mode)));
		}
		printf("\t%s\n", rows[row].needs ? rows[row].needs : "");
	}
	return 0;
}
