// SPDX-License-Identifier: 0BSD
/*
 * attack [-t] NONE LANDLOCK SHIPPED - carries out attacks.h on three builds of the server
 *
 * The builds have attacker.c as their handler: without any sandbox, with Landlock alone, and as the
 * server is. Each is started on a terminal of its own, with a descriptor that it should not have,
 * and attacked by a user who is the same as the server's. Prints a table, and whether all is as
 * attacks.h expects; with -t in lines of "attack TAB none TAB landlock TAB shipped TAB verdict".
 * Exit status 1: something works that should not, or a control does not.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "../landlock_compat.h"

static const struct {
	const char *what, *control, *filter, *shipped; /* a section has only its title */
} attacks[] = {
#define SECTION(title) { title, NULL, NULL, NULL },
#define ATTACK(what, control, filter, shipped, code) { what, control, filter, shipped },
#include "attacks.h"
};
enum { ATTACKS = sizeof(attacks) / sizeof(attacks[0]), SERVERS = 3 };

static char directory[] = "/tmp/attack-XXXXXX";
static struct {
	char outcome[SERVERS][ATTACKS][32];
} * shared;

static void use_directory(void)
{
	int fd;

	if (chdir(directory))
		err(1, "%s", directory);
	unlink("victim");
	if (unlink("new"))
		rmdir("new");
	fd = open("victim", O_CREAT | O_WRONLY, 0666);
	if (fd < 0 || write(fd, "x\n", 2) != 2 || fchmod(fd, 0666))
		err(1, "%s/victim", directory);
	close(fd);
}

static void listen_unix(bool abstract)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path + abstract, sizeof(address.sun_path) - 1, "%s/socket", directory);
	unlink(address.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 9))
		err(1, "%s/socket", directory);
	if (!abstract && chmod(address.sun_path, 0777))
		err(1, "%s/socket", directory);
}

/* The server on a terminal of its own; returns the terminal's other end. */
static int start(const char *program, pid_t *pid)
{
	const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave;

	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		err(1, "posix_openpt");
	*pid = fork();
	if (*pid)
		return terminal;
	setsid();
	slave = open(ptsname(terminal), O_RDWR);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0))
		err(1, "terminal");
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	dup2(slave, 9); /* what it should not have */
	if (chdir(directory))
		err(1, "%s", directory);
	execl(program, program, "-p", "0", "-a", "127.0.0.1", NULL);
	err(1, "%s", program);
}

static in_port_t read_port(int terminal)
{
	char text[2000] = "", *colon;
	size_t length = 0;
	ssize_t more;

	while (!strchr(text, '\n')) {
		more = read(terminal, text + length, sizeof(text) - length - 1);
		if (more <= 0)
			errx(1, "the server did not start: %s", text);
		length += (size_t)more;
	}
	*strchr(text, '\n') = '\0';
	colon = strrchr(text, ':');
	if (!strstr(text, "listening on") || !colon)
		errx(1, "the server did not start: %s", text);
	return (in_port_t)atoi(colon + 1);
}

/* Sends a line and returns the connection. */
static int request(in_port_t port, const char *line)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(port),
					     .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const struct timeval patience = { .tv_sec = 5 };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    write(fd, line, strlen(line)) < 0)
		err(1, "connect to port %d", port);
	return fd;
}

