// SPDX-License-Identifier: 0BSD
/*
 * attack NONE LANDLOCK FILTER SERVER READS_FILTER READS - carries out attacks.h
 *
 * The programs are builds of attacker.c: without any sandbox, with Landlock alone, with the filter
 * alone, as the server is, and the last two again with HANDLER_READS. Each is started on a terminal
 * of its own, with descriptors that it should not have. Prints lines of attack, six outcomes and
 * verdict, with tabs between them; table.awk makes a table of that. A verdict is "ok", "skip: " and
 * what this machine lacks, or "FAILED: " and what was expected. Exit status 1: something failed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

enum { NEVER = 0, FIXED = -1 };
enum { NONE, LANDLOCK, FILTER, SERVER, READS_FILTER, READS_SERVER, COLUMNS };
static const struct {
	const char *what;
	int row, landlock; /* row: its line in attacks.h, 0 for the title of a section */
	enum { DENIED, READS, OPEN } filter;
} attacks[] = {
#define SECTION(title) { title, 0, 0, DENIED },
#define ATTACK(what, needs, landlock, filter, code) { what, __LINE__, landlock, filter },
#include "attacks.h"
};
enum { ATTACKS = sizeof(attacks) / sizeof(attacks[0]), LEAST = 230 };

/* What comes of the processes that attack one program each; report: the server's of its locks */
static struct {
	char outcomes[COLUMNS][ATTACKS][40], report[COLUMNS][100];
	int signals[COLUMNS]; /* that have come to the process outside */
} * shared;
static char directory[] = "/tmp/attack-XXXXXX";
static pid_t server, other, outside; /* another client's handler; a process that is neither */
static uid_t uid;		     /* of all of them */
static gid_t gid;
static in_port_t port;
static int terminal;   /* the server's */
static FILE *messages; /* what it writes there */
static int *signals_outside;
static int abi; /* Landlock's */

/* ---- What this machine lacks ---- */

static const char *reason; /* why the latest of these conditions is false */

static bool because(const char *why)
{
	reason = why;
	return false;
}

static bool can(long result)
{
	return result >= 0 || because(strerror(errno));
}

static bool is_root(void)
{
	return getuid() == 0 || because("not root");
}

static bool has_abi(int least)
{
	return abi >= least || because("not in this kernel's Landlock");
}

static bool has_call(int number)
{
	return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) >= 0 || errno != ENOSYS ||
	       because("not in this kernel");
}

/* The first line of a file; "" without it */
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

static bool has_ulp(const char *name)
{
	return strstr(content("/proc/sys/net/ipv4/tcp_available_ulp"), name) ||
	       because("not in this kernel");
}

/* One that does not exist limits nothing. */
static bool sysctl(const char *name, int least, int most)
{
	static char text[100];
	const char *is;

	snprintf(text, sizeof(text), "/proc/sys/%s", name);
	is = content(text);
	snprintf(text, sizeof(text), "%s is %d", name, atoi(is));
	return !*is || (atoi(is) >= least && atoi(is) <= most) || because(text);
}

/* Tries what may crash, or would change this process. */
static bool in_child(long (*what)(void))
{
	const pid_t child = fork();
	int status;

	if (child == 0)
		_exit(what() < 0 ? errno : 0);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return because("it crashes on this machine");
	errno = WEXITSTATUS(status);
	return can(errno ? -1 : 0);
}

static long make_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

#ifdef __x86_64__
static long int_0x80(void)
{
	long result = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	errno = (int)-result;
	return result;
}
#endif

static bool is_possible(int row)
{
	switch (row) {
// clang-format off
#define SECTION(title)
#define ATTACK(what, needs, landlock, filter, code)                                                \
	case __LINE__:                                                                             \
		return needs;
// clang-format on
#include "attacks.h"
	default: return false;
	}
}

/* ---- The world, in which an attack may leave a trace, whatever it returned ---- */

static const char *queue(char kind)
{
	static char text[40];

	snprintf(text, sizeof(text), "attack-%c-%d", kind, outside);
	return text;
}

