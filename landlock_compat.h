/* SPDX-License-Identifier: 0BSD */
/*
 * landlock_compat.h - sandbox your own program with Landlock, and with seccomp where Landlock ends
 *
 * A program states its policy once, in a struct landlock_compat_attr. At first every bit is set,
 * and a set bit denies something everywhere. To allow what the program still does, clear its bit,
 * or keep it and add a rule for one path or port. Landlock enforces what this kernel's Landlock
 * knows, a seccomp filter denies what it can of the rest, and landlock_compat_missing() tells what
 * neither denies. In a server that has opened its sockets and logs, and has made no thread and read
 * nothing yet:
 *
 *	#include "landlock_compat.h"
 *
 *	int sandbox(struct landlock_compat_attr *missing)
 *	{
 *		struct landlock_compat_attr attr;
 *
 *		if (landlock_get_best_ruleset_attr(&attr) < 0)
 *			return -1;
 *		attr.scoped &= ~LANDLOCK_SCOPE_SIGNAL; // its children get signals
 *		if (landlock_compat_create(&attr) ||
 *		    landlock_compat_allow_path(&attr, "/usr/share", LANDLOCK_COMPAT_READ) ||
 *		    landlock_compat_allow_port(&attr, 5432, LANDLOCK_ACCESS_NET_CONNECT_TCP) ||
 *		    landlock_compat_restrict(&attr, 0) || landlock_compat_filter(&attr))
 *			return -1;
 *		close(attr.ruleset);
 *		return landlock_compat_missing(&attr, missing);
 *	}
 *
 * On -1, end the program. On 1, *missing is the part of the policy that is not in force here:
 * report it, or refuse to run. Open files and connections stay usable. Where this kernel's Landlock
 * lacks a right, a rule for one port or path allows all of them, which is reported as missing. The
 * filter is coarser than Landlock: try the program on the oldest kernel that it is for, too.
 *
 * A server that forks for each client keeps attr and attr.ruleset, and the child calls
 * landlock_compat_restrict() with LANDLOCK_COMPAT_THIS_THREAD before it reads, so that it cannot
 * look into its parent or another child.
 *
 * The rights are explained in https://docs.kernel.org/userspace-api/landlock.html, the bits of
 * attr.filtered below.
 *
 * Copy the file. It needs C99 or C++11, Linux headers of 4.3 or later, and no library. It prints
 * and allocates nothing. Functions return 0, or -1 with errno, unless they say otherwise.
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
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __has_include
#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h> /* first, so that what follows only adds what it lacks */
#endif
#endif

#define LANDLOCK_COMPAT_ABI 11	      /* the newest ABI that this copy knows (Linux 7.3) */
#define LANDLOCK_COMPAT_LAST_CALL 472 /* the last system call of that kernel */

