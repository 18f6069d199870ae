// SPDX-License-Identifier: 0BSD
/*
 * The server with an attacker in it: what someone could do who runs code of their own in a handler.
 * It includes tcpserver.c, which includes it as its HANDLER, for the declaration at its end.
 *
 * A request is one line, "OTHER OUTSIDE DIRECTORY ROW": the pids of another client's handler and of
 * a process that has nothing to do with the server, a directory with a file `victim` and a
 * listening UNIX socket `socket` (and an abstract one by the same name), and the line of an attack
 * in attacks.h. The outcome, "works" or an errno's name, goes to a page that all handlers share, as
 * an attack may well cost the connection. The request "outcome" asks for it, as does any byte that
 * follows the request "hold", which makes the other client's handler.
 */
#ifndef ATTACKER
#define ATTACKER
#define _GNU_SOURCE
#include <stdbool.h>

#include "../../landlock_compat.h"

#ifdef __SSE2__
/* The vector registers, as the server's last client left them */
static unsigned char registers[512] __attribute__((aligned(16)));
#define SAVE_REGISTERS() __asm__ volatile("fxsave %0" : "=m"(registers))
#else
#define SAVE_REGISTERS() ((void)0)
#endif

#define HANDLER "tests/attack/attacker.c"
#include "../../tcpserver.c"

/* What bare.h takes from the server, the attacker still has. */
#undef madvise
#undef RLIMIT_NPROC
#define RLIMIT_NPROC 6

#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/vm_sockets.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>
#include <ucontext.h>

enum { LAST_CALL = 600, RULES = sizeof(rules) / sizeof(rules[0]) };
enum { ENOUGH = 768 << 20 }; /* bytes */

static struct {
	volatile bool done;
	volatile int signals;	 /* that have come to the server or its handlers, */
	volatile pid_t attacker; /* but to this one */
	char outcome[16];
} * shared;
static int its_client;
static pid_t parent, other, outside; /* parent: the server */
static char directory[100];
static char *scratch;	    /* 64 KiB of zeros, whatever the size of a page */
static volatile int secret; /* in the memory of the handler that serves the request "hold" */

static void note_signal(int signal)
{
	(void)signal;
	if (getpid() != shared->attacker)
		shared->signals++;
}

__attribute__((constructor)) static void share_page(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	scratch = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	signal(SIGURG, note_signal);
	signal(SIGUSR1, note_signal);
}

static const char *path(const char *name)
{
	static char text[2][200];
	static unsigned int turn;

	turn = !turn;
	snprintf(text[turn], sizeof(text[turn]), "%s/%s", directory, name);
	return text[turn];
}

/* A queue's, which goes with this run. */
static const char *name(char kind)
{
	static char text[40];

	snprintf(text, sizeof(text), "attack-%c-%d", kind, outside);
	return text;
}

/* ---- Sockets ---- */

/* Something that listens: the server itself; and who is served. */
static union address target, peer;

static int tcp(int protocol)
{
	return socket(AF_INET, SOCK_STREAM, protocol);
}

static int pair(int end)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ? -1 : ends[end];
}

static int disconnect(int fd)
{
	return connect(fd, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
}

static int connect_to(int fd)
{
	return connect(fd, &target.any, sizeof(target));
}

static int bind_to_any(int fd)
{
	union address address = target;

	address.v4.sin_port = 0;
	return bind(fd, &address.any, sizeof(address));
}

static long send_to(int fd, int flags)
{
	return fd < 0 ? fd : sendto(fd, "x", 1, flags, &target.any, sizeof(target));
}

/* Fast open, by sendmmsg(2) or sendmsg(2) */
static long send_message(int fd, bool many)
{
	struct iovec data = { .iov_base = "x", .iov_len = 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_name = &target,
						.msg_namelen = sizeof(target),
						.msg_iov = &data,
						.msg_iovlen = 1 } };

	if (fd < 0)
		return fd;
	return many ? sendmmsg(fd, &message, 1, MSG_FASTOPEN)
		    : sendmsg(fd, &message.msg_hdr, MSG_FASTOPEN);
}

