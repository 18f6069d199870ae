// SPDX-License-Identifier: 0BSD
/*
 * tcpserver - a TCP server that takes its own rights away before it reads a byte from the network
 *
 * Trusted: whoever starts it, and the flags. Not trusted: whoever connects. Assume an attacker who
 * takes over the process that talks to him, through a bug in handle_request(), and runs any code
 * there. All that he gets is his own connection: no file, no other connection in or out, no other
 * client's data, no hold on any other process, no privileges. main() is the order of it all.
 *
 *  flags, socket, bind, give up root, Landlock, listen, filter | accept, fork | seal, handle
 *  -------------- initialisation: trusted -------------------- | -- server -- | untrusted input
 *
 * The server process accepts and forks, and reads nothing that a client sent. Each client gets a
 * process of its own, sealed off from the server and from the others before it reads a byte.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "landlock_compat.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static struct {
	union address address; /* AF_UNSPEC: all that this machine has */
	in_port_t port;
	unsigned int clients, seconds;
	const char *user;
	uid_t uid;
	gid_t gid;
	bool strict, verbose;
} option = { .clients = 40, .seconds = 30 };

static struct {
	int abi, no_landlock;  /* Landlock's ABI; if it is 0, the errno that says why */
	int ruleset;	       /* kept for the clients' own domains */
	int filter, no_filter; /* 1 if the seccomp filter is in force; if not, the errno */
} sandbox;

/* One line on standard error, in one write(2). It is dropped if it would have to wait: a log that
 * nobody reads must not stop the server. */
__attribute__((format(printf, 1, 2))) static void report(const char *format, ...)
{
	struct pollfd log = { .fd = STDERR_FILENO, .events = POLLOUT };
	char line[1024] = "tcpserver: ";
	const size_t name = strlen(line);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + name, sizeof(line) - name - 1, format, arguments);
	va_end(arguments);
	strcat(line, "\n");
	if (poll(&log, 1, 0) == 1 && write(STDERR_FILENO, line, strlen(line)) < 0)
		return; /* there is nowhere left to say it */
}

/* What an errno means here, and what helps, where strerror(3) does not say. */
static const char *explain(int error)
{
	switch (error) {
	case EACCES:
		return "a port for root; started as root, it gives root up";
	case EADDRINUSE:
		return "ss -ltnp, as root, shows who listens there";
	case EADDRNOTAVAIL:
		return "ip address shows what this machine has";
	case ENOSYS:
		return "not in this kernel";
	case EOPNOTSUPP:
		return "switched off at boot, see lsm= of the kernel command line";
	case EPERM:
		return "forbidden by a sandbox around it";
	default:
		return "the kernel refuses it";
	}
}

#define DIE(...) (report(__VA_ARGS__), exit(EXIT_FAILURE))

static void must(bool success, const char *what)
{
	if (!success)
		DIE("%s: %s", what, strerror(errno));
}

static const char help[] =
	"usage: tcpserver -p PORT [-a ADDRESS] [-c CLIENTS] [-t SECONDS] [-u USER] [-sv]\n"
	"  -p PORT      TCP port to listen on; 0 takes a free one\n"
	"  -a ADDRESS   numeric IPv4 or IPv6 address to listen on (default: all)\n"
	"  -c CLIENTS   clients served at the same time (default 40); more wait\n"
	"  -t SECONDS   a connection without progress for so long ends (default 30; 0: never)\n"
	"  -u USER      when started as root, become USER of /etc/passwd (default nobody)\n"
	"  -s           strict: do not start unless the sandbox is complete\n"
	"  -v           report every connection\n"
	"  -h           this help\n";

#define DIE_OF_USAGE(...)                                                                          \
	(report(__VA_ARGS__), fprintf(stderr, "%.*s\n", (int)strcspn(help, "\n"), help), exit(2))

