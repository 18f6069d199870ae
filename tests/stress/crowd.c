// SPDX-License-Identifier: 0BSD
/*
 * crowd PORT TOTAL AT_ONCE [hold|rude] - many clients, from addresses all over 127.0.0.0/8
 *
 * Opens TOTAL connections, at most AT_ONCE at a time; each sends a line, has it echoed, shuts down
 * its side, and waits for the end. hold: none goes on until all AT_ONCE have been answered and the
 * program was sent a SIGCONT. rude: resets, urgent data and closing early, of each a part.
 * Prints "SERVED served, LOST lost, MOST at once"; with rude, who was rude is not counted. Status 1
 * if anyone was lost. It ends after 20 s without an answer to anyone.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static const char line[] = "hello\n";
enum { LENGTH = sizeof(line) - 1 };
enum manner { PLAIN, RESET_AT_ONCE, RESET, CLOSE, URGENT, MANNERS };
static struct client {
	unsigned char received, manner;
	bool sent;
} * clients; /* by descriptor */
static unsigned int opened, served, lost, now, most, answered;
static bool hold, rude;
static int events_fd;
static in_port_t port;
static unsigned int first; /* address: not that of another crowd */

static void open_client(void)
{
	const unsigned int n = opened++;
	const struct sockaddr_in from = {
		.sin_family = AF_INET, .sin_addr = { htonl(0x7f010001 + (first + n) % 0xf00000) }
	};
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = port,
					.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data = { .fd = fd } };

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) ||
	    bind(fd, (const struct sockaddr *)&from, sizeof(from)))
		err(1, "socket, bind");
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)
		err(1, "connect");
	if (epoll_ctl(events_fd, EPOLL_CTL_ADD, fd, &event))
		err(1, "epoll_ctl");
	clients[fd] = (struct client){ .manner = (unsigned char)(rude ? n % MANNERS : PLAIN) };
	if (++now > most)
		most = now;
}

static void end_client(int fd, bool well)
{
	if (clients[fd].manner == PLAIN) {
		served += well;
		lost += !well;
	}
	close(fd);
	now--;
}

static void reset_client(int fd)
{
	const struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	end_client(fd, false);
}

static void finish_sending(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fd } };

	if (clients[fd].manner == RESET) {
		reset_client(fd);
	} else if (clients[fd].manner == CLOSE) {
		end_client(fd, false);
	} else {
		shutdown(fd, SHUT_WR);
		epoll_ctl(events_fd, EPOLL_CTL_MOD, fd, &event);
	}
}

static void say(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data = { .fd = fd } };

	if (clients[fd].manner == RESET_AT_ONCE) {
		reset_client(fd);
		return;
	}
	if (clients[fd].manner == URGENT)
		send(fd, "!", 1, MSG_OOB | MSG_NOSIGNAL);
	if (send(fd, line, LENGTH, MSG_NOSIGNAL) != LENGTH) {
		end_client(fd, false);
		return;
	}
	clients[fd].sent = true;
	epoll_ctl(events_fd, EPOLL_CTL_MOD, fd, &event);
}

static void listen_to(int fd)
{
	char text[64];
	const ssize_t length = recv(fd, text, sizeof(text), 0);

	if (length <= 0) {
		end_client(fd, length == 0 && clients[fd].received == LENGTH);
		return;
	}
	clients[fd].received = (unsigned char)(clients[fd].received + length);
	if (clients[fd].received == LENGTH) {
		answered++;
		if (!hold)
			finish_sending(fd);
	}
}

int main(int argc, char **argv)
{
	const unsigned int total = argc > 3 ? (unsigned int)atoi(argv[2]) : 0;
	const unsigned int at_once = argc > 3 ? (unsigned int)atoi(argv[3]) : 0;
	const struct rlimit files = { at_once + 20, at_once + 20 };
	static struct epoll_event events[1024];
	sigset_t set;
	int signal;

	if (total < 1 || at_once < 1)
		errx(2, "usage: crowd PORT TOTAL AT_ONCE [hold|rude]");
	first = (unsigned int)getpid() << 8;
	port = htons((in_port_t)atoi(argv[1]));
	hold = argc > 4 && !strcmp(argv[4], "hold");
	rude = argc > 4 && !strcmp(argv[4], "rude");
	clients = calloc(at_once + 20, sizeof(*clients));
	events_fd = epoll_create1(EPOLL_CLOEXEC);
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (at_once > 900 && setrlimit(RLIMIT_NOFILE, &files))
		err(1, "RLIMIT_NOFILE %u", at_once);
	if (!clients || events_fd < 0)
		err(1, "epoll");
	while (now > 0 || opened < total) {
		int count;

		/* a few at a time, between answers */
		for (int i = 0; i < 256 && now < at_once && opened < total; i++)
			open_client();
		count = epoll_wait(events_fd, events, 1024,
				   now < at_once && opened < total ? 0 : 20000);
		if (count == 0 && !(now < at_once && opened < total)) {
			warnx("20 s without an answer");
			lost += now;
			break;
		}
		for (int i = 0; i < count; i++)
			(clients[events[i].data.fd].sent ? listen_to : say)(events[i].data.fd);
		if (hold && answered == total) {
			printf("%u held\n", answered);
			fflush(stdout);
			sigwait(&set, &signal);
			hold = false;
			for (int fd = 0; fd < (int)at_once + 20; fd++)
				if (clients[fd].received)
					finish_sending(fd);
		}
	}
	printf("%u served, %u lost, %u at once\n", served, lost, most);
	return lost > 0;
}
