// SPDX-License-Identifier: 0BSD
/*
 * The server with an attacker in it: what someone could do who runs code of their own in a handler.
 * It includes tcpserver.c, which includes it as its HANDLER, for the declaration at its end.
 *
 * A request is one line, "OTHER OUTSIDE DIRECTORY ATTACK": the pids of another client's handler and
 * of a process that has nothing to do with the server, a directory with a file `victim` and a
 * listening UNIX socket `socket` (and an abstract one by the same name), and a line of attacks.h.
 * The outcome, "works", an errno's name or "n/a" on this architecture, goes to a page that all
 * handlers share, as an attack may well cost the connection: the request "outcome" asks for it.
 */
#ifndef ATTACKER
#define ATTACKER
#define _GNU_SOURCE
#include "../../landlock_compat.h"

/* The rules of the filter, noted as tcpserver.c makes them, and the conditions of the next one. */
static struct rule {
	const int *calls;
	size_t call_count, condition_count;
	uint32_t conditions[3][3], answer; /* argument, mask, value */
	int call;
} rules[100];
static size_t rule_count;

static void note_condition(uint32_t argument, uint32_t mask, uint32_t value)
{
	struct rule *rule = &rules[rule_count];
	uint32_t *condition = rule->conditions[rule->condition_count++];

	condition[0] = argument;
	condition[1] = mask;
	condition[2] = value;
}

static void note_rule(uint32_t answer, const int *calls, size_t count)
{
	struct rule *rule = &rules[rule_count++];

	rule->answer = answer;
	rule->call = *calls;
	rule->calls = count == 1 ? &rule->call : calls;
	rule->call_count = count;
}

#define landlock_compat_if(p, a, m, v) (note_condition(a, m, v), landlock_compat_if(p, a, m, v))
#define landlock_compat_answer(p, a, c, n) (note_rule(a, c, n), landlock_compat_answer(p, a, c, n))
#define landlock_compat_allow(p, call)                                                             \
	landlock_compat_answer(p, SECCOMP_RET_ALLOW, (&(int){ call }), 1)
#define landlock_compat_deny(p, call, error)                                                       \
	landlock_compat_answer(p, SECCOMP_RET_ERRNO | (error), (&(int){ call }), 1)
#define HANDLER "tests/attack/attacker.c"
#include "../../tcpserver.c"

/* What bare.h takes from the server, the attacker still has. */
#undef fork
#undef dup2
#undef dup3
#undef setuid
#undef setgroups
#undef chdir
#undef madvise
#undef PR_SET_DUMPABLE
#define PR_SET_DUMPABLE 4
#undef PR_SET_THP_DISABLE
#define PR_SET_THP_DISABLE 41
#undef RLIMIT_NPROC
#define RLIMIT_NPROC 6
#undef RLIMIT_NOFILE
#define RLIMIT_NOFILE 7

#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/vm_sockets.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
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

#define NOT_HERE (-2)
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef F_OFD_SETLK /* musl */
#define F_OFD_SETLK 37
#endif
#define nr LANDLOCK_COMPAT_NR

static struct {
	volatile bool done;
	volatile int signals;	 /* that have come to the server or its handlers, */
	volatile pid_t attacker; /* but to this one */
	char outcome[16];
} * shared;
static int its_client;
static pid_t server, other, outside;
static char directory[100];
static char *scratch;	    /* 64 KiB of zeros, whatever the size of a page */
static volatile int secret; /* in the memory of whoever serves the request "hold" */

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

/* Something that listens: the server itself. */
static union address target;

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
	return fd < 0 ? fd : connect(fd, &target.any, sizeof(target));
}

static int bind_to_any(int fd)
{
	union address address = target;

	address.v4.sin_port = 0;
	return fd < 0 ? fd : bind(fd, &address.any, sizeof(address));
}

static int listen_on(int fd)
{
	return fd < 0 ? fd : listen(fd, 1);
}

static long fast_open(int fd, char how)
{
	struct iovec data = { .iov_base = "x", .iov_len = 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_name = &target,
						.msg_namelen = sizeof(target),
						.msg_iov = &data,
						.msg_iovlen = 1 } };

	if (fd < 0)
		return fd;
	if (how == 't')
		return sendto(fd, "x", 1, MSG_FASTOPEN, &target.any, sizeof(target));
	if (how == 'm')
		return sendmsg(fd, &message.msg_hdr, MSG_FASTOPEN);
	if (how == 'M')
		return sendmmsg(fd, &message, 1, MSG_FASTOPEN);