static unsigned int number(int flag, const char *text, unsigned int least, unsigned int most)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	/* strtoul(3) takes white space and signs, too: "-1" is its largest number */
	if (text[0] < '0' || text[0] > '9' || *end || value < least || value > most)
		DIE_OF_USAGE("-%c '%s': not a number from %u to %u", flag, text, least, most);
	return (unsigned int)value;
}

static void parse_flags(int argc, char **argv)
{
	bool port_given = false;
	int flag;

	opterr = 0;
	while ((flag = getopt(argc, argv, ":p:a:c:t:u:svh")) != -1) {
		switch (flag) {
		case 'p':
			option.port = htons((in_port_t)number(flag, optarg, 0, 65535));
			port_given = true;
			break;
		case 'a':
			if (inet_pton(AF_INET, optarg, &option.address.v4.sin_addr) == 1)
				option.address.any.sa_family = AF_INET;
			else if (inet_pton(AF_INET6, optarg, &option.address.v6.sin6_addr) == 1)
				option.address.any.sa_family = AF_INET6;
			else
				DIE_OF_USAGE("-a '%s': not a numeric IPv4 or IPv6 address", optarg);
			break;
		case 'c':
			option.clients = number(flag, optarg, 1, 1000000);
			break;
		case 't':
			option.seconds = number(flag, optarg, 0, 1000000);
			break;
		case 'u':
			option.user = optarg;
			break;
		case 's':
			option.strict = true;
			break;
		case 'v':
			option.verbose = true;
			break;
		case 'h':
			must(fputs(help, stdout) >= 0 && !fflush(stdout), "standard output");
			exit(EXIT_SUCCESS);
		case ':':
			DIE_OF_USAGE("-%c: its value is missing", optopt);
		default:
			DIE_OF_USAGE("-%c: no such flag; -h explains those there are", optopt);
		}
	}
	if (optind < argc)
		DIE_OF_USAGE("'%s': stray argument; a value stands behind its flag", argv[optind]);
	if (!port_given)
		DIE_OF_USAGE("-p PORT is missing");
}

/* In /etc/passwd alone: getpwnam(3) would load what nsswitch.conf names into this process, of which
 * every client's is a copy; in a static program it may not work at all. */
static void look_up_user(void)
{
	const char *name = option.user ? option.user : "nobody";
	const struct passwd *user;
	FILE *users;

	if (geteuid() != 0) {
		if (option.user)
			DIE("-u %s: only root can become another user", name);
		return;
	}
	must((users = fopen("/etc/passwd", "r")) != NULL, "/etc/passwd");
	while ((user = fgetpwent(users)) && strcmp(user->pw_name, name) != 0)
		;
	fclose(users);
	if (!user || user->pw_uid == 0)
		DIE("-u %s: %s; name an ordinary user", name,
		    user ? "this is root" : "not in /etc/passwd");
	option.uid = user->pw_uid;
	option.gid = user->pw_gid;
}

/* Landlock does not restrict what is open already: with `tcpserver 5</etc/shadow`, descriptor 5
 * must not reach a client. And if one of 0 to 2 were closed, a socket would take its place. */
static void close_inherited(void)
{
	int null, terminal;

	/* One that nobody reads must not stop the server; to set O_NONBLOCK would be for all. */
	if (isatty(STDERR_FILENO) &&
	    (terminal = open("/dev/stderr", O_WRONLY | O_NOCTTY | O_NONBLOCK)) >= 0)
		must(dup2(terminal, STDERR_FILENO) >= 0, "dup2");
	must(!syscall(__NR_close_range, 3U, ~0U, 0U), "close_range (Linux 5.9)");
	do
		must((null = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0, "/dev/null");
	while (null <= STDERR_FILENO);
	must(!chdir("/"), "chdir"); /* a directory that is open, too */
	must(dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0, "dup2");
	close(null);
}

/* Whatever the caller ignored or blocked: ignored SIGCHLDs would take the exit statuses along. */
static int receive_signals(void)
{
	const int numbers[] = { SIGCHLD, SIGINT, SIGTERM };
	/* a handler that stops and goes on, again and again, is not worth a word */
	const struct sigaction normal = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };
	sigset_t mask;
	int signals;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaddset(&mask, numbers[i]);
		must(!sigaction(numbers[i], &normal, NULL), "sigaction");
	}
	must(!sigprocmask(SIG_SETMASK, &mask, NULL), "sigprocmask");
	must((signals = signalfd(-1, &mask, SFD_CLOEXEC)) >= 0, "signalfd");
	return signals;
}

