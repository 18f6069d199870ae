/* landlock_compat.h 3.0 - SPDX-License-Identifier: 0BSD */
/*
 * Sandbox your own program with Landlock, on kernels old and new (ABIs 1 to 11, Linux 5.13 to 7.3).
 *
 * Bits are denials. Rules are exceptions. A new struct landlock_compat_attr has every bit set. For
 * what the program still does, add a rule for a path, a port or a kind of socket, or clear the bit.
 * This is for a server that has opened its sockets and logs, and that has neither started a thread
 * nor read from the network:
 *
 *	#include "landlock_compat.h"
 *
 *	int sandbox(char *missing, size_t size)
 *	{
 *		struct landlock_compat_attr attr;
 *
 *		if (landlock_get_best_ruleset_attr(&attr) < 0)
 *			return -1;
 *		if (attr.abi < 6) // we accept that older kernels cannot deny signals
 *			attr.scoped &= ~LANDLOCK_SCOPE_SIGNAL;
 *		if (landlock_compat_create(&attr) ||
 *		    landlock_compat_allow_path(&attr, "/usr/share", LANDLOCK_COMPAT_READ) ||
 *		    landlock_compat_allow_socket(&attr, AF_INET, SOCK_STREAM, 0) ||
 *		    landlock_compat_allow_port(&attr, 5432, LANDLOCK_ACCESS_NET_CONNECT_TCP) ||
 *		    landlock_compat_restrict(&attr, 0) || landlock_compat_filter(&attr))
 *			return -1;
 *		close(attr.ruleset);
 *		return landlock_compat_missing(&attr, missing, size);
 *	}
 *
 * On -1, end the program. On 1, missing lists the rights that the policy denies and this kernel
 * does not, such as "fs.truncate fs.ioctl_dev". Log them, or refuse to run.
 *
 * Landlock denies the rights that its ABI in this kernel has. On amd64, arm64, riscv64 and ppc64el,
 * a seccomp filter denies what no Landlock can deny yet: making sockets, and bind(2), connect(2)
 * and listen(2) as a whole. Nothing replaces a right that the kernel lacks. Before ABI 3, for
 * example, truncate(2) works, and before ABI 4, a rule for one TCP port allows them all. All this
 * is reported.
 *
 * The following is neither denied nor reported, because no right covers it: stat(2), chdir(2),
 * chmod(2), chown(2), utime(2), setxattr(2) and inotify(7) on any path; open(2) with access mode 3;
 * fsopen(2); programs in a memfd_create(2) file; System V IPC, POSIX message queues, keyrings, perf
 * events, fork(2), namespaces, memory, CPU time, resource limits (also of other processes); without
 * Landlock, ptrace(2); and ports of any protocol but TCP and UDP, if the policy allows its sockets.
 * Processes forked before stay outside. What is open stays usable: a datagram socket sends anywhere
 * before ABI 9 (UNIX) or 10 (UDP). A filter by landlock_compat_enforce() can deny more.
 *
 * Copy this file. It needs C99 or C++11 and Linux headers of 5.13 or later. It is tested on Linux
 * 5.10 to 7.3. It prints and allocates nothing. Functions return 0, or -1 with errno, unless they
 * say otherwise. The rights: https://docs.kernel.org/userspace-api/landlock.html
 */
