/* SPDX-License-Identifier: 0BSD */
/*
 * landlock_compat.h - take rights away from your own program, as many as this kernel can
 *
 * Landlock denies a process whatever its ruleset handles and no rule allows again. What a kernel
 * can handle grows with its Landlock ABI; this header asks for all of it, and lets a seccomp filter
 * stand in for what Landlock cannot deny there. Copy the file: it needs C11 or C++17, a C library
 * and kernel headers (of 4.3 or later), and means the same with all of them. A complete use:
 *
 *	#include "landlock_compat.h"
 *
 *	int sandbox(void)
 *	{
 *		struct landlock_compat_attr attr;
 *		int abi = landlock_get_best_ruleset_attr(&attr);
 *		int ruleset = abi > 0 ? landlock_compat_create(&attr) : -1;
 *
 *		if (abi > 0 && (ruleset < 0 ||
 *		    landlock_compat_allow_path(ruleset, &attr, "/usr/share",
 *					       LANDLOCK_ACCESS_FS_READ_FILE) ||
 *		    landlock_compat_restrict(ruleset, 0) || close(ruleset)))
 *			return -1;
 *		if (abi < 0 || landlock_compat_filter(abi, 0) < 0)
 *			return -1;
 *		return abi;
 *	}
 *
 * What was opened before stays usable: bind and listen first, then call this, then read from the
 * network. Threads that are made later are in the sandbox. Those made before get the filter, but
 * stay out of Landlock, except from ABI 8 on with LANDLOCK_RESTRICT_SELF_TSYNC: make them later.
 * All functions are safe to call from any thread; none allocates, prints or keeps a descriptor.
 */
#ifndef LANDLOCK_COMPAT_H
#define LANDLOCK_COMPAT_H

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's constants, in its own words to the letter: C lets <linux/landlock.h> say the same
 * again, before or after. Where that header is older, or missing, these are all there is.
 */
