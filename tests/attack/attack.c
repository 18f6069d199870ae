// SPDX-License-Identifier: 0BSD
/*
 * attack [-t] NONE LANDLOCK FILTER SERVER - carries out attacks.h on four builds of attacker.c
 * attack -c SERVER                        - counts the system calls that a handler reaches
 *
 * The builds: without any sandbox, with Landlock alone, with the filter alone, and as the server
 * is. Each is started on a terminal of its own, with a descriptor that it should not have. Prints a
 * table; with -t, lines of "attack TAB none TAB Landlock TAB filter TAB server TAB verdict". A
 * verdict is "ok", "skip: " and what this machine lacks, or "FAILED: " and what was expected. Exit
 * status 1: something failed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "../../landlock_compat.h"

enum { NEVER = 0, FIXED = -10 };
enum { NONE, LANDLOCK, FILTER, SERVER, COLUMNS };
static const struct {
	const char *what, *needs; /* a section has only its title */
	int landlock;
	enum { DENIED, OPEN } filter;
} attacks[] = {
#define SECTION(title) { title, NULL, 0, DENIED },
#define ATTACK(what, needs, landlock, filter, code) { what, needs, landlock, filter },
#include "attacks.h"
};
enum { ATTACKS = sizeof(attacks) / sizeof(attacks[0]) };

static char outcomes[COLUMNS][ATTACKS][40];
static char directory[] = "/tmp/attack-XXXXXX", sandbox[100]; /* what the server reports */
static pid_t server, other, outside; /* another client's handler; a process that is neither */
static uid_t uid;		     /* of them */
static gid_t gid;
static in_port_t port;
static int terminal, abi;		     /* the server's; Landlock's */
static int *signals_outside, signals_inside; /* that have come */

/* ---- What this machine lacks ---- */

/* In a child, as it may crash: 0, an errno, or -1 */
static int in_child(bool user_namespace)
{
	const pid_t child = fork();
	int status;

	if (child == 0) {
		long result = 0;

		if (user_namespace)
			_exit(unshare(CLONE_NEWUSER) ? errno : 0);
#ifdef __x86_64__
		__asm__ volatile("int $0x80" : "=a"(result) : "a"(20 /* getpid */) : "memory");
#endif
		_exit(result < 0 ? (int)-result : 0);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The first number or word in a file; "" without it */
static const char *content(const char *file)
{
	static char text[100];
	FILE *f = fopen(file, "r");

	if (!f || !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		fclose(f);
	return text;
}

/* "kernel/x=0", or < or > in place of =. A sysctl that does not exist limits nothing, but for >. */
static const char *sysctl_lacks(const char *need)
{
	static char text[100];
	char name[80] = "", file[100], operator= ' ';
	const char *is;
	int wanted = 0, number;

	sscanf(need, "%79[^<=>]%c%d", name, &operator, & wanted);
	snprintf(file, sizeof(file), "/proc/sys/%s", name);
	is = content(file);
	number = atoi(is);
	if (*is ? (operator== '=' ? number == wanted :
		   operator== '<' ? number < wanted
				  : number> wanted)
		:
		operator!= '>')
		return NULL;
	for (char *slash; (slash = strchr(name, '/'));)
		*slash = '.';
	snprintf(text, sizeof(text), "%s is %d", name, number);
	return text;
}

static bool has_call(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} calls[] = {
#define CALL(name) { #name, __NR_##name }
		CALL(kcmp),	  CALL(bpf),	    CALL(perf_event_open), CALL(userfaultfd),
		CALL(syslog),	  CALL(io_setup),   CALL(shmget),	   CALL(semget),
		CALL(msgget),	  CALL(mq_open),    CALL(add_key),	   CALL(membarrier),
		CALL(ioprio_set), CALL(move_pages),
	};
	long number = LANDLOCK_COMPAT_NR(atoi(name));

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(name, calls[i].name))
			number = calls[i].number;
	return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) >= 0 || errno != ENOSYS;
}