/* By a name in the directory, or, with a zero before it, an abstract one. */
static int unix_socket(int (*use)(int, const struct sockaddr *, socklen_t), const char *its_name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0), abstract = !*its_name;

	snprintf(address.sun_path + abstract, sizeof(address.sun_path) - 1, "%s/%s", directory,
		 its_name + abstract);
	return fd < 0 ? fd : use(fd, (struct sockaddr *)&address, sizeof(address));
}

#ifdef __x86_64__
static long socket_int80(void)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(359), "b"(AF_INET), "c"(SOCK_STREAM), "d"(0)
			 : "memory");
	errno = (int)-result;
	return result < 0 ? -1 : result;
}
#endif

static int set(int level, int option_name, int value)
{
	return setsockopt(its_client, level, option_name, &value, sizeof(value));
}

/* For a socket and for seccomp(2): lets everything pass */
static struct sock_fprog everything = { 1, &(struct sock_filter){ BPF_RET | BPF_K, 0, 0,
								  SECCOMP_RET_ALLOW } };

/* ---- Files, and what is inherited ---- */

/* By its own number, because musl's open(3) calls open(2), which no filter here lets pass. */
static int open_at(const char *file, int flags)
{
	return (int)syscall(__NR_openat, AT_FDCWD, file, flags);
}

static int run_program(void)
{
	char command[100];

	snprintf(command, sizeof(command), "echo works >&%d", its_client);
	fcntl(its_client, F_SETFD, 0);
	return execl("/bin/sh", "sh", "-c", command, NULL);
}

static int memfd(unsigned int flags)
{
	return (int)syscall(__NR_memfd_create, "x", flags);
}

/* An empty one: that it is not a program is what the kernel says when all else is right. */
static int run_memfd(void)
{
	syscall(__NR_execveat, memfd(0), "", (char *[]){ NULL }, (char *[]){ NULL }, AT_EMPTY_PATH);
	return errno == ENOEXEC ? 0 : -1;
}

/* A descriptor but for those of its own client, and of standard input, output and error */
static int find_descriptor(int first, bool (*is_it)(int))
{
	for (int fd = first; fd < 1024; fd++)
		if (fd != its_client && fd != CLIENT_AGAIN && is_it(fd))
			return fd;
	errno = EBADF;
	return -1;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFL) >= 0;
}

static bool has_flags(int fd)
{
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL)) == 0;
}

static bool has_offset(int fd)
{
	return lseek(fd, 0, SEEK_CUR) >= 0;
}

static int accept_another(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (syscall(__NR_accept4, fd, NULL, NULL, 0) >= 0 || errno == EAGAIN)
			return 0;
	return -1;
}

/* Another client's: neither its own nor, as `target`, the server's */
static bool is_address(const char *memory)
{
	struct sockaddr_in found;

	memcpy(&found, memory, 8); /* the rest is padding */
	return found.sin_family == AF_INET && found.sin_addr.s_addr == peer.v4.sin_addr.s_addr &&
	       found.sin_port != 0 && found.sin_port != peer.v4.sin_port &&
	       found.sin_port != target.v4.sin_port;
}

/* What came with SIGCHLD: another handler's pid, status and CPU time */
static bool is_end(const char *memory)
{
	struct signalfd_siginfo found;

	memcpy(&found, memory, sizeof(found));
	return found.ssi_signo == SIGCHLD && found.ssi_code == CLD_EXITED && found.ssi_pid > 1;
}

/* In its variables (and registers), its stack, and what the server knows of handlers, if that is
 * there */
static int find(bool (*is_it)(const char *))
{
	extern char __bss_start[], _end[];
	const char here = 0, *const known = (const char *)handlers;
	const bool has_it = write(its_client, known, sizeof(*handlers)) >= 0;
	const char *const places[][2] = { { __bss_start, _end },
					  { &here, (const char *)environ },
					  { known, has_it ? known + 4096 : known } };

	for (int i = 0; i < 3; i++)
		for (const char *at = places[i][0]; at + 128 <= places[i][1]; at++)
			if (is_it(at))
				return 0;
	return -1;
}

