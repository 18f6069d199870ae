// SPDX-License-Identifier: 0BSD
/*
 * A handler that makes each call of the list, and each form, in a way that works, but for those
 * that no client could be served without. It answers with a dot for each way to send, then with
 * what did not work, then "end".
 *
 * And one that it declares. By the C library's functions where they make that call, on most
 * architectures.
 */
#define HANDLER_CALLS __NR_getuid

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

	its_client = client;
	USE(write(client, &byte, 1));
	USE(writev(client, &vector, 1));
	USE(send(client, &byte, 1, 0));
	USE(syscall(__NR_sendto, client, &byte, 1, 0, NULL, 0));
	USE(syscall(__NR_sendmsg, client, &message, 0));
	USE(read(client, &byte, 1));
	USE(readv(client, &vector, 1));
	USE(recvfrom(client, &byte, 1, 0, NULL, NULL));
	USE(recvmsg(client, &message, 0));
	USE(recv(client, &byte, 1, 0));
	USE(getsockname(client, &address.any, &length));
	USE(getpeername(client, &address.any, &length));
	/* but not fast open, by which a handler can fill the audit log */
	use(sendto(client, &byte, 1, MSG_FASTOPEN, &address.any, length) == -1 && errno == ENOSYS,
	    "sendto, fast open");
	message.msg_name = &address;
	message.msg_namelen = length;
	use(sendmsg(client, &message, MSG_FASTOPEN) == -1 && errno == ENOSYS, "sendmsg, fast open");
	length = sizeof(number);
	USE(syscall(__NR_getsockopt, client, SOL_SOCKET, SO_ERROR, &number, &length));
	USE(fcntl(client, F_SETFL, fcntl(client, F_GETFL)));
	USE(ppoll(&writable, 1, &none, NULL));
	USE(poll(&writable, 1, 0));
	USE(lseek(STDIN_FILENO, 0, SEEK_SET));
	USE(syscall(__NR_dup3, client, 4, 0));
	USE(close(4));

	use(syscall(__NR_brk, 0) != -1, "brk");
#ifndef __s390x__ /* see allow_forms() */
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	use(memory != MAP_FAILED, "mmap");
	memory = mremap(memory, 4096, 8192, MREMAP_MAYMOVE);
	use(memory != MAP_FAILED, "mremap");
	USE(munmap(memory, 8192));
#endif

	USE(syscall(__NR_nanosleep, &none, NULL));
	USE(clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL) ? -1 : 0);
	USE(syscall(__NR_clock_gettime, CLOCK_REALTIME, &now));
	USE(syscall(__NR_gettimeofday, &day, NULL));
#if __SIZEOF_LONG__ == 4 /* the same three with times of 64 bits */
	USE(syscall(414, &writable, 1, (int64_t[2]){ 0 }, NULL, 8));
	USE(syscall(403, CLOCK_REALTIME, (int64_t[2]){ 0 }));
	USE(syscall(407, CLOCK_MONOTONIC, 0, (int64_t[2]){ 0 }, NULL));
	/* but not the CPU clock of another process */
	use(syscall(403, ~getppid() << 3 | 2, (int64_t[2]){ 0 }) == -1 && errno == ENOSYS, "403");
	use(syscall(407, ~getppid() << 3 | 2, 0, (int64_t[2]){ 0 }, NULL) == -1 && errno == ENOSYS,
	    "407");
#endif
	USE(syscall(__NR_getpid));
	USE(syscall(__NR_getuid));
	USE(syscall(__NR_gettid));
	USE(syscall(__NR_getppid));
	USE(syscall(__NR_getrandom, &byte, 1, 0));
	USE(syscall(__NR_prlimit64, 0, RLIMIT_AS, NULL, limit));
	USE(sigprocmask(SIG_SETMASK, NULL, &mask));
	USE(sigaction(SIGUSR1, NULL, &action));
	/* The kernel makes it for a sleep that SIGSTOP and SIGCONT have interrupted; here is none.
	 */
	use(syscall(__NR_restart_syscall) == -1 && errno == EINTR, "restart_syscall");
#ifdef __NR_fork
	use(syscall(__NR_fork) == -1 && errno == EAGAIN, "fork");
#endif

	dprintf(client, "end\n");
	USE(shutdown(client, SHUT_WR));
	return EXIT_SUCCESS;
}