/* The first line that comes back, "" for none. */
static void answer(int fd, char *text, size_t size)
{
	const ssize_t length = read(fd, text, size - 1);

	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static void one_attack(in_port_t port, const char *other, const char *what, char *outcome)
{
	char line[300], text[32];
	int fd;

	use_directory();
	snprintf(line, sizeof(line), "%s %d %s %s\n", other, getpid(), directory, what);
	fd = request(port, line);
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
	fd = request(port, "outcome\n");
	answer(fd, outcome, sizeof(shared->outcome[0][0]));
	close(fd);
}

static void all_attacks(int server, in_port_t port)
{
	FILE *users = fopen("/etc/passwd", "r");
	const struct passwd *nobody = NULL;
	char other[20];
	int fd;

	signal(SIGPIPE, SIG_IGN);
	while (users && (nobody = fgetpwent(users)) && strcmp(nobody->pw_name, "nobody") != 0)
		;
	if (getuid() == 0 &&
	    (!nobody || setgroups(0, NULL) || setgid(nobody->pw_gid) || setuid(nobody->pw_uid)))
		err(1, "nobody");
	listen_unix(false);
	listen_unix(true);
	fd = request(port, "hold\n");
	answer(fd, other, sizeof(other));
	for (size_t i = 0; i < ATTACKS; i++)
		if (attacks[i].control)
			one_attack(port, other, attacks[i].what, shared->outcome[server][i]);
}

static void run(int server, const char *program)
{
	pid_t pid, attacker;
	const int terminal = start(program, &pid);
	const in_port_t port = read_port(terminal);
	int status;

	attacker = fork();
	if (attacker == 0) {
		alarm(60);
		all_attacks(server, port);
		_exit(0);
	}
	waitpid(attacker, &status, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(terminal);
	if (status)
		errx(1, "%s: the attacker did not come to his end", program);
}

/* Whether what an attack needs is here, by its control; NULL if it needs nothing. */
static const bool *needs(const char *control)
{
	static bool here;

	if (!strcmp(control, "root"))
		here = getuid() == 0;
	else if (!strcmp(control, "IPv6"))
		here = access("/proc/net/if_inet6", F_OK) == 0;
	else if (!strcmp(control, "MPTCP"))
		here = access("/proc/sys/net/mptcp", F_OK) == 0;
	else
		return NULL;
	return &here;
}

/* "ok", or what is wrong; NULL for what is not to be shown here. */
static const char *verdict(size_t i, int abi)
{
	static char text[100];
	const bool *here = needs(attacks[i].control);
	const char *control = here ? "works" : attacks[i].control;
	const char *shipped = abi > 0 ? attacks[i].shipped : attacks[i].filter;

	if (!strcmp(shared->outcome[0][i], "n/a") || (here && !*here))
		return NULL;
	if (strcmp(shared->outcome[SERVERS - 1][i], shipped))
		snprintf(text, sizeof(text), "FAILED: expected %s", shipped);
	else if (strcmp(shared->outcome[0][i], control))
		snprintf(text, sizeof(text), "NOT SHOWN: without a sandbox, expected %s", control);
	else
		return "ok";
	return text;
}

static void print_outcome(const char *outcome, bool expected)
{
	const bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	const char *start = strcmp(outcome, "works") ? "\033[32m"
			    : expected		     ? "\033[33m"
						     : "\033[31m";

	printf("%s%-10s%s", colour ? start : "", outcome, colour ? "\033[m" : "");
}

int main(int argc, char **argv)
{
	const bool lines = argc > 1 && !strcmp(argv[1], "-t");
	char **programs = argv + 1 + lines;
	struct landlock_compat_attr attr;
	const int abi = landlock_get_best_ruleset_attr(&attr);
	size_t works[SERVERS] = { 0 }, wrong = 0, count = 0;
	struct utsname kernel;

	if (argc != 1 + lines + SERVERS)
		errx(2, "usage: attack [-t] NONE LANDLOCK SHIPPED");
	for (int i = 0; i < SERVERS; i++)
		if (!(programs[i] = realpath(programs[i], NULL)))
			err(2, "%s", argv[1 + lines + i]);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || !mkdtemp(directory) || chmod(directory, 0777) || uname(&kernel))
		err(1, "%s", directory);
	for (int i = 0; i < SERVERS; i++)
		run(i, programs[i]);
	use_directory();
	unlink("victim");
	unlink("socket");
	rmdir(directory);

	if (!lines)
		printf("%s %s on %s, Landlock ABI %d, as %s\n\n%-42s%-10s%-10s%s\n", kernel.sysname,
		       kernel.release, kernel.machine, abi, getuid() ? "an ordinary user" : "root",
		       "", "none", "Landlock", "tcpserver");
	for (size_t i = 0; i < ATTACKS; i++) {
		const char *as_it_should = attacks[i].control ? verdict(i, abi) : NULL;
		const bool ok = as_it_should && !strcmp(as_it_should, "ok");

		if (!attacks[i].control && !lines)
			printf("\n%s\n", attacks[i].what);
		if (!as_it_should)
			continue;
		count++;
		wrong += !ok;
		for (int server = 0; server < SERVERS; server++)
			works[server] += !strcmp(shared->outcome[server][i], "works");
		if (lines) {
			printf("%s\t%s\t%s\t%s\t%s\n", attacks[i].what, shared->outcome[0][i],
			       shared->outcome[1][i], shared->outcome[2][i], as_it_should);
			continue;
		}
		printf("  %-40s", attacks[i].what);
		for (int server = 0; server < SERVERS; server++)
			print_outcome(shared->outcome[server][i], ok && server == SERVERS - 1);
		printf("%s\n", ok ? "" : as_it_should);
	}
	if (!lines)
		printf("\n%zu attacks: %zu work without a sandbox, %zu with Landlock alone, %zu "
		       "with tcpserver%s\n",
		       count, works[0], works[1], works[2],
		       wrong ? ". NOT ALL AS EXPECTED." : ", all of these by design.");
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
