// SPDX-License-Identifier: 0BSD
/*
 * load - the clients of `make bench`. They connect to 127.0.0.1 from all over 127.0.0.0/8, so that
 * ports in TIME_WAIT are never the limit. It prints numbers, for a script.
 *
 *  load rate PORT PROCESSES SECONDS
 *                       each process in turn connects, sends a line, reads it back, closes
 *                       -> connections/s, median and 99th percentile in us, errors
 *  load bulk PORT MIB   one connection, compared -> MB/s
 *  load start N [PROGRAM...]
 *                       from fork to PROGRAM's first byte on standard error, or its end; without
 *                       a program, of a process that ends at once -> N times in us
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
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

static void must(bool success, const char *what)
{
	if (!success)
		err(EXIT_FAILURE, "%s", what);
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

static bool echo_line(int fd)
{
	char answer[sizeof(line)];
	size_t length = 0;

	if (send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL) != sizeof(line) - 1)
		return false;
	while (length < sizeof(line) - 1) {
		const ssize_t got = read(fd, answer + length, sizeof(line) - 1 - length);

		if (got <= 0)
			return false;
		length += (size_t)got;
	}
	return !memcmp(answer, line, sizeof(line) - 1);
}

/* What the processes share: counters. */
enum { LONGEST = 200000 };
struct result {
	atomic_ulong connections, errors;
	atomic_uint
		latency[LONGEST + 1]; /* how many took so many microseconds; the last: or more */
};

static void connect_often(struct result *result, unsigned int port, uint32_t source, uint64_t end)
{
	for (uint64_t start = microseconds(); start < end; start = microseconds()) {
		const int fd = connect_from(source++, port);

		if (fd >= 0 && echo_line(fd)) {
			const uint64_t took = microseconds() - start;

			result->latency[took < LONGEST ? took : LONGEST]++;
			result->connections++;
		} else {
			result->errors++;
		}
		if (fd >= 0)
			close(fd);
	}
}

static void rate(unsigned int port, unsigned int processes, double seconds)
{
	struct result *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const uint64_t start = microseconds();
	uint64_t took, sum = 0;
	int median = 0, slow = 0, status;

	must(result != MAP_FAILED, "mmap");
	for (unsigned int i = 0; i < processes; i++) {
		const pid_t pid = fork();

		must(pid >= 0, "fork");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			/* 61 and the process id: not the addresses of the run before this one */
			connect_often(result, port, (uint32_t)getpid() * 61 + i * 65536,
				      start + (uint64_t)(seconds * 1e6));
			_exit(EXIT_SUCCESS);
		}
	}
	while (wait(&status) > 0)
		result->errors += status != 0;
	took = microseconds() - start;
	for (int us = 0; us <= LONGEST; us++) {
		sum += result->latency[us];
		if (sum * 2 < result->connections)
			median = us + 1;
		if (sum * 100 < result->connections * 99)
			slow = us + 1;
	}
	printf("%.0f %d %d %lu\n", (double)result->connections * 1e6 / (double)took, median, slow,
	       result->errors);
}

/* Sends and receives at the same time: else both sides would wait with their buffers full. */
static void bulk(unsigned int port, unsigned int mib)
{
	/* A prime length, so that a buffer's worth that is lost or comes twice does not fit. */
	enum { PERIOD = 65521 };
	static unsigned char sent[2 * PERIOD], received[PERIOD];
	const uint64_t length = (uint64_t)mib << 20;
	uint64_t out = 0, in = 0, start;
	const int fd = connect_from((uint32_t)getpid(), port);
	struct pollfd poller = { .fd = fd };

	must(fd >= 0, "connect");
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (unsigned char)(i % PERIOD * 2654435761U >> 13);
	start = microseconds();
	while (in < length) {
		const uint64_t size = length - out < PERIOD ? length - out : PERIOD;
		ssize_t moved;

		poller.events = (short)(POLLIN | (size ? POLLOUT : 0));
		if (poll(&poller, 1, 10000) <= 0)
			errx(1, "stuck: %llu bytes came back", (unsigned long long)in);
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
				errx(1, "what came back is not what was sent");
			in += (uint64_t)moved;
		}
	}
	printf("%.0f\n", (double)length / (double)(microseconds() - start));
}

static void start(int times, char **program)
{
	for (int i = 0; i < times; i++) {
		uint64_t before;
		int ends[2];
		char first;
		pid_t pid;

		must(!pipe2(ends, O_CLOEXEC), "pipe");
		before = microseconds();
		pid = fork();
		must(pid >= 0, "fork");
		if (pid == 0 && *program) {
			dup2(ends[1], STDERR_FILENO);
			alarm(10);
			execv(program[0], program);
		}
		if (pid == 0)
			_exit(127);
		close(ends[1]);
		must(read(ends[0], &first, 1) >= 0, "read");
		printf("%llu\n", (unsigned long long)(microseconds() - before));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(ends[0]);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const unsigned int number = argc > 2 ? (unsigned int)atoi(argv[2]) : 0;

	alarm(120); /* whatever happens, it ends */
	if (!strcmp(what, "rate") && argc == 5)
		rate(number, (unsigned int)atoi(argv[3]), atof(argv[4]));
	else if (!strcmp(what, "bulk") && argc == 4)
		bulk(number, (unsigned int)atoi(argv[3]));
	else if (!strcmp(what, "start") && argc > 2)
		start((int)number, argv + 3);
	else
		errx(2, "usage: see the top of tests/bench/load.c");
	return EXIT_SUCCESS;
}
