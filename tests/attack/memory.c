// SPDX-License-Identifier: 0BSD
/*
 * memory - how much of the machine's memory one handler can pin, in the ways that the sandbox
 * leaves
 *
 * For a machine of its own with 2 GiB, a guest of tests/kernels: it measures what MemAvailable
 * loses, first for a process without a sandbox, which stops at 768 MiB, then for the server's
 * handler. Ways that the filter denies are rows of attacks.h; one of them is measured here, because
 * no counter shows what it takes. This is the server as well: it includes tcpserver.c, which
 * includes it for the declaration at its end.
 */
#ifndef MEMORY
#define MEMORY
#define HANDLER "tests/attack/memory.c"
#define main server_main
#include "../../tcpserver.c"
#undef main

#include <err.h>
#include <netinet/in.h>
#include <sys/uio.h>

enum { MIB = 1 << 20, MOST = 512, FAILED = -9999 };
#define ENOUGH (768UL * MIB)

static int connection;
static bool is_sandboxed;

static char *map(void *where, size_t size, int flags)
{
	char *memory = mmap(where, size, PROT_READ | PROT_WRITE,
			    flags | MAP_ANONYMOUS | (where ? MAP_FIXED : 0), -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void touch(char *memory, size_t size)
{
	for (size_t i = 0; i < size; i += 4096)
		memory[i] = 1;
}

/* ---- The ways. Each keeps what it gets; false: not on this machine ---- */

static bool fill(void)
{
	char *memory;

	for (size_t done = 0; done < ENOUGH && (memory = map(NULL, 65536, MAP_PRIVATE));
	     done += 65536)
		touch(memory, 65536);
	return true;
}

/* One page in each so many bytes: each needs page tables of its own. */
static bool spread(uint64_t start, uint64_t step, uint64_t end, size_t cost)
{
	size_t done = 0;

	for (uint64_t at = start; at < end && done < ENOUGH; at += step) {
		char *memory = map((void *)(uintptr_t)at, 4096, MAP_PRIVATE);

		if (memory)
			*memory = 1;
		done += memory ? cost : 0;
	}
	return done > 0;
}

static bool page_tables(void)
{
	return sizeof(long) == 8 && spread(1ULL << 40, 1ULL << 30, 1ULL << 46, 12288);
}

/* A place above 47 bits is given to those who ask for it. */
static bool five_levels(void)
{
	return sizeof(long) == 8 && spread(1ULL << 48, 1ULL << 39, 1ULL << 55, 16384);
}

static bool huge_remains(void)
{
	const uintptr_t huge = 2 * MIB;

	/* In the sandbox as often as RLIMIT_AS has pages */
	for (int i = 0; i < (is_sandboxed ? 20000 : 256); i++) {
		char *memory = map(NULL, 2 * huge, MAP_PRIVATE), *first;

		if (!memory)
			break;
		first = (char *)(((uintptr_t)memory + huge - 1) & ~(huge - 1));
		madvise(first, huge, MADV_HUGEPAGE);
		*first = 1;
		munmap(memory, (size_t)(first - memory));
		munmap(first + 4096, (size_t)(memory + 2 * huge - first) - 4096);
	}
	return true;
}

/* As far as it goes: in a handler, up to the hard limit. */
static void raise_limit(int resource)
{
	uint64_t limits[2] = { 1 << 20, 1 << 20 }; /* soft and hard */

	if (!syscall(__NR_prlimit64, 0, resource, limits, NULL))
		return;
	syscall(__NR_prlimit64, 0, resource, NULL, limits);
	limits[0] = limits[1];
	syscall(__NR_prlimit64, 0, resource, limits, NULL);
}

static bool descriptor_table(void)
{
	raise_limit(RLIMIT_NOFILE);
	for (int fd = 1 << 20; fd > 3 && syscall(__NR_dup3, connection, fd - 1, 0) < 0; fd /= 2)
		continue;
	return true;
}

/* Sends, to a peer that does not read, until nothing more fits in for a second. */
static void fill_socket(int fd)
{
	static char data[65536];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int idle = 0; idle < 100; usleep(10000), idle++)
		while (write(fd, data, sizeof(data)) > 0)
			idle = 0;
}

/* In both directions: the other side, measure(), sends as well. */
static bool socket_buffers(void)
{
	fill_socket(connection);
	return true;
}

static bool everything(void)
{
	fill_socket(connection);
	return (five_levels() || page_tables() || fill()) && fill();
}

static const struct {
	const char *name;
	bool (*pin)(void);
	bool unlimited; /* without a sandbox */
	bool sends;	/* the other side, too */
} ways[] = {
	{ "memory", fill, true, false },
	{ "page tables, one page in each GiB", page_tables, true, false },
	{ "page tables, in five levels", five_levels, true, false },
	{ "one page kept of each huge page", huge_remains, true, false },
	{ "a table of descriptors", descriptor_table, true, false },
	{ "buffers of its socket", socket_buffers, false, true },
	{ "the most of these at once", everything, false, true },
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/* Answers "d" when it has all that it gets, "n" if there is no such way here, and keeps it. */
static int handle_request(int client)
{
	unsigned char way;

	connection = client;
	if (read(client, &way, 1) != 1 || way >= WAYS)
		return EXIT_FAILURE;
	if (write(client, ways[way].pin() ? "d" : "n", 1) < 0 && errno != EAGAIN)
		return EXIT_FAILURE;
	for (;;)
		sleep(1);
}

/* ---- The measure ---- */

static long available(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	long kilobytes;

	if (!f || fscanf(f, "MemTotal: %*d kB MemFree: %*d kB MemAvailable: %ld", &kilobytes) != 1)
		err(1, "/proc/meminfo");
	fclose(f);
	return kilobytes / 1024;
}

/* Once it has stayed the same for half a second */
static long settled(void)
{
	long before = available(), now;

	for (int i = 0; i < 40; i++, before = now) {
		usleep(500000);
		now = available();
		if (labs(now - before) < 2)
			break;
	}
	return before;
}

static struct sockaddr_in address = { .sin_family = AF_INET };

/* The server, or, without a sandbox, a process in its place that serves one client */
static pid_t start(bool sandboxed)
{
	char port[8],
		*arguments[] = { "memory", "-p", port, "-a", "127.0.0.1", "-t", "86400", NULL };
	const pid_t pid = fork();
	int listener;

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	is_sandboxed = sandboxed;
	if (sandboxed) {
		snprintf(port, sizeof(port), "%d", ntohs(address.sin_port));
		if (!freopen("/dev/null", "w", stderr))
			err(1, "/dev/null");
		exit(server_main(7, arguments));
	}
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1))
		err(1, "bind");
	_exit(handle_request(accept(listener, NULL, NULL)));
}