/* The clients being served. Their table stays out of every fork(2): a handler gets no list of who
 * else is there. */
struct client {
	pid_t pid;
	union address address;
};
static struct client *clients;
static unsigned int running;

static void make_client_table(void)
{
	const size_t size = option.clients * sizeof(*clients);

	clients = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(clients != MAP_FAILED && !madvise(clients, size, MADV_DONTFORK), "client table");
}

/* "192.0.2.1:80" or "[2001:db8::1]:80", until the next call. */
static const char *address_text(const union address *address)
{
	static char text[INET6_ADDRSTRLEN + sizeof("[]:65535")];
	const bool v4 = address->any.sa_family == AF_INET;
	/* an IPv4 client of a dual-stack socket */
	const bool mapped = !v4 && IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
	const unsigned char *v6 = address->v6.sin6_addr.s6_addr;
	const void *ip = v4 ? &address->v4.sin_addr : (const void *)(mapped ? v6 + 12 : v6);
	char host[INET6_ADDRSTRLEN] = "?";

	inet_ntop(v4 || mapped ? AF_INET : AF_INET6, ip, host, sizeof(host));
	snprintf(text, sizeof(text), v4 || mapped ? "%s:%u" : "[%s]:%u", host,
		 ntohs(address->v4.sin_port));
	return text;
}

static int bind_socket(void)
{
	const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	const struct timeval patience = { .tv_sec = (time_t)option.seconds };
	union address *address = &option.address;
	const bool all = address->any.sa_family == AF_UNSPEC;
	const int on = 1, v6only = !all;
	int listener;

	if (all) /* "::", and 0.0.0.0 where the kernel has no IPv6: both are all zero */
		address->any.sa_family = AF_INET6;
	listener = socket(address->any.sa_family, type, 0);
	if (listener < 0 && all && errno == EAFNOSUPPORT)
		listener = socket(address->any.sa_family = AF_INET, type, 0);
	must(listener >= 0, "socket");
	if (address->any.sa_family == AF_INET6)
		must(!setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)),
		     "IPV6_V6ONLY");
	must(!setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
	/* Linux hands these on to every socket that is accepted from it. */
	must(!setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) &&
		     !setsockopt(listener, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)),
	     "SO_RCVTIMEO, SO_SNDTIMEO");
	address->v4.sin_port = option.port; /* IPv6 has it in the same place */
	if (bind(listener, &address->any, sizeof(*address)))
		DIE("bind %s: %s (%s)", address_text(address), strerror(errno), explain(errno));
	return listener;
}

/* Landlock says nothing about setuid(2), chown(2) or kexec_load(2): only root can do them. */
static void give_up_root(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };
	uid_t real, effective, saved;

	if (geteuid() == 0) {
		must(!setgroups(0, NULL), "setgroups");
		must(!setgid(option.gid), "setgid");
		must(!setuid(option.uid), "setuid");
	}
	/* An ordinary user may have some from setcap(8) or a supervisor. */
	must(!syscall(__NR_capset, &header, none), "capset");
	must(!getresuid(&real, &effective, &saved), "getresuid");
	if (!real || !effective || !saved || !setuid(0))
		DIE("there is a way back to root: start it as root or as an ordinary user");
}

#ifndef HANDLER_MEMORY
#define HANDLER_MEMORY (64UL << 20)
#endif