#if __SIZEOF_LONG__ == 8
	return syscall(__NR_sendto, fd, "x", 1UL, MSG_FASTOPEN | 1L << 32, &target, sizeof(target));
#else
	return NOT_HERE;
#endif
}

static long send_udp(void)
{
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd < 0 ? fd : sendto(fd, "x", 1, 0, &target.any, sizeof(target));
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

static long socket_int80(void)
{
#ifdef __x86_64__
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(359), "b"(AF_INET), "c"(SOCK_STREAM), "d"(0)
			 : "memory");
	errno = (int)-result;
	return result < 0 ? -1 : result;
#else
	return NOT_HERE;
#endif
}

static long socket_garbage(void)
{
#if __SIZEOF_LONG__ == 8
	return syscall(__NR_socket, AF_INET | 1L << 32, SOCK_STREAM | 1L << 33, 1L << 34);
#else
	return NOT_HERE;
#endif
}

static long socket_socketcall(void)
{
#ifdef __NR_socketcall
	return syscall(__NR_socketcall, 1, (long[]){ AF_INET, SOCK_STREAM, 0 });
#else
	return NOT_HERE;
#endif
}

static int set(int level, int option_name, int value)
{
	return setsockopt(its_client, level, option_name, &value, sizeof(value));
}

static struct sock_fprog everything = { 1, &(struct sock_filter){ BPF_RET | BPF_K, 0, 0, ~0U } };

static int attach_filter(void)
{
	return setsockopt(its_client, SOL_SOCKET, SO_ATTACH_FILTER, &everything,
			  sizeof(everything));
}

/* ---- Files, and what is inherited ---- */

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

static int find_descriptor(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fd != its_client && fcntl(fd, F_GETFL) >= 0)
			return fd;
	errno = EBADF;
	return -1;
}

static int accept_another(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (syscall(__NR_accept4, fd, NULL, NULL, 0) >= 0 || errno == EAGAIN)
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
	return open(file, O_RDONLY);
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
	return (int)syscall(nr(434), pid, 0);
}

/* Landlock denies the signal, but only if there is such a process. */
static int exists(pid_t pid)
{
	return !syscall(__NR_tgkill, pid, pid, 0) || errno == EPERM ? 0 : -1;
}

static long queue_signal(pid_t pid, bool to_thread)
{
	const siginfo_t info = { .si_signo = SIGURG, .si_code = SI_QUEUE };

	return to_thread ? syscall(__NR_rt_tgsigqueueinfo, pid, pid, SIGURG, &info)
			 : syscall(__NR_rt_sigqueueinfo, pid, SIGURG, &info);
}

/* Whoever owns a descriptor gets a signal when there is something to read from it. */
static int signal_by_owner(int command)
{
	const struct f_owner_ex owner = { .type = F_OWNER_PID, .pid = other };
	const int before = shared->signals;
	int result;

	if (command == F_SETOWN_EX)
		result = fcntl(its_client, F_SETOWN_EX, &owner);
	else if (command == F_SETOWN)
		result = fcntl(its_client, F_SETOWN, other);
	else
		result = ioctl(its_client, FIOSETOWN, &other);
	if (result || fcntl(its_client, F_SETSIG, SIGUSR1) || fcntl(its_client, F_SETFL, O_ASYNC) ||
	    write(its_client, "go\n", 3) != 3)
		return -1;
	for (int i = 0; i < 20 && shared->signals == before; i++)
		usleep(10000);
	errno = EPERM;
	return shared->signals == before ? -1 : 0;
}

static int make_process(unsigned long flags)
{
#ifdef __s390x__
	const long pid = syscall(__NR_clone, 0UL, flags, 0UL, 0UL, 0UL);
#else
	const long pid = syscall(__NR_clone, flags, 0UL, 0UL, 0UL, 0UL);
#endif
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int make_process3(uint64_t flags)
{
	uint64_t arguments[8] = { flags, 0, 0, 0, SIGCHLD };
	const long pid = syscall(nr(435), arguments, sizeof(arguments));

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

/* vfork(2) shares the stack: it must not be called through syscall(3). */
static int make_process_vfork(void)
{
	const pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int namespaces(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS);
}

static long add_filter(void)
{
	everything.filter->k = SECCOMP_RET_ALLOW;
	return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL)
		       ? -1
		       : syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &everything);
}

static int make_ruleset(uint64_t ports)
{
	const uint64_t ruleset[2] = { LANDLOCK_ACCESS_FS_EXECUTE, ports ? 1 : 0 };
	const long fd = syscall(nr(444), ruleset, ports ? 16UL : 8UL, 0);

	for (uint64_t port = 0; fd >= 0 && port < ports; port++)
		if (syscall(nr(445), fd, 2, (uint64_t[]){ 1, port }, 0))
			return -1;
	return (int)fd;
}