/* MiB that are gone while it holds them, or FAILED */
static long measure(unsigned char way, bool sandboxed)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	const long before = settled();
	long after;
	pid_t pid;
	char answer = 'd';

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((in_port_t)(1000 + 2 * way + sandboxed));
	pid = start(sandboxed);
	for (int i = 0; connect(fd, (struct sockaddr *)&address, sizeof(address)); i++)
		if (i == 1000 || usleep(10000))
			err(1, "connect");
	if (write(fd, &way, 1) != 1)
		err(1, "write");
	if (ways[way].sends) {
		fill_socket(fd);
		sleep(3); /* the handler goes on when its own buffers are full */
	} else if (read(fd, &answer, 1) != 1) {
		answer = 'n';
	}
	after = settled();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
	return answer == 'd' ? before - after : FAILED;
}

static void set(const char *file, const char *value)
{
	FILE *f = fopen(file, "w");

	if (f && (fputs(value, f) < 0 || fclose(f)))
		warn("%s", file);
}

int main(void)
{
	int failed = 0;

	/* What is freed goes to lists that MemAvailable does not count: short ones. */
	set("/proc/sys/vm/percpu_pagelist_high_fraction", "1000000");
	set("/proc/sys/vm/nr_overcommit_hugepages", "32");
	signal(SIGPIPE, SIG_IGN);
	if (available() < 1024) {
		puts("not ok - memory: it needs 1 GiB that is free");
		return EXIT_FAILURE;
	}
	for (unsigned char way = 0; way < WAYS; way++) {
		const long control = measure(way, false);
		const long handler = control == FAILED ? FAILED : measure(way, true);
		const bool ok = handler != FAILED && handler < MOST &&
				(!ways[way].unlimited || control >= handler + 4);

		if (control == FAILED) {
			printf("skip - %s (not on this machine)\n", ways[way].name);
			continue;
		}
		printf("%sok - %s: %ld MiB in a handler, %ld without a sandbox\n", ok ? "" : "not ",
		       ways[way].name, handler, control);
		fflush(stdout);
		failed += !ok;
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
#else
static int handle_request(int client);
#endif