/* What a handler can use up. The server can do with it, too. */
static void limit_resources(void)
{
	struct rlimit now;
#define AT_MOST(resource, most)                                                                    \
	must(!getrlimit(resource, &now) &&                                                         \
		     (now.rlim_max <= (most) ||                                                    \
		      !setrlimit(resource, &(const struct rlimit){ most, most })),                 \
	     "setrlimit")

	AT_MOST(RLIMIT_AS, HANDLER_MEMORY); /* RLIMIT_DATA lets shared mappings by */
	AT_MOST(RLIMIT_NOFILE, 64);	    /* each pipe has a buffer */
	AT_MOST(RLIMIT_MEMLOCK, 0);	    /* MSG_ZEROCOPY pins huge pages past RLIMIT_AS */
	AT_MOST(RLIMIT_SIGPENDING, 64);	    /* all that the user has */
	AT_MOST(RLIMIT_CORE, 0);	    /* no file with a client's data */
}

static void enforce_landlock(void)
{
	struct landlock_compat_attr attr;

	sandbox.abi = landlock_get_best_ruleset_attr(&attr);
	sandbox.no_landlock = errno;
	must(sandbox.abi >= 0, "Landlock");
	if (sandbox.abi == 0) {
		/* Or a handler could look into its neighbours and the server, which are of one
		 * user. */
		must(!prctl(PR_SET_DUMPABLE, 0UL), "prctl");
		return;
	}
	/* No rule is added: from here on it needs no file, no bind and no connect. */
	sandbox.ruleset = landlock_compat_create(&attr);
	must(sandbox.ruleset >= 0, "landlock_create_ruleset");
	must(!landlock_compat_restrict(sandbox.ruleset, 0),
	     "landlock_restrict_self (of 16 layers)");
}

static void enforce_filter(void)
{
	/* seal() needs setsid(2) where there is no Landlock */
	sandbox.filter =
		landlock_compat_filter(sandbox.abi, sandbox.abi ? 0 : LANDLOCK_COMPAT_SESSIONS);
	sandbox.no_filter = errno;
	must(sandbox.filter >= 0, "seccomp");
}

static void start_listening(int listener)
{
	socklen_t length = sizeof(option.address);

	/* The kernel cuts it to net.core.somaxconn. SOMAXCONN is as little as 128 in musl. */
	must(!listen(listener, INT_MAX), "listen");
	must(!getsockname(listener, &option.address.any, &length), "getsockname"); /* -p 0 */
}

/* What is denied to an attacker in a handler, from which Landlock ABI on, with the filter and
 * without it. 99: not by any ABI yet; open(2) with mode 3 and fsopen(2) get past it. */
static const struct {
	const char *what;
	int with_filter, without;
} denials[] = {
	{ "files", 1, 99 },	     /* to open, make, change, remove and run them */
	{ "truncate", 1, 3 },	     /* by their path */
	{ "other processes", 1, 1 }, /* to read and trace them, to take their descriptors */
	{ "signals", 0, 6 },	     /* to others */
	{ "limits", 0, 99 },	     /* of others, and their priorities */
	{ "sockets", 0, 99 },	     /* to make them, or to turn the client's elsewhere */
};

static void report_sandbox(void)
{
	char denied[100] = "", left[100] = "", landlock[100], filter[100] = "seccomp filter";
	const char *extent;

	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
		const int abi = sandbox.filter ? denials[i].with_filter : denials[i].without;
		char *list = sandbox.abi >= abi ? denied : left;

		snprintf(list + strlen(list), sizeof(left) - strlen(list), "%s, ", denials[i].what);
	}
	extent = !*left ? "complete" : *denied ? "PARTIAL" : "NONE";
	snprintf(landlock, sizeof(landlock), "Landlock ABI %d", sandbox.abi);
	if (!sandbox.abi)
		snprintf(landlock, sizeof(landlock), "no Landlock: %s",
			 explain(sandbox.no_landlock));
	if (!sandbox.filter)
		snprintf(filter, sizeof(filter), "no seccomp filter: not %s",
			 sandbox.no_filter == ENOTSUP ? "for this architecture" : "in this kernel");
	if (!option.strict || !*left)
		report("listening on %s", address_text(&option.address));
	report("sandbox %s (%s; %s)", extent, landlock, filter);
	report("denied: %sprivileges", denied);
	report("left to an attacker: %sstat, chmod, namespaces, memfds, CPU time", left);
	if (option.strict && *left)
		DIE("-s: not started, as the sandbox is not complete");
}