static void make_directory(void)
{
	if (!mkdtemp(directory) || chmod(directory, 0777) || chdir(directory))
		err(1, "%s", directory);
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
	DIR *entries = opendir(".");
	char output[4000] = "";
	struct stat s;
	int id;

	if (!f || !entries || null < 0)
		err(1, "world");
	for (struct dirent *entry; (entry = readdir(entries));)
		if (entry->d_name[0] != '.' && !lstat(entry->d_name, &s))
			fprintf(f, "%s %o %d %ld %d %ld %zd\n", entry->d_name, s.st_mode, s.st_uid,
				(long)s.st_size, (int)s.st_nlink, s.st_ctim.tv_nsec,
				llistxattr(entry->d_name, NULL, 0));
	closedir(entries);
	describe_process(f, server);
	describe_process(f, other);
	describe_process(f, outside);
	fprintf(f, "signals %d, lock %d", *signals_outside,
		fcntl(null, F_OFD_GETLK, &lock) ? -1 : lock.l_type);
	close(null);
	while (read(terminal, output, sizeof(output) - 1) > 0)
		fprintf(f, strstr(output, "escaped") ? ", terminal" : "");
	id = (int)syscall(__NR_mq_open, queue('o'), O_RDONLY, 0, NULL);
	fprintf(f, ", queues %d %ld", id >= 0, syscall(__NR_mq_unlink, queue('q')));
	close(id);
	fprintf(f, ", System V %d %d %d", shmctl(shmget(outside, 0, 0), IPC_RMID, NULL),
		semctl(semget(outside, 0, 0), 0, IPC_RMID),
		msgctl(msgget(outside, 0), IPC_RMID, NULL));
	fclose(f);
}

/* ---- A server, and what is around it ---- */

static void note_signal(int signal)
{
	(void)signal;
	(*signals_outside)++;
}

static void end_outside(int signal)
{
	(void)signal;
	syscall(__NR_mq_unlink, queue('o'));
	_exit(0);
}

/* In a session of its own, to remove its queue even if all the rest is killed */
static void start_outside(void)
{
	*signals_outside = -1; /* until it is ready */
	outside = fork();
	if (outside == 0) {
		if (getuid() == 0 && (setgroups(0, NULL) || setgid(gid) || setuid(uid)))
			err(1, "setuid");
		outside = getpid();
		setsid();
		signal(SIGTERM, end_outside);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		signal(SIGURG, note_signal);
		syscall(__NR_mq_open, queue('o'), O_CREAT | O_RDWR, 0600, (long[8]){ 0, 1, 1 });
		*signals_outside = 0;
		for (;;)
			pause();
	}
	while (*signals_outside < 0)
		if (outside < 0 || waitpid(outside, NULL, WNOHANG) || usleep(1000))
			err(1, "the process outside");
}

static void listen_unix(bool abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path + abstract, sizeof(address.sun_path) - 1, "%s/socket", directory);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 9))
		err(1, "%s/socket", directory);
}