// clang-format off
#define LANDLOCK_CREATE_RULESET_VERSION			(1U << 0)
#define LANDLOCK_RESTRICT_SELF_TSYNC			(1U << 3)
#define LANDLOCK_ACCESS_FS_EXECUTE			(1ULL << 0)
#define LANDLOCK_ACCESS_FS_WRITE_FILE			(1ULL << 1)
#define LANDLOCK_ACCESS_FS_READ_FILE			(1ULL << 2)
#define LANDLOCK_ACCESS_FS_READ_DIR			(1ULL << 3)
#define LANDLOCK_ACCESS_FS_REMOVE_DIR			(1ULL << 4)
#define LANDLOCK_ACCESS_FS_REMOVE_FILE			(1ULL << 5)
#define LANDLOCK_ACCESS_FS_MAKE_CHAR			(1ULL << 6)
#define LANDLOCK_ACCESS_FS_MAKE_DIR			(1ULL << 7)
#define LANDLOCK_ACCESS_FS_MAKE_REG			(1ULL << 8)
#define LANDLOCK_ACCESS_FS_MAKE_SOCK			(1ULL << 9)
#define LANDLOCK_ACCESS_FS_MAKE_FIFO			(1ULL << 10)
#define LANDLOCK_ACCESS_FS_MAKE_BLOCK			(1ULL << 11)
#define LANDLOCK_ACCESS_FS_MAKE_SYM			(1ULL << 12)
#define LANDLOCK_ACCESS_FS_REFER			(1ULL << 13)
#define LANDLOCK_ACCESS_FS_TRUNCATE			(1ULL << 14)
#define LANDLOCK_ACCESS_FS_IOCTL_DEV			(1ULL << 15)
#define LANDLOCK_ACCESS_FS_RESOLVE_UNIX			(1ULL << 16)
#define LANDLOCK_ACCESS_NET_BIND_TCP			(1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP			(1ULL << 1)
#define LANDLOCK_ACCESS_NET_BIND_UDP			(1ULL << 2)
#define LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP		(1ULL << 3)
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET		(1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL				(1ULL << 1)
// clang-format on

/* What the C library hides with -std=c11. */
#if defined(__STRICT_ANSI__) && !defined(__cplusplus)
long syscall(long number, ...);
#endif
#ifndef O_PATH
#define O_PATH __O_PATH
#endif
#ifndef O_CLOEXEC
#define O_CLOEXEC __O_CLOEXEC
#endif

/* System calls that headers older than the kernel lack. Since Linux 5.1 all architectures number
 * alike, from an offset of their own. */
#if defined(__alpha__)
#define LANDLOCK_COMPAT_NR(n) (110 + (n))
#elif defined(__mips__)
#define LANDLOCK_COMPAT_NR(n) (__NR_Linux + (n))
#elif defined(__x86_64__) && defined(__ILP32__)
#define LANDLOCK_COMPAT_NR(n) (__X32_SYSCALL_BIT + (n))
#else
#define LANDLOCK_COMPAT_NR(n) (n)
#endif

/* The first three fields of the kernel's struct landlock_ruleset_attr: all that deny something. A
 * kernel with fewer takes it while the rest is zero, one with more takes what is missing for zero.
 */
struct landlock_compat_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

/*
 * landlock_compat_create - a ruleset that denies what attr handles, close-on-exec.
 * Returns its descriptor, or -1 and errno of landlock_create_ruleset(2).
 */
static inline int landlock_compat_create(const struct landlock_compat_attr *attr)
{
	return (int)syscall(LANDLOCK_COMPAT_NR(444), attr, sizeof(*attr), 0U);
}

/*
 * landlock_get_best_ruleset_attr - fill attr with every right that the running kernel can deny.
 *
 * Returns the Landlock ABI that attr was made for, at most the newest one below. 0: no Landlock,
 * attr is empty, and errno tells why: ENOSYS, not in this kernel; EOPNOTSUPP, switched off at boot
 * (the lsm= parameter); EPERM, a sandbox around this program forbids it; EINVAL, the kernel refuses
 * even ABI 1. -1: an error that should not happen; do not go on.
 *
 * RHEL 9's Linux 5.14 claimed ABI 6 and refused its rights with EINVAL (xz issue 199), so each is
 * tried out, and one ABI lower is taken if it is refused.
 * https://docs.kernel.org/userspace-api/landlock.html#compatibility
 */
static inline int landlock_get_best_ruleset_attr(struct landlock_compat_attr *attr)
{
	static const struct landlock_compat_attr added[] = {
		// clang-format off
		/*  1, Linux 5.13 */ { (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, 0, 0 },
		/*  2, Linux 5.19 */ { LANDLOCK_ACCESS_FS_REFER, 0, 0 },
		/*  3, Linux 6.2  */ { LANDLOCK_ACCESS_FS_TRUNCATE, 0, 0 },
		/*  4, Linux 6.7  */ { 0, LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP, 0 },
		/*  5, Linux 6.10 */ { LANDLOCK_ACCESS_FS_IOCTL_DEV, 0, 0 },
		/*  6, Linux 6.12 */ { 0, 0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL },
		/*  7, Linux 6.15 */ { 0, 0, 0 }, /* flags for the audit log */
		/*  8, Linux 7.0  */ { 0, 0, 0 }, /* LANDLOCK_RESTRICT_SELF_TSYNC */
		/*  9, Linux 7.1  */ { LANDLOCK_ACCESS_FS_RESOLVE_UNIX, 0, 0 },
		/* 10, Linux 7.2  */ { 0, LANDLOCK_ACCESS_NET_BIND_UDP | LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP, 0 },
		/* 11, Linux 7.3  */ { 0, 0, 0 }, /* a flag that sets no_new_privs */
		// clang-format on
	};
	const long newest = (long)(sizeof(added) / sizeof(added[0]));
	long abi = syscall(LANDLOCK_COMPAT_NR(444), (void *)NULL, (size_t)0,
			   LANDLOCK_CREATE_RULESET_VERSION);

	memset(attr, 0, sizeof(*attr));
	if (abi < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0 : -1;
	for (abi = abi < newest ? abi : newest; abi > 0; abi--) {
		int ruleset;

		memset(attr, 0, sizeof(*attr));
		for (long i = 0; i < abi; i++) {
			attr->handled_access_fs |= added[i].handled_access_fs;
			attr->handled_access_net |= added[i].handled_access_net;
			attr->scoped |= added[i].scoped;
		}
		ruleset = landlock_compat_create(attr);
		if (ruleset >= 0) {
			close(ruleset);
			return (int)abi;
		}
		if (errno != EINVAL && errno != E2BIG)
			return -1;
	}
	memset(attr, 0, sizeof(*attr));
	errno = EINVAL;
	return 0;
}

/*
 * landlock_compat_allow_path - an exception: access at path, and below it if it is a directory.
 * Rights that attr does not handle are left out, and for a file those that only directories have.
 * Returns 0, or -1 and errno of open(2) (the path), fstat(2) or landlock_add_rule(2).
 */
static inline int landlock_compat_allow_path(int ruleset, const struct landlock_compat_attr *attr,
					     const char *path, uint64_t access)
{
	const uint64_t file_rights = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				     LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
				     LANDLOCK_ACCESS_FS_IOCTL_DEV | LANDLOCK_ACCESS_FS_RESOLVE_UNIX;
	/* struct landlock_path_beneath_attr, for LANDLOCK_RULE_PATH_BENEATH, 1 */
	struct {
		uint64_t allowed_access;
		int32_t parent_fd;
	} rule;
	struct stat status;
	int result, error;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return -1;
	result = fstat(rule.parent_fd, &status);
	if (result == 0) {
		rule.allowed_access = access & attr->handled_access_fs;
		if (!S_ISDIR(status.st_mode))
			rule.allowed_access &= file_rights;
		if (rule.allowed_access) /* the kernel answers ENOMSG to an empty rule */
			result = (int)syscall(LANDLOCK_COMPAT_NR(445), ruleset, 1, &rule, 0U);
	}
	error = errno;
	close(rule.parent_fd);
	errno = error;
	return result;
}

/*
 * landlock_compat_allow_port - an exception: access (LANDLOCK_ACCESS_NET_...) to a port, on any
 * address. Rights that attr does not handle are left out: below ABI 4 (TCP) and 10 (UDP) ports are
 * not restricted by Landlock at all. Leave LANDLOCK_COMPAT_SOCKETS out of the filter for it. To
 * send UDP, allow ..._CONNECT_SEND_UDP for the port, and ..._BIND_UDP for 0, any port of one's own.
 * Returns 0, or -1 and errno of landlock_add_rule(2).
 */
static inline int landlock_compat_allow_port(int ruleset, const struct landlock_compat_attr *attr,
					     uint16_t port, uint64_t access)
{
	/* struct landlock_net_port_attr, for LANDLOCK_RULE_NET_PORT, 2 */
	const uint64_t rule[] = { access & attr->handled_access_net, port };

	return rule[0] ? (int)syscall(LANDLOCK_COMPAT_NR(445), ruleset, 2, rule, 0U) : 0;
}

/*
 * landlock_compat_restrict - enforce ruleset on this thread and its later children, for good.
 * flags: 0, or from ABI 8 on (below: EINVAL) LANDLOCK_RESTRICT_SELF_TSYNC, for all threads.
 * The ruleset stays open: a child can enforce it on itself once more, for a domain of its own.
 * Sets no_new_privs, without which only root may: execve(2) gives no new privileges from then on.
 * Returns 0, or -1 and errno of landlock_restrict_self(2): E2BIG, 16 layers are around it already.
 */
static inline int landlock_compat_restrict(int ruleset, uint32_t flags)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL))
		return -1;
	return (int)syscall(LANDLOCK_COMPAT_NR(446), ruleset, flags);
}