static bool has_socket(const char *name)
{
	static const struct {
		const char *name;
		int family, type, protocol;
	} kinds[] = {
		{ "IPv6", AF_INET6, SOCK_STREAM, 0 },	{ "MPTCP", AF_INET, SOCK_STREAM, 262 },
		{ "SMC", 43, SOCK_STREAM, 0 },		{ "SCTP", AF_INET, SOCK_STREAM, 132 },
		{ "vsock", 40, SOCK_STREAM, 0 },	{ "AF_ALG", AF_ALG, SOCK_SEQPACKET, 0 },
		{ "netlink", AF_NETLINK, SOCK_RAW, 0 }, { "packet", AF_PACKET, SOCK_RAW, 0 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(name, kinds[i].name))
			return socket(kinds[i].family, kinds[i].type | SOCK_CLOEXEC,
				      kinds[i].protocol) >= 0;
	errx(1, "attacks.h: unknown need '%s'", name);
}

/* NULL, or why one need is not met */
static const char *lacks(const char *need)
{
	long result;

	if (!*need)
		return NULL;
	if (!strcmp(need, "root"))
		return getuid() ? "not root" : NULL;
	if (!strncmp(need, "ABI ", 4))
		return abi >= atoi(need + 4) ? NULL : "not in this kernel's Landlock";
	if (!strncmp(need, "ulp ", 4))
		return strstr(content("/proc/sys/net/ipv4/tcp_available_ulp"), need + 4)
			       ? NULL
			       : "not in this kernel";
	if (!strncmp(need, "call ", 5))
		return has_call(need + 5) ? NULL : "not in this kernel";
	if (need[0] != '/' && strchr(need, '/'))
		return sysctl_lacks(need);
	if (!strcmp(need, "int 0x80"))
		return in_child(false) ? "int 0x80 crashes on this machine" : NULL;
	if (!strcmp(need, "userns")) {
		result = (errno = in_child(true)) ? -1 : 0;
	} else if (need[0] == '/') {
		result = access(need, F_OK);
	} else if (!strcmp(need, "xattr")) {
		result = setxattr("victim", "user.a", "", 0, 0);
	} else if (!strcmp(need, "memfd xattr")) {
		result = fsetxattr((int)syscall(__NR_memfd_create, "x", 0), "user.a", "", 0, 0);
	} else if (!strcmp(need, "tmpfile")) {
		result = open(".", O_TMPFILE | O_WRONLY, 0600);
	} else {
		return has_socket(need) ? NULL : "off, or not in this kernel";
	}
	return result < 0 ? strerror(errno) : NULL;
}

/* The same for all of a list */
static const char *why_not(const char *needs)
{
	char list[100], *more = list, *one;
	const char *reason = NULL;

	snprintf(list, sizeof(list), "%s", needs);
	while (!reason && (one = strsep(&more, ",")))
		for (char *either; (either = strsep(&one, "|")) && (reason = lacks(either));)
			continue;
	return reason;
}

/* ---- The world, in which an attack may leave a trace, whatever it returned ---- */

static const char *queue(char kind)
{
	static char text[40];

	snprintf(text, sizeof(text), "attack-%c-%d", kind, outside);
	return text;
}

static void clear_directory(void)
{
	unlink("victim");
	unlink("link");
	if (unlink("new"))
		rmdir("new");
}

static void fill_directory(void)
{
	int fd;

	clear_directory();
	fd = open("victim", O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, "x\n", 2) != 2 || fchown(fd, uid, gid) || symlink("victim", "link"))
		err(1, "%s/victim", directory);
	close(fd);
}

static void describe_process(FILE *f, pid_t pid)
{
	uint64_t limits[2];
	cpu_set_t cpus;
	char name[40], state = '?';

	sched_getaffinity(pid, sizeof(cpus), &cpus);
	fprintf(f, "%d %ld %ld %d %d %d", getpriority(PRIO_PROCESS, (id_t)pid),
		syscall(__NR_sched_getscheduler, pid), syscall(__NR_ioprio_get, 1, pid),
		getpgid(pid), getsid(pid), CPU_COUNT(&cpus));
	for (int i = 0; i < 16; i++)
		if (!syscall(__NR_prlimit64, pid, i, NULL, limits))
			fprintf(f, " %lx,%lx", (long)limits[0], (long)limits[1]);
	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	sscanf(content(name), "%*d %*[^)]) %c", &state);
	fprintf(f, " %s\n", strchr("tTZ", state) ? "stopped" : "");
}