#ifndef LANDLOCK_COMPAT_H
#define LANDLOCK_COMPAT_H

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LANDLOCK_COMPAT_ABI 11 /* the newest ABI that this copy knows */
// clang-format off
#ifndef LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP /* headers before Linux 7.2 lack some of these */
#define LANDLOCK_ACCESS_FS_REFER		(1ULL << 13)
#define LANDLOCK_ACCESS_FS_TRUNCATE		(1ULL << 14)
#define LANDLOCK_ACCESS_FS_IOCTL_DEV		(1ULL << 15)
#define LANDLOCK_ACCESS_FS_RESOLVE_UNIX		(1ULL << 16)
#define LANDLOCK_ACCESS_NET_BIND_TCP		(1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP		(1ULL << 1)
#define LANDLOCK_ACCESS_NET_BIND_UDP		(1ULL << 2)
#define LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP	(1ULL << 3)
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET	(1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL			(1ULL << 1)
#define LANDLOCK_RESTRICT_SELF_TSYNC		(1U << 3)
#endif

/* The bits of attr.handled_access_socket are system calls, which the filter denies. They differ
 * from all bits of the kernel's rights, so that a rule with a bit of the wrong field fails. */
#define LANDLOCK_COMPAT_SOCKET_CREATE	(1ULL << 32) /* socket(2), socketpair(2) */
#define LANDLOCK_COMPAT_SOCKET_BIND	(1ULL << 33) /* bind(2) */
#define LANDLOCK_COMPAT_SOCKET_CONNECT	(1ULL << 34) /* connect(2), even on a client's old socket */
#define LANDLOCK_COMPAT_SOCKET_LISTEN	(1ULL << 35) /* listen(2), which also binds a free port */

/* Groups of rights for landlock_compat_allow_path(). A program needs RUN for itself and for ld.so,
 * and READ for its libraries. LOG does not allow O_TRUNC. Landlock has no append-only right. */
#define LANDLOCK_COMPAT_READ	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LANDLOCK_COMPAT_RUN	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE)
#define LANDLOCK_COMPAT_LOG	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)
#define LANDLOCK_COMPAT_REPLACE	(LANDLOCK_COMPAT_READ | LANDLOCK_COMPAT_LOG | \
				 LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define LANDLOCK_COMPAT_THIS_THREAD	(1U << 31) /* a flag of landlock_compat_restrict() */

/* The kernel's constants, because their headers clash with others or lack them. */
#define LANDLOCK_COMPAT_NO_NEW_PRIVS	38UL /* PR_SET_NO_NEW_PRIVS */
#define LANDLOCK_COMPAT_CLONE_THREAD	0x10000UL
#define LANDLOCK_COMPAT_X32_BIT		0x40000000U /* of an x32 call's number */
enum { LANDLOCK_COMPAT_TCP = 6, LANDLOCK_COMPAT_UDP = 17, LANDLOCK_COMPAT_TCP_ULP = 31 };
enum { LANDLOCK_COMPAT_NET_PORT = 2 /* LANDLOCK_RULE_NET_PORT */, LANDLOCK_COMPAT_ENOTSUPP = 524 };

/* This is the C library's syscall(2) by another name, because <unistd.h> hides its declaration in
 * strict C modes, and compilers warn of a second one in all other modes. */
#ifdef __cplusplus
extern "C"
#endif
long landlock_compat_syscall(long number, ...) __asm__("syscall");
// clang-format on

/* A rule of a filter, for the first four arguments of a call. Only their low 32 bits are tested.
 * The kernel ignores the upper half of an int, so AF_INET | 1L << 32 must not get past a rule for
 * AF_INET. The upper half of a long or a pointer counts for the kernel, but is not tested either,
 * so do not rely on a rule for one. */
struct landlock_compat_argument {
	uint32_t mask, value; /* what it has to be: (argument & mask) == value; mask 0 for any */
};
struct landlock_compat_rule {
	int call;	 /* __NR_... */
	uint32_t answer; /* SECCOMP_RET_... */
	struct landlock_compat_argument argument[4];
};

struct landlock_compat_attr {
	/* The policy. What is set is denied. */
	uint64_t handled_access_fs;	/* LANDLOCK_ACCESS_FS_... */
	uint64_t handled_access_net;	/* LANDLOCK_ACCESS_NET_... */
	uint64_t scoped;		/* LANDLOCK_SCOPE_... */
	uint64_t handled_access_socket; /* LANDLOCK_COMPAT_SOCKET_... */
	/* All below is read-only. These have an element for each of the fields above. */
	uint64_t denied[4];  /* what is in force in all threads */
	uint64_t missing[4]; /* what landlock_compat_missing() has found not to be */
	uint64_t created[3]; /* what the ruleset denies, when enforced */
	struct landlock_compat_rule socket[16]; /* the kinds of sockets that rules allow */
	int32_t sockets;			/* how many of these are in use */
	int32_t abi;				/* the Landlock ABI in use, or 0 */
	int32_t no_landlock;			/* if abi is 0, the errno that tells why */
	int32_t ruleset;    /* a descriptor; -1 if not created, -2 if Landlock denies nothing */
	int32_t restricted; /* 1 if a ruleset is in force in all threads */
	int32_t filter;	    /* 1 if a filter is in force */
	int32_t no_filter;  /* if the last one was refused, the errno that tells why */
};

/* The elements of denied and missing. */
enum { LANDLOCK_COMPAT_FS, LANDLOCK_COMPAT_NET, LANDLOCK_COMPAT_SCOPE, LANDLOCK_COMPAT_SOCKET };

/* Every right. ABIs 7, 8 and 11 (Linux 6.15, 7.0 and 7.3) brought flags only. */
static const struct landlock_compat_right {
	int32_t abi;	  /* the first ABI of Landlock that has it; 0 if the filter denies it */
	int32_t field;	  /* LANDLOCK_COMPAT_FS to _SOCKET */
	uint64_t bit;	  /* its bit in that field */
	const char *name; /* its name in the kernel's audit log */
} landlock_compat_rights[] = {
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_EXECUTE, "fs.execute" }, /* Linux 5.13 */
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_WRITE_FILE, "fs.write_file" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_READ_FILE, "fs.read_file" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_READ_DIR, "fs.read_dir" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_REMOVE_DIR, "fs.remove_dir" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_REMOVE_FILE, "fs.remove_file" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_MAKE_CHAR, "fs.make_char" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_MAKE_DIR, "fs.make_dir" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_MAKE_REG, "fs.make_reg" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_MAKE_SOCK, "fs.make_sock" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_MAKE_FIFO, "fs.make_fifo" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_MAKE_BLOCK, "fs.make_block" },
	{ 1, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_MAKE_SYM, "fs.make_sym" },
	{ 2, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_REFER, "fs.refer" },	  /* 5.19 */
	{ 3, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_TRUNCATE, "fs.truncate" },	  /* 6.2 */
	{ 4, LANDLOCK_COMPAT_NET, LANDLOCK_ACCESS_NET_BIND_TCP, "net.bind_tcp" }, /* 6.7 */
	{ 4, LANDLOCK_COMPAT_NET, LANDLOCK_ACCESS_NET_CONNECT_TCP, "net.connect_tcp" },
	{ 5, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_IOCTL_DEV, "fs.ioctl_dev" }, /* 6.10 */
	{ 6, LANDLOCK_COMPAT_SCOPE, LANDLOCK_SCOPE_SIGNAL, "scope.signal" },	 /* 6.12 */
	{ 6, LANDLOCK_COMPAT_SCOPE, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET,
	  "scope.abstract_unix_socket" },
	{ 9, LANDLOCK_COMPAT_FS, LANDLOCK_ACCESS_FS_RESOLVE_UNIX, "fs.resolve_unix" }, /* 7.1 */
	{ 10, LANDLOCK_COMPAT_NET, LANDLOCK_ACCESS_NET_BIND_UDP, "net.bind_udp" },     /* 7.2 */
	{ 10, LANDLOCK_COMPAT_NET, LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP, "net.connect_send_udp" },
	{ 0, LANDLOCK_COMPAT_SOCKET, LANDLOCK_COMPAT_SOCKET_CREATE, "socket.create" },
	{ 0, LANDLOCK_COMPAT_SOCKET, LANDLOCK_COMPAT_SOCKET_BIND, "socket.bind" },
	{ 0, LANDLOCK_COMPAT_SOCKET, LANDLOCK_COMPAT_SOCKET_CONNECT, "socket.connect" },
	{ 0, LANDLOCK_COMPAT_SOCKET, LANDLOCK_COMPAT_SOCKET_LISTEN, "socket.listen" },
};
enum { LANDLOCK_COMPAT_RIGHTS = sizeof(landlock_compat_rights) / sizeof(*landlock_compat_rights) };