/* This is where your own code goes, or into a file of yours: make HANDLER=yours.c. It returns the
 * exit status of the client's process; any but 0 is reported. As it stands, an echo (RFC 862). */
#ifdef HANDLER
#include HANDLER
#else
static int handle_request(int client)
{
	static char buffer[65536];
	ssize_t length, sent;

	for (;;) {
		length = read(client, buffer, sizeof(buffer));
		/* with SO_RCVTIMEO, SIGSTOP and SIGCONT interrupt it though no signal is handled */
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return EXIT_SUCCESS; /* he has finished, or gone, or been silent for -t */
		for (ssize_t done = 0; done < length; done += sent) {
			sent = write(client, buffer + done, (size_t)(length - done));
			if (sent < 0 && errno == EINTR)
				sent = 0;
			if (sent < 0)
				return EXIT_SUCCESS;
		}
	}
}
#endif

/* In the client's process: leaves it the client's socket, as descriptor 3, and nothing else.
 * Returns NULL, or the step that failed. */
static const char *seal(int client, pid_t server)
{
	const struct rlimit none = { 0, 0 };

	/* It ends when the server ends, which may have happened already. SIGINT and SIGTERM stay
	 * blocked: sent to all, by a ^C just now or a supervisor, they still let it finish. */
	if (prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL))
		return "prctl";
	if (getppid() != server)
		_exit(EXIT_FAILURE);
	/* ^Z is for the server. Where a handler can open the terminal, it needs another session;
	 * elsewhere a group is enough, and cheaper: a session makes an autogroup. */
	if (sandbox.abi == 0 ? setsid() < 0 : setpgid(0, 0))
		return "setsid, setpgid";
	/* A domain of its own: in the server's, it could read and kill its neighbours. */
	if (sandbox.abi > 0 && landlock_compat_restrict(sandbox.ruleset, 0))
		return "landlock_restrict_self";
	if (dup2(client, 3) < 0 || syscall(__NR_close_range, 4U, ~0U, 0U))
		return "close_range";
	/* No process that outlives it, and no file, as a memfd is one. The log may be one, too. */
	if (setrlimit(RLIMIT_NPROC, &none) || setrlimit(RLIMIT_FSIZE, &none))
		return "setrlimit";
	return dup2(STDIN_FILENO, STDERR_FILENO) < 0 ? "dup2" : NULL;
}

/* Returns false if another try would only fail, too. */
static bool accept_client(int listener, pid_t server)
{
	struct client *client = &clients[running];
	socklen_t length = sizeof(client->address);
	const int fd = accept4(listener, &client->address.any, &length, SOCK_CLOEXEC);
	pid_t pid;

	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return true; /* he has gone again */
		report("accept: %s", strerror(errno));
		return false;
	}
	pid = fork();
	if (pid == 0) {
		const char *failed = seal(fd, server);

		if (failed)
			report("%s: %s; client dropped", failed, strerror(errno));
		_exit(failed ? EXIT_FAILURE : handle_request(3));
	}
	if (pid < 0) {
		report("fork: %s; %s dropped", strerror(errno), address_text(&client->address));
	} else {
		client->pid = pid;
		running++;
		if (option.verbose)
			report("pid %d from %s (%u/%u)", pid, address_text(&client->address),
			       running, option.clients);
	}
	close(fd);
	return pid >= 0;
}

