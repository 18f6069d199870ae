// SPDX-License-Identifier: 0BSD
/*
 * client [-n CONNECTIONS] ADDRESS PORT ACTION... - a client that does what it is told
 *
 * Opens the connections, then carries out each action on every one of them, in order:
 *	send TEXT	sends a line
 *	slow TEXT	sends a line, a byte at a time
 *	urgent		sends a byte of urgent data
 *	line		prints a line that comes back
 *	rest		prints all that comes back until the end
 *	bulk BYTES	sends so many, and compares what comes back meanwhile
 *	flood		sends until the server closes; reads nothing
 *	half		shuts down its sending side
 *	closed		waits for the server to close
 *	reset		goes away without a word (RST)
 *	close		goes away
 *	sleep MS	waits
 * Exit status 1, with a line that says why, if anything goes otherwise or takes 20 seconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_connection(const char *address, const char *port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons((in_port_t)atoi(port)) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = v6.sin6_port };
	const int is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
	const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);

	if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
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

/* Byte number n of the bulk: a sequence that a lost or doubled block would shift. */
static unsigned char bulk_byte(size_t n)
{
	return (unsigned char)(n ^ n >> 8 ^ n >> 16 ^ n >> 24);
}

static void bulk(int fd, size_t total)
{
	unsigned char out[50000], in[70000];
	size_t sent = 0, received = 0, filled = 0, done = 0;

	while (received < total) {
		struct pollfd event = { .fd = fd,
					.events = (short)(POLLIN | (sent < total ? POLLOUT : 0)) };

		if (poll(&event, 1, -1) < 0)
			err(1, "poll");
		if (event.revents & POLLOUT) {
			ssize_t length;

			if (done == filled) {
				for (done = filled = 0;
				     filled < sizeof(out) && sent + filled < total; filled++)
					out[filled] = bulk_byte(sent + filled);
			}
			length = send(fd, out + done, filled - done, MSG_DONTWAIT);
			if (length < 0 && errno != EAGAIN)
				err(1, "send");
			if (length > 0) {
				done += (size_t)length;
				sent += (size_t)length;
			}
		}
		if (event.revents & (POLLIN | POLLERR | POLLHUP)) {
			const ssize_t length = recv(fd, in, sizeof(in), 0);

			if (length <= 0)
				errx(1, "after %zu of %zu bytes: %s", received, total,
				     length ? strerror(errno) : "closed");
			for (ssize_t i = 0; i < length; i++, received++)
				if (in[i] != bulk_byte(received))
					errx(1, "byte %zu came back changed", received);
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

/* Returns how many words the action took. */
static int act(int fd, char **action)
{
	const struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	const char *text = action[1] ? action[1] : "";

	if (!strcmp(action[0], "send") || !strcmp(action[0], "slow")) {
		const int slow = action[0][1] == 'l';

		for (size_t i = 0; slow && text[i]; i++) {
			send_all(fd, text + i, 1);
			usleep(10000);
		}
		if (!slow)
			send_all(fd, text, strlen(text));
		send_all(fd, "\n", 1);
		return 2;
	}
	if (!strcmp(action[0], "bulk")) {
		bulk(fd, strtoul(text, NULL, 10));
		return 2;
	}
	if (!strcmp(action[0], "sleep")) {
		usleep((useconds_t)atoi(text) * 1000);
		return 2;
	}
	if (!strcmp(action[0], "urgent"))
		send(fd, "!", 1, MSG_OOB);
	else if (!strcmp(action[0], "line"))
		print_answer(fd, 0);
	else if (!strcmp(action[0], "rest"))
		print_answer(fd, 1);
	else if (!strcmp(action[0], "flood"))
		flood(fd);
	else if (!strcmp(action[0], "half"))
		shutdown(fd, SHUT_WR);
	else if (!strcmp(action[0], "closed"))
		wait_for_close(fd);
	else if (!strcmp(action[0], "close"))
		close(fd);
	else if (!strcmp(action[0], "reset"))
		(void)(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) || close(fd));
	else
		errx(2, "%s: no such action", action[0]);
	return 1;
}

int main(int argc, char **argv)
{
	const int many = argc > 2 && !strcmp(argv[1], "-n");
	const int connections = many ? atoi(argv[2]) : 1;
	char **words = argv + 1 + 2 * many;
	const struct rlimit files = { (rlim_t)connections + 10, (rlim_t)connections + 10 };
	int *fds = calloc((size_t)connections, sizeof(int));
	int words_taken = 1;

	if (argc < 4 + 2 * many || !fds)
		errx(2, "usage: client [-n CONNECTIONS] ADDRESS PORT ACTION...");
	if (connections > 1000 && setrlimit(RLIMIT_NOFILE, &files))
		err(1, "setrlimit");
	signal(SIGPIPE, SIG_IGN);
	alarm(20);
	for (int i = 0; i < connections; i++)
		fds[i] = open_connection(words[0], words[1]);
	for (char **action = words + 2; *action; action += words_taken)
		for (int i = 0; i < connections; i++)
			words_taken = act(fds[i], action);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
