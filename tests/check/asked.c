// SPDX-License-Identifier: 0BSD
/*
 * asked - what the header asks of the kernel, on kernels that answer as a table says, some newer
 * than this one: the probe, the rights of each ABI, each rule; threads; errors. policies.c is about
 * what the kernel then does.
 */
#include "simulate.h"

#include <err.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { OF_FILES = 0x1c007, ALL_SOCKETS = 15 }; /* the rights that a file can have */
static struct {
	int probe, takes,
		refusal;      /* an ABI or -errno; the newest that it takes; errno for others */
	int seccomp, unshare; /* their errnos */
	bool real;	      /* what it takes is enforced */
} kernel;
static uint64_t asked[3], rule[4][2]; /* the latest ruleset and rules */
static long flags;
static int rules, refused_rule; /* this one of them is refused */

static long answer(long number, const long *a)
{
	errno = 0;
	switch (number) {
	case __NR_seccomp: errno = kernel.seccomp; break;
	case __NR_unshare: errno = kernel.unshare; break;
	case __NR_landlock_create_ruleset:
		if (!a[0] && kernel.probe >= 0)
			return kernel.probe;
		if (!a[0]) {
			errno = -kernel.probe;
			break;
		}
		memcpy(asked, (const void *)a[0], sizeof(asked));
		for (int i = 0; i < 3; i++)
			if (asked[i] & ~rights_of[kernel.takes][i])
				errno = kernel.refusal;
		break;
	case __NR_landlock_add_rule:
		memcpy(rule[rules % 4], (const void *)a[2], a[1] == 1 ? 12 : 16);
		if (a[1] == 1 && rule[rules % 4][0] & ~(uint64_t)OF_FILES)
			errno = EINVAL; /* as if each path were a file's */
		else if (++rules == refused_rule)
			errno = ENOMEM;
		break;
	case __NR_landlock_restrict_self: flags = a[1]; break;
	default: break;
	}
	return errno ? -1 : 0;
}

static long simulate(long number, ...)
{
	const bool landlock =
		number >= __NR_landlock_create_ruleset && number <= __NR_landlock_restrict_self;
	long a[6], result;
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	result = answer(number, a);
	if (result || (number == __NR_landlock_create_ruleset && !a[0]))
		return result;
	if (number == __NR_prctl && !kernel.real)
		return 0;
	if (landlock && !kernel.real)
		return number == __NR_landlock_create_ruleset ? dup(0) : 0;
	return syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void use_kernel(int abi)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.probe = abi ? abi : -ENOSYS;
	kernel.takes = abi;
	kernel.refusal = EINVAL;
	rules = refused_rule = 0;
}

static void begin(struct landlock_compat_attr *attr, int abi)
{
	use_kernel(abi);
	if (landlock_get_best_ruleset_attr(attr) != abi || landlock_compat_create(attr))
		err(1, "ABI %d", abi);
}

static int next_descriptor(void)
{
	const int fd = dup(0);

	close(fd);
	return fd;
}

static bool fails(int result, int error)
{
	return result == -1 && errno == error;
}

static void probe(void)
{
	static const struct {
		int probe, takes, refusal, abi, error;
	} kernels[] = {
		{ 6, 5, EINVAL, 5, 0 }, /* as RHEL 9's 5.14 */
		{ 11, 8, E2BIG, 8, 0 },	       { 999, NEWEST, EINVAL, NEWEST, 0 },
		{ 7, 0, EINVAL, 0, EINVAL },   { -ENOSYS, 0, 0, 0, ENOSYS },
		{ -EPERM, 0, 0, 0, EPERM },    { -EOPNOTSUPP, 0, 0, 0, EOPNOTSUPP },
		{ -ENOMEM, 0, 0, -1, ENOMEM }, { 7, 0, ENOMEM, -1, ENOMEM },
	};
	const int next = next_descriptor();

	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		struct landlock_compat_attr attr;
		int result, error;

		memset(&attr, 0x55, sizeof(attr));
		use_kernel(kernels[i].probe);
		kernel.probe = kernels[i].probe;
		kernel.takes = kernels[i].takes;
		kernel.refusal = kernels[i].refusal;
		result = landlock_get_best_ruleset_attr(&attr);
		error = result < 0 ? errno : attr.no_landlock;
		CHECK(result == kernels[i].abi && error == kernels[i].error, "probe %d, %d: %d, %d",
		      kernel.probe, kernel.takes, result, error);
		CHECK(next_descriptor() == next, "probe %d leaves a descriptor", kernel.probe);
		CHECK(result < 0 || (attr.ruleset == -1 && !attr.restricted && !attr.filter),
		      "probe %d: what it begins with", kernel.probe);
	}
}

