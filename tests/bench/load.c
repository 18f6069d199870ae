// SPDX-License-Identifier: 0BSD
/*
 * load - measures for `make bench`; it prints numbers, for a script
 *
 *  load bulk PORT MIB   sends and receives so much on one connection, and compares -> MB/s
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
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* Sends and receives at the same time: else both sides would wait with their buffers full. */
static void bulk(unsigned int port, unsigned int mib)
{
	/* A prime length, so that a buffer's worth that is lost or comes twice does not fit. */
	enum { PERIOD = 65521 };
	static unsigned char sent[2 * PERIOD], received[PERIOD];
	const uint64_t length = (uint64_t)mib << 20;
	uint64_t out = 0, in = 0, start;
	const struct sockaddr_in server = {
		AF_INET, htons((in_port_t)port), { htonl(INADDR_LOOPBACK) }, { 0 }
	};
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd poller = { .fd = fd };

	must(!connect(fd, (const struct sockaddr *)&server, sizeof(server)), "connect");
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
	if (!strcmp(what, "bulk") && argc == 4)
		bulk(number, (unsigned int)atoi(argv[3]));
	else if (!strcmp(what, "start") && argc > 2)
		start((int)number, argv + 3);
	else
		errx(2, "usage: see the top of tests/bench/load.c");
	return EXIT_SUCCESS;
}