/* Whether it is the terminal that gets it, attack.c sees. */
static int write_log(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (write(fd, "escaped\n", 8) < 0)
			return -1;
	errno = ENOENT;
	return -1;
}

/* ---- Processes ---- */

/* By process_vm_readv(2) or process_vm_writev(2) */
static long use_memory(int call, pid_t pid)
{
	int value = 1;
	const struct iovec here = { &value, sizeof(value) };
	const struct iovec there = { (void *)(uintptr_t)&secret, sizeof(secret) };

	return syscall(call, pid, &here, 1UL, &there, 1UL, 0UL);
}

static int open_memory(pid_t pid)
{
	char file[40];

	snprintf(file, sizeof(file), "/proc/%d/mem", pid);
	return open_at(file, O_RDONLY);
}

/* Its own is one of them, so it succeeds; whether another gets the signal, attack.c sees. */
static int signal_group(void)
{
	if (kill(0, SIGURG))
		return -1;
	errno = EPERM;
	return -1;
}

static int pidfd(pid_t pid)
{
	return (int)syscall(__NR_pidfd_open, pid, 0);
}

/* Landlock denies the signal, but only if there is such a process. */
static int exists(pid_t pid)
{
	return !syscall(__NR_tgkill, pid, pid, 0) || errno == EPERM ? 0 : -1;
}

static const siginfo_t queued = { .si_code = SI_QUEUE };

/* Whoever owns a descriptor gets a signal when there is something to read from it. `failed` is the
 * result of making another process the owner. */
static int signal_owner(int failed)
{
	const int before = shared->signals;

	if (failed || fcntl(its_client, F_SETSIG, SIGUSR1) || fcntl(its_client, F_SETFL, O_ASYNC) ||
	    write(its_client, "go\n", 3) != 3)
		return -1;
	for (int i = 0; i < 20 && shared->signals == before; i++)
		usleep(10000);
	errno = EPERM;
	return shared->signals == before ? -1 : 0;
}

/* For the result of fork(2) or the like: ends the child. */
static int end_child(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int make_process(unsigned long flags)
{
	return end_child(syscall(__NR_clone, flags, 0UL, 0UL, 0UL, 0UL));
}

static int make_process3(uint64_t flags)
{
	return end_child(syscall(__NR_clone3, (uint64_t[8]){ flags, 0, 0, 0, SIGCHLD }, 64UL));
}

static int namespaces(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS);
}

/* ---- Memory ---- */

static int fill_ruleset(void)
{
	const uint64_t ruleset[2] = { 0, LANDLOCK_ACCESS_NET_BIND_TCP };
	const long fd = syscall(__NR_landlock_create_ruleset, ruleset, sizeof(ruleset), 0);

	for (uint64_t port = 0; fd >= 0 && port < 1000; port++)
		if (syscall(__NR_landlock_add_rule, fd, 2, (uint64_t[]){ 1, port }, 0))
			return -1;
	return (int)fd;
}

static int map(int protection, int flags, size_t size, int fd)
{
	return mmap(NULL, size, protection, flags, fd, 0) == MAP_FAILED ? -1 : 0;
}

/* 256 MiB, of which it touches a little. */
static int fill_memory(int kind)
{
	for (int i = 0; i < 256; i++) {
		char *piece =
			mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);

		if (piece == MAP_FAILED)
			return -1;
		*piece = 1;
	}
	return 0;
}

/* The same by brk(2), which answers with the end that there is. */
static int fill_heap(void)
{
	const long end = syscall(__NR_brk, 0L);

	errno = ENOMEM;
	return syscall(__NR_brk, end + (256L << 20)) == end ? -1 : 0;
}