static long bpf_map(void)
{
	const union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1
	};

	return syscall(__NR_bpf, BPF_MAP_CREATE, &map, sizeof(map));
}

static long perf(pid_t pid)
{
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(event) };

	event.exclude_kernel = event.exclude_hv = 1;
	return syscall(__NR_perf_event_open, &event, pid, -1, -1, 0UL);
}

/* ---- Memory ---- */

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

static long send_descriptor(void)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec data = { "x", 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &its_client, sizeof(int));
	return sendmsg(pair(0), &message, 0);
}

/* A real-time signal to itself, which it does not take: the kernel keeps each of them. */
static long wait_signals(bool by_tgkill)
{
	const siginfo_t info = { .si_signo = SIGRTMIN, .si_code = SI_QUEUE };
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN);
	if (sigprocmask(SIG_BLOCK, &mask, NULL))
		return -1;
	return by_tgkill ? syscall(__NR_tgkill, getpid(), getpid(), SIGRTMIN)
			 : syscall(__NR_rt_sigqueueinfo, getpid(), SIGRTMIN, &info);
}

static int fill_descriptors(void)
{
	for (int fd = 10; fd < 1010; fd++)
		if (syscall(__NR_dup3, its_client, fd, 0) < 0)
			return -1;
	return 0;
}

static int large_table(void)
{
	struct rlimit limits;

	if (prlimit(0, RLIMIT_NOFILE, NULL, &limits))
		return -1;
	limits.rlim_cur = limits.rlim_max < 4096 ? limits.rlim_max : 4096;
	if (prlimit(0, RLIMIT_NOFILE, &limits, NULL))
		return -1;
	return limits.rlim_cur > 64 ? (int)syscall(__NR_dup3, its_client, limits.rlim_cur - 1, 0)
				    : -1;
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

static long limit_process(pid_t pid)
{
	struct rlimit same;

	if (prlimit(pid, RLIMIT_CORE, NULL, &same))
		return -1;
	same.rlim_cur = 0;
	return prlimit(pid, RLIMIT_CORE, &same, NULL);
}

static int move_process(pid_t pid)
{
	cpu_set_t same;

	return sched_getaffinity(pid, sizeof(same), &same)
		       ? -1
		       : sched_setaffinity(pid, sizeof(same), &same);
}

static long attack(const char *its_name)
{
#define SECTION(title)
#define ATTACK(what, needs, landlock, filter_alone, code)                                          \
	if (!strcmp(its_name, what))                                                               \
		return (long)(code);
#include "attacks.h"
	return NOT_HERE;
}

/* ---- Which system calls it reaches ---- */

enum { LAST_CALL = 600 };

static bool is_about(const struct rule *rule, int number)
{
	for (size_t i = 0; i < rule->call_count; i++)
		if (rule->calls[i] == number)
			return true;
	return false;
}

/* By the rules, as the source has them. */
static bool is_listed(int number, const long *arguments)
{
	for (size_t i = 0; i < rule_count; i++) {
		bool match = is_about(&rules[i], number);

		for (size_t j = 0; match && j < rules[i].condition_count; j++) {
			const uint32_t *condition = rules[i].conditions[j];

			match = ((uint32_t)arguments[condition[0]] & condition[1]) == condition[2];
		}
		if (match)
			return rules[i].answer == SECCOMP_RET_ALLOW;
	}
	return false;
}

/* By the kernel. The arguments are wrong, so that nothing comes of it. */
static bool is_reached(int number, const long *a)
{
	long result;

	errno = 0;
	result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
#ifdef __NR_fork
	if (number == __NR_fork && result == 0)
		_exit(EXIT_FAILURE);
#endif
	if (number == __NR_clone && result == 0)
		_exit(EXIT_FAILURE);
	return !(result == -1 && (errno == ENOSYS || errno == EACCES || errno == EPERM));
}

/* For what they do. The last two are there for the kernel's own code and end any other caller; from
 * Linux 6.14 and 6.18 on, they pass every filter. */
static bool does_not_return(int number)
{
	static const int calls_that_do_not[] = {
		__NR_exit_group,     __NR_rt_sigreturn,
#ifdef __NR_sigreturn
		__NR_sigreturn,
#endif
#ifdef __x86_64__
		335 /* uretprobe */, 336 /* uprobe */,
#endif
	};

	for (size_t i = 0; i < sizeof(calls_that_do_not) / sizeof(calls_that_do_not[0]); i++)
		if (number == calls_that_do_not[i])
			return true;
	return false;
}

/* Answers "stray N" for each call that is reached and not listed, "form N" if that is so in one of
 * its forms only, "lost N" for each one that is listed and not reached, and "reached COUNT". */
static void try_calls(void)
{
	FILE *client = fdopen(its_client, "w");
	int reached = 0;

	for (int number = 0; number <= LAST_CALL; number++) {
		long a[6] = { -1, -1, -1, -1, -1, -1 };
		bool any = is_listed(number, a);

		if (!does_not_return(number) && is_reached(number, a) != any) {
			fprintf(client, "%s %d\n", any ? "lost" : "stray", number);
			any = true;
		}
		for (size_t i = 0; i < rule_count; i++) {
			const struct rule *rule = &rules[i];

			if (!is_about(rule, number) || rule->answer != SECCOMP_RET_ALLOW)
				continue;
			any = true;
			/* The form itself, then with one condition after the other broken */
			for (size_t j = 0; rule->condition_count && j <= rule->condition_count;
			     j++) {
				memset(a, -1, sizeof(a));
				for (size_t k = 0; k < rule->condition_count; k++) {
					const uint32_t *c = rule->conditions[k];
					const uint32_t wrong = j == k + 1 ? c[1] & -c[1] : 0;

					a[c[0]] = (int32_t)(~c[1] | (c[2] ^ wrong));
				}
				if (is_reached(number, a) != is_listed(number, a))
					fprintf(client, "%s %d\n", j ? "form" : "lost", number);
			}
		}
		reached += any;
	}
	fprintf(client, "reached %d\n", reached);
}

/* ---- Requests ---- */

static const char *errno_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
#define NAME(error) { error, #error }
		NAME(EACCES), NAME(EAGAIN), NAME(EBADF),   NAME(ECONNREFUSED),
		NAME(EFAULT), NAME(EINVAL), NAME(EISCONN), NAME(EMFILE),
		NAME(ENOENT), NAME(ENOMEM), NAME(ENOSYS),  NAME(EPERM),
	};
	static char number[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].error == error)
			return names[i].name;
	snprintf(number, sizeof(number), "errno %d", error);
	return number;
}