/* Returns the rights of a field that can be denied at this ABI. */
static inline uint64_t landlock_compat_known(int32_t field, int32_t abi)
{
	const struct landlock_compat_right *const rights = landlock_compat_rights;
	uint64_t known = 0;

	for (int i = 0; i < LANDLOCK_COMPAT_RIGHTS; i++)
		if (rights[i].field == field && rights[i].abi <= abi)
			known |= rights[i].bit;
	return known;
}

/* Returns a ruleset that denies what attr->abi has of the policy, or -2 if that is nothing. */
static inline int32_t landlock_compat_new_ruleset(struct landlock_compat_attr *attr)
{
	const uint64_t set[3] = { attr->handled_access_fs, attr->handled_access_net, attr->scoped };
	uint64_t any = 0;

	for (int32_t i = 0; i < 3; i++)
		any |= attr->created[i] = set[i] & landlock_compat_known(i, attr->abi);
	if (!any)
		return -2;
	/* These are the first fields of struct landlock_ruleset_attr. Older headers lack some. */
	return (int32_t)landlock_compat_syscall(__NR_landlock_create_ruleset, attr->created,
						sizeof(set), 0U);
}

/*
 * landlock_get_best_ruleset_attr - make the policy that denies everything, on every kernel
 * (It keeps the name under which it was first proposed, hence the prefix.) Returns the Landlock ABI
 * in use, at most LANDLOCK_COMPAT_ABI. If it is 0, attr->no_landlock tells why: ENOSYS, not in this
 * kernel; EOPNOTSUPP, off at boot; EPERM, refused by an outer sandbox; EINVAL, refused even at
 * ABI 1. Errors: all others of landlock_create_ruleset(2), such as ENOMEM.
 */