/*
 * Parts of the filter's policy that a program can leave out, for what it still does itself.
 * SOCKETS: to make, bind and connect sockets. What is TCP by another name to Landlock (MPTCP, SMC,
 * fast open) and listen(2) stay denied. Where the C library multiplexes (i386, s390x with glibc),
 * a filter can't tell: there MPTCP and SMC get through, and sendto(2), sendmsg(2) are denied.
 * PROCESSES: to signal, schedule and limit others. Landlock still denies signals from ABI 6 on;
 * below, the filter denies them to oneself and to threads, too: raise(3), pthread_kill(3); after
 * pthread_cancel(3), pthread_join(3) may wait for ever, and setuid(2) changes the calling thread
 * alone: give up root before. At every ABI, a thread is one of the others to
 * pthread_setaffinity_np(3) and pthread_setschedparam(3), and nice(2) is denied. SESSIONS, a part
 * of it: setsid(2).
 */
#define LANDLOCK_COMPAT_SOCKETS 1U
#define LANDLOCK_COMPAT_PROCESSES 2U
#define LANDLOCK_COMPAT_SESSIONS 4U

/* The architectures for which the filter was tested: the order of arguments, the numbers. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__) && !defined(__ILP32__)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__) && defined(__ARM_EABI__)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_S390X
#endif

/*
 * landlock_compat_filter - a seccomp filter that denies what Landlock cannot deny at this abi.
 * abi is what landlock_get_best_ruleset_attr() returned, 0 included; leave is 0 or the parts above
 * that the program needs. Denials are EACCES, or EPERM where it is about another process, as
 * Landlock's are. It is for all threads, for later children, and for good. Sets no_new_privs.
 * Returns 1 if the filter is in force. 0: there are none, and errno tells why: ENOSYS, not in this
 * kernel; ENOTSUP, this architecture is not in the list above. -1: an error, ESRCH if a thread has
 * a filter that this one lacks; do not go on.
 * https://docs.kernel.org/userspace-api/seccomp_filter.html
 */