static void answer(const char *text, int number)
{
	char line[60];
	const int length = snprintf(line, sizeof(line), "%d %s\n", number, text);

	if (write(its_client, line, (size_t)length) != length)
		_exit(EXIT_FAILURE);
}

/* What other tests ask for. Does not return if it was one of these. */
static void other_requests(char *request)
{
	if (!strncmp(request, "abort", 5)) /* a mark may follow */
		abort();
	if (!strcmp(request, "overflow\n")) /* for sanitizers */
		_exit(request[300 + (size_t)(its_client - 3)]);
	if (!strcmp(request, "use-after-free\n")) {
		char *volatile gone = malloc(1);

		free(gone);
		_exit(*gone);
	}
	if (!strcmp(request, "spin\n"))
		for (;;)
			continue;
	if (!strcmp(request, "fill\n")) { /* all the memory that it may have, for good */
		for (char *piece; (piece = malloc(1 << 20));)
			memset(piece, 1, 1 << 20);
		answer("full", 0);
		_exit(read(its_client, request, 1) ? EXIT_FAILURE : EXIT_SUCCESS);
	}
}

static int handle_request(int fd)
{
	char request[300] = "", what[100] = "";
	socklen_t length = sizeof(target);
	long result;

	its_client = fd;
	server = getppid();
	getsockname(its_client, &target.any, &length);
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
		answer("held", getpid());
		while (read(its_client, request, 1) != 0)
			continue;
		return EXIT_SUCCESS;
	}
	if (!strcmp(request, "outcome\n")) {
		for (int i = 0; i < 300 && !shared->done; i++)
			usleep(10000);
		strcpy(what, shared->done ? shared->outcome : "nothing");
		shared->done = false; /* before the next attack, which the answer lets begin */
		answer(what, shared->signals);
		return EXIT_SUCCESS;
	}
	if (sscanf(request, "%d %d %99s %99[^\n]", &other, &outside, directory, what) != 4)
		return EXIT_FAILURE;
	shared->attacker = getpid();
	result = attack(what);
	strcpy(shared->outcome, result == NOT_HERE ? "n/a"
				: result < 0	   ? errno_name(errno)
						   : "works");
	shared->done = true;
	return EXIT_SUCCESS;
}
#else
static int handle_request(int client);
#endif