/* whom: a process id, or -1 for any. Returns whether there was one. */
static bool reap(pid_t whom)
{
	unsigned int i = running;
	int status;
	const pid_t pid = waitpid(whom, &status, WNOHANG);
	const bool killed = pid > 0 && WIFSIGNALED(status);

	must(pid >= 0 || errno == ECHILD, "waitpid"); /* or a place would be lost */
	if (pid <= 0)
		return false;
	while (i > 0 && clients[i - 1].pid != pid)
		i--;
	/* ptrace(PTRACE_TRACEME) can stop, and live on. Process 1 gets whom others have left. */
	if (WIFSTOPPED(status) || i == 0)
		return true;
	/* Any status but 0 is a bug, or an attack. */
	if (status || option.verbose)
		report("pid %d from %s %s %d", pid, address_text(&clients[i - 1].address),
		       killed ? "killed by signal" : "ended with status",
		       killed ? WTERMSIG(status) : WEXITSTATUS(status));
	clients[i - 1] = clients[--running];
	return true;
}

static long long nanoseconds(void)
{
	struct timespec now;

	must(!clock_gettime(CLOCK_MONOTONIC, &now), "clock_gettime");
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* One SIGCHLD may stand for many: `named` has ended, and perhaps others. Among 10,000 clients
 * waitpid(-1) takes 0.3 ms to find one of them, and to ask about each takes 2 ms: that is done for
 * a 64th of the time, or once a second. Returns in how many ms, or -1: it has been done. */
static int reap_clients(pid_t named)
{
	static long long due;
	const long long begin = nanoseconds(), second = 1000000000;
	long long took;

	reap(named > 0 ? named : -1);
	if (begin < due)
		return 1 + (int)((due - begin) / 1000000);
	for (unsigned int i = running; i > 0; i--)
		reap(clients[i - 1].pid);
	while (reap(-1))
		;
	took = nanoseconds() - begin;
	due = begin + took + (64 * took < second ? 64 * took : second);
	return -1;
}

static void serve(int listener, int signals)
{
	const pid_t server = getpid();
	bool wait_a_second = false;
	int reap_in = -1;

	while (listener >= 0 || running > 0) {
		const bool open = listener >= 0 && running < option.clients && !wait_a_second;
		struct pollfd events[] = { { .fd = signals, .events = POLLIN },
					   { .fd = open ? listener : -1, .events = POLLIN } };
		const int ready = poll(events, 2, wait_a_second ? 1000 : reap_in);
		struct signalfd_siginfo signal;

		must(ready >= 0 || errno == EINTR, "poll");
		wait_a_second = false;
		if (ready == 0)
			reap_in = reap_clients(-1);
		if (ready > 0 && events[1].revents)
			wait_a_second = !accept_client(listener, server);
		if (ready <= 0 || !events[0].revents || read(signals, &signal, sizeof(signal)) < 0)
			continue;
		if (signal.ssi_signo == SIGCHLD) {
			reap_in = reap_clients((pid_t)signal.ssi_pid);
			continue;
		}
		if (listener < 0)
			DIE("second signal: clients cut off: %u", running);
		close(listener);
		listener = -1;
		if (running)
			report("no more clients; left to finish: %u (a second signal cuts them "
			       "off)",
			       running);
	}
}

int main(int argc, char **argv)
{
	int listener, signals;

	/* A log that is gone, or as large as `ulimit -f` lets it be, is no reason to end. */
	must(signal(SIGPIPE, SIG_IGN) != SIG_ERR && signal(SIGXFSZ, SIG_IGN) != SIG_ERR, "signal");
	parse_flags(argc, argv);
	look_up_user();
	close_inherited();
	signals = receive_signals();
	make_client_table();
	listener = bind_socket();
	give_up_root();
	limit_resources();
	enforce_landlock();
	start_listening(listener);
	enforce_filter();
	report_sandbox();
	serve(listener, signals);
	return EXIT_SUCCESS;
}