static inline int landlock_get_best_ruleset_attr(struct landlock_compat_attr *attr)
{
	const int32_t newest = LANDLOCK_COMPAT_ABI;
	const long abi = landlock_compat_syscall(__NR_landlock_create_ruleset, (void *)NULL,
						 (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
	const int error = abi < 0 ? errno : EINVAL;
	int32_t ruleset;

	memset(attr, 0, sizeof(*attr));
	attr->handled_access_fs = landlock_compat_known(LANDLOCK_COMPAT_FS, newest);
	attr->handled_access_net = landlock_compat_known(LANDLOCK_COMPAT_NET, newest);
	attr->scoped = landlock_compat_known(LANDLOCK_COMPAT_SCOPE, newest);
	attr->handled_access_socket = landlock_compat_known(LANDLOCK_COMPAT_SOCKET, newest);
	attr->abi = abi < 0 ? 0 : abi < newest ? (int32_t)abi : newest;
	attr->ruleset = -1;
	if (abi < 0 && error != ENOSYS && error != EOPNOTSUPP && error != EPERM)
		return -1;
	/* Try the rights of each ABI, from the newest down. Kernels of RHEL 9 have claimed ABI 6
	 * and refused its rights with EINVAL (xz issue 199). */
	while ((ruleset = landlock_compat_new_ruleset(attr)) == -1) {
		if (errno != EINVAL && errno != E2BIG)
			return -1;
		attr->abi--;
	}
	if (ruleset >= 0)
		close(ruleset);
	attr->no_landlock = attr->abi > 0 ? 0 : error;
	return attr->abi;
}

/*
 * landlock_compat_create - create attr->ruleset from what this kernel's Landlock has of the policy
 * This can be early, as root or before chroot(2). Errors: those of landlock_create_ruleset(2).
 */
static inline int landlock_compat_create(struct landlock_compat_attr *attr)
{
	attr->ruleset = landlock_compat_new_ruleset(attr);
	return attr->ruleset == -1 ? -1 : 0;
}

/*
 * Rules. Where a right needs a system call, its rule also clears a bit of handled_access_socket:
 *
 *	allow_path with RESOLVE_UNIX            clears CONNECT
 *	allow_port with BIND_TCP or BIND_UDP    clears BIND
 *	allow_port with CONNECT_TCP             clears CONNECT
 *	allow_port with CONNECT_SEND_UDP        clears both, and allows UDP to bind port 0
 *
 * Until landlock_compat_filter(), a bit can be set again. Errors of all rules: EBADF, before
 * landlock_compat_create(); EINVAL, access is 0 or has a bit that is not set in this field. A rule
 * that fails allows nothing.
 */
static inline int landlock_compat_check(const struct landlock_compat_attr *attr, uint64_t access,
					uint64_t handled)
{
	errno = attr->ruleset == -1 ? EBADF : EINVAL;
	return attr->ruleset == -1 || !access || (access & ~handled) ? -1 : 0;
}

static inline int landlock_compat_add_rule(const struct landlock_compat_attr *attr, int type,
					   const void *rule)
{
	return (int)landlock_compat_syscall(__NR_landlock_add_rule, attr->ruleset, type, rule, 0U);
}

/*
 * landlock_compat_allow_path - allow access at path and, if it is a directory, below it
 * The rule is for the file or directory that path names now, not for the targets of links in it. If
 * rename(2) may replace a file, allow its directory instead. For a file, rights that only
 * directories have are ignored. To move files between directories, both need a rule with REFER;
 * clearing the bit does not help. Other errors: those of open(2) and of landlock_add_rule(2), such
 * as ENOMSG, path is a file and no right in access is for files.
 */
static inline int landlock_compat_allow_path(struct landlock_compat_attr *attr, const char *path,
					     uint64_t access)
{
	const uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				  LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
				  LANDLOCK_ACCESS_FS_IOCTL_DEV | LANDLOCK_ACCESS_FS_RESOLVE_UNIX;
	struct landlock_path_beneath_attr rule;
	int result = 0;

	if (landlock_compat_check(attr, access, attr->handled_access_fs))
		return -1;
	rule.allowed_access = access & attr->created[LANDLOCK_COMPAT_FS];
#ifdef O_PATH
	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
#else /* strict C modes hide it */
	rule.parent_fd = open(path, __O_PATH | __O_CLOEXEC);
#endif
	if (rule.parent_fd < 0)
		return -1;
	if (rule.allowed_access)
		result = landlock_compat_add_rule(attr, LANDLOCK_RULE_PATH_BENEATH, &rule);
	if (result && errno == EINVAL) { /* perhaps because path is a file */
		rule.allowed_access &= of_files;
		result = landlock_compat_add_rule(attr, LANDLOCK_RULE_PATH_BENEATH, &rule);
	}
	close(rule.parent_fd); /* does not change errno */
	if (!result && (access & LANDLOCK_ACCESS_FS_RESOLVE_UNIX))
		attr->handled_access_socket &= ~LANDLOCK_COMPAT_SOCKET_CONNECT;
	return result;
}

/*
 * landlock_compat_allow_port - allow access (LANDLOCK_ACCESS_NET_...) to a port, at any address
 * The port is a plain number, without htons(3). To listen on it, clear ..._SOCKET_LISTEN. A UDP
 * server cannot name the ports of its clients, so it clears ..._NET_CONNECT_SEND_UDP instead. Other
 * errors: those of landlock_add_rule(2).
 */
static inline int landlock_compat_allow_port(struct landlock_compat_attr *attr, uint16_t port,
					     uint64_t access)
{
	const uint64_t known = attr->created[LANDLOCK_COMPAT_NET];
	const uint64_t udp = access & LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP;
	/* Two of struct landlock_net_port_attr, which older headers lack. To send UDP, a socket
	 * also binds a free port, which to Landlock is port 0. */
	const uint64_t rule[2] = { access & known, port };
	const uint64_t source[2] = { udp ? LANDLOCK_ACCESS_NET_BIND_UDP & known : 0, 0 };

	if (landlock_compat_check(attr, access, attr->handled_access_net) ||
	    (rule[0] && landlock_compat_add_rule(attr, LANDLOCK_COMPAT_NET_PORT, rule)) ||
	    (source[0] && landlock_compat_add_rule(attr, LANDLOCK_COMPAT_NET_PORT, source)))
		return -1;
	if (udp || (access & (LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_BIND_UDP)))
		attr->handled_access_socket &= ~LANDLOCK_COMPAT_SOCKET_BIND;
	if (udp || (access & LANDLOCK_ACCESS_NET_CONNECT_TCP))
		attr->handled_access_socket &= ~LANDLOCK_COMPAT_SOCKET_CONNECT;
	return 0;
}

/*
 * landlock_compat_allow_socket - allow this kind of socket to be made, also by socketpair(2)
 * The arguments are those of socket(2), but AF_UNSPEC is both AF_INET and AF_INET6. TCP and UDP by
 * protocol 0 also allow protocol 6 or 17, which getaddrinfo(3) gives, and take two of the elements
 * of attr->socket. Rules for ports govern no other protocol, such as MPTCP, SMC, SCTP or UDP-Lite.
 * Other errors: E2BIG, attr->socket is full.
 */
static inline int landlock_compat_allow_socket(struct landlock_compat_attr *attr, int family,
					       int type, int protocol)
{
	/* AF_INET and AF_INET6 differ in one bit, which AF_UNSPEC leaves out of the comparison. */
	const uint32_t ignore = family == AF_UNSPEC ? AF_INET ^ AF_INET6 : 0;
	const uint32_t value = family == AF_UNSPEC ? AF_INET : (uint32_t)family;
	const uint32_t kind = (uint32_t)type & 0xf; /* without SOCK_CLOEXEC, SOCK_NONBLOCK */
	const uint32_t number = kind == SOCK_STREAM ? LANDLOCK_COMPAT_TCP : LANDLOCK_COMPAT_UDP;
	const int two = !protocol && (kind == SOCK_STREAM || kind == SOCK_DGRAM) &&
			(value == AF_INET || value == AF_INET6);
	const int32_t most = sizeof(attr->socket) / sizeof(attr->socket[0]);
	struct landlock_compat_rule rule = {
		__NR_socket,
		SECCOMP_RET_ALLOW,
		{ { ~ignore, value }, { 0xf, kind }, { ~0U, (uint32_t)protocol } }
	};

	if (landlock_compat_check(attr, LANDLOCK_COMPAT_SOCKET_CREATE, attr->handled_access_socket))
		return -1;
	for (int32_t i = 0; i < attr->sockets; i++)
		if (!memcmp(&attr->socket[i], &rule, sizeof(rule)))
			return 0;
	errno = E2BIG;
	if (attr->sockets + two >= most)
		return -1;
	attr->socket[attr->sockets++] = rule;
	rule.argument[2].value = number;
	if (two)
		attr->socket[attr->sockets++] = rule;
	return 0;
}

/* Sets no_new_privs: from now on, execve(2) gives no privileges. */
static inline long landlock_compat_no_new_privs(void)
{
	return landlock_compat_syscall(__NR_prctl, LANDLOCK_COMPAT_NO_NEW_PRIVS, 1UL, 0UL, 0UL,
				       0UL);
}

/* Are there other threads? Tries for 20 ms, because a joined thread may still be ending. */
static inline int landlock_compat_has_threads(void)
{
	struct stat threads;

	for (int i = 0; i < 20; i++) {
		/* This does nothing, and fails with EINVAL if there are other threads. */
		if (!landlock_compat_syscall(__NR_unshare, LANDLOCK_COMPAT_CLONE_THREAD))
			return 0;
		/* If an outer sandbox refuses it, count links: two, and one for each thread. */
		if (errno != EINVAL && !stat("/proc/self/task", &threads) && threads.st_nlink == 3)
			return 0;
		poll(NULL, 0, 1);
	}
	return 1;
}

/*
 * landlock_compat_restrict - restrict this process and its future children permanently
 * Restricts all threads or none. Before ABI 8, Landlock cannot restrict other threads, so call it
 * before the first one. Otherwise, or if there is neither unshare(2) nor /proc to count threads, it
 * fails with EBUSY and changes nothing. Sets no_new_privs. Close attr->ruleset afterwards, unless a
 * child will use it. Other errors: EBADF, before landlock_compat_create(); EINVAL, another flag;
 * those of landlock_restrict_self(2), such as E2BIG, there are 16 layers already.
 *
 * LANDLOCK_COMPAT_THIS_THREAD restricts the calling thread alone, and landlock_compat_missing()
 * does not count that. Use it if all other threads are trusted. If a server forks for each client,
 * use it in the child before it reads, with the same attr, so that the child cannot read the memory
 * of its parent or siblings.
 */
static inline int landlock_compat_restrict(struct landlock_compat_attr *attr, uint32_t flags)
{
	const uint32_t sync = attr->abi < 8 || flags ? 0 : LANDLOCK_RESTRICT_SELF_TSYNC;

	errno = attr->ruleset == -1 ? EBADF : EINVAL;
	if (attr->ruleset == -1 || (flags & ~LANDLOCK_COMPAT_THIS_THREAD))
		return -1;
	if (attr->ruleset < 0)
		return 0;
	if (!flags && !sync && landlock_compat_has_threads()) {
		errno = EBUSY;
		return -1;
	}
	if (landlock_compat_no_new_privs() ||
	    landlock_compat_syscall(__NR_landlock_restrict_self, attr->ruleset, sync))
		return -1;
	if (flags)
		return 0;
	attr->restricted = 1;
	for (int i = 0; i < 3; i++)
		attr->denied[i] |= attr->created[i];
	return 0;
}

/* The architectures that have a filter. */
#if !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#define LANDLOCK_COMPAT_ARCH 0U
#elif defined(__x86_64__)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__)
#define LANDLOCK_COMPAT_ARCH AUDIT_ARCH_PPC64LE
#else
#define LANDLOCK_COMPAT_ARCH 0U
#endif

/* Returns an instruction. If it is a comparison and fails, it jumps over skip instructions. */
static inline struct sock_filter landlock_compat_code(int code, size_t k, size_t skip)
{
	const struct sock_filter instruction = { (uint16_t)code, 0, (uint8_t)skip, (uint32_t)k };

	return instruction;
}

/*
 * landlock_compat_enforce - enforce a filter on all threads and future children permanently
 * This is for a program that can list its system calls; others need landlock_compat_filter() only.
 * The first rule that matches a call answers it, and rest answers all other calls:
 *
 *	static const struct landlock_compat_rule rules[] = {
 *		{ __NR_read, SECCOMP_RET_ALLOW, { { 0, 0 } } },
 *		{ __NR_kill, SECCOMP_RET_ALLOW, { { 0, 0 }, { ~0U, SIGUSR1 } } },
 *	};
 *	landlock_compat_enforce(rules, 2, SECCOMP_RET_ERRNO | ENOSYS);
 *
 * Calls of another architecture (int 0x80 on amd64) and of amd64's x32 fail with ENOSYS, because
 * they have other numbers. Sets no_new_privs. Not reentrant. Errors: ENOSYS or EINVAL, not in this
 * kernel; ENOTSUP, not for this architecture; EPERM, refused by an outer sandbox; E2BIG, over 100
 * rules; ESRCH, another thread has a filter that the calling one lacks; ENOMEM, no memory, or none
 * left below net.core.bpf_jit_limit.
 */
static inline int landlock_compat_enforce(const struct landlock_compat_rule *rules, size_t count,
					  uint32_t rest)
{
	static struct sock_filter code[6 + 100 * (3 + 4 * 3)]; /* 3 for a rule, 3 for an argument */
	const int load = BPF_LD | BPF_ABS, equal = BPF_JMP | BPF_JEQ;
	const size_t nr = offsetof(struct seccomp_data, nr);
	const size_t args = offsetof(struct seccomp_data, args); /* little-endian: the low halves */
	struct sock_filter *next = code;
	struct sock_fprog program = { 0, code };
	long result;

	errno = LANDLOCK_COMPAT_ARCH ? E2BIG : ENOTSUP;
	if (!LANDLOCK_COMPAT_ARCH || count > 100 || landlock_compat_no_new_privs())
		return -1;
	*next++ = landlock_compat_code(load, offsetof(struct seccomp_data, arch), 0);
	*next++ = landlock_compat_code(equal, LANDLOCK_COMPAT_ARCH, 2); /* to ENOSYS */
	*next++ = landlock_compat_code(load, nr, 0);
	*next++ = landlock_compat_code(BPF_JMP | BPF_JGE, LANDLOCK_COMPAT_X32_BIT, 1);
	*next++ = landlock_compat_code(BPF_RET, SECCOMP_RET_ERRNO | ENOSYS, 0);
	/* A rule: load nr; is it the call? For each argument, load it, mask it; is it the value?
	 * Return the answer. A "no" jumps to the next rule. */
	for (const struct landlock_compat_rule *rule = rules; rule < rules + count; rule++) {
		size_t left = 1; /* instructions up to the next rule */

		for (int i = 0; i < 4; i++)
			left += rule->argument[i].mask ? 3 : 0;
		*next++ = landlock_compat_code(load, nr, 0);
		*next++ = landlock_compat_code(equal, (uint32_t)rule->call, left);
		for (size_t i = 0; i < 4; i++) {
			const uint32_t mask = rule->argument[i].mask;

			if (!mask)
				continue;
			left -= 3;
			*next++ = landlock_compat_code(load, args + 8 * i, 0);
			*next++ = landlock_compat_code(BPF_ALU | BPF_AND, mask, 0);
			*next++ = landlock_compat_code(equal, rule->argument[i].value, left);
		}
		*next++ = landlock_compat_code(BPF_RET, rule->answer, 0);
	}
	*next++ = landlock_compat_code(BPF_RET, rest, 0);
	program.len = (unsigned short)(next - code);
	result = landlock_compat_syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
					 SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (result > 0) /* the id of a thread that has another filter */
		errno = ESRCH;
	else if (result < 0 && errno == LANDLOCK_COMPAT_ENOTSUPP) /* over net.core.bpf_jit_limit */
		errno = ENOMEM;
	return result ? -1 : 0;
}

/*
 * landlock_compat_filter - deny attr->handled_access_socket, in all threads and future children
 * Denied calls fail with EACCES. Three ways around the rules are always denied: MSG_FASTOPEN, which
 * connects without connect(2) and, before Linux 7.2, past Landlock; turning a TCP socket into an
 * SMC one; and io_uring, whose operations no filter sees. If there can be no filter, it returns 0,
 * attr->no_filter has the reason, and landlock_compat_missing() reports it. Not reentrant. Errors:
 * ESRCH and ENOMEM of landlock_compat_enforce().
 */
static inline int landlock_compat_filter(struct landlock_compat_attr *attr)
{
	const uint32_t deny = SECCOMP_RET_ERRNO | EACCES, absent = SECCOMP_RET_ERRNO | ENOSYS;
	const struct landlock_compat_argument any = { 0, 0 }, fast = { MSG_FASTOPEN, MSG_FASTOPEN },
					      tcp = { ~0U, LANDLOCK_COMPAT_TCP },
					      ulp = { ~0U, LANDLOCK_COMPAT_TCP_ULP };
	const struct {
		uint64_t right; /* the bit that denies it, or 0 for always */
		struct landlock_compat_rule rule;
	} calls[] = {
		{ LANDLOCK_COMPAT_SOCKET_CREATE, { __NR_socket, deny, { any } } },
		{ LANDLOCK_COMPAT_SOCKET_CREATE, { __NR_socketpair, deny, { any } } },
		{ LANDLOCK_COMPAT_SOCKET_BIND, { __NR_bind, deny, { any } } },
		{ LANDLOCK_COMPAT_SOCKET_CONNECT, { __NR_connect, deny, { any } } },
		{ LANDLOCK_COMPAT_SOCKET_LISTEN, { __NR_listen, deny, { any } } },
		{ 0, { __NR_sendto, deny, { any, any, any, fast } } },
		{ 0, { __NR_sendmmsg, deny, { any, any, any, fast } } },
		{ 0, { __NR_sendmsg, deny, { any, any, fast } } },
		{ 0, { __NR_setsockopt, deny, { any, tcp, ulp } } },
		{ 0, { __NR_io_uring_setup, absent, { any } } },
#ifdef __NR_socketcall /* all of these in one; C libraries of ppc64le do without it */
		{ 0, { __NR_socketcall, absent, { any } } },
#endif
	};
	static struct landlock_compat_rule rules[2 * 16 + sizeof(calls) / sizeof(calls[0])];
	size_t count = 0;

	/* The exceptions come first, because the first rule that matches a call answers it. */
	for (int32_t i = 0; i < attr->sockets; i++) {
		rules[count++] = attr->socket[i];
		rules[count] = attr->socket[i];
		rules[count++].call = __NR_socketpair;
	}
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!calls[i].right || (attr->handled_access_socket & calls[i].right))
			rules[count++] = calls[i].rule;
	if (landlock_compat_enforce(rules, count, SECCOMP_RET_ALLOW)) {
		attr->no_filter = errno;
		return errno == ESRCH || errno == ENOMEM ? -1 : 0;
	}
	attr->filter = 1;
	attr->no_filter = 0;
	attr->denied[LANDLOCK_COMPAT_SOCKET] |= attr->handled_access_socket;
	return 0;
}

/* Can such a socket be made? 0 stands for any family, type or protocol. */
static inline int landlock_compat_can_make(const struct landlock_compat_attr *attr, uint32_t family,
					   uint32_t type, uint32_t protocol)
{
	int can = !(attr->denied[LANDLOCK_COMPAT_SOCKET] & LANDLOCK_COMPAT_SOCKET_CREATE);

	for (int32_t i = 0; i < attr->sockets; i++)
		can |= (!family || attr->socket[i].argument[0].value == family) &&
		       (!type || attr->socket[i].argument[1].value == type) &&
		       (!protocol || attr->socket[i].argument[2].value == protocol);
	return can;
}

/* Sets attr->missing. A right that Landlock lacks is in force if every way to use it is denied. */
static inline void landlock_compat_find_missing(struct landlock_compat_attr *attr)
{
	const uint64_t shut = attr->denied[LANDLOCK_COMPAT_SOCKET];
	/* Can a UNIX socket connect to another process? */
	const int connects = !(shut & LANDLOCK_COMPAT_SOCKET_CONNECT) &&
			     landlock_compat_can_make(attr, AF_UNIX, 0, 0);
	/* Can a UNIX socket send to one without? SOCK_DGRAM can, and SOCK_RAW is the same here. */
	const int sends = landlock_compat_can_make(attr, AF_UNIX, SOCK_DGRAM, 0) ||
			  landlock_compat_can_make(attr, AF_UNIX, SOCK_RAW, 0);
	uint64_t fs = attr->denied[LANDLOCK_COMPAT_FS], net = attr->denied[LANDLOCK_COMPAT_NET];
	uint64_t scope = attr->denied[LANDLOCK_COMPAT_SCOPE];

	if (fs) /* Every ruleset for files denies it, even at ABI 1. */
		fs |= LANDLOCK_ACCESS_FS_REFER;
	/* Before ABI 10, only the filter denies MSG_FASTOPEN. A backported fix cannot be seen. */
	if (attr->abi < 10 && !attr->filter)
		net &= ~LANDLOCK_ACCESS_NET_CONNECT_TCP;
	if (shut & LANDLOCK_COMPAT_SOCKET_BIND) /* Nothing can choose a port. */
		net |= LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_BIND_UDP;
	if (shut & LANDLOCK_COMPAT_SOCKET_CONNECT) /* TCP cannot connect. UDP can still send. */
		net |= LANDLOCK_ACCESS_NET_CONNECT_TCP;
	/* Can a UDP socket be made? */
	if (!landlock_compat_can_make(attr, 0, 0, LANDLOCK_COMPAT_UDP))
		net |= LANDLOCK_ACCESS_NET_BIND_UDP | LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP;
	if (!connects && !sends) { /* No UNIX socket reaches another process. */
		fs |= LANDLOCK_ACCESS_FS_RESOLVE_UNIX;
		scope |= LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET;
	}
	attr->missing[LANDLOCK_COMPAT_FS] = attr->handled_access_fs & ~fs;
	attr->missing[LANDLOCK_COMPAT_NET] = attr->handled_access_net & ~net;
	attr->missing[LANDLOCK_COMPAT_SCOPE] = attr->scoped & ~scope;
	attr->missing[LANDLOCK_COMPAT_SOCKET] = attr->handled_access_socket & ~shut;
}

/*
 * landlock_compat_missing - is part of the policy not in force?
 * Returns 1 if so, else 0. Writes the names of the missing rights to text, such as "fs.truncate
 * scope.signal", and leaves out those that do not fit; 400 bytes hold them all. To insist on some
 * rights only, test attr->missing[LANDLOCK_COMPAT_FS] & LANDLOCK_ACCESS_FS_WRITE_FILE.
 */
static inline int landlock_compat_missing(struct landlock_compat_attr *attr, char *text,
					  size_t size)
{
	size_t length = 0;

	landlock_compat_find_missing(attr);
	for (int i = 0; i < LANDLOCK_COMPAT_RIGHTS; i++) {
		const struct landlock_compat_right *const right = &landlock_compat_rights[i];
		const size_t more = strlen(right->name) + 1;

		if (!(attr->missing[right->field] & right->bit) || length + more > size)
			continue;
		memcpy(text + length, right->name, more - 1);
		length += more;
		text[length - 1] = ' ';
	}
	if (size > 0)
		text[length > 0 ? length - 1 : 0] = '\0';
	return attr->missing[0] || attr->missing[1] || attr->missing[2] || attr->missing[3];
}

#endif /* LANDLOCK_COMPAT_H */