static inline int landlock_compat_filter(int abi, unsigned int leave)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL))
		return -1;
#ifndef LANDLOCK_COMPAT_ARCH
	(void)abi, (void)leave;
	errno = ENOTSUP;
	return 0;
#else
	// clang-format off
	enum { sockets = LANDLOCK_COMPAT_SOCKETS, processes = LANDLOCK_COMPAT_PROCESSES,
	       sessions = LANDLOCK_COMPAT_SESSIONS, always = 0 };
	enum { never = 0x7fffffff }; /* an ABI */
#define COMPAT_DENY(part, name) { never, part, __NR_##name, 0, 0, 0, 0 }
#define COMPAT_DENY_NUMBER(number) { never, always, LANDLOCK_COMPAT_NR(number), 0, 0, 0, 0 }
#define COMPAT_DENY_IF(part, name, argument, mask, value) { never, part, __NR_##name, argument, 0, mask, value }
#define COMPAT_DENY_ON_OTHERS(name) { never, processes, __NR_##name, 0, 1, ~0U, 0 }
#define COMPAT_BELOW(abi, part, name) { abi, part, __NR_##name, 0, 0, 0, 0 }
#define COMPAT_BELOW_IF(abi, part, name, value) { abi, part, __NR_##name, 1, 0, ~0U, value }
	static const struct {
		int abi;		/* from which Landlock denies it itself */
		uint32_t part, call;
		uint8_t argument, unless;
		uint32_t mask, value;	/* deny if (unless: unless) (argument & mask) == value */
	} rows[] = {
		/* No new socket. What Landlock does about ports is for TCP sockets that connect or bind
		 * (ABI 4) and UDP (10), not for IPPROTO_MPTCP, which reaches TCP servers as well, nor, by
		 * its code, for IPPROTO_SMC and AF_SMC. LANDLOCK_ACCESS_SOCKET_CREATE is not merged yet. */
		COMPAT_DENY(sockets, socket), COMPAT_DENY(sockets, socketpair),
		COMPAT_DENY_IF(always, socket, 2, ~0U, 262), COMPAT_DENY_IF(always, socket, 2, ~0U, 256),
		COMPAT_DENY_IF(always, socket, 0, ~0U, 43),
		/* No old one turned elsewhere: connect(AF_UNSPEC) disconnects it, listen(2) needs no
		 * bind(2), and MSG_FASTOPEN makes a connection without connect(2). */
		COMPAT_DENY(sockets, bind), COMPAT_DENY(sockets, connect), COMPAT_DENY(always, listen),
		COMPAT_DENY_IF(always, sendto, 3, 0x20000000, 0x20000000),
		COMPAT_DENY_IF(always, sendmsg, 2, 0x20000000, 0x20000000),
		COMPAT_DENY_IF(always, sendmmsg, 3, 0x20000000, 0x20000000),
#ifdef __NR_socketcall /* the same through one call, with the flags out of a filter's sight */
		/* socket, bind, connect, socketpair; listen, sendto, sendmsg, sendmmsg */
		COMPAT_DENY_IF(sockets, socketcall, 0, ~0U, 1), COMPAT_DENY_IF(sockets, socketcall, 0, ~0U, 2),
		COMPAT_DENY_IF(sockets, socketcall, 0, ~0U, 3), COMPAT_DENY_IF(sockets, socketcall, 0, ~0U, 8),
		COMPAT_DENY_IF(always, socketcall, 0, ~0U, 4), COMPAT_DENY_IF(always, socketcall, 0, ~0U, 11),
		COMPAT_DENY_IF(always, socketcall, 0, ~0U, 16), COMPAT_DENY_IF(always, socketcall, 0, ~0U, 20),
#endif
		/* System V IPC and keys outlive the process, count in no limit of it, and others of its
		 * user keep theirs there; setuid(2) leaves it the session keyring that root had. */
		COMPAT_DENY(always, add_key), COMPAT_DENY(always, request_key), COMPAT_DENY(always, keyctl),
#ifdef __NR_ipc /* from Linux 5.1 on, also the calls of their own, 392 to 402 */
		COMPAT_DENY(always, ipc), COMPAT_DENY_NUMBER(392), COMPAT_DENY_NUMBER(393),
		COMPAT_DENY_NUMBER(394), COMPAT_DENY_NUMBER(395), COMPAT_DENY_NUMBER(396),
		COMPAT_DENY_NUMBER(397), COMPAT_DENY_NUMBER(399), COMPAT_DENY_NUMBER(400),
		COMPAT_DENY_NUMBER(401), COMPAT_DENY_NUMBER(402),
#else
		COMPAT_DENY(always, shmget), COMPAT_DENY(always, shmat), COMPAT_DENY(always, shmctl),
		COMPAT_DENY(always, semget), COMPAT_DENY(always, semop), COMPAT_DENY(always, semctl),
		COMPAT_DENY(always, semtimedop), COMPAT_DENY(always, msgget), COMPAT_DENY(always, msgsnd),
		COMPAT_DENY(always, msgrcv), COMPAT_DENY(always, msgctl),
#endif
		COMPAT_DENY_NUMBER(420), /* semtimedop_time64 */
		/* Memory that no limit counts, and the machine's share of asynchronous I/O (6.18). */
		COMPAT_DENY(always, vmsplice), COMPAT_DENY(always, io_setup),
		/* As root of a namespace, fsopen(2) of an overlay makes and removes files past Landlock
		 * (6.18). */
		COMPAT_DENY_NUMBER(430),
		/* A ring does all of this without a system call that a filter sees: io_uring_setup.
		 * open(2) for neither reading nor writing, access mode 3, passes Landlock (6.18), and
		 * openat2 has the mode behind a pointer. Both are missing from old headers. */
		COMPAT_DENY_NUMBER(425), COMPAT_DENY_NUMBER(437),
		COMPAT_DENY_IF(always, openat, 2, 3, 3),
#ifdef __NR_open
		COMPAT_DENY_IF(always, open, 1, 3, 3),
#endif
		/* A CPU time limit of 0 kills as well as a signal does (6.18), and SCHED_IDLE starves. */
		COMPAT_DENY_ON_OTHERS(prlimit64), COMPAT_DENY_ON_OTHERS(sched_setaffinity),
		COMPAT_DENY_ON_OTHERS(sched_setattr), COMPAT_DENY_ON_OTHERS(sched_setparam),
		COMPAT_DENY_ON_OTHERS(sched_setscheduler),
		COMPAT_DENY(processes, setpriority), COMPAT_DENY(processes, ioprio_set),
		/* A session is an autogroup, with as large a share of the CPU as all of the old one (6.18). */
		COMPAT_DENY(processes | sessions, setsid),
		/* LANDLOCK_SCOPE_SIGNAL, for signals to oneself too: a filter can't tell who one is. The
		 * last is pidfd_send_signal. */
		COMPAT_BELOW(6, processes, kill), COMPAT_BELOW(6, processes, tkill),
		COMPAT_BELOW(6, processes, tgkill), COMPAT_BELOW(6, processes, rt_sigqueueinfo),
		COMPAT_BELOW(6, processes, rt_tgsigqueueinfo),
		{ 6, processes, LANDLOCK_COMPAT_NR(424), 0, 0, 0, 0 },
		/* A descriptor's owner gets signals: F_SETOWN, F_SETOWN_EX, FIOSETOWN, SIOCSPGRP. */
		COMPAT_BELOW_IF(6, processes, fcntl, 8), COMPAT_BELOW_IF(6, processes, fcntl, 15),
#ifdef __NR_fcntl64
		COMPAT_BELOW_IF(6, processes, fcntl64, 8), COMPAT_BELOW_IF(6, processes, fcntl64, 15),
#endif
		COMPAT_BELOW_IF(6, processes, ioctl, 0x8901), COMPAT_BELOW_IF(6, processes, ioctl, 0x8902),
		/* LANDLOCK_ACCESS_FS_TRUNCATE; what is opened for writing is denied from ABI 1 on. */
		COMPAT_BELOW(3, always, truncate),
#ifdef __NR_truncate64
		COMPAT_BELOW(3, always, truncate64),
#endif
	};