/* Removes what an attack left in the kernel, so that it is not there the next time. */
static void describe_world(char *text, size_t size)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = outside, .l_len = 1 };
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	FILE *f = fmemopen(text, size, "w");
	DIR *folder = opendir(".");
	char output[4000] = "";
	struct stat s;
	int id;

	if (!f || !folder || null < 0)
		err(1, "world");
	for (struct dirent *entry; (entry = readdir(folder));)
		if (entry->d_name[0] != '.' && !lstat(entry->d_name, &s))
			fprintf(f, "%s %o %d %ld %d %ld %zd\n", entry->d_name, s.st_mode, s.st_uid,
				(long)s.st_size, (int)s.st_nlink, s.st_ctim.tv_nsec,
				llistxattr(entry->d_name, NULL, 0));
	closedir(folder);
	describe_process(f, server);
	describe_process(f, other);
	describe_process(f, outside);
	fprintf(f, "signals %d, lock %d", *signals_outside,
		fcntl(null, F_OFD_GETLK, &lock) ? -1 : lock.l_type);
	close(null);
	while (read(terminal, output, sizeof(output) - 1) > 0)
		fprintf(f, strstr(output, "escaped") ? ", terminal" : "");
	fprintf(f, ", queue %ld", syscall(__NR_mq_unlink, queue('q')));
	id = (int)syscall(__NR_mq_open, queue('o'), O_RDONLY, 0, NULL);
	fprintf(f, ", other's %d", id >= 0);
	close(id);
	if ((id = shmget(outside, 0, 0)) >= 0)
		fprintf(f, ", memory %d", shmctl(id, IPC_RMID, NULL));
	if ((id = semget(outside, 0, 0)) >= 0)
		fprintf(f, ", semaphore %d", semctl(id, 0, IPC_RMID));
	if ((id = msgget(outside, 0)) >= 0)
		fprintf(f, ", messages %d", msgctl(id, IPC_RMID, NULL));
	fclose(f);
}

/* ---- A server, and what is around it ---- */

static void note_signal(int signal)
{
	(void)signal;
	(*signals_outside)++;
}

static void start_outside(void)
{
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC))
		err(1, "pipe");
	outside = fork();
	if (outside == 0) {
		if (getuid() == 0 && (setgroups(0, NULL) || setgid(gid) || setuid(uid)))
			err(1, "setuid");
		outside = getpid();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGURG, note_signal);
		syscall(__NR_mq_open, queue('o'), O_CREAT | O_RDWR, 0600, NULL);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (outside < 0 || read(ready[0], &byte, 1) != 0)
		err(1, "fork");
	close(ready[0]);
}

static void listen_unix(bool abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path + abstract, sizeof(address.sun_path) - 1, "%s/socket", directory);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 9))
		err(1, "%s/socket", directory);
}

/* Root gives up root; its controls do not. */
static void find_user(bool control)
{
	const bool is_nobody = getuid() == 0 && !control;
	FILE *users = is_nobody ? fopen("/etc/passwd", "r") : NULL;

	uid = is_nobody ? 65534 : getuid();
	gid = is_nobody ? 65534 : getgid();
	for (struct passwd *user; users && (user = fgetpwent(users));)
		if (!strcmp(user->pw_name, "nobody")) {
			uid = user->pw_uid;
			gid = user->pw_gid;
		}
	if (users)
		fclose(users);
}

static void start(const char *program)
{
	char text[2000] = "", *line = NULL;
	size_t length = 0;
	int slave;

	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		err(1, "posix_openpt");
	server = fork();
	if (server == 0) {
		setsid();
		slave = open(ptsname(terminal), O_RDWR);
		if (slave < 0 || ioctl(slave, TIOCSCTTY, 0))
			err(1, "terminal");
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		dup2(slave, 9); /* what it should not have */
		execl(program, program, "-p", "0", "-a", "127.0.0.1", NULL);
		err(1, "%s", program);
	}
	while (!line || !strchr(line, '\n')) {
		const ssize_t more = read(terminal, text + length, sizeof(text) - length - 1);

		if (more <= 0)
			errx(1, "%s did not start: %s", program, text);
		length += (size_t)more;
		line = strstr(text, "sandbox: ");
	}
	snprintf(sandbox, sizeof(sandbox), "%.90s", line + strlen("sandbox: "));
	sandbox[strcspn(sandbox, "\r\n")] = '\0';
	line = strstr(text, "127.0.0.1:");
	port = line ? (in_port_t)atoi(line + strlen("127.0.0.1:")) : 0;
	fcntl(terminal, F_SETFL, O_NONBLOCK);
}