static void start(const char *program, char *report)
{
	char line[1000] = "";
	int slave, victim;

	fill_directory();
	victim = open("victim", O_RDONLY | O_CLOEXEC);
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		err(1, "posix_openpt");
	server = fork();
	if (server == 0) {
		setsid();
		slave = open(ptsname(terminal), O_RDWR); /* which controls the new session */
		slave = fcntl(slave, F_DUPFD, 20);
		victim = fcntl(victim, F_DUPFD, 20);
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		/* What it should not have. With all below 8 in use, accept_another() still finds
		 * the listener: seal() puts the client into 3 and 4. */
		for (int fd = 3; fd < 8; fd++)
			dup2(slave, fd);
		dup2(victim, 8);
		dup2(slave, 9);
		execl(program, program, "-p", "0", "-a", "127.0.0.1", getuid() ? NULL : "-u",
		      "65534", NULL);
		err(1, "%s", program);
	}
	messages = fdopen(terminal, "r");
	while (messages && !*report && fgets(line, sizeof(line), messages))
		if (sscanf(line, "%*[^:]: listening on 127.0.0.1:%hu", &port) != 1)
			sscanf(line, "%*[^:]: sandbox: %99[^\r\n]", report);
	if (!*report)
		errx(1, "%s did not start: %s", program, line);
	fcntl(terminal, F_SETFL, O_NONBLOCK);
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

/* hold: a connection to the other client's handler */
static void carry_out(size_t i, int hold, char *outcome, size_t size)
{
	char before[8000], after[8000], text[300];
	int fd;

	fill_directory();
	describe_world(before, sizeof(before));
	snprintf(text, sizeof(text), "%d %d %s %d\n", other, outside, directory, attacks[i].row);
	fd = request(text);
	answer(fd, outcome, size);
	if (!strcmp(outcome, "go") &&
	    write(fd, "x", 1) == 1) /* it waits for data, and a signal with it */
		answer(fd, outcome, size);
	close(fd);
	if (!strcmp(outcome, "works")) /* said by a program that took the handler's place */
		return;
	if (write(hold, "?", 1) != 1)
		err(1, "the other client's handler");
	answer(hold, outcome, size);
	if (!*outcome)
		errx(1, "%s: the other client's handler is gone", attacks[i].what);
	describe_world(after, sizeof(after));
	if (strcmp(before, after) != 0)
		snprintf(outcome, size, "works");
}

/* In a process of its own, as all columns run at the same time */
static pid_t run(int column, const char *program)
{
	/* Root gives up root; its controls do not. */
	const bool whole = column == SERVER || column == READS_SERVER;
	const pid_t child = fork();
	char text[20];
	int hold;

	if (child)
		return child;
	alarm(300);
	uid = getuid() == 0 && whole ? 65534 : getuid();
	gid = getuid() == 0 && whole ? 65534 : getgid();
	signals_outside = &shared->signals[column];
	make_directory();
	listen_unix(false);
	listen_unix(true);
	start(program, shared->report[column]);
	start_outside();
	hold = request("hold\n");
	answer(hold, text, sizeof(text));
	other = atoi(text);
	for (size_t i = 0; i < ATTACKS; i++)
		if (attacks[i].row)
			carry_out(i, hold, shared->outcomes[column][i],
				  sizeof(shared->outcomes[column][i]));
	kill(outside, SIGTERM);
	waitpid(outside, NULL, 0);
	close(hold);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	clear_directory();
	unlink("socket");
	exit(rmdir(directory) ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* ---- The verdicts ---- */

static bool works(int column, size_t i)
{
	return !strcmp(shared->outcomes[column][i], "works");
}

static const char *verdict(size_t i)
{
	static char text[120];
	const int from = attacks[i].landlock;
	const bool landlock = works(LANDLOCK, i), filter = works(FILTER, i);
	const bool reads = works(READS_FILTER, i);
	/* A kernel below ABI 10 may have the fix, or not. */
	const bool unknown = from == FIXED && abi < 10;

	if (works(SERVER, i) || works(READS_SERVER, i))
		return "FAILED: it works in the server";
	if (!is_possible(attacks[i].row)) {
		snprintf(text, sizeof(text), "skip: %s", reason);
		return text;
	}
	if (!works(NONE, i))
		return "FAILED: it should work without a sandbox";
	if (!unknown && landlock != (from == NEVER || abi < from))
		return landlock ? "FAILED: Landlock alone should deny it"
				: "FAILED: Landlock alone should not deny it";
	if (filter != (attacks[i].filter == OPEN))
		return filter ? "FAILED: the filter alone should deny it"
			      : "FAILED: the filter alone should not deny it";
	if (reads != (attacks[i].filter != DENIED))
		return reads ? "FAILED: the filter alone should deny it, even with HANDLER_READS"
			     : "FAILED: the filter alone should not deny it with HANDLER_READS";
	return "ok";
}

static int print_table(void)
{
	int count = 0, tried = 0, failed = 0;
	struct utsname kernel;

	uname(&kernel);
	printf("# Linux %s, %s, as %s: %s\n", kernel.release, kernel.machine,
	       getuid() ? "a user" : "root", shared->report[SERVER]);
	for (size_t i = 0; i < ATTACKS; i++) {
		const char *decision;

		if (!attacks[i].row) {
			printf("# %s\n", attacks[i].what);
			continue;
		}
		decision = verdict(i);
		count++;
		failed += decision[0] == 'F';
		tried += decision[0] != 's';
		printf("%s\t", attacks[i].what);
		for (int column = 0; column < COLUMNS; column++)
			printf("%s\t", shared->outcomes[column][i]);
		puts(decision);
	}
	if (count < LEAST || 2 * tried < count)
		failed = printf("FAILED: only %d of %d attacks were tried\n", tried, count);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct landlock_compat_attr attr;
	pid_t running[COLUMNS];
	int status;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 1 + COLUMNS)
		errx(2, "usage: attack NONE LANDLOCK FILTER SERVER READS_FILTER READS");
	abi = landlock_get_best_ruleset_attr(&attr);
	umask(0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	for (int i = 0; i < COLUMNS; i++) {
		argv[1 + i] = realpath(argv[1 + i], NULL);
		if (!argv[1 + i])
			err(2, "realpath");
		/* Without Landlock, READS does not start. */
		running[i] = i == READS_SERVER && abi == 0 ? 0 : run(i, argv[1 + i]);
	}
	for (int i = 0; i < COLUMNS; i++)
		if (running[i] && (waitpid(running[i], &status, 0) < 0 || status))
			errx(1, "%s: status %#x", argv[1 + i], status);
	uid = getuid();
	gid = getgid();
	make_directory();
	fill_directory();
	status = print_table();
	clear_directory();
	rmdir(directory);
	return status;
}