#undef COMPAT_DENY
#undef COMPAT_DENY_NUMBER
#undef COMPAT_DENY_IF
#undef COMPAT_DENY_ON_OTHERS
#undef COMPAT_BELOW
#undef COMPAT_BELOW_IF
	// clang-format on
	const struct sock_filter head[] = {
		/* Another architecture's calls (int 0x80 on amd64) have other numbers. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LANDLOCK_COMPAT_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__ /* and so have x32 calls, which come under amd64's name */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
#endif
	};
	const struct sock_filter tail[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	/* The kernel takes an int from the low half of an argument, so that is what is tested: a
	 * filter that compared all of socket(AF_INET | 1L << 32) to AF_INET was passed by it. */
	const uint32_t low_half = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
	enum { per_row = 6, row_count = sizeof(rows) / sizeof(rows[0]) };
	struct sock_filter filter[sizeof(head) / sizeof(head[0]) + per_row * row_count + 1];
	struct sock_filter *end = filter + sizeof(head) / sizeof(head[0]);
	struct sock_fprog program;
	long blocker;

	memcpy(filter, head, sizeof(head));
	for (size_t i = 0; i < row_count; i++) {
		const uint32_t argument = (uint32_t)offsetof(struct seccomp_data, args) +
					  8U * rows[i].argument + low_half;
		const uint32_t error = (rows[i].part & processes) ? EPERM : EACCES;
		const uint8_t unless = rows[i].unless, equal = !unless;
		const struct sock_filter row[per_row] = {
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rows[i].call, 0, per_row - 1),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument),
			BPF_STMT(BPF_ALU | BPF_AND | BPF_K, rows[i].mask),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rows[i].value, unless, equal),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		};

		if (abi >= rows[i].abi || (leave & rows[i].part))
			continue;
		memcpy(end, row, sizeof(row));
		end += per_row;
	}
	memcpy(end++, tail, sizeof(tail));
	program.len = (unsigned short)(end - filter);
	program.filter = filter;

	/* To no filter at all, a kernel that has them says EFAULT. */
	syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, (void *)NULL);
	if (errno == EINVAL)
		errno = ENOSYS;
	if (errno != EFAULT)
		return errno == ENOSYS ? 0 : -1;
	blocker =
		syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (blocker > 0) /* its id */
		errno = ESRCH;
	return blocker ? -1 : 1;
#endif
}

#endif /* LANDLOCK_COMPAT_H */