// clang-format off
#ifndef LANDLOCK_ACCESS_FS_MAKE_SYM
#define LANDLOCK_CREATE_RULESET_VERSION		(1U << 0)
#define LANDLOCK_ACCESS_FS_EXECUTE		(1ULL << 0)
#define LANDLOCK_ACCESS_FS_WRITE_FILE		(1ULL << 1)
#define LANDLOCK_ACCESS_FS_READ_FILE		(1ULL << 2)
#define LANDLOCK_ACCESS_FS_READ_DIR		(1ULL << 3)
#define LANDLOCK_ACCESS_FS_REMOVE_DIR		(1ULL << 4)
#define LANDLOCK_ACCESS_FS_REMOVE_FILE		(1ULL << 5)
#define LANDLOCK_ACCESS_FS_MAKE_CHAR		(1ULL << 6)
#define LANDLOCK_ACCESS_FS_MAKE_DIR		(1ULL << 7)
#define LANDLOCK_ACCESS_FS_MAKE_REG		(1ULL << 8)
#define LANDLOCK_ACCESS_FS_MAKE_SOCK		(1ULL << 9)
#define LANDLOCK_ACCESS_FS_MAKE_FIFO		(1ULL << 10)
#define LANDLOCK_ACCESS_FS_MAKE_BLOCK		(1ULL << 11)
#define LANDLOCK_ACCESS_FS_MAKE_SYM		(1ULL << 12)
#endif
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER		(1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE		(1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_NET_CONNECT_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP		(1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP		(1ULL << 1)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV		(1ULL << 15)
#endif
#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET	(1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL			(1ULL << 1)
#endif
#ifndef LANDLOCK_RESTRICT_SELF_TSYNC
#define LANDLOCK_RESTRICT_SELF_TSYNC		(1U << 3)
#endif
#ifndef LANDLOCK_ACCESS_FS_RESOLVE_UNIX
#define LANDLOCK_ACCESS_FS_RESOLVE_UNIX		(1ULL << 16)
#endif
#ifndef LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP
#define LANDLOCK_ACCESS_NET_BIND_UDP		(1ULL << 2)
#define LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP	(1ULL << 3)
#endif

/* The bits of attr.filtered: what only the filter can deny. A rule for a TCP port, or clearing a TCP
 * right, allows TCP sockets as well; UDP likewise. UNIX sockets are allowed by a rule with
 * RESOLVE_UNIX, or clearing that or ..._ABSTRACT_UNIX_SOCKET. MPTCP and SMC also need both TCP rights
 * cleared. On i386, s390x and ppc64le, allowing one kind allows all; if none is allowed,
 * socketpair(2), sendto(2) and sendmsg(2) are denied, too. */
#define LANDLOCK_COMPAT_TCP		(1ULL << 0) /* making sockets: IPv4 or IPv6, stream, TCP */
#define LANDLOCK_COMPAT_UDP		(1ULL << 1) /* IPv4 or IPv6, datagram, UDP */
#define LANDLOCK_COMPAT_UNIX		(1ULL << 2) /* UNIX; socketpair(2) of streams is always allowed */
#define LANDLOCK_COMPAT_OTHER_SOCKETS	(1ULL << 3) /* MPTCP, SMC, SCTP, netlink, vsock, raw ... */
#define LANDLOCK_COMPAT_LISTEN		(1ULL << 4) /* listen(2), which takes a port without bind(2) */
#define LANDLOCK_COMPAT_IPC		(1ULL << 5) /* System V IPC, POSIX message queues, keys */
#define LANDLOCK_COMPAT_LIMITS		(1ULL << 6) /* others' limits, priority, scheduler; and one's own, by id */

/* Rights that go together, for landlock_compat_allow_path(). RUN is for the program and ld.so, READ
 * for libraries. LOG excludes O_TRUNC; Landlock has no append-only right. */
#define LANDLOCK_COMPAT_READ	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LANDLOCK_COMPAT_RUN	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE)
#define LANDLOCK_COMPAT_LOG	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)
#define LANDLOCK_COMPAT_REPLACE	(LANDLOCK_COMPAT_READ | LANDLOCK_COMPAT_LOG | \
				 LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_REMOVE_FILE)

#define LANDLOCK_COMPAT_NET_TCP	(LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP)
#define LANDLOCK_COMPAT_NET_UDP	(LANDLOCK_ACCESS_NET_BIND_UDP | LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP)

#define LANDLOCK_COMPAT_THIS_THREAD	(1U << 31) /* for landlock_compat_restrict() */

/* System calls that older headers lack: since Linux 5.1, numbered alike on all architectures. */
#if defined(__alpha__)
#define LANDLOCK_COMPAT_NR(n) (110 + (n))
#elif defined(__mips__)
#define LANDLOCK_COMPAT_NR(n) (__NR_Linux + (n))
#elif defined(__x86_64__) && defined(__ILP32__)
#define LANDLOCK_COMPAT_NR(n) (__X32_SYSCALL_BIT + (n))
#else
#define LANDLOCK_COMPAT_NR(n) (n)
#endif

/* syscall(2): strict C modes do not declare it, and others must not see it declared again. */
#ifdef __cplusplus
extern "C"
#endif
long landlock_compat_syscall(long number, ...) __asm__("syscall");
// clang-format on

struct landlock_compat_attr {
	/* The policy: what is set is denied. */
	uint64_t handled_access_fs;  /* LANDLOCK_ACCESS_FS_... */
	uint64_t handled_access_net; /* LANDLOCK_ACCESS_NET_... */
	uint64_t scoped;	     /* LANDLOCK_SCOPE_... */
	uint64_t filtered;	     /* LANDLOCK_COMPAT_... */
	/* Read-only: what rules allow somewhere, and what is in force. */
	uint64_t allowed_access_fs, allowed_access_net;
	int32_t abi, no_landlock;  /* the Landlock ABI in use; or 0, and why: an errno */
	int32_t ruleset;	   /* a descriptor, or -1 */
	int32_t restricted;	   /* 1: Landlock is in force */
	int32_t filter, no_filter; /* 1: the filter is in force; or 0, and why: an errno */
};

/* Returns what Landlock can deny at this ABI, in the first three fields. */
static inline struct landlock_compat_attr landlock_compat_rights(int32_t abi)
{
	static const struct {
		uint64_t fs, net, scoped;
	} added[LANDLOCK_COMPAT_ABI + 1] = {
		// clang-format off
		/* no Landlock    */ { 0, 0, 0 },
		/*  1, Linux 5.13 */ { (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, 0, 0 },
		/*  2, Linux 5.19 */ { LANDLOCK_ACCESS_FS_REFER, 0, 0 },
		/*  3, Linux 6.2  */ { LANDLOCK_ACCESS_FS_TRUNCATE, 0, 0 },
		/*  4, Linux 6.7  */ { 0, LANDLOCK_COMPAT_NET_TCP, 0 },
		/*  5, Linux 6.10 */ { LANDLOCK_ACCESS_FS_IOCTL_DEV, 0, 0 },
		/*  6, Linux 6.12 */ { 0, 0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL },
		/*  7, Linux 6.15 */ { 0, 0, 0 }, /* flags for the audit log */
		/*  8, Linux 7.0  */ { 0, 0, 0 }, /* LANDLOCK_RESTRICT_SELF_TSYNC */
		/*  9, Linux 7.1  */ { LANDLOCK_ACCESS_FS_RESOLVE_UNIX, 0, 0 },
		/* 10, Linux 7.2  */ { 0, LANDLOCK_COMPAT_NET_UDP, 0 },
		/* 11, Linux 7.3  */ { 0, 0, 0 }, /* a flag that sets no_new_privs */
		// clang-format on
	};
	struct landlock_compat_attr rights;

	memset(&rights, 0, sizeof(rights));
	for (int32_t i = 0; i <= abi; i++) {
		rights.handled_access_fs |= added[i].fs;
		rights.handled_access_net |= added[i].net;
		rights.scoped |= added[i].scoped;
	}
	return rights;
}

/* Adds a rule for a port, with those rights in access that this kernel's Landlock knows. */
static inline int landlock_compat_port(struct landlock_compat_attr *attr, uint64_t port,
				       uint64_t access)
{
	const uint64_t known = landlock_compat_rights(attr->abi).handled_access_net;
	/* struct landlock_net_port_attr, for LANDLOCK_RULE_NET_PORT (2) */
	uint64_t rule[2] = { access & attr->handled_access_net & known, port };

	if (rule[0] && landlock_compat_syscall(LANDLOCK_COMPAT_NR(445), attr->ruleset, 2, rule, 0U))
		return -1;
	attr->allowed_access_net |= access;
	return 0;
}

/*
 * landlock_compat_create - create attr->ruleset from what this kernel's Landlock knows of the
 * policy.
 *
 * It may be called early, as root or before chroot(2). If Landlock knows no part of the policy,
 * attr->ruleset is -1, and only the filter denies anything. Errors: those of
 * landlock_create_ruleset(2) and landlock_add_rule(2).
 */
static inline int landlock_compat_create(struct landlock_compat_attr *attr)
{
	const struct landlock_compat_attr known = landlock_compat_rights(attr->abi);
	uint64_t kernel[3]; /* struct landlock_ruleset_attr; later fields are taken as zero */

	kernel[0] = known.handled_access_fs & attr->handled_access_fs;
	kernel[1] = known.handled_access_net & attr->handled_access_net;
	kernel[2] = known.scoped & attr->scoped;
	attr->ruleset = -1;
	if (kernel[0] || kernel[1] || kernel[2]) {
		attr->ruleset = (int32_t)landlock_compat_syscall(LANDLOCK_COMPAT_NR(444), kernel,
								 sizeof(kernel), 0U);
		if (attr->ruleset < 0)
			return -1;
	}
	if (attr->handled_access_net & LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP)
		return 0;
	/* Sending UDP from a socket that is not bound binds it to a free port. */
	return landlock_compat_port(attr, 0, LANDLOCK_ACCESS_NET_BIND_UDP);
}

/*
 * landlock_get_best_ruleset_attr - the policy that denies everything, on every kernel.
 *
 * Returns the Landlock ABI that is used, at most LANDLOCK_COMPAT_ABI. It is 0 without Landlock, and
 * attr->no_landlock tells why: ENOSYS, not in this kernel; EOPNOTSUPP, disabled at boot; EPERM,
 * refused by an outer sandbox; EINVAL, the kernel refuses even ABI 1. On -1, end the
 * program: landlock_create_ruleset(2) failed in another way, such as with ENOMEM.
 *
 * RHEL 9's kernels have claimed ABI 6 and refused its rights with EINVAL (xz issue 199): each
 * ABI's rights are tried, from the newest down.
 * https://docs.kernel.org/userspace-api/landlock.html#compatibility
 */
static inline int landlock_get_best_ruleset_attr(struct landlock_compat_attr *attr)
{
	const long abi = landlock_compat_syscall(LANDLOCK_COMPAT_NR(444), (void *)NULL, (size_t)0,
						 LANDLOCK_CREATE_RULESET_VERSION);
	const int error = abi < 0 ? errno : EINVAL;

	*attr = landlock_compat_rights(LANDLOCK_COMPAT_ABI);
	attr->filtered = (LANDLOCK_COMPAT_LIMITS << 1) - 1;
	attr->abi = abi < 0 ? 0 : abi < LANDLOCK_COMPAT_ABI ? (int32_t)abi : LANDLOCK_COMPAT_ABI;
	if (abi < 0 && error != ENOSYS && error != EOPNOTSUPP && error != EPERM)
		return -1;
	while (landlock_compat_create(attr)) {
		if (errno != EINVAL && errno != E2BIG)
			return -1;
		attr->abi--;
	}
	if (attr->abi > 0)
		close(attr->ruleset);
	else
		attr->no_landlock = error;
	attr->ruleset = -1;
	return attr->abi;
}

/*
 * landlock_compat_allow_path - a rule: access at path, and below it if that is a folder.
 *
 * The rule is for the file or folder that path names now, not for where links in it lead. If the
 * file may be replaced by rename(2), allow its folder instead. If path is a file, rights that only
 * folders have are ignored. Moving files between folders takes a rule with REFER; clearing REFER
 * allows nothing. Errors: EINVAL, access is 0 or has a bit that is cleared in attr; those of
 * open(2) on path and of landlock_add_rule(2), such as ENOMSG: path is a file, access for folders.
 */
static inline int landlock_compat_allow_path(struct landlock_compat_attr *attr, const char *path,
					     uint64_t access)
{
	const uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				  LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
				  LANDLOCK_ACCESS_FS_IOCTL_DEV | LANDLOCK_ACCESS_FS_RESOLVE_UNIX;
	struct { /* struct landlock_path_beneath_attr */
		uint64_t allowed_access;
		int32_t parent_fd;
	} rule;
	long result = 0;
	int error;

	rule.allowed_access = access & landlock_compat_rights(attr->abi).handled_access_fs;
	errno = EINVAL;
	if (!access || (access & ~attr->handled_access_fs))
		return -1;
#ifdef O_PATH
	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
#else /* strict C modes */
	rule.parent_fd = open(path, __O_PATH | __O_CLOEXEC);
#endif
	if (rule.parent_fd < 0)
		return -1;
	if (rule.allowed_access) { /* 1: LANDLOCK_RULE_PATH_BENEATH */
		result = landlock_compat_syscall(LANDLOCK_COMPAT_NR(445), attr->ruleset, 1, &rule,
						 0U);
		if (result && errno == EINVAL) { /* a file lacks some of a folder's rights */
			rule.allowed_access &= of_files;
			result = landlock_compat_syscall(LANDLOCK_COMPAT_NR(445), attr->ruleset, 1,
							 &rule, 0U);
		}
	}
	error = errno;
	close(rule.parent_fd);
	errno = error;
	attr->allowed_access_fs |= result ? 0 : access;
	return (int)result;
}

/*
 * landlock_compat_allow_port - a rule: access (LANDLOCK_ACCESS_NET_...) to a port, at any address.
 *
 * The port is a plain number, without htons(3). To listen(2) there, clear LANDLOCK_COMPAT_LISTEN as
 * well; listen(2) without bind(2) can then take any free port. Sending UDP binds a port of one's
 * own: allowing ..._CONNECT_SEND_UDP also allows ..._BIND_UDP for port 0. A UDP server cannot name
 * its clients' ports: clear ..._CONNECT_SEND_UDP. Errors: EINVAL, access is 0 or has a bit that is
 * cleared in attr; those of landlock_add_rule(2).
 */
static inline int landlock_compat_allow_port(struct landlock_compat_attr *attr, uint16_t port,
					     uint64_t access)
{
	errno = EINVAL;
	if (!access || (access & ~attr->handled_access_net))
		return -1;
	if ((access & LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP) &&
	    landlock_compat_port(attr, 0, LANDLOCK_ACCESS_NET_BIND_UDP))
		return -1;
	return landlock_compat_port(attr, port, access);
}

/* Returns 1 if this process has other threads. Waits up to 20 ms, as a joined one may still be
 * ending. */
static inline int landlock_compat_has_threads(void)
{
	struct stat threads;

	for (int i = 0; i < 20; i++) {
		struct timeval millisecond = { 0, 1000 };

		/* unshare(CLONE_THREAD) does nothing, or EINVAL if there are others. */
		if (!landlock_compat_syscall(__NR_unshare, 0x10000UL))
			return 0;
		/* If an outer sandbox refuses that: one folder for each thread. */
		if (errno != EINVAL && !stat("/proc/self/task", &threads) && threads.st_nlink == 3)
			return 0;
		select(0, NULL, NULL, NULL, &millisecond);
	}
	return 1;
}

/*
 * landlock_compat_restrict - enforce attr->ruleset, if there is one, on this process and its later
 * children, for good.
 *
 * Restricts all threads or none: below ABI 8, where Landlock would miss other threads, it changes
 * nothing and fails with EBUSY if there are any; call it before the first thread.
 * LANDLOCK_COMPAT_THIS_THREAD restricts the calling thread alone: for a child that wants a domain
 * of its own, or if the other threads are trusted, such as a library's helpers. Sets
 * no_new_privs, so that execve(2) gives no privileges. Close attr->ruleset afterwards, unless a
 * child will use it. Errors: EINVAL, other flags; those of landlock_restrict_self(2), such as
 * E2BIG: this process has 16 layers already.
 */
static inline int landlock_compat_restrict(struct landlock_compat_attr *attr, uint32_t flags)
{
	const uint32_t sync = attr->abi < 8 || flags ? 0 : LANDLOCK_RESTRICT_SELF_TSYNC;

	errno = EINVAL;
	if (flags & ~LANDLOCK_COMPAT_THIS_THREAD)
		return -1;
	if (attr->ruleset < 0)
		return 0;
	if (!flags && !sync && landlock_compat_has_threads()) {
		errno = EBUSY;
		return -1;
	}
	if (landlock_compat_syscall(__NR_prctl, 38UL /* PR_SET_NO_NEW_PRIVS */, 1UL, 0UL, 0UL,
				    0UL) ||
	    landlock_compat_syscall(LANDLOCK_COMPAT_NR(446), attr->ruleset, sync))
		return -1;
	if (!attr->restricted) /* in a child, a write would copy the page */
		attr->restricted = 1;
	return 0;
}

/*
 * A filter of your own, for a program that can list its system calls; others only need
 * landlock_compat_filter(). The first rule that matches a call answers it:
 *
 *	static struct landlock_compat_program program;
 *
 *	landlock_compat_begin(&program);
 *	landlock_compat_if(&program, 0, ~0U, SIGUSR1);	// if argument 0 is SIGUSR1:
 *	landlock_compat_allow(&program, __NR_...);	// allowed
 *	landlock_compat_deny(&program, __NR_..., EPERM);	// otherwise EPERM
 *	landlock_compat_enforce(&program, SECCOMP_RET_ERRNO | ENOSYS);	// all other calls
 *
 * https://docs.kernel.org/userspace-api/seccomp_filter.html
 */
#define LANDLOCK_COMPAT_PROGRAM_MAX 400U

struct landlock_compat_program {
	uint32_t length, conditions;
	struct {
		uint32_t argument, mask, value;
	} condition[3];
	struct sock_filter code[LANDLOCK_COMPAT_PROGRAM_MAX];
};

/* Call numbers and the order of arguments were tested on these architectures; on others there is no
 * filter. */
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
#else
#define LANDLOCK_COMPAT_ARCH 0U
#endif

/* Appends an instruction; a jump skips if_true or if_false others. If the program is full,
 * landlock_compat_enforce() fails. */
static inline void landlock_compat_emit(struct landlock_compat_program *p, int code, size_t k,
					size_t if_true, size_t if_false)
{
	const struct sock_filter instruction = { (uint16_t)code, (uint8_t)if_true,
						 (uint8_t)if_false, (uint32_t)k };

	if (p->length < LANDLOCK_COMPAT_PROGRAM_MAX)
		p->code[p->length++] = instruction;
}

/* landlock_compat_begin - an empty program. Calls of another architecture (int 0x80 on amd64),
 * which have other numbers, fail with ENOSYS. */
static inline void landlock_compat_begin(struct landlock_compat_program *p)
{
	p->length = p->conditions = 0;
	landlock_compat_emit(p, BPF_LD | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	landlock_compat_emit(p, BPF_JMP | BPF_JEQ, LANDLOCK_COMPAT_ARCH, 1, 0);
	landlock_compat_emit(p, BPF_RET, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
}

/* landlock_compat_if - the next rule only matches if (argument & mask) == value. A rule has at most
 * three conditions. Only the low 32 bits are tested, as the kernel ignores the others of an int:
 * with all 64, AF_INET | 1L << 32 would pass. */
static inline void landlock_compat_if(struct landlock_compat_program *p, uint32_t argument,
				      uint32_t mask, uint32_t value)
{
	if (p->conditions == 3) {
		p->length = LANDLOCK_COMPAT_PROGRAM_MAX;
		return;
	}
	p->condition[p->conditions].argument = argument;
	p->condition[p->conditions].mask = mask;
	p->condition[p->conditions++].value = value;
}

/* landlock_compat_answer - a rule: give answer (SECCOMP_RET_...) to each of 1 to 255 calls. */
static inline void landlock_compat_answer(struct landlock_compat_program *p, uint32_t answer,
					  const int *calls, size_t count)
{
	const size_t low_half = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
	const size_t arguments = offsetof(struct seccomp_data, args) + low_half;
	size_t rest = 1 + 3 * (size_t)p->conditions; /* instructions after those for the calls */

	if (count < 1 || count > 255)
		p->length = LANDLOCK_COMPAT_PROGRAM_MAX;
	landlock_compat_emit(p, BPF_LD | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	for (size_t i = 1; i <= count; i++)
		landlock_compat_emit(p, BPF_JMP | BPF_JEQ, (uint32_t)calls[i - 1], count - i,
				     i < count ? 0 : rest);
	for (uint32_t i = 0; i < p->conditions; i++) {
		rest -= 3;
		landlock_compat_emit(p, BPF_LD | BPF_ABS, arguments + 8 * p->condition[i].argument,
				     0, 0);
		landlock_compat_emit(p, BPF_ALU | BPF_AND, p->condition[i].mask, 0, 0);
		landlock_compat_emit(p, BPF_JMP | BPF_JEQ, p->condition[i].value, 0, rest);
	}
	landlock_compat_emit(p, BPF_RET, answer, 0, 0);
	p->conditions = 0;
}

static inline void landlock_compat_allow(struct landlock_compat_program *p, int call)
{
	landlock_compat_answer(p, SECCOMP_RET_ALLOW, &call, 1);
}

static inline void landlock_compat_deny(struct landlock_compat_program *p, int call, int error)
{
	landlock_compat_answer(p, SECCOMP_RET_ERRNO | (uint32_t)error, &call, 1);
}

/*
 * landlock_compat_enforce - enforce p on all threads and later children, for good.
 *
 * rest answers the calls that have no rule. Sets no_new_privs. Errors: ENOSYS, not in this kernel;
 * ENOTSUP, not for this architecture; EPERM, refused by an outer sandbox; E2BIG, p is too long or
 * has a rule with too many conditions; ESRCH, a thread has a filter that this one lacks; those of
 * seccomp(2).
 */
static inline int landlock_compat_enforce(struct landlock_compat_program *p, uint32_t rest)
{
	struct sock_fprog kernel;
	long result;

	landlock_compat_emit(p, BPF_RET, rest, 0, 0);
	kernel.len = (unsigned short)p->length;
	kernel.filter = p->code;
	errno = LANDLOCK_COMPAT_ARCH ? E2BIG : ENOTSUP;
	if (!LANDLOCK_COMPAT_ARCH || p->length == LANDLOCK_COMPAT_PROGRAM_MAX ||
	    landlock_compat_syscall(__NR_prctl, 38UL /* PR_SET_NO_NEW_PRIVS */, 1UL, 0UL, 0UL, 0UL))
		return -1;
	/* Probe: with filters, the kernel answers EFAULT to this address; else EINVAL or ENOSYS.
	 * There may be memory at NULL (personality(2), MMAP_PAGE_ZERO). */
	landlock_compat_syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
				-1L);
	if (errno == EINVAL)
		errno = ENOSYS;
	if (errno != EFAULT)
		return -1;
	result = landlock_compat_syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
					 SECCOMP_FILTER_FLAG_TSYNC, &kernel);
	if (result > 0) /* the id of that thread */
		errno = ESRCH;
	return result ? -1 : 0;
}

/* The kinds of sockets (LANDLOCK_COMPAT_TCP ...) that the policy allows. */
static inline uint64_t landlock_compat_kinds(const struct landlock_compat_attr *attr)
{
	const uint64_t fs = attr->allowed_access_fs | ~attr->handled_access_fs;
	const uint64_t net = attr->allowed_access_net | ~attr->handled_access_net;
	uint64_t kinds = ~attr->filtered & (LANDLOCK_COMPAT_LISTEN - 1);

	kinds |= net & LANDLOCK_COMPAT_NET_TCP ? LANDLOCK_COMPAT_TCP : 0;
	kinds |= net & LANDLOCK_COMPAT_NET_UDP ? LANDLOCK_COMPAT_UDP : 0;
	if ((fs & LANDLOCK_ACCESS_FS_RESOLVE_UNIX) ||
	    !(attr->scoped & LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET))
		kinds |= LANDLOCK_COMPAT_UNIX;
	return kinds;
}

/* What the filter leaves open: kinds of sockets, bind(2), connect(2). */
#define LANDLOCK_COMPAT_BIND (1ULL << 62)
#define LANDLOCK_COMPAT_CONNECT (1ULL << 63)
static inline uint64_t landlock_compat_left_open(const struct landlock_compat_attr *attr)
{
	const uint64_t net = attr->allowed_access_net | ~attr->handled_access_net;
	uint64_t open = landlock_compat_kinds(attr);

#ifdef __NR_socketcall /* all kinds or none, see below */
	if (open)
		open = LANDLOCK_COMPAT_LISTEN - 1;
#endif
	if (open & (LANDLOCK_COMPAT_UNIX | LANDLOCK_COMPAT_OTHER_SOCKETS))
		open |= LANDLOCK_COMPAT_BIND | LANDLOCK_COMPAT_CONNECT;
	if (net & (LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_BIND_UDP))
		open |= LANDLOCK_COMPAT_BIND;
	if (net & (LANDLOCK_ACCESS_NET_CONNECT_TCP | LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP))
		open |= LANDLOCK_COMPAT_CONNECT;
	return open;
}

/* No Landlock ABI yet denies making sockets, nor all uses of existing ones. */
static inline void landlock_compat_sockets(struct landlock_compat_program *p,
					   const struct landlock_compat_attr *attr)
{
	static const int make[] = { __NR_socket }, send[] = { __NR_sendto, __NR_sendmmsg };
	static const struct {
		uint64_t kind;
		uint32_t type, protocol;
	} inet[] = { { LANDLOCK_COMPAT_TCP, 1, 0 },
		     { LANDLOCK_COMPAT_TCP, 1, 6 },
		     { LANDLOCK_COMPAT_UDP, 2, 0 },
		     { LANDLOCK_COMPAT_UDP, 2, 17 } };
	const uint64_t open = landlock_compat_left_open(attr);
	const uint32_t allow = SECCOMP_RET_ALLOW, deny = SECCOMP_RET_ERRNO | EACCES;
	const uint32_t fast_open = 0x20000000; /* MSG_FASTOPEN */

	/* MPTCP (262) and SMC (256, or family 43) make TCP connections that Landlock's rights for
	 * TCP do not govern (7.3). TCP_ULP (31) makes an SMC socket of a TCP (6) one. */
	if (!(open & LANDLOCK_COMPAT_OTHER_SOCKETS) ||
	    (attr->handled_access_net & LANDLOCK_COMPAT_NET_TCP)) {
		landlock_compat_if(p, 0, ~8U, 2);
		landlock_compat_if(p, 2, ~6U, 256);
		landlock_compat_deny(p, __NR_socket, EACCES);
		landlock_compat_if(p, 0, ~0U, 43);
		landlock_compat_deny(p, __NR_socket, EACCES);
		landlock_compat_if(p, 1, ~0U, 6);
		landlock_compat_if(p, 2, ~0U, 31);
		landlock_compat_deny(p, __NR_setsockopt, EACCES);
	}
	/* IPv4 (2) and IPv6 (10): streams (1) of TCP (6 or 0), datagrams (2) of UDP (17 or 0). */
	for (size_t i = 0; i < 4; i++) {
		landlock_compat_if(p, 0, ~8U, 2);
		landlock_compat_if(p, 1, 0xf, inet[i].type); /* without SOCK_CLOEXEC */
		landlock_compat_if(p, 2, ~0U, inet[i].protocol);
		landlock_compat_answer(p, open & inet[i].kind ? allow : deny, make, 1);
	}
	landlock_compat_if(p, 0, ~0U, 1); /* AF_UNIX */
	landlock_compat_answer(p, open & LANDLOCK_COMPAT_UNIX ? allow : deny, make, 1);
	/* A pair of streams (1, 5) only reaches itself; a datagram pair can send elsewhere. */
	landlock_compat_if(p, 0, ~0U, 1);
	if (!(open & LANDLOCK_COMPAT_UNIX))
		landlock_compat_if(p, 1, 0xb, 1);
	landlock_compat_allow(p, __NR_socketpair);
	landlock_compat_if(p, 0, ~0U, 1);
	landlock_compat_deny(p, __NR_socketpair, EACCES);
	if (!(open & LANDLOCK_COMPAT_OTHER_SOCKETS)) {
		landlock_compat_deny(p, __NR_socket, EACCES);
		landlock_compat_deny(p, __NR_socketpair, EACCES);
	}
	/* Existing sockets, too: connect(AF_UNSPEC) frees a client's for reuse. */
	if (!(open & LANDLOCK_COMPAT_BIND))
		landlock_compat_deny(p, __NR_bind, EACCES);
	if (!(open & LANDLOCK_COMPAT_CONNECT))
		landlock_compat_deny(p, __NR_connect, EACCES);
	if (attr->filtered & LANDLOCK_COMPAT_LISTEN)
		landlock_compat_deny(p, __NR_listen, EACCES);
	/* This flag connects without connect(2), past Landlock until Linux 7.2 (33cb713db016). */
	if (attr->handled_access_net & LANDLOCK_ACCESS_NET_CONNECT_TCP) {
		landlock_compat_if(p, 3, fast_open, fast_open);
		landlock_compat_answer(p, deny, send, 2);
		landlock_compat_if(p, 2, fast_open, fast_open);
		landlock_compat_deny(p, __NR_sendmsg, EACCES);
	}
#ifdef __NR_socketcall
	/* C libraries make all of these by one call, with the kind and the flags behind a pointer:
	 * socket, bind, connect, socketpair, sendto, sendmsg, sendmmsg; and listen (4). */
	for (size_t i = 0; i < 7 && !open; i++) {
		static const uint32_t numbers[] = { 1, 2, 3, 8, 11, 16, 20 };

		landlock_compat_if(p, 0, ~0U, numbers[i]);
		landlock_compat_deny(p, __NR_socketcall, EACCES);
	}
	if (attr->filtered & LANDLOCK_COMPAT_LISTEN) {
		landlock_compat_if(p, 0, ~0U, 4);
		landlock_compat_deny(p, __NR_socketcall, EACCES);
	}
#endif
}

/* Files: what gets past Landlock, and LANDLOCK_ACCESS_FS_TRUNCATE below ABI 3. */
static inline void landlock_compat_files(struct landlock_compat_program *p,
					 const struct landlock_compat_attr *attr)
{
	static const int open_at[] = { __NR_openat, __NR_open_by_handle_at };
	const uint64_t fs = attr->allowed_access_fs | ~attr->handled_access_fs;
	const int no_truncate =
		!(fs & LANDLOCK_ACCESS_FS_TRUNCATE) && !(attr->restricted && attr->abi >= 3);

	/* Access mode 3, for neither reading nor writing, passes Landlock and gives a descriptor
	 * for ioctl(2) (6.18). Even O_RDONLY | O_TRUNC empties a file. */
	for (int i = 0; i < (no_truncate ? 2 : 1); i++) {
		const uint32_t flags = i ? O_TRUNC : 3;

		landlock_compat_if(p, 2, flags, flags);
		landlock_compat_answer(p, SECCOMP_RET_ERRNO | EACCES, open_at, 2);
#ifdef __NR_open
		landlock_compat_if(p, 1, flags, flags);
		landlock_compat_deny(p, __NR_open, EACCES);
#endif
	}
	if (no_truncate) {
		landlock_compat_deny(p, __NR_truncate, EACCES);
#ifdef __NR_truncate64
		landlock_compat_deny(p, __NR_truncate64, EACCES);
#endif
#ifdef __NR_creat
		landlock_compat_deny(p, __NR_creat, EACCES);
#endif
	}
	/* openat2 has its flags behind a pointer; C libraries do without it. fsopen of an overlay,
	 * as root of a namespace, removes files past Landlock (6.18). */
	landlock_compat_deny(p, LANDLOCK_COMPAT_NR(437), ENOSYS);
	landlock_compat_deny(p, LANDLOCK_COMPAT_NR(430), EPERM);
}

/* Other processes: Landlock's domains (ABI 1), LANDLOCK_SCOPE_SIGNAL (6), and what gets past them.
 * A filter knows only pids: below ABI 6, the process that made the filter may signal itself,
 * and its children may signal that process, but not themselves. */
static inline void landlock_compat_processes(struct landlock_compat_program *p,
					     const struct landlock_compat_attr *attr)
{
	static const int look[] = { __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev,
				    LANDLOCK_COMPAT_NR(438) /* pidfd_getfd */ };
	static const int signal[] = { __NR_kill, __NR_tkill, __NR_tgkill, __NR_rt_sigqueueinfo,
				      __NR_rt_tgsigqueueinfo };
	/* F_SETOWN, F_SETOWN_EX, F_SETFL with O_ASYNC; FIOASYNC in two spellings */
	static const uint32_t owner[][2] = { { 8, 0 }, { 15, 0 }, { 4, 0x2000 } };
	static const uint32_t async[] = { 0x5452, 0x8004667d };
	static const int limit[] = { __NR_prlimit64, __NR_sched_setaffinity, __NR_sched_setattr,
				     __NR_sched_setparam, __NR_sched_setscheduler };
	static const int priority[] = { __NR_setpriority, __NR_ioprio_set };
	const uint32_t allow = SECCOMP_RET_ALLOW, deny = SECCOMP_RET_ERRNO | EPERM;
	const int abi = attr->restricted ? attr->abi : 0;

	if (abi < 1)
		landlock_compat_answer(p, deny, look, 4);
	/* Samples of stacks, and SIGTRAP; with CAP_PERFMON, past Landlock (6.18). */
	landlock_compat_deny(p, __NR_perf_event_open, EPERM);
	/* If a process leaves its group, and the group has a stopped process and becomes an orphan
	 * by that, the kernel sends SIGHUP to all of it, past Landlock (6.18). */
	if (attr->scoped & LANDLOCK_SCOPE_SIGNAL)
		landlock_compat_deny(p, __NR_setpgid, EPERM);
	if (abi < 6 && (attr->scoped & LANDLOCK_SCOPE_SIGNAL)) {
		landlock_compat_if(p, 0, ~0U, (uint32_t)getpid());
		landlock_compat_answer(p, allow, signal, 5);
		landlock_compat_answer(p, deny, signal, 5);
		landlock_compat_deny(p, LANDLOCK_COMPAT_NR(424), EPERM); /* pidfd_send_signal */
		/* A descriptor's owner gets signals; ioctl(2) sets it by FIOSETOWN (0x8901),
		 * SIOCSPGRP (0x8902). O_ASYNC makes it a terminal's foreground group. */
		for (size_t i = 0; i < 3; i++) {
			landlock_compat_if(p, 1, ~0U, owner[i][0]);
			landlock_compat_if(p, 2, owner[i][1], owner[i][1]);
			landlock_compat_deny(p, __NR_fcntl, EPERM);
#ifdef __NR_fcntl64
			landlock_compat_if(p, 1, ~0U, owner[i][0]);
			landlock_compat_if(p, 2, owner[i][1], owner[i][1]);
			landlock_compat_deny(p, __NR_fcntl64, EPERM);
#endif
		}
		for (size_t i = 0; i < 2; i++) {
			landlock_compat_if(p, 1, ~0U, async[i]);
			landlock_compat_deny(p, __NR_ioctl, EPERM);
		}
		landlock_compat_if(p, 1, ~3U, 0x8900);
		landlock_compat_deny(p, __NR_ioctl, EPERM);
	}
	/* A CPU time limit of 0 kills as a signal does, and SCHED_IDLE starves (6.18). Process
	 * 0 is the caller; PRIO_PROCESS is 0, IOPRIO_WHO_PROCESS 1. */
	if (attr->filtered & LANDLOCK_COMPAT_LIMITS) {
		landlock_compat_if(p, 0, ~0U, 0);
		landlock_compat_answer(p, allow, limit, 5);
		landlock_compat_answer(p, deny, limit, 5);
		for (uint32_t i = 0; i < 2; i++) {
			landlock_compat_if(p, 0, ~0U, i);
			landlock_compat_if(p, 1, ~0U, 0);
			landlock_compat_allow(p, priority[i]);
		}
		landlock_compat_answer(p, deny, priority, 2);
	}
}

/* Objects that the user's processes share and that outlive them. mq_open(2) makes its queue before
 * Landlock denies it (6.18), and setuid(2) keeps root's keyring. */
static inline void landlock_compat_ipc(struct landlock_compat_program *p)
{
	static const int calls[] = {
		// clang-format off
		__NR_add_key, __NR_request_key, __NR_keyctl, __NR_mq_open, __NR_mq_unlink,
#ifdef __NR_ipc /* and, since Linux 5.1, calls of their own: sem..., shm..., msg... */
		__NR_ipc, 392, 393, 394, 420, 395, 396, 397, 399, 400, 401, 402,
#else
		__NR_semget, __NR_semctl, __NR_semop, __NR_semtimedop, __NR_shmget, __NR_shmctl,
		__NR_shmat, __NR_msgget, __NR_msgctl, __NR_msgsnd, __NR_msgrcv,
#if __SIZEOF_LONG__ == 4
		420, /* semtimedop_time64 */
#endif
#endif
		// clang-format on
	};

	landlock_compat_answer(p, SECCOMP_RET_ERRNO | EACCES, calls,
			       sizeof(calls) / sizeof(calls[0]));
}

/*
 * landlock_compat_stand_in - rules for the part of attr's policy that Landlock does not enforce.
 *
 * For a program whose calls are not known in full. Denials are EACCES, or EPERM if they are about
 * other processes or fsopen(2). Calls unknown to this copy fail with ENOSYS, as do openat2(2) and
 * io_uring, as a filter cannot see what they ask for.
 */
static inline void landlock_compat_stand_in(struct landlock_compat_program *p,
					    const struct landlock_compat_attr *attr)
{
	landlock_compat_emit(p, BPF_LD | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
#ifdef __arm__ /* ARM has its own calls from here on: set_tls */
	landlock_compat_emit(p, BPF_JMP | BPF_JGE, 0xf0000, 2, 0);
#endif
	/* amd64's x32 calls, too, which are numbered from 0x40000000 on */
	landlock_compat_emit(p, BPF_JMP | BPF_JGT, LANDLOCK_COMPAT_NR(LANDLOCK_COMPAT_LAST_CALL), 0,
			     1);
	landlock_compat_emit(p, BPF_RET, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
	landlock_compat_deny(p, LANDLOCK_COMPAT_NR(425), ENOSYS); /* io_uring_setup */
	landlock_compat_sockets(p, attr);
	if (attr->handled_access_fs)
		landlock_compat_files(p, attr);
	landlock_compat_processes(p, attr);
	if (attr->filtered & LANDLOCK_COMPAT_IPC)
		landlock_compat_ipc(p);
}

/*
 * landlock_compat_filter - enforce the stand-in on all threads, after landlock_compat_restrict().
 *
 * Call it in the process that goes on, after daemon(3): its pid is in the filter. Without filters
 * it returns 0, with attr->filter 0, and ENOSYS, ENOTSUP or EPERM of landlock_compat_enforce() in
 * attr->no_filter. Errors: the others of that function.
 */
static inline int landlock_compat_filter(struct landlock_compat_attr *attr)
{
	static struct landlock_compat_program program; /* too large for some stacks */

	landlock_compat_begin(&program);
	landlock_compat_stand_in(&program, attr);
	attr->filter = !landlock_compat_enforce(&program, SECCOMP_RET_ALLOW);
	attr->no_filter = attr->filter ? 0 : errno;
	return attr->filter || errno == ENOSYS || errno == ENOTSUP || errno == EPERM ? 0 : -1;
}

/*
 * landlock_compat_missing - which part of attr's policy is not in force: *missing.
 *
 * Returns 1 if there is any, else 0; only the first four fields are set. It knows nothing of what
 * was open before: an old UDP socket still sends anywhere below ABI 10, an old UNIX one below 9.
 */
static inline int landlock_compat_missing(const struct landlock_compat_attr *attr,
					  struct landlock_compat_attr *missing)
{
	const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE, write = LANDLOCK_ACCESS_FS_WRITE_FILE;
	const uint64_t fs = attr->allowed_access_fs | ~attr->handled_access_fs;
	const uint64_t open = landlock_compat_left_open(attr);
	const uint64_t shut = attr->filter ? ~open : 0; /* what the filter denies */
	/* No filter sees the arguments of socketcall(2). */
#ifdef __NR_socketcall
	const int unseen = open || !attr->filter;
#else
	const int unseen = !attr->filter;
#endif
	const int32_t abi = attr->restricted ? attr->abi : 0;
	struct landlock_compat_attr denied = landlock_compat_rights(abi);

	if (abi > 0) /* Landlock denies it without a rule, even at ABI 1 */
		denied.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	/* A device or file has to be opened first. */
	if (abi > 0 && attr->filter && !(fs & (read | write)))
		denied.handled_access_fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (abi > 0 && attr->filter && !(fs & (write | LANDLOCK_ACCESS_FS_TRUNCATE)))
		denied.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (attr->filter)
		denied.scoped |= LANDLOCK_SCOPE_SIGNAL;
	else /* setpgid(2) */
		denied.scoped &= ~LANDLOCK_SCOPE_SIGNAL;
	if (shut & LANDLOCK_COMPAT_UNIX) {
		denied.scoped |= LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET;
		denied.handled_access_fs |= LANDLOCK_ACCESS_FS_RESOLVE_UNIX;
	}
	if (shut & LANDLOCK_COMPAT_UDP)
		denied.handled_access_net |= LANDLOCK_COMPAT_NET_UDP;
	if (shut & LANDLOCK_COMPAT_BIND) /* UDP sockets are bound by sending, too */
		denied.handled_access_net |= LANDLOCK_ACCESS_NET_BIND_TCP;
	if (shut & LANDLOCK_COMPAT_CONNECT)
		denied.handled_access_net |= LANDLOCK_ACCESS_NET_CONNECT_TCP;
	if (unseen) /* MPTCP, and below ABI 10 fast open */
		denied.handled_access_net &= ~LANDLOCK_COMPAT_NET_TCP;
	memset(missing, 0, sizeof(*missing));
	missing->handled_access_fs = attr->handled_access_fs & ~denied.handled_access_fs;
	missing->handled_access_net = attr->handled_access_net & ~denied.handled_access_net;
	missing->scoped = attr->scoped & ~denied.scoped;
	missing->filtered = attr->filtered & ~landlock_compat_kinds(attr);
	if (attr->filter) /* only kinds allowed along with others */
		missing->filtered &= open;
	return missing->handled_access_fs || missing->handled_access_net || missing->scoped ||
	       missing->filtered;
}

#endif /* LANDLOCK_COMPAT_H */