static void stop(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(terminal);
}

/* Sends a line and returns the connection. */
static int request(const char *line)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(port),
					     .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const struct timeval timeout = { .tv_sec = 10 };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    write(fd, line, strlen(line)) < 0)
		err(1, "connect to port %d", port);
	return fd;
}

/* The first line that comes back, "" for none */
static void answer(int fd, char *text, size_t size)
{
	const ssize_t length = read(fd, text, size - 1);

	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static void one_attack(const char *what, char *outcome)
{
	char before[8000], after[8000], text[300];
	int fd, signals = 0;

	fill_directory();
	describe_world(before, sizeof(before));
	snprintf(text, sizeof(text), "%d %d %s %s\n", other, outside, directory, what);
	fd = request(text);
	answer(fd, text, sizeof(text));
	if (!strcmp(text, "go")) { /* it wants something to read, for a signal */
		if (write(fd, "x", 1) < 0)
			warn("%s", what);
		answer(fd, text, sizeof(text));
	}
	close(fd);
	if (!strcmp(text, "works")) { /* a program said so, that ran in the handler's place */
		strcpy(outcome, text);
		return;
	}
	fd = request("outcome\n");
	answer(fd, text, sizeof(text));
	close(fd);
	if (sscanf(text, "%d %39[^\n]", &signals, outcome) != 2)
		strcpy(outcome, "nothing");
	describe_world(after, sizeof(after));
	if (strcmp(before, after) != 0 || signals != signals_inside)
		strcpy(outcome, "works");
	signals_inside = signals;
}

static void run(int column, const char *program)
{
	char text[20];
	int hold;

	find_user(column != SERVER);
	start(program);
	start_outside();
	signals_inside = 0;
	hold = request("hold\n");
	answer(hold, text, sizeof(text));
	other = atoi(text);
	for (size_t i = 0; i < ATTACKS; i++) {
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\rattacking, %d of %d: %zu of %d ", column + 1, COLUMNS, i,
				ATTACKS);
		if (attacks[i].needs)
			one_attack(attacks[i].what, outcomes[column][i]);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%40s\r", "");
	syscall(__NR_mq_unlink, queue('o'));
	kill(outside, SIGKILL);
	waitpid(outside, NULL, 0);
	close(hold);
	stop();
}

/* ---- The verdicts ---- */

static bool works(int column, size_t i)
{
	return !strcmp(outcomes[column][i], "works");
}

static const char *verdict(size_t i)
{
	static char text[120];
	const char *reason = why_not(attacks[i].needs);
	const int from = attacks[i].landlock;
	const bool landlock = works(LANDLOCK, i), filter = works(FILTER, i);

	if (works(SERVER, i))
		return "FAILED: it works in the server";
	if (reason)
		snprintf(text, sizeof(text), "skip: %s", reason);
	else if (!works(NONE, i))
		return "FAILED: it should work without a sandbox";
	else if (from == FIXED ? landlock && abi >= -FIXED
			       : landlock != (from == NEVER || abi < from))
		snprintf(text, sizeof(text), "FAILED: Landlock alone should%s deny it",
			 landlock ? "" : " not");
	else if (filter != (attacks[i].filter == OPEN))
		snprintf(text, sizeof(text), "FAILED: the filter alone should%s deny it",
			 filter ? "" : " not");
	else
		return "ok";
	return text;
}

static void print_line(size_t i, const char *decision)
{
	const bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	printf("  %-39s", attacks[i].what);
	if (decision[0] == 's') {
		printf("%.38s\n", decision);
		return;
	}
	for (int column = 0; column < COLUMNS; column++)
		printf("%s%-*.9s%s",
		       !colour		   ? ""
		       : !works(column, i) ? "\033[32m"
		       : column != SERVER  ? "\033[33m"
					   : "\033[31m",
		       column == SERVER ? 0 : 10, outcomes[column][i], colour ? "\033[m" : "");
	printf("%s%s\n", decision[0] == 'F' ? "\n    " : "", decision[0] == 'F' ? decision : "");
}

static int print_table(bool lines)
{
	int count = 0, skipped = 0, failed = 0, work[COLUMNS] = { 0 };
	struct utsname kernel;

	uname(&kernel);
	if (!lines)
		printf("Linux %s, %s, as %s: %s\n\n%-41s%-10s%-10s%-10s%s\n", kernel.release,
		       kernel.machine, getuid() ? "a user" : "root", sandbox, "", "none",
		       "Landlock", "filter", "tcpserver");
	for (size_t i = 0; i < ATTACKS; i++) {
		const char *decision;

		if (!attacks[i].needs)
			printf("%s%s\n", lines ? "# " : "\n", attacks[i].what);
		if (!attacks[i].needs || !strcmp(outcomes[NONE][i], "n/a"))
			continue; /* not on this architecture */
		decision = verdict(i);
		count++;
		failed += decision[0] == 'F';
		skipped += decision[0] == 's';
		for (int column = 0; decision[0] != 's' && column < COLUMNS; column++)
			work[column] += works(column, i);
		if (lines)
			printf("%s\t%s\t%s\t%s\t%s\t%s\n", attacks[i].what, outcomes[NONE][i],
			       outcomes[LANDLOCK][i], outcomes[FILTER][i], outcomes[SERVER][i],
			       decision);
		else
			print_line(i, decision);
	}
	if (!lines)
		printf("\n%d attacks, %d not possible here. Of the others, %d work without a "
		       "sandbox,\n"
		       "%d with Landlock alone, %d with the filter alone, %d in tcpserver: %s\n",
		       count, skipped, work[NONE], work[LANDLOCK], work[FILTER], work[SERVER],
		       failed ? "NOT AS EXPECTED" : "as expected");
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* What a handler answers, but for what the kernel itself does not have */
static int count_calls(const char *program)
{
	char text[4000] = "", word[10];
	int fd, number, status = EXIT_SUCCESS;
	size_t length = 0;
	ssize_t more;

	start(program);
	fd = request("calls\n");
	while ((more = read(fd, text + length, sizeof(text) - length - 1)) > 0)
		length += (size_t)more;
	stop();
	for (char *line = text; sscanf(line, "%9s %d", word, &number) == 2;
	     line = strchr(line, '\n') + 1) {
		if (!strcmp(word, "lost") && syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 &&
		    errno == ENOSYS)
			continue;
		printf("%s %d\n", word, number);
		if (strcmp(word, "reached") != 0)
			status = EXIT_FAILURE;
	}
	return strstr(text, "reached") ? status : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const bool lines = argc > 1 && !strcmp(argv[1], "-t");
	char **programs = argv + 1 + lines;
	struct landlock_compat_attr attr;
	int status;

	signal(SIGPIPE, SIG_IGN);
	alarm(300);
	if (argc == 3 && !strcmp(argv[1], "-c"))
		return count_calls(argv[2]);
	if (argc != 1 + lines + COLUMNS)
		errx(2, "usage: attack [-t] NONE LANDLOCK FILTER SERVER");
	for (int i = 0; i < COLUMNS; i++)
		if (!(programs[i] = realpath(programs[i], NULL)))
			err(2, "%s", argv[1 + lines + i]);
	abi = landlock_get_best_ruleset_attr(&attr);
	umask(0);
	signals_outside =
		mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (signals_outside == MAP_FAILED || !mkdtemp(directory) || chmod(directory, 0777) ||
	    chdir(directory))
		err(1, "%s", directory);
	listen_unix(false);
	listen_unix(true);
	for (int i = 0; i < COLUMNS; i++)
		run(i, programs[i]);
	fill_directory();
	status = print_table(lines);
	clear_directory();
	unlink("socket");
	rmdir(directory);
	return status;
}