/* What is missing, by the policy that denies all, with and without Landlock in force */
static void all_missing(struct landlock_compat_attr *attr, int abi)
{
	const uint64_t *const m = attr->missing;
	char text[400], part[400];

	for (int enforced = 0; enforced < 2; enforced++) {
		const int in_force = enforced ? abi : 0;
		/* REFER is denied even at ABI 1, fast open below ABI 10 by the filter alone. */
		const uint64_t files = 0x1ffff & ~rights_of[in_force][0] &
				       ~(in_force ? (uint64_t)LANDLOCK_ACCESS_FS_REFER : 0);
		const uint64_t ports = (15 & ~rights_of[in_force][1]) |
				       (in_force < 10 ? LANDLOCK_ACCESS_NET_CONNECT_TCP : 0);

		if (enforced && landlock_compat_restrict(attr, 0))
			err(1, "restrict");
		CHECK(landlock_compat_missing(attr, text, sizeof(text)) == 1 && m[0] == files &&
			      m[1] == ports && m[2] == (3 & ~rights_of[in_force][2]) &&
			      m[3] == (uint64_t)ALL_SOCKETS << 32,
		      "ABI %d, in force %d: missing %lx %lx %lx %s", abi, enforced, (long)m[0],
		      (long)m[1], (long)m[2], text);
		CHECK(attr->restricted == (in_force > 0), "ABI %d: restricted", abi);
		for (size_t size = 0; size < 380; size++) { /* whole names, within its bounds */
			memset(part, 'X', sizeof(part));
			landlock_compat_missing(attr, size ? part : NULL, size);
			CHECK((!size || strlen(part) < size) && part[size] == 'X',
			      "a text of %zu bytes", size);
		}
	}
}

static void each_abi(int abi)
{
	struct landlock_compat_attr attr, one;
	const int next = next_descriptor();

	begin(&attr, abi);
	CHECK(!abi || !memcmp(asked, rights_of[abi], sizeof(asked)), "ABI %d: asks for %lx %lx %lx",
	      abi, (long)asked[0], (long)asked[1], (long)asked[2]);
	CHECK(attr.handled_access_fs == 0x1ffff && attr.handled_access_net == 15 &&
		      attr.scoped == 3 && attr.handled_access_socket == (uint64_t)ALL_SOCKETS << 32,
	      "ABI %d: it begins with everything", abi);
	all_missing(&attr, abi);
	close(attr.ruleset >= 0 ? attr.ruleset : next);
	for (int i = 0; i < 3; i++) {
		memset(&one, 0, sizeof(one));
		one.abi = abi;
		*(i == 0   ? &one.handled_access_fs
		  : i == 1 ? &one.handled_access_net
			   : &one.scoped) = ~0ULL;
		CHECK(!landlock_compat_create(&one) && (one.ruleset >= 0) == !!rights_of[abi][i],
		      "ABI %d: field %d alone", abi, i);
		close(one.ruleset >= 0 ? one.ruleset : next);
	}
	begin(&attr, abi);
	CHECK(!landlock_compat_allow_path(&attr, "/dev/null", 0x1ffff) &&
		      (!abi || rule[0][0] == (rights_of[abi][0] & OF_FILES)),
	      "ABI %d: all rights of a file: %lx", abi, (long)rule[0][0]);
	rules = 0;
	CHECK(!landlock_compat_allow_port(&attr, 53, LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP) &&
		      rules == (abi < 10 ? 0 : 2) &&
		      (abi < 10 ||
		       (rule[0][0] == 8 && rule[0][1] == 53 && rule[1][0] == 4 && rule[1][1] == 0)),
	      "ABI %d: UDP: %d rules", abi, rules);
	CHECK(next_descriptor() == next + (attr.ruleset >= 0), "ABI %d: descriptors", abi);
	close(attr.ruleset >= 0 ? attr.ruleset : next);
}

