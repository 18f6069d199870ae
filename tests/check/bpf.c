// SPDX-License-Identifier: 0BSD
/*
 * bpf - what the filters answer, on any architecture, without loading them
 *
 * An interpreter runs the programs that landlock_compat_filter() and landlock_compat_enforce()
 * make, so that one of another architecture can be judged under qemu-user. The expected answers are
 * written down here. What the kernel then does is policies.c's business, on this machine.
 */
#include "simulate.h"

static struct sock_fprog program; /* the latest */

static long simulate(long number, ...)
{
	va_list list;

	errno = ENOSYS;
	if (number != __NR_seccomp)
		return number == __NR_prctl ? 0 : -1;
	va_start(list, number);
	CHECK(va_arg(list, unsigned int) == SECCOMP_SET_MODE_FILTER &&
		      va_arg(list, unsigned int) == SECCOMP_FILTER_FLAG_TSYNC,
	      "seccomp(2): a filter for all threads");
	program = *va_arg(list, struct sock_fprog *);
	va_end(list);
	return 0;
}

static uint32_t run(const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t at = 0; at < program.len; at++) {
		const struct sock_filter *const code = &program.filter[at];

		switch (code->code) {
		case BPF_LD | BPF_W | BPF_ABS: memcpy(&a, (const char *)data + code->k, 4); break;
		case BPF_ALU | BPF_AND | BPF_K: a &= code->k; break;
		case BPF_JMP | BPF_JEQ | BPF_K: at += a == code->k ? code->jt : code->jf; break;
		case BPF_JMP | BPF_JGE | BPF_K: at += a >= code->k ? code->jt : code->jf; break;
		case BPF_RET | BPF_K: return code->k;
		default: abort();
		}
	}
	abort(); /* the kernel refuses a program that runs over its end */
}

enum { LAST_CALL = 1100 };
#define YES SECCOMP_RET_ALLOW
#define NO (SECCOMP_RET_ERRNO | EACCES)
#define ABSENT (SECCOMP_RET_ERRNO | ENOSYS)
#define CALL(nr, ...) (&(struct seccomp_data){ nr, LANDLOCK_COMPAT_ARCH, 0, { __VA_ARGS__ } })
#define HIGH (1ULL << 32) /* what the kernel ignores of an int */

/* The filter of a policy with these bits and one kind of socket (family -1: none) */
static void make_filter(uint64_t denied, int family, int type, int protocol)
{
	struct landlock_compat_attr attr;

	if (landlock_get_best_ruleset_attr(&attr) || landlock_compat_create(&attr))
		abort();
	attr.handled_access_socket &= denied;
	if (family >= 0 && landlock_compat_allow_socket(&attr, family, type, protocol))
		abort();
	if (landlock_compat_filter(&attr))
		abort();
	CHECK(attr.filter == !!LANDLOCK_COMPAT_ARCH, "whether there is a filter");
	CHECK(attr.filter || attr.no_filter == ENOTSUP, "why there is none");
}

static void each_form(void)
{
	static const struct {
		const char *what;
		uint32_t answer;
		struct seccomp_data call;
	} forms[] = {
#define FORM(what, answer, nr, ...)                                                                \
	{                                                                                          \
		what, answer,                                                                      \
		{                                                                                  \
			nr, LANDLOCK_COMPAT_ARCH, 0,                                               \
			{                                                                          \
				__VA_ARGS__                                                        \
			}                                                                          \
		}                                                                                  \
	}
		FORM("the socket that is allowed", YES, __NR_socket, AF_INET, SOCK_STREAM, 0),
		FORM("... as getaddrinfo(3) asks", YES, __NR_socket, AF_INET,
		     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 6),
		FORM("... above 32 bits", YES, __NR_socket, AF_INET | HIGH, SOCK_STREAM | HIGH,
		     HIGH),
		FORM("another family", NO, __NR_socket, AF_INET6, SOCK_STREAM, 0),
		FORM("another type", NO, __NR_socket, AF_INET, SOCK_DGRAM, 0),
		FORM("MPTCP", NO, __NR_socket, AF_INET, SOCK_STREAM, 262),
		FORM("MPTCP, above 32 bits", NO, __NR_socket, AF_INET, SOCK_STREAM, 262 | HIGH),
		FORM("a pair", NO, __NR_socketpair, AF_UNIX, SOCK_STREAM, 0),
		FORM("bind", NO, __NR_bind, 3),
		FORM("connect", NO, __NR_connect, 3),
		FORM("listen", NO, __NR_listen, 3),
		FORM("send", YES, __NR_sendto, 3, 0, 0, MSG_NOSIGNAL),
		FORM("fast open", NO, __NR_sendto, 3, 0, 0, MSG_FASTOPEN | MSG_NOSIGNAL | HIGH),
		FORM("sendmsg", YES, __NR_sendmsg, 3, 0, 0, MSG_FASTOPEN),
		FORM("fast open by sendmsg", NO, __NR_sendmsg, 3, 0, MSG_FASTOPEN),
		FORM("fast open by sendmmsg", NO, __NR_sendmmsg, 3, 0, 1, MSG_FASTOPEN),
		FORM("TCP_NODELAY", YES, __NR_setsockopt, 3, 6, 1),
		FORM("option 31 of SOL_SOCKET", YES, __NR_setsockopt, 3, SOL_SOCKET, 31),
		FORM("TCP_ULP", NO, __NR_setsockopt, 3, 6 | HIGH, 31 | HIGH),
		FORM("io_uring", ABSENT, __NR_io_uring_setup, 1),
		FORM("an x32 call", ABSENT, 0x40000000 + __NR_socket, AF_INET, SOCK_STREAM),
#ifdef __NR_socketcall
		FORM("socketcall", ABSENT, __NR_socketcall, 1),
#endif
	};

	make_filter(~0ULL, AF_INET, SOCK_STREAM, 0);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		CHECK(run(&forms[i].call) == forms[i].answer, "%s: %#x", forms[i].what,
		      run(&forms[i].call));
	CHECK(run(&(struct seccomp_data){ __NR_read, ~LANDLOCK_COMPAT_ARCH, 0, { 0 } }) == ABSENT,
	      "a call of another architecture");
}