/* One page in each so many bytes: each needs page tables of its own. Returns what these take. */
static size_t spread(uintptr_t at, uintptr_t step, uintptr_t end, size_t cost)
{
	size_t done = 0;

	for (; at < end && done < ENOUGH; at += step) {
		char *page = mmap((void *)at, 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

		if (page == MAP_FAILED)
			continue;
		*page = 1;
		done += cost;
	}
	return done;
}

/* One page kept of each huge page */
static void keep_remains(void)
{
	const uintptr_t huge = 2 << 20;

	for (int i = 0; i < (server.no_filter ? 256 : 20000); i++) {
		char *memory = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		     *first = (char *)(((uintptr_t)memory + huge - 1) & ~(huge - 1));

		if (memory == MAP_FAILED)
			return;
		madvise(first, huge, MADV_HUGEPAGE);
		*first = 1;
		munmap(memory, (size_t)(first - memory));
		munmap(first + 4096, (size_t)(memory + 2 * huge - first) - 4096);
	}
}

/* Until nothing more fits in for a second. The client does not read, and sends as well. */
static void fill_socket(void)
{
	fcntl(its_client, F_SETFL, O_NONBLOCK);
	for (int idle = 0; idle < 100; usleep(10000), idle++)
		while (write(its_client, scratch, 1 << 16) > 0)
			idle = 0;
}

/* Takes as much memory as it can, in one of the ways that the sandbox leaves; ENOUGH without. The
 * kernel gives a place above 47 bits to those who ask for it, in a fifth level of page tables. */
static void pin(int way)
{
	switch (way) {
	case 0:
		for (size_t done = 0; done < ENOUGH; done += 1 << 16) {
			char *piece = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			if (piece == MAP_FAILED)
				break;
			memset(piece, 1, 1 << 16);
		}
		break;
	case 1: spread(1UL << 40, 1UL << 30, 1UL << 46, 12288); break;
	case 2: spread(1UL << 48, 1UL << 39, 1UL << 55, 16384); break;
	case 3: keep_remains(); break;
	case 4:
		prlimit(0, RLIMIT_NOFILE, &(struct rlimit){ 1 << 20, 1 << 20 }, NULL);
		for (int fd = 1 << 20; fd > 5 && syscall(__NR_dup3, its_client, fd - 1, 0) < 0;)
			fd /= 2;
		break;
	case 5: fill_socket(); break;
	default: /* the most of these at once */
		fill_socket();
		if (!spread(1UL << 48, 1UL << 39, 1UL << 55, 16384))
			pin(1);
		pin(0);
	}
}

static int its_pipe(void)
{
	int ends[2];

	return pipe2(ends, 0) ? -1 : ends[1];
}

static long splice_client(void)
{
	const int fd = its_pipe();

	/* Nothing has come, so it says EAGAIN, as a read would. */
	fcntl(its_client, F_SETFL, O_NONBLOCK);
	return splice(its_client, NULL, fd, NULL, 1, 0) < 0 && errno != EAGAIN ? -1 : 0;
}

static long send_control(int fd, int type, const void *value, size_t size)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec data = { "x", 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = type;
	header->cmsg_len = (socklen_t)CMSG_LEN(size);
	memcpy(CMSG_DATA(header), value, size);
	return sendmsg(fd, &message, MSG_EOR);
}

/* A byte whose copy stays in the error queue, with the page that it is on, when the client has
 * acknowledged it. */
static long send_stamped(void)
{
	const int when = 1 << 9; /* SOF_TIMESTAMPING_TX_ACK */
	char byte;

	if (send_control(its_client, SO_TIMESTAMPING, &when, sizeof(when)) < 0)
		return -1;
	usleep(100000);
	return recv(its_client, &byte, 1, MSG_ERRQUEUE | MSG_DONTWAIT);
}

/* Nothing has come, so it says EAGAIN. */
static long receive_message(void)
{
	return recvmsg(its_client, &(struct msghdr){ 0 }, MSG_DONTWAIT) < 0 && errno != EAGAIN ? -1
											       : 0;
}

/* So that the kernel has to keep each real-time signal that it sends to itself. */
static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static int fill_descriptors(void)
{
	for (int fd = 10; fd < 1010; fd++)
		if (syscall(__NR_dup3, its_client, fd, 0) < 0)
			return -1;
	return 0;
}

/* ---- Locks, time, limits ---- */

static int its_null(void)
{
	const int fd = open("/dev/null", O_RDWR);

	return fd < 0 ? 0 : fd;
}

/* One byte of its own: other runs do not see it. */
static int lock_range(int fd, int command)
{
	struct flock lock = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = outside, .l_len = 1
	};

	return fcntl(fd, command, &lock);
}