/* Which bits of handled_access_socket a rule clears; if it fails, none */
static void cleared_bits(void)
{
	const uint64_t all = (uint64_t)ALL_SOCKETS << 32;
	static const struct {
		uint64_t path, port, cleared;
	} cases[] = {
		{ LANDLOCK_ACCESS_FS_READ_FILE, 0, 0 },
		{ LANDLOCK_ACCESS_FS_RESOLVE_UNIX, 0, LANDLOCK_COMPAT_SOCKET_CONNECT },
		{ 0, LANDLOCK_ACCESS_NET_BIND_TCP, LANDLOCK_COMPAT_SOCKET_BIND },
		{ 0, LANDLOCK_ACCESS_NET_BIND_UDP, LANDLOCK_COMPAT_SOCKET_BIND },
		{ 0, LANDLOCK_ACCESS_NET_CONNECT_TCP, LANDLOCK_COMPAT_SOCKET_CONNECT },
		{ 0, LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP,
		  LANDLOCK_COMPAT_SOCKET_BIND | LANDLOCK_COMPAT_SOCKET_CONNECT },
	};
	struct landlock_compat_attr attr;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int refused = 0; refused < 3; refused++) {
			int result;

			begin(&attr, 11);
			refused_rule = refused;
			if (cases[i].path)
				result = landlock_compat_allow_path(&attr, "/", cases[i].path);
			else
				result = landlock_compat_allow_port(&attr, 9, cases[i].port);
			CHECK(!result == !(refused && rules >= refused) &&
				      attr.handled_access_socket ==
					      (all & ~(result ? 0 : cases[i].cleared)),
			      "case %zu, refused %d: %lx", i, refused,
			      (long)attr.handled_access_socket);
			close(attr.ruleset);
		}
	begin(&attr, 11);
	for (int i = 0; i < 15; i++)
		CHECK(!landlock_compat_allow_socket(&attr, AF_UNIX, SOCK_STREAM, i), "socket %d",
		      i);
	CHECK(fails(landlock_compat_allow_socket(&attr, AF_INET, SOCK_DGRAM, 0), E2BIG) &&
		      attr.sockets == 15,
	      "UDP takes two elements, or none");
	close(attr.ruleset);
}

/* Nothing counts that is not in force: rulesets that were created later, bits that were set later
 */
