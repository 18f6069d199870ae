// SPDX-License-Identifier: 0BSD
/*
 * client [-n CONNECTIONS] [-x TIMES] [-r RATE [-s SECONDS]] [-b BYTES] [-l SECONDS] ADDRESS PORT
 *        ACTION...
 *
 * A client that does as it is told: opens the connections, then carries out each action on every
 * one of them, in order. The list of actions is below. Exit status 1, with a line that says why, if
 * anything goes wrong or if it takes longer than 60 seconds.
 *
 * -x TIMES: all that so many times
 * -r RATE: `bulk`, `early` and `take` read so many bytes a second; -s SECONDS: only that long
 * -b BYTES: the receive buffer (SO_RCVBUF)	-l SECONDS: the limit, instead of 60
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int buffer, limit = 60, connections = 1, times = 1;
static long rate, slowly = 3600; /* 0: as fast as it comes; for so many seconds */

static int open_connection(char *address, const char *port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons((in_port_t)atoi(port)) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = v6.sin6_port };
	const int is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
	const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
	char host[INET6_ADDRSTRLEN] = "", interface[IF_NAMESIZE] = "";

	sscanf(address, "%45[^%]%%%15s", host, interface);
	v6.sin6_scope_id = if_nametoindex(interface);
	if (!is_v4 && inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
		errx(2, "%s: not an address", address);
	if (buffer && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)))
		err(1, "SO_RCVBUF");
	if (fd < 0 || (is_v4 ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
			     : connect(fd, (struct sockaddr *)&v6, sizeof(v6))))
		err(1, "connect %s port %s", address, port);
	return fd;
}

static void send_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		const ssize_t sent = write(fd, text, length);

		if (sent < 0)
			err(1, "send");
		text += sent;
		length -= (size_t)sent;
	}
}

static void send_line(int fd, const char *text)
{
	send_all(fd, text, strlen(text));
	send_all(fd, "\n", 1);
}

static void send_slowly(int fd, const char *text)
{
	for (; *text; text++) {
		send_all(fd, text, 1);
		usleep(10000);
	}
	send_all(fd, "\n", 1);
}

static void push(int fd, const char *bytes)
{
	static const char text[65536];

	for (long left = atol(bytes); left > 0; left -= (long)sizeof(text))
		send_all(fd, text, sizeof(text));
}

static void print_line(int fd)
{
	char byte = 0;

	while (byte != '\n') {
		const ssize_t length = read(fd, &byte, 1);

		if (length < 0)
			err(1, "read");
		if (length == 0)
			errx(1, "the server closed instead of answering");
		putchar(byte);
	}
}

static void print_rest(int fd)
{
	char text[4096];
	ssize_t length;

	while ((length = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)length, stdout);
	if (length < 0)
		err(1, "read");
}

static long long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* Sleeps until so many bytes may have been read since the first call of this action. */
static void keep_to_rate(long long begin, size_t bytes)
{
	if (microseconds() - begin > slowly * 1000000)
		rate = 0;
	while (rate && (microseconds() - begin) * rate < (long long)bytes * 1000000)
		usleep(5000);
}

/* What is sent and comes back. A prime period, so that a buffer's worth that is lost or comes twice
 * does not fit. */
enum { PERIOD = 65521 };
static unsigned char pattern[2 * PERIOD];

static void make_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)(i % PERIOD * 2654435761U >> 13);
}

/* Reads once, and compares with what comes after `before` bytes of the pattern. */
static size_t read_pattern(int fd, size_t before)
{
	static unsigned char in[PERIOD];
	const size_t most = rate ? 2048 : PERIOD;
	const ssize_t length = recv(fd, in, most, 0);

	if (length < 0)
		err(1, "after %zu bytes", before);
	if (memcmp(in, pattern + before % PERIOD, (size_t)length))
		errx(1, "after %zu bytes, something else comes", before);
	return (size_t)length;
}

/* Sends and reads at the same time: else both sides would wait with their buffers full. */
static void exchange(int fd, const char *bytes, int half_close_early)
{
	const size_t total = strtoul(bytes, NULL, 10);
	const long long begin = microseconds();
	size_t sent = 0, received = 0;

	while (received < total) {
		const size_t left = total - sent < PERIOD ? total - sent : PERIOD;
		struct pollfd event = { fd, (short)(POLLIN | (left ? POLLOUT : 0)), 0 };

		if (poll(&event, 1, -1) < 0)
			err(1, "poll");
		if (event.revents & POLLOUT) {
			const ssize_t length =
				send(fd, pattern + sent % PERIOD, left, MSG_DONTWAIT);

			if (length < 0 && errno != EAGAIN)
				err(1, "send");
			sent += length > 0 ? (size_t)length : 0;
			if (sent == total && half_close_early)
				shutdown(fd, SHUT_WR);
		}
		if (event.revents & (POLLIN | POLLERR | POLLHUP)) {
			const size_t length = read_pattern(fd, received);

			if (length == 0)
				errx(1, "after %zu of %zu bytes: closed", received, total);
			received += length;
			keep_to_rate(begin, received);
		}
	}
}

