// SPDX-License-Identifier: 0BSD
/*
 * client [-n CONNECTIONS] ADDRESS PORT ACTION... - a client that does as it is told
 *
 * Opens the connections, then carries out each action on every one of them, in order. The list of
 * actions is below. Exit status 1, with a line that says why, if anything goes wrong or if it takes
 * longer than 20 seconds.
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

static void print_answer(int fd, int until_end)
{
	char byte;

	for (;;) {
		const ssize_t length = read(fd, &byte, 1);

		if (length < 0)
			err(1, "read");
		if (length == 0 && !until_end)
			errx(1, "the server closed instead of answering");
		if (length == 0)
			return;
		putchar(byte);
		if (byte == '\n' && !until_end)
			return;
	}
}

static void print_line(int fd)
{
	print_answer(fd, 0);
}

static void print_rest(int fd)
{
	print_answer(fd, 1);
}

static long long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void sip(int fd, const char *bytes)
{
	const long long begin = microseconds();
	char text[4096];
	long total = 0;
	ssize_t length;

	while ((length = read(fd, text, sizeof(text))) > 0) {
		total += length;
		while (microseconds() - begin < total * 16) /* 62 KB a second */
			usleep(1000);
	}
	if (length < 0 || total != atol(bytes))
		err(1, "after %ld of %s bytes", total, bytes);
}

/* Sends and reads at the same time: else both sides would wait with their buffers full. */
static void bulk(int fd, const char *bytes)
{
	/* A prime length, so that a buffer's worth that is lost or comes twice does not fit. */
	enum { PERIOD = 65521 };
	static unsigned char out[2 * PERIOD], in[PERIOD];
	const size_t total = strtoul(bytes, NULL, 10);
	size_t sent = 0, received = 0;
	ssize_t length;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (unsigned char)(i % PERIOD * 2654435761U >> 13);
	while (received < total) {
		const size_t left = total - sent < PERIOD ? total - sent : PERIOD;
		struct pollfd event = { fd, (short)(POLLIN | (left ? POLLOUT : 0)), 0 };

		if (poll(&event, 1, -1) < 0)
			err(1, "poll");
		if (event.revents & POLLOUT) {
			length = send(fd, out + sent % PERIOD, left, MSG_DONTWAIT);
			if (length < 0 && errno != EAGAIN)
				err(1, "send");
			sent += length > 0 ? (size_t)length : 0;
		}
		if (event.revents & (POLLIN | POLLERR | POLLHUP)) {
			length = recv(fd, in, sizeof(in), 0);
			if (length <= 0)
				errx(1, "after %zu of %zu bytes: %s", received, total,
				     length ? strerror(errno) : "closed");
			if (memcmp(in, out + received % PERIOD, (size_t)length))
				errx(1, "after %zu bytes, something else comes back", received);
			received += (size_t)length;
		}
	}
}

static void flood(int fd)
{
	static const char text[65536];

	while (write(fd, text, sizeof(text)) > 0)
		continue;
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
	{ "bulk", "BYTES", NULL, bulk },		/* sends, and compares what comes back meanwhile */
	{ "sip", "BYTES", NULL, sip },			/* reads so many until the end, 62 KB a second */
	{ "sleep", "MS", NULL, wait_a_while },
	{ "flood", NULL, flood, NULL },			/* sends until the server closes; reads nothing */
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
	errx(1, "it takes more than 20 seconds");
}

int main(int argc, char **argv)
{
	const int many = argc > 2 && !strcmp(argv[1], "-n");
	const int connections = many ? atoi(argv[2]) : 1;
	char **words = argv + 1 + 2 * many;
	const struct rlimit files = { (rlim_t)connections + 10, (rlim_t)connections + 10 };
	int *fds = calloc((size_t)connections, sizeof(int));

	if (argc < 4 + 2 * many || !fds)
		errx(2, "usage: client [-n CONNECTIONS] ADDRESS PORT ACTION...");
	if (connections > 1000 && setrlimit(RLIMIT_NOFILE, &files))
		err(1, "setrlimit");
	setlinebuf(stdout);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, too_late);
	alarm(20);
	for (int i = 0; i < connections; i++)
		fds[i] = open_connection(words[0], words[1]);
	for (char **word = words + 2; *word; word++) {
		const struct action *action = find(*word);

		if (action->value && !*++word)
			errx(2, "%s: %s is missing", action->name, action->value);
		for (int i = 0; i < connections; i++)
			if (action->act)
				action->act(fds[i]);
			else
				action->act_with(fds[i], *word);
	}
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