static void later(void)
{
	struct landlock_compat_attr attr;
	char text[400];

	begin(&attr, 7);
	attr.handled_access_fs &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_FILE;
	close(attr.ruleset);
	if (landlock_compat_create(&attr) || landlock_compat_restrict(&attr, 0))
		err(1, "restrict");
	close(attr.ruleset);
	attr.filter = 1;
	attr.denied[3] = attr.handled_access_socket;
	CHECK(!landlock_compat_missing(&attr, text, sizeof(text)) && !*text,
	      "nothing is missing: %s", text);
	attr.handled_access_fs |= LANDLOCK_ACCESS_FS_READ_FILE;
	CHECK(landlock_compat_missing(&attr, text, sizeof(text)) && !strcmp(text, "fs.read_file"),
	      "set after restrict: %s", text);
	CHECK(!landlock_compat_create(&attr) &&
		      landlock_compat_missing(&attr, text, sizeof(text)) &&
		      !strcmp(text, "fs.read_file"),
	      "created again, not restricted: %s", text);
	CHECK(!landlock_compat_restrict(&attr, LANDLOCK_COMPAT_THIS_THREAD) &&
		      landlock_compat_missing(&attr, text, sizeof(text)),
	      "restricted for this thread: %s", text);
	CHECK(!landlock_compat_restrict(&attr, 0) &&
		      !landlock_compat_missing(&attr, text, sizeof(text)),
	      "restricted: %s", text);
	close(attr.ruleset);
	attr.handled_access_fs |= 1ULL << 40;
	CHECK(landlock_compat_missing(&attr, text, sizeof(text)), "a bit that nobody knows");
	CHECK(LANDLOCK_COMPAT_READ == 0xc && LANDLOCK_COMPAT_RUN == 5 &&
		      LANDLOCK_COMPAT_LOG == 0x102 && LANDLOCK_COMPAT_REPLACE == 0x412e,
	      "the groups of rights");
}

/* ---- On this kernel, in processes of their own ---- */

enum { THREADS = 10 };
static pthread_barrier_t barrier;
static pthread_t group[THREADS];
static _Atomic int no_files, no_sockets;
static struct landlock_compat_attr policy;
static bool own_filter, own_domain;
static int newest_real; /* the ABI that this kernel can enforce */

static bool has_no_new_privs(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) == 1;
}

static bool denied(int result)
{
	return result < 0 && errno == EACCES;
}

static void *member(void *unused)
{
	static struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = { 1, &allow };

	if (own_filter && (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) ||
			   prctl(PR_SET_SECCOMP, 2UL, &program)))
		err(1, "a filter");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	if (own_domain)
		landlock_compat_restrict(&policy, LANDLOCK_COMPAT_THIS_THREAD);
	no_files += denied(open("/dev/null", O_RDONLY));
	no_sockets += denied(socket(AF_INET, SOCK_STREAM, 0));
	return unused;
}

static void start_threads(void)
{
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&group[i], NULL, member, NULL))
			err(1, "a thread");
	pthread_barrier_wait(&barrier);
}

static void finish_threads(void)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
		pthread_join(group[i], NULL);
}

/* This kernel enforces what it can; of a newer ABI, nothing. */
static void begin_real(int abi, int unshare)
{
	begin(&policy, abi);
	close(policy.ruleset);
	kernel.real = abi <= newest_real;
	kernel.unshare = unshare;
	if (landlock_compat_create(&policy))
		err(1, "create");
}

static void busy(int unshare)
{
	char text[400];

	begin_real(7, unshare);
	start_threads();
	CHECK(fails(landlock_compat_restrict(&policy, 0), EBUSY) && !policy.restricted &&
		      !has_no_new_privs(),
	      "threads: EBUSY, unshare %d", unshare);
	CHECK(!landlock_compat_restrict(&policy, LANDLOCK_COMPAT_THIS_THREAD) &&
		      has_no_new_privs() && denied(open("/", O_RDONLY)),
	      "threads: this one alone");
	CHECK(!landlock_compat_filter(&policy) && policy.filter &&
		      landlock_compat_missing(&policy, text, sizeof(text)) &&
		      policy.missing[0] & LANDLOCK_ACCESS_FS_READ_FILE,
	      "threads: this one alone does not count");
	finish_threads();
	CHECK(no_files == 0 && no_sockets == THREADS, "threads: the others: %d, %d", no_files,
	      no_sockets);
}

static void each(int unused)
{
	(void)unused;
	begin_real(7, 0);
	own_domain = true;
	start_threads();
	CHECK(!landlock_compat_restrict(&policy, LANDLOCK_COMPAT_THIS_THREAD), "this thread");
	finish_threads();
	CHECK(no_files == THREADS, "each thread restricts itself: %d", no_files);
}