/* On a lock that, as the word says, the process outside holds. Without permission, ESRCH or EPERM.
 */
static int lock_pi(void)
{
	memcpy(scratch, &outside, sizeof(outside));
	syscall(__NR_futex, scratch, 6 /* FUTEX_LOCK_PI */, 0, scratch + 64, NULL, 0);
	return errno == ETIMEDOUT ? 0 : -1;
}

#ifdef __x86_64__
static sigjmp_buf before_frame;

static void go_back(int unused)
{
	siglongjmp(before_frame, unused);
}

/* The kernel logs a bad frame even if the signal that follows is caught. */
static int forge_frame(void)
{
	static char stack[65536];
	static ucontext_t frame;
	long result = __NR_rt_sigreturn;

	frame.uc_mcontext.gregs[REG_RSP] = (greg_t)(stack + 60000);
	frame.uc_mcontext.gregs[REG_CSGSFS] = 0x002b000000000033;
	frame.uc_mcontext.fpregs = (fpregset_t)8;
	signal(SIGSEGV, go_back);
	if (sigsetjmp(before_frame, 1))
		return 0;
	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
			 : "+a"(result)
			 : "r"(&frame)
			 : "rbx", "rcx", "r11", "memory");
	errno = (int)-result;
	return -1;
}
#endif

static long attack(int row)
{
	switch (row) {
// clang-format off
#define SECTION(title)
#define ATTACK(what, needs, landlock, filter_alone, code)                                          \
	case __LINE__:                                                                             \
		return (long)(code);
// clang-format on
#include "attacks.h"
	default: return -1;
	}
}

/* ---- Which system calls it reaches ---- */

/* By the rules, as the source has them. */
static bool is_listed(int number, const long *arguments)
{
	for (size_t i = 0; i < RULES; i++) {
		bool match = rules[i].call == number;

		for (int j = 0; j < 4; j++)
			match &= ((uint32_t)arguments[j] & rules[i].argument[j].mask) ==
				 rules[i].argument[j].value;
		if (match)
			return rules[i].answer == SECCOMP_RET_ALLOW;
	}
	return false;
}

/* By the kernel. The arguments are wrong, so that nothing comes of it. */
static bool is_reached(int number, const long *a)
{
	const pid_t self = getpid();
	long result;

	errno = 0;
	result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (getpid() != self)
		_exit(EXIT_FAILURE);
	return result != -1 || (errno != ENOSYS && errno != EACCES && errno != EPERM &&
				(number != __NR_mprotect || errno != ENOMEM));
}

static bool is_left_out(int number)
{
	switch (number) {
	case __NR_exit_group: return true; /* for what it does */
#ifdef __x86_64__
	/* uretprobe and uprobe: the kernel's own code calls them, and any other caller is ended.
	 * From Linux 6.14 and 6.18 on they pass every filter. */
	case 335:
	case 336: return true;
#endif
	/* landlock_restrict_self */
	case __NR_landlock_restrict_self: return !server.policy.abi;
	default: return false;
	}
}

static void compare(int number, const long *arguments)
{
	const bool listed = is_listed(number, arguments);

	if (is_reached(number, arguments) != listed)
		dprintf(its_client, "%s %d\n", listed ? "lost" : "stray", number);
}

/* Answers "stray N" for each call that is reached in a form that is not listed, "lost N" for each
 * that is not reached in one that is, and "listed COUNT". */
