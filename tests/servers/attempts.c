// SPDX-License-Identifier: 0BSD
/*
 * attempts - what somebody tries who has taken over a server
 *
 * attempt_all() gets a list as a request's query has it, "read=/etc/passwd&tcp=5432", and prints a
 * line for each attempt: "read=/etc/passwd: Permission denied". This file is included in a server,
 * and is the vulnerable script itself, a CGI program. Without a query, it prints the kernel's
 * Landlock ABI, for the tests.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(int family, const void *address, socklen_t size)
{
	const int fd = socket(family, SOCK_STREAM, 0);

	return fd < 0 ? -1 : connect(fd, (const struct sockaddr *)address, size);
}

static int attempt(const char *what, const char *with)
{
	const struct sockaddr_in port = {
		AF_INET, htons((in_port_t)atoi(with)), { htonl(INADDR_LOOPBACK) }, { 0 }
	};
	const struct rlimit limit = { 0, 0 };
	char *arguments[] = { (char *)with, NULL };
	pid_t child;
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	int family, type, protocol;

	if (!strcmp(what, "read"))
		return open(with, O_RDONLY);
	if (!strcmp(what, "write"))
		return open(with, O_WRONLY);
	if (!strcmp(what, "make"))
		return open(with, O_CREAT | O_EXCL | O_WRONLY, 0600) < 0 ? -1 : unlink(with);
	if (!strcmp(what, "run"))
		return (errno = posix_spawn(&child, with, NULL, NULL, arguments, environ)) ? -1 : 0;
	if (!strcmp(what, "signal")) /* the server, which is the parent of each handler */
		return kill(getppid(), SIGCONT);
	if (!strcmp(what, "limit"))
		return prlimit(getppid(), RLIMIT_CORE, &limit, NULL);
	if (!strcmp(what, "tcp"))
		return connect_to(AF_INET, &port, sizeof(port));
	if (!strcmp(what, "unix")) {
		snprintf(path.sun_path, sizeof(path.sun_path), "%s", with);
		return connect_to(AF_UNIX, &path, sizeof(path));
	}
	if (sscanf(with, "%d,%d,%d", &family, &type, &protocol) == 3) /* socket= */
		return socket(family, type, protocol);
	errno = ENOSYS;
	return -1;
}

static void attempt_all(int out, char *list)
{
	for (char *what = strtok(list, "&"); what; what = strtok(NULL, "&")) {
		char name[16] = "";
		const char *with = strchr(what, '=');

		if (with)
			memcpy(name, what, (size_t)(with - what) % sizeof(name));
		dprintf(out, "%s: %s\n", what,
			attempt(name, with ? with + 1 : "") < 0 ? strerror(errno) : "works");
	}
}

#ifndef IN_SERVER
int main(void)
{
	char *query = getenv("QUERY_STRING");

	if (query) {
		dprintf(1, "Content-Type: text/plain\n\n");
		attempt_all(1, query);
	} else {
		printf("%ld\n", syscall(444, NULL, (size_t)0, 1)); /* landlock_create_ruleset */
	}
	return 0;
}
#endif
