// SPDX-License-Identifier: 0BSD
/*
 * load - the clients of `make bench`: they connect to 127.0.0.1 from all over 127.0.0.0/8, so that
 * ports in TIME_WAIT are never the limit. What it prints is for a script: numbers and spaces.
 *
 *  load rate PORT PROCESSES SECONDS [CONNECTIONS]
 *                          each process in turn connects, sends a line, reads it back, closes
 *                          -> connections/s, median and 99th percentile in us, errors
 *  load get PORT ...       the same against a server that sends a line and closes
 *  load bulk PORT MIB KIB  one connection, verified, at most KIB under way -> MB/s
 *  load hold PORT NUMBER   connections that sent one line each -> NUMBER; until end of input
 *  load start N PROGRAM... from exec to the first byte on standard error, or its end: the median
 *                          of N -> us
 *  load port               a free port
 *  load wait PORT          until somebody listens there
 *  load run SECONDS PROGRAM...   PROGRAM, killed after SECONDS or with its parent
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

#define DIE(...) (fprintf(stderr, "load: " __VA_ARGS__), fputc('\n', stderr), exit(EXIT_FAILURE))

static void must(bool success, const char *what)
{
	if (!success)
		DIE("%s: %s", what, strerror(errno));
}

static unsigned int number(const char *text, unsigned int most)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || value > most)
		DIE("'%s': not a number up to %u", text, most);
	return (unsigned int)value;
}

static uint64_t microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* A connection to 127.0.0.1 from the source-th address of 127.0.0.0/8, or -1. */
static int connect_from(uint32_t source, unsigned int port)
{
	const struct timeval patience = { .tv_sec = 5 };
	const int on = 1;
	struct sockaddr_in address = { .sin_family = AF_INET };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	address.sin_addr.s_addr = htonl(0x7f010001 + source % 0x00f00000);
	if (!setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) &&
	    !bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address.sin_port = htons((in_port_t)port);
		if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
			return fd;
	}
	close(fd);
	return -1;
}

static const char line[] = "the quick brown fox jumps over the lazy dog\n";

/* All of the line, and nothing else. */
static bool read_line(int fd)
{
	char answer[sizeof(line)];
	size_t length = 0;
	ssize_t got;

	while (length < sizeof(line) - 1) {
		got = read(fd, answer + length, sizeof(line) - 1 - length);
		if (got <= 0)
			return false;
		length += (size_t)got;
	}
	return !memcmp(answer, line, sizeof(line) - 1);
}

static bool echo_line(int fd)
{
	return send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL) == sizeof(line) - 1 && read_line(fd);
}

static bool get_line(int fd)
{
	char end;

	return read_line(fd) && read(fd, &end, 1) == 0;
}

struct result {
	uint64_t connections, errors;
	uint32_t latency[200001]; /* how many took so many microseconds; the last: or more */
};

static void connect_often(struct result *result, bool (*exchange)(int), unsigned int port,
			  uint32_t source, uint64_t end, uint64_t most)
{
	const size_t longest = sizeof(result->latency) / sizeof(result->latency[0]) - 1;

	while (result->connections + result->errors < most) {
		const uint64_t start = microseconds();
		uint64_t took;
		int fd;

		if (start >= end)
			return;
		fd = connect_from(source++, port);
		if (fd >= 0 && exchange(fd)) {
			took = microseconds() - start;
			result->latency[took < longest ? took : longest]++;
			result->connections++;
		} else {
			result->errors++;
		}
		if (fd >= 0)
			close(fd);
	}
}

static void rate(bool (*exchange)(int), unsigned int port, unsigned int processes,
		 unsigned int tenths, unsigned int most)
{
	struct result *results = mmap(NULL, processes * sizeof(*results), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const uint64_t start = microseconds();
	uint64_t took, connections = 0, errors = 0, sum = 0;
	size_t median = 0, slow = 0, failed = 0;
	int status;

	must(results != MAP_FAILED, "mmap");
	for (unsigned int i = 0; i < processes; i++) {
		const pid_t pid = fork();

		must(pid >= 0, "fork");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			/* 61 and the process id: not the addresses of the run before this one */
			connect_often(&results[i], exchange, port,
				      (uint32_t)getpid() * 61 + i * 65536, start + tenths * 100000U,
				      most);
			_exit(EXIT_SUCCESS);
		}
	}
	while (wait(&status) > 0)
		failed += status != 0;
	took = microseconds() - start;
	for (unsigned int i = 0; i < processes; i++) {
		connections += results[i].connections;
		errors += results[i].errors;
	}
	for (size_t us = 0; us < sizeof(results->latency) / sizeof(results->latency[0]); us++) {
		for (unsigned int i = 0; i < processes; i++)
			sum += results[i].latency[us];
		if (sum * 2 < connections)
			median = us + 1;
		if (sum * 100 < connections * 99)
			slow = us + 1;
	}
	printf("%.0f %zu %zu %llu\n", (double)connections * 1e6 / (double)took, median, slow,
	       (unsigned long long)(errors + failed));
}