static void all(int unused)
{
	(void)unused;
	begin_real(8, 0);
	start_threads();
	CHECK(!landlock_compat_restrict(&policy, 0) && flags == 8, "ABI 8: all threads: %lx",
	      flags);
	CHECK(!landlock_compat_restrict(&policy, LANDLOCK_COMPAT_THIS_THREAD) && flags == 0,
	      "ABI 8: this one: %lx", flags);
	finish_threads();
	CHECK(!kernel.real || no_files == THREADS, "ABI 8: all threads: %d", no_files);
}

static void *pass(void *unused)
{
	return unused;
}

static void joined(int unshare)
{
	int refused = 0;

	begin_real(7, unshare);
	for (int i = 0; i < 12; i++) {
		if (pthread_create(&group[0], NULL, pass, NULL) || pthread_join(group[0], NULL))
			err(1, "a thread");
		refused += landlock_compat_restrict(&policy, 0) != 0;
	}
	CHECK(!refused && has_no_new_privs() && flags == 0, "joined threads: %d refused", refused);
}

static void other_filter(int unused)
{
	(void)unused;
	begin_real(newest_real, 0);
	own_filter = true;
	start_threads();
	CHECK(fails(landlock_compat_filter(&policy), ESRCH) && !policy.filter &&
		      policy.no_filter == ESRCH,
	      "a thread with a filter of its own");
	finish_threads();
}

static void filter_alone(int error)
{
	static const struct landlock_compat_rule none[101];
	const int expected = error == 524 ? ENOMEM : error;

	begin_real(newest_real, 0);
	CHECK(fails(landlock_compat_enforce(none, 101, SECCOMP_RET_ALLOW), E2BIG) &&
		      !has_no_new_privs(),
	      "101 rules");
	kernel.seccomp = error;
	CHECK(landlock_compat_filter(&policy) == (expected == ENOMEM ? -1 : 0) &&
		      policy.filter == !error && policy.no_filter == expected && has_no_new_privs(),
	      "seccomp says %d", error);
	CHECK((policy.denied[3] != 0) == !error, "seccomp says %d: what is denied", error);
	kernel.seccomp = ENOSYS; /* a second filter that is refused takes nothing away */
	CHECK(!landlock_compat_filter(&policy) && policy.filter == !error &&
		      policy.no_filter == ENOSYS && (policy.denied[3] != 0) == !error,
	      "a second one is refused");
}

static void layers(int unused)
{
	(void)unused;
	begin_real(7, 0);
	for (int i = 0; i < 16; i++)
		if (landlock_compat_restrict(&policy, 0))
			err(1, "layer %d", i);
	CHECK(fails(landlock_compat_restrict(&policy, 0), E2BIG), "a layer too many");
}

static void apart(void (*test)(int), int argument)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		alarm(20);
		failed = passed = 0;
		test(argument);
		fflush(stdout);
		_exit(failed || !passed);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "a test in a process: %#x", status);
}

int main(void)
{
	const long real = syscall(__NR_landlock_create_ruleset, NULL, 0UL, 1);

	newest_real = real < 0 ? 0 : real < NEWEST ? (int)real : NEWEST;
	setvbuf(stdout, NULL, _IOLBF, 0);
	probe();
	for (int abi = 0; abi <= NEWEST; abi++)
		each_abi(abi);
	cleared_bits();
	later();
	for (int i = 0; i < 6; i++)
		apart(filter_alone, (int[]){ 0, ENOSYS, EINVAL, EPERM, ENOMEM, 524 }[i]);
	apart(other_filter, 0);
	apart(all, 0);
	if (real > 6) {
		apart(busy, 0);
		apart(busy, EPERM);
		apart(each, 0);
		apart(joined, 0);
		apart(joined, EPERM);
		apart(layers, 0);
	} else {
		puts("# header: threads below ABI 8 need ABI 7 here");
	}
	return report("what it asks of the kernel", 9000);
}