static void bulk(int fd, const char *bytes)
{
	exchange(fd, bytes, 0);
}

static void early(int fd, const char *bytes)
{
	exchange(fd, bytes, 1);
}

static void take(int fd, const char *bytes)
{
	const long long begin = microseconds();
	size_t total = 0, length;

	while ((length = read_pattern(fd, total)) > 0) {
		total += length;
		keep_to_rate(begin, total);
	}
	if (total != strtoul(bytes, NULL, 10))
		errx(1, "%zu of %s bytes", total, bytes);
}

static void flood(int fd)
{
	static const char text[65536];

	while (write(fd, text, sizeof(text)) > 0)
		usleep(10000);
}

static void wait_for_close(int fd)
{
	char text[4096];

	while (read(fd, text, sizeof(text)) > 0)
		continue;
}

static void send_urgent(int fd)
{
	send(fd, "!", 1, MSG_OOB);
}

static void half_close(int fd)
{
	shutdown(fd, SHUT_WR);
}

static void reset(int fd)
{
	const struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static void close_it(int fd)
{
	close(fd);
}

static void wait_a_while(int unused, const char *milliseconds)
{
	(void)unused;
	usleep((useconds_t)atoi(milliseconds) * 1000);
}

static const struct action {
	const char *name, *value; /* or NULL */
	void (*act)(int fd);
	void (*act_with)(int fd, const char *value);
} actions[] = {
	// clang-format off
	{ "send", "TEXT", NULL, send_line },		/* sends a line */
	{ "slow", "TEXT", NULL, send_slowly },		/* sends a line, a byte at a time */
	{ "push", "BYTES", NULL, push },		/* sends, and reads nothing meanwhile */
	{ "bulk", "BYTES", NULL, bulk },		/* sends a pattern, and compares what comes back meanwhile */
	{ "early", "BYTES", NULL, early },		/* the same, and shuts down once all is sent */
	{ "take", "BYTES", NULL, take },		/* reads so many of the pattern, then the end */
	{ "sleep", "MS", NULL, wait_a_while },
	{ "flood", NULL, flood, NULL },			/* sends until the server closes, 6 MB a second; reads nothing */
	{ "urgent", NULL, send_urgent, NULL },		/* sends a byte of urgent data */
	{ "line", NULL, print_line, NULL },		/* prints a line that comes back */
	{ "rest", NULL, print_rest, NULL },		/* prints all that comes back until the end */
	{ "half", NULL, half_close, NULL },		/* shuts down its sending side */
	{ "closed", NULL, wait_for_close, NULL },	/* waits for the server to close */
	{ "reset", NULL, reset, NULL },			/* goes away by a reset */
	{ "close", NULL, close_it, NULL },		/* goes away */
	// clang-format on
};

static const struct action *find(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	errx(2, "%s: no such action", name);
}

static void too_late(int unused)
{
	(void)unused;
	errx(1, "it takes more than %d seconds", limit);
}

static void act(const int *fds, char **words)
{
	for (char **word = words; *word; word++) {
		const struct action *action = find(*word);

		if (action->value && !*++word)
			errx(2, "%s: %s is missing", action->name, action->value);
		for (int i = 0; i < connections; i++)
			if (action->act)
				action->act(fds[i]);
			else
				action->act_with(fds[i], *word);
	}
}

int main(int argc, char **argv)
{
	struct rlimit files;
	char **words;
	int *fds, flag;

	while ((flag = getopt(argc, argv, "+n:x:r:s:b:l:")) != -1) {
		switch (flag) {
		case 'n': connections = atoi(optarg); break;
		case 'x': times = atoi(optarg); break;
		case 'r': rate = atol(optarg); break;
		case 's': slowly = atol(optarg); break;
		case 'b': buffer = atoi(optarg); break;
		case 'l': limit = atoi(optarg); break;
		default: return 2;
		}
	}
	words = argv + optind;
	fds = calloc((size_t)connections, sizeof(int));
	if (argc - optind < 3 || !fds)
		errx(2, "usage: client [-n CONNECTIONS] ... ADDRESS PORT ACTION...");
	files = (struct rlimit){ (rlim_t)connections + 10, (rlim_t)connections + 10 };
	if (connections > 1000 && setrlimit(RLIMIT_NOFILE, &files))
		err(1, "setrlimit");
	make_pattern();
	setlinebuf(stdout);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, too_late);
	alarm((unsigned int)limit);
	for (int turn = 0; turn < times; turn++) {
		for (int i = 0; i < connections; i++)
			fds[i] = open_connection(words[0], words[1]);
		act(fds, words + 2);
		for (int i = 0; i < connections; i++)
			close(fds[i]);
	}
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