/* Sends and receives at the same time: else both sides would wait with their buffers full. */
static void bulk(unsigned int port, unsigned int mib, unsigned int kib)
{
	/* A prime length, so that a buffer's worth that is lost or comes twice does not fit. */
	enum { PERIOD = 65521 };
	static unsigned char sent[2 * PERIOD], received[PERIOD];
	const uint64_t length = (uint64_t)mib << 20, most = (uint64_t)kib << 10;
	uint64_t out = 0, in = 0, start;
	const int fd = connect_from((uint32_t)getpid(), port);
	struct pollfd poller = { .fd = fd };

	must(fd >= 0, "connect");
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (unsigned char)(i % PERIOD * 2654435761U >> 13);
	start = microseconds();
	while (in < length) {
		uint64_t size = length - out < PERIOD ? length - out : PERIOD;
		ssize_t moved;

		if (size > most - (out - in))
			size = most - (out - in);
		poller.events = (short)(POLLIN | (size ? POLLOUT : 0));
		if (poll(&poller, 1, 10000) <= 0)
			DIE("stuck: %llu bytes came back", (unsigned long long)in);
		if (poller.revents & POLLOUT) {
			moved = send(fd, sent + out % PERIOD, (size_t)size,
				     MSG_DONTWAIT | MSG_NOSIGNAL);
			must(moved >= 0 || errno == EAGAIN, "send");
			out += moved > 0 ? (uint64_t)moved : 0;
		}
		if (poller.revents & POLLIN) {
			moved = recv(fd, received, sizeof(received), MSG_DONTWAIT);
			must(moved > 0 || (moved < 0 && errno == EAGAIN), "recv");
			if (moved < 0)
				continue;
			if (memcmp(received, sent + in % PERIOD, (size_t)moved))
				DIE("what came back is not what was sent");
			in += (uint64_t)moved;
		}
	}
	printf("%.0f\n", (double)length / (double)(microseconds() - start));
}

static void hold(unsigned int port, unsigned int connections)
{
	const uint32_t source = (uint32_t)getpid() * 61;
	char end;

	for (unsigned int i = 0; i < connections; i++) {
		const int fd = connect_from(source + i, port);

		if (fd < 0 || !echo_line(fd))
			DIE("connection %u: %s", i + 1, strerror(errno));
	}
	printf("%u\n", connections);
	fflush(stdout);
	must(read(STDIN_FILENO, &end, 1) >= 0, "read");
}

static int compare(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static void start(unsigned int times, char **program)
{
	uint64_t *took = calloc(times, sizeof(*took));
	int ends[2];
	char first;

	must(took, "calloc");
	for (unsigned int i = 0; i < times; i++) {
		const uint64_t before = microseconds();
		pid_t pid;

		must(!pipe(ends), "pipe");
		pid = fork();
		must(pid >= 0, "fork");
		if (pid == 0) {
			dup2(ends[1], STDERR_FILENO);
			close(ends[0]);
			close(ends[1]);
			alarm(10);
			execv(program[0], program);
			_exit(127);
		}
		close(ends[1]);
		must(read(ends[0], &first, 1) >= 0, "read");
		took[i] = microseconds() - before;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(ends[0]);
	}
	qsort(took, times, sizeof(*took), compare);
	printf("%llu\n", (unsigned long long)took[times / 2]);
	free(took);
}

static void free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
		     !getsockname(fd, (struct sockaddr *)&address, &length),
	     "bind");
	printf("%u\n", ntohs(address.sin_port));
}

static void wait_for(unsigned int port)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int tries = 0; tries < 300; tries++) {
		const int fd = connect_from(0, port);

		if (fd >= 0)
			return;
		nanosleep(&pause, NULL);
	}
	DIE("port %u: nobody listens", port);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const bool get = !strcmp(what, "get");

	alarm(120); /* whatever happens, it ends */
	if ((get || !strcmp(what, "rate")) && argc >= 5) {
		double seconds = strtod(argv[4], NULL);

		must(seconds > 0 && seconds < 60, "SECONDS");
		rate(get ? get_line : echo_line, number(argv[2], 65535), number(argv[3], 1000),
		     (unsigned int)(seconds * 10),
		     argc > 5 ? number(argv[5], 1000000) : UINT32_MAX);
	} else if (!strcmp(what, "bulk") && argc == 5) {
		bulk(number(argv[2], 65535), number(argv[3], 65536), number(argv[4], 4000000));
	} else if (!strcmp(what, "hold") && argc == 4) {
		hold(number(argv[2], 65535), number(argv[3], 1000000));
	} else if (!strcmp(what, "start") && argc >= 4) {
		start(number(argv[2], 10000), argv + 3);
	} else if (!strcmp(what, "port") && argc == 2) {
		free_port();
	} else if (!strcmp(what, "wait") && argc == 3) {
		wait_for(number(argv[2], 65535));
	} else if (!strcmp(what, "run") && argc >= 4) {
		alarm(number(argv[2], 3600));
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[3], argv + 3);
		DIE("%s: %s", argv[3], strerror(errno));
	} else {
		DIE("usage: see the top of tests/load.c");
	}
	return EXIT_SUCCESS;
}
