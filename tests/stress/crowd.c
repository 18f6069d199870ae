// SPDX-License-Identifier: 0BSD
/*
 * crowd PORT TOTAL AT_ONCE [hold|rude]
 * crowd PORT SECONDS AT_ONCE rate
 *
 * Many clients, from addresses all over 127.0.0.0/8, so that ports in TIME_WAIT are never the
 * limit. At most AT_ONCE are connected at a time; each sends a line, has it echoed, shuts down its
 * side, and waits for the end. hold: none goes on until all AT_ONCE have been answered and the
 * program was sent a SIGCONT. rude: resets, urgent data and closing early, of each a part. Prints
 * "SERVED served, LOST lost, MOST at once"; with rude, who was rude is not counted. Status 1 if
 * anyone was lost. It ends after 20 s without an answer to anyone.
 *
 * rate: for so many seconds, clients that close once they are answered. Prints how many were served
 * in a second, the median and the 99th percentile of the microseconds until the answer, and how
 * many were lost.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static const char line[] = "the quick brown fox jumps over the lazy dog\n";
enum { LENGTH = sizeof(line) - 1, LONGEST = 200000 };
enum manner { PLAIN, RESET_AT_ONCE, RESET, CLOSE, URGENT, MANNERS };
static struct client {
	unsigned char received, manner;
	bool sent;
	uint64_t start;
} * clients; /* by descriptor */
static unsigned int total, at_once, opened, served, lost, now, most, answered;
static unsigned int
	latency[LONGEST + 1]; /* how many took so many microseconds; the last: or more */
static uint64_t end;	      /* of rate */
static bool hold, rude;
static int events_fd;
static struct sockaddr_in server = { .sin_family = AF_INET };

static uint64_t microseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static bool may_open(void)
{
	return now < at_once && (end ? microseconds() < end : opened < total);
}

static void open_client(void)
{
	const unsigned int n = opened++;
	const uint32_t source = ((uint32_t)getpid() << 8) + n; /* not those of another crowd */
	const struct sockaddr_in from = { .sin_family = AF_INET,
					  .sin_addr = { htonl(0x7f010001 + source % 0xf00000) } };
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	const unsigned int manner = end ? CLOSE : rude ? n % MANNERS : PLAIN;
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data = { .fd = fd } };

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) ||
	    bind(fd, (const struct sockaddr *)&from, sizeof(from)))
		err(1, "socket, bind");
	clients[fd] = (struct client){ .manner = (unsigned char)manner, .start = microseconds() };
	if (connect(fd, (const struct sockaddr *)&server, sizeof(server)) && errno != EINPROGRESS)
		err(1, "connect");
	if ((manner == RESET || manner == RESET_AT_ONCE) &&
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)))
		err(1, "SO_LINGER");
	if (epoll_ctl(events_fd, EPOLL_CTL_ADD, fd, &event))
		err(1, "epoll_ctl");
	if (++now > most)
		most = now;
}

static void end_client(int fd, bool well)
{
	if (clients[fd].manner == PLAIN || end) {
		served += well;
		lost += !well;
	}
	close(fd);
	now--;
}

static void say(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fd } };

	if (clients[fd].manner == URGENT)
		send(fd, "!", 1, MSG_OOB | MSG_NOSIGNAL);
	if (clients[fd].manner == RESET_AT_ONCE || send(fd, line, LENGTH, MSG_NOSIGNAL) != LENGTH) {
		end_client(fd, false);
		return;
	}
	clients[fd].sent = true;
	epoll_ctl(events_fd, EPOLL_CTL_MOD, fd, &event);
}

static void finish_sending(int fd)
{
	if (clients[fd].manner == RESET || clients[fd].manner == CLOSE)
		end_client(fd, true);
	else
		shutdown(fd, SHUT_WR);
}

static void listen_to(int fd)
{
	struct client *client = &clients[fd];
	char text[LENGTH];
	const ssize_t length = recv(fd, text, sizeof(text), 0);
	uint64_t took;

	if (length == 0 && client->received == LENGTH) {
		end_client(fd, true);
		return;
	}
	if (length <= 0 || client->received + length > LENGTH ||
	    memcmp(text, line + client->received, (size_t)length)) {
		end_client(fd, false);
		return;
	}
	client->received = (unsigned char)(client->received + length);
	if (client->received == LENGTH) {
		answered++;
		took = microseconds() - client->start;
		latency[took < LONGEST ? took : LONGEST]++;
		if (!hold)
			finish_sending(fd);
	}
}

static void release(void)
{
	sigset_t set;
	int signal;

	printf("%u held\n", answered);
	fflush(stdout);
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigwait(&set, &signal);
	hold = false;
	for (int fd = 0; fd < (int)at_once + 20; fd++)
		if (clients[fd].received)
			finish_sending(fd);
}

/* As many microseconds as `percent` of the answers took, at most. */
static int percentile(unsigned int percent)
{
	uint64_t sum = latency[0];
	int us = 0;

	while (us < LONGEST && sum * 100 < (uint64_t)answered * percent)
		sum += latency[++us];
	return us;
}

int main(int argc, char **argv)
{
	static struct epoll_event events[1024];
	const char *mode = argc > 4 ? argv[4] : "";
	const uint64_t start = microseconds();
	struct rlimit files;
	sigset_t set;

	at_once = argc > 3 ? (unsigned int)atoi(argv[3]) : 0;
	if (at_once < 1)
		errx(2, "usage: see the top of tests/stress/crowd.c");
	alarm(900); /* whatever happens, it ends */
	server.sin_port = htons((in_port_t)atoi(argv[1]));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!strcmp(mode, "rate"))
		end = start + (uint64_t)(atof(argv[2]) * 1e6);
	total = (unsigned int)atoi(argv[2]);
	hold = !strcmp(mode, "hold");
	rude = !strcmp(mode, "rude");
	clients = calloc(at_once + 20, sizeof(*clients));
	events_fd = epoll_create1(EPOLL_CLOEXEC);
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	files = (struct rlimit){ at_once + 20, at_once + 20 };
	if (at_once > 900 && setrlimit(RLIMIT_NOFILE, &files))
		err(1, "RLIMIT_NOFILE %u", at_once);
	if (!clients || events_fd < 0)
		err(1, "epoll");
	while (now > 0 || may_open()) {
		int count;

		/* a few at a time, between answers */
		for (int i = 0; i < 256 && may_open(); i++)
			open_client();
		count = epoll_wait(events_fd, events, 1024, may_open() ? 0 : 20000);
		if (count == 0 && !may_open()) {
			warnx("20 s without an answer");
			lost += now;
			break;
		}
		for (int i = 0; i < count; i++)
			(clients[events[i].data.fd].sent ? listen_to : say)(events[i].data.fd);
		if (hold && answered == total)
			release();
	}
	if (end)
		printf("%.0f %d %d %u\n", served * 1e6 / (double)(microseconds() - start),
		       percentile(50), percentile(99), lost);
	else
		printf("%u served, %u lost, %u at once\n", served, lost, most);
	return lost > 0;
}