static void try_calls(void)
{
	int listed = 0;

	for (int number = 0; number <= LAST_CALL; number++) {
		bool is_allowed = false; /* in some form */

		for (size_t i = 0; i < RULES; i++)
			is_allowed |=
				rules[i].call == number && rules[i].answer == SECCOMP_RET_ALLOW;
		listed += is_allowed;
		if (!is_left_out(number))
			compare(number, (long[]){ -1, -1, -1, -1, -1, -1 });
	}
	for (size_t i = 0; i < RULES; i++) {
		const struct landlock_compat_argument *const of = rules[i].argument;

		if (rules[i].answer != SECCOMP_RET_ALLOW || is_left_out(rules[i].call))
			continue;
		/* The form itself, then with one argument after the other wrong */
		for (int wrong = -1; wrong < 4; wrong++) {
			long a[] = { -1, -1, -1, -1, -1, -1 };

			for (int j = 0; j < 4; j++) {
				const uint32_t bit = wrong == j ? of[j].mask & -of[j].mask : 0;

				if (of[j].mask)
					a[j] = (int32_t)(~of[j].mask | (of[j].value ^ bit));
			}
			if (wrong < 0 || of[wrong].mask)
				compare(rules[i].call, a);
		}
	}
	dprintf(its_client, "listed %d\n", listed);
}

/* ---- Requests ---- */

static const char *errno_name(int error)
{
#define NAME(error) [error] = #error
	static const char *const names[256] = {
		NAME(EACCES), NAME(EAGAIN), NAME(EBADF),   NAME(ECONNREFUSED),
		NAME(EFAULT), NAME(EINVAL), NAME(EISCONN), NAME(EMFILE),
		NAME(ENOENT), NAME(ENOMEM), NAME(ENOSYS),  NAME(EPERM),
	};
	static char number[16];

	snprintf(number, sizeof(number), "errno %d", error);
	return error < 256 && names[error] ? names[error] : number;
}

/* What other tests ask for. Does not return if it was one of these. */
static void other_requests(const char *request)
{
	if (!strncmp(request, "abort", 5)) /* a mark may follow */
		abort();
	if (!strcmp(request, "spin\n"))
		for (;;)
			continue;
	if (!strncmp(request, "pin ", 4)) {
		pin(atoi(request + 4));
		strcpy(shared->outcome, "works");
		shared->done = true;
		for (;;)
			sleep(1);
	}
}

static void tell_outcome(void)
{
	const char *outcome;

	for (int i = 0; i < 3000 && !shared->done; i++)
		usleep(1000);
	outcome = shared->signals ? "works" : shared->done ? shared->outcome : "nothing";
	/* Before the next attack, which the answer lets begin */
	shared->signals = shared->done = 0;
	dprintf(its_client, "%s\n", outcome);
}

static int handle_request(int fd)
{
	char request[300] = "";
	socklen_t length = sizeof(target);
	int row;

	SAVE_REGISTERS();
	its_client = fd;
	parent = getppid();
	getsockname(its_client, &target.any, &length);
	getpeername(its_client, &peer.any, &length); /* before an attack costs the connection */
	for (size_t i = 0; !strchr(request, '\n'); i++)
		if (i == sizeof(request) - 1 || read(its_client, request + i, 1) <= 0)
			return EXIT_FAILURE;
	other_requests(request);
	if (!strcmp(request, "calls\n")) {
		try_calls();
		return EXIT_SUCCESS;
	}
	if (!strcmp(request, "hold\n")) {
		secret = 1;
		dprintf(its_client, "%d held\n", getpid());
		for (ssize_t got; (got = read(its_client, request, 1)) != 0;)
			if (got > 0)
				tell_outcome();
		return EXIT_SUCCESS;
	}
	if (!strcmp(request, "outcome\n")) {
		tell_outcome();
		return EXIT_SUCCESS;
	}
	if (sscanf(request, "%d %d %99s %d", &other, &outside, directory, &row) != 4)
		return EXIT_FAILURE;
	shared->attacker = getpid();
	strcpy(shared->outcome, attack(row) < 0 ? errno_name(errno) : "works");
	shared->done = true;
	return EXIT_SUCCESS;
}
#else
static int handle_request(int client);
#endif