/* Every call, by policies that deny all, each of the four, and none */
static void each_call(void)
{
	static const struct {
		uint64_t bit;
		int calls[2];
	} bits[] = { { LANDLOCK_COMPAT_SOCKET_CREATE, { __NR_socket, __NR_socketpair } },
		     { LANDLOCK_COMPAT_SOCKET_BIND, { __NR_bind, -1 } },
		     { LANDLOCK_COMPAT_SOCKET_CONNECT, { __NR_connect, -1 } },
		     { LANDLOCK_COMPAT_SOCKET_LISTEN, { __NR_listen, -1 } } };

	for (unsigned int set = 0; set < 16; set++) {
		uint64_t denied = 0;

		for (int i = 0; i < 4; i++)
			denied |= set & 1U << i ? bits[i].bit : 0;
		make_filter(denied, -1, 0, 0);
		for (int nr = 0; nr <= LAST_CALL; nr++) {
			uint32_t expected = nr == __NR_io_uring_setup ? ABSENT : YES;

#ifdef __NR_socketcall
			if (nr == __NR_socketcall)
				expected = ABSENT;
#endif
			for (int i = 0; i < 4; i++)
				if (set & 1U << i &&
				    (nr == bits[i].calls[0] || nr == bits[i].calls[1]))
					expected = NO;
			CHECK(run(CALL(nr, 0, 0, 0, 0)) == expected, "call %d, bits %#x: %#x", nr,
			      set, run(CALL(nr, 0, 0, 0, 0)));
		}
	}
}

/* AF_UNSPEC is IPv4 and IPv6, and nothing else. */
static void each_kind(void)
{
	int wrong = 0;

	make_filter(~0ULL, AF_UNSPEC, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (uint32_t family = 0; family < 512; family++)
		for (uint32_t type = 0; type < 16; type++)
			for (uint32_t protocol = 0; protocol < 300; protocol++) {
				const bool ok = (family == AF_INET || family == AF_INET6) &&
						type == SOCK_DGRAM &&
						(protocol == 0 || protocol == 17);

				wrong += run(CALL(__NR_socket, family, type, protocol)) !=
					 (ok ? YES : NO);
			}
	CHECK(!wrong, "%d kinds of sockets", wrong);
}

/* A list of one's own: the first rule that matches, each of four arguments, up to 100 rules */
static void each_rule(void)
{
	static const struct landlock_compat_rule some[] = {
		{ 5, SECCOMP_RET_ALLOW, { { 0, 0 }, { ~0U, 7 }, { 8, 0 }, { 0xf0, 0x20 } } },
		{ 5, SECCOMP_RET_ERRNO | 1, { { ~0U, 0xffffffff } } },
		{ 5, SECCOMP_RET_ERRNO | 2, { { 0, 0 } } },
		{ 5, SECCOMP_RET_ALLOW, { { 0, 0 } } },
	};
	static struct landlock_compat_rule many[100];

	if (landlock_compat_enforce(some, 0, ABSENT))
		abort();
	CHECK(run(CALL(5, 1, 7, 0, 0)) == ABSENT, "a list without a rule");
	if (landlock_compat_enforce(some, 4, ABSENT))
		abort();
	CHECK(run(CALL(5, 1, 7, 0x17, 0x2f)) == YES, "all arguments match");
	CHECK(run(CALL(5, 1, 8, 0x17, 0x2f)) == (SECCOMP_RET_ERRNO | 2), "not the second");
	CHECK(run(CALL(5, 1, 7, 0x1f, 0x2f)) == (SECCOMP_RET_ERRNO | 2), "not the third");
	CHECK(run(CALL(5, 1, 7, 0x17, 0x3f)) == (SECCOMP_RET_ERRNO | 2), "not the fourth");
	CHECK(run(CALL(5, ~0ULL, 8, 0, 0)) == (SECCOMP_RET_ERRNO | 1), "the second rule");
	CHECK(run(CALL(6, 1, 7, 0, 0x20)) == ABSENT, "no rule");
	for (int i = 0; i < 100; i++) {
		many[i].call = i;
		many[i].answer = SECCOMP_RET_ERRNO | (uint32_t)(i + 1);
		for (int j = 0; j < 4; j++) /* the longest program */
			many[i].argument[j] = (struct landlock_compat_argument){ ~0U, (uint32_t)j };
	}
	if (landlock_compat_enforce(many, 100, ABSENT))
		abort();
	for (int i = 0; i < 100; i++)
		CHECK(run(CALL(i, 0, 1, 2, 3)) == (SECCOMP_RET_ERRNO | (uint32_t)(i + 1)) &&
			      run(CALL(i, 0, 1, 2, 4)) == ABSENT,
		      "rule %d of 100", i);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_filter(~0ULL, -1, 0, 0);
	if (!LANDLOCK_COMPAT_ARCH)
		return report("no filter on this architecture", 2);
	each_form();
	each_call();
	each_kind();
	each_rule();
	return report("what the filter answers", 17000);
}
