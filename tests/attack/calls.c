// SPDX-License-Identifier: 0BSD
/*
 * A handler that makes each call of the table in a way that works, but for those that no client
 * could be served without, and some in a form that is not allowed. It answers with a dot for each
 * way to send, then with what did not go as it should, then "end".
 */
#define HANDLER_CALLS ALLOW(getuid)

#include <linux/sockios.h>
#include <pthread.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

static int its_client;

static void use(bool works, const char *call)
{
	if (!works)
		dprintf(its_client, " %s: %s", call, strerror(errno));
}
#define USE(call) use((call) >= 0, #call)
#define DENIED(call) use((call) == -1 && errno == ENOSYS, "denied: " #call)

static void *run(void *unused)
{
	return unused;
}

static int handle_request(int client)
{
	union {
		struct sockaddr any;
		struct sockaddr_in6 v6;
	} address;
	socklen_t length = sizeof(address);
	char byte = '.';
	struct iovec vector = { &byte, 1 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	struct pollfd writable = { .fd = client, .events = POLLOUT };
	const struct timespec none = { 0, 0 };
	uint64_t limit[2];
	int number;
	struct timespec now;
	struct timeval day;
	struct sigaction action;
	sigset_t mask;
	pthread_t thread;

	its_client = client;
	USE(write(client, &byte, 1));
	USE(writev(client, &vector, 1));
	USE(send(client, &byte, 1, 0));
	USE(syscall(__NR_sendto, client, &byte, 1, 0, NULL, 0));
	USE(read(client, &byte, 1));
	USE(readv(client, &vector, 1));
	USE(recvfrom(client, &byte, 1, 0, NULL, NULL));
	USE(recv(client, &byte, 1, 0));
	USE(getsockname(client, &address.any, &length));
	USE(getpeername(client, &address.any, &length));
	/* Fast open fills the audit log, control messages pin memory. */
	DENIED(sendto(client, &byte, 1, MSG_FASTOPEN, &address.any, length));
	DENIED(syscall(__NR_sendmsg, client, &message, 0));
	DENIED(syscall(__NR_recvmsg, client, &message, MSG_DONTWAIT));
	length = sizeof(number);
	USE(syscall(__NR_getsockopt, client, SOL_SOCKET, SO_ERROR, &number, &length));
	USE(ioctl(client, SIOCOUTQ, &number));
	DENIED(ioctl(client, SIOCINQ, &number));
	USE(fcntl(client, F_SETFL, fcntl(client, F_GETFL)));
	USE(poll(&writable, 1, 0));
	use(lseek(client, 0, SEEK_SET) == -1 && errno == ESPIPE, "lseek");
	USE(syscall(__NR_dup3, client, 5, 0));
	USE(close(5));

	use(syscall(__NR_brk, 0) != -1, "brk");
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	use(memory != MAP_FAILED, "mmap");
	memory = mremap(memory, 4096, 8192, MREMAP_MAYMOVE);
	use(memory != MAP_FAILED, "mremap");
	USE(munmap(memory, 8192));
	/* musl takes another error of mprotect(2) for success, and crashes. */
	use(syscall(__NR_mprotect, memory, 4096, PROT_READ) == -1 && errno == ENOMEM, "mprotect");
	use(pthread_create(&thread, NULL, run, NULL) == EAGAIN, "pthread_create");
	char *volatile large = malloc(100 << 20); /* or a compiler takes it for a success */
	use(!large && errno == ENOMEM, "malloc");

	USE(syscall(__NR_nanosleep, &none, NULL));
	USE(clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL) ? -1 : 0);
	USE(syscall(__NR_clock_gettime, CLOCK_REALTIME, &now));
	DENIED(syscall(__NR_clock_gettime, ~getppid() << 3 | 2, &now));
	USE(syscall(__NR_gettimeofday, &day, NULL));
	USE(syscall(__NR_getpid));
	USE(syscall(__NR_getuid));
	DENIED(syscall(__NR_geteuid));
	USE(syscall(__NR_gettid));
	USE(syscall(__NR_getppid));
	USE(syscall(__NR_getrandom, &byte, 1, 0));
	USE(syscall(__NR_prlimit64, 0, RLIMIT_AS, NULL, limit));
	DENIED(syscall(__NR_prlimit64, getppid(), RLIMIT_AS, NULL, limit));
	USE(sigprocmask(SIG_SETMASK, NULL, &mask));
	USE(sigaction(SIGUSR1, NULL, &action));
	/* The kernel makes it for a sleep that SIGSTOP and SIGCONT have interrupted; here is none.
	 */
	use(syscall(__NR_restart_syscall) == -1 && errno == EINTR, "restart_syscall");
#ifdef __NR_fork
	use(syscall(__NR_fork) == -1 && errno == EAGAIN, "fork");
#endif

	dprintf(client, "end\n");
	return EXIT_SUCCESS;
}
