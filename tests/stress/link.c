// SPDX-License-Identifier: 0BSD
/*
 * link NAMESPACE NAMESPACE DELAY LOSS REORDER RATE QUEUE SEED - a bad link between two namespaces
 *
 * For kernels without netem. In each of the two network namespaces (/run/netns/NAMESPACE) it makes
 * a TUN device, link0, and carries packets between them: DELAY milliseconds each way, LOSS and
 * REORDER in percent of the packets, RATE in bits a second (0: unlimited), QUEUE packets at most
 * under way. Prints "up" when both devices are there, and runs until it is killed.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

struct packet {
	double due;
	struct packet *next;
	size_t length;
	char data[];
};

static struct direction {
	int in, out;
	struct packet *first; /* in the order of due */
	double free, latest;  /* when the link can take the next packet; the latest due */
	int under_way;
} directions[2];

static double delay, loss, reorder, rate;
static int most;

static int make_device(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
	strcpy(request.ifr_name, "link0");
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		err(1, "/dev/net/tun");
	return fd;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void take(struct direction *way, const char *data, size_t length)
{
	struct packet *packet, **place = &way->first;

	if (drand48() < loss || way->under_way >= most)
		return;
	packet = malloc(sizeof(*packet) + length);
	if (!packet)
		err(1, "malloc");
	if (way->free < now())
		way->free = now();
	if (rate > 0)
		way->free += (double)length * 8 / rate;
	packet->due = way->free + delay;
	if (drand48() < reorder)
		packet->due = way->free + delay * 0.3; /* it overtakes others */
	else if (packet->due < way->latest)
		packet->due = way->latest;
	else
		way->latest = packet->due;
	packet->length = length;
	memcpy(packet->data, data, length);
	while (*place && (*place)->due <= packet->due)
		place = &(*place)->next;
	packet->next = *place;
	*place = packet;
	way->under_way++;
}

/* Returns when the next packet is due. */
static double deliver(struct direction *way)
{
	while (way->first && way->first->due <= now()) {
		struct packet *packet = way->first;

		way->first = packet->next;
		way->under_way--;
		if (write(way->out, packet->data, packet->length) < 0)
			warn("a packet is lost");
		free(packet);
	}
	return way->first ? way->first->due : now() + 1;
}

int main(int argc, char **argv)
{
	static char data[70000];
	ssize_t length;

	if (argc != 9)
		errx(2, "usage: link NAMESPACE NAMESPACE DELAY LOSS REORDER RATE QUEUE SEED");
	directions[0].in = directions[1].out = make_device(argv[1]);
	directions[0].out = directions[1].in = make_device(argv[2]);
	delay = atof(argv[3]) / 1e3;
	loss = atof(argv[4]) / 100;
	reorder = atof(argv[5]) / 100;
	rate = atof(argv[6]);
	most = atoi(argv[7]);
	srand48(atol(argv[8]));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	puts("up");
	fflush(stdout);
	for (;;) {
		struct pollfd ready[2] = { { directions[0].in, POLLIN, 0 },
					   { directions[1].in, POLLIN, 0 } };
		const double one = deliver(&directions[0]), other = deliver(&directions[1]);
		const double wait = (one < other ? one : other) - now();
		const struct timespec time = { wait > 0 ? (time_t)wait : 0,
					       wait > 0
						       ? (long)((wait - (double)(time_t)wait) * 1e9)
						       : 0 };

		if (ppoll(ready, 2, &time, NULL) < 0)
			err(1, "ppoll");
		for (int i = 0; i < 2; i++)
			for (int burst = 0; ready[i].revents && burst < 64; burst++) {
				length = read(directions[i].in, data, sizeof(data));
				if (length <= 0)
					break;
				take(&directions[i], data, (size_t)length);
			}
	}
}
