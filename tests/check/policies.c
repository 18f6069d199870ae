// SPDX-License-Identifier: 0BSD
/*
 * policies [newest] - each policy by each action, with and without the filter, on each ABI up to
 * this kernel's, or on that alone
 *
 * An action that the policy allows has to work. One that it denies has to fail, or
 * landlock_compat_missing() has to report its right; and a right that is reported has to have an
 * action that works. The control is the same action in a process without a sandbox. Lower ABIs are
 * simulated: the kernel says that it has them, and what the header asks of it is enforced.
 * Loopback only.
 */
#include "simulate.h"

#include <arpa/inet.h>
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static int simulated_abi, filter_error;

static long simulate(long number, ...)
{
	long a[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	errno = number == __NR_seccomp ? filter_error : 0;
	if (number == __NR_landlock_create_ruleset && !a[0]) {
		errno = simulated_abi ? 0 : ENOSYS;
		return simulated_abi ? simulated_abi : -1;
	}
	for (int i = 0; number == __NR_landlock_create_ruleset && i < 3; i++)
		if (((const uint64_t *)a[0])[i] & ~rights_of[simulated_abi][i])
			errno = EINVAL;
	return errno ? -1 : syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- The world: what is allowed is `in`, what is not is `out` ---- */

enum { IN, OUT, ABSTRACT };
static char directory[] = "/tmp/policies-XXXXXX";
static const char *const dirs[] = { "in", "out", "log", "rep", "run" };
static struct sockaddr_in any_port = { .sin_family = AF_INET }, tcp_at[2], udp_at[2], free_at[2];
static struct sockaddr_un datagram_at[3], stream_at[3];
static socklen_t datagram_size[3], stream_size[3];
static int listener[2], datagrams[3], streams[3];
static int client, old_udp, old_tcp[8], next_old; /* from before the sandbox */

static int bind_inet(int type, struct sockaddr_in *address, bool keep)
{
	const int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(*address);

	*address = any_port;
	if (bind(fd, (void *)address, size) || getsockname(fd, (void *)address, &size) ||
	    (keep && type == SOCK_STREAM && listen(fd, 50)))
		err(1, "bind");
	if (!keep)
		close(fd);
	return fd;
}

static int bind_unix(int type, const char *path, struct sockaddr_un *address, socklen_t *size)
{
	const int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	*size = sizeof(*address);
	strcpy(address->sun_path, path);
	if (!*path) {
		sprintf(address->sun_path + 1, "policies-%d-%d", getpid(), type);
		*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    strlen(address->sun_path + 1));
	}
	if (bind(fd, (void *)address, *size) || (type == SOCK_STREAM && listen(fd, 50)))
		err(1, "%s", path);
	return fd;
}

static void make_file(const char *dir, const char *name)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	close(open(path, O_CREAT | O_WRONLY | O_TRUNC, 0755));
}

static void make_world(void)
{
	static const char *const datagram_paths[] = { "in/d", "out/d", "" };
	static const char *const stream_paths[] = { "in/s", "out/s", "" };

	any_port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!mkdtemp(directory) || chdir(directory))
		err(1, "%s", directory);
	for (int i = 0; i < 5; i++) {
		if (mkdir(dirs[i], 0700))
			err(1, "%s", dirs[i]);
		make_file(dirs[i], "file");
	}
	make_file("out", "a");
	/* An empty program: ENOEXEC is what the kernel says when all else is right. */
	make_file("run", "program");
	make_file("out", "program");
	for (int i = 0; i < 2; i++) {
		listener[i] = bind_inet(SOCK_STREAM, &tcp_at[i], true);
		bind_inet(SOCK_DGRAM, &udp_at[i], true);
		bind_inet(SOCK_STREAM, &free_at[i], false);
	}
	for (int i = 0; i < 3; i++) {
		datagrams[i] = bind_unix(SOCK_DGRAM, datagram_paths[i], &datagram_at[i],
					 &datagram_size[i]);
		streams[i] =
			bind_unix(SOCK_STREAM, stream_paths[i], &stream_at[i], &stream_size[i]);
	}
}

/* ---- What actions need. All return -1 and set errno, if it does not work ---- */

#define GARBAGE (1L << 40) /* the kernel ignores it in an int */

static int make(long family, long type, long protocol)
{
	return (int)syscall(__NR_socket, family, type, protocol);
}

static int pair(int type)
{
	return socketpair(AF_UNIX, type, 0, (int[2]){ 0 });
}

static int old(void) /* a socket from before the sandbox */
{
	return old_tcp[next_old++];
}

static int connect_to(int fd, const struct sockaddr_in *address)
{
	return fd < 0 ? fd : connect(fd, (const void *)address, sizeof(*address));
}

static int bind_to(int fd, const struct sockaddr_in *address)
{
	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	return bind(fd, (const void *)address, sizeof(*address));
}

static int bind_and_listen(void)
{
	const int fd = make(AF_INET, SOCK_STREAM, 0);

	return bind_to(fd, &free_at[IN]) ? -1 : listen(fd, 1);
}

static int send_to(int fd, const struct sockaddr_in *address)
{
	return fd < 0 ? fd : (int)sendto(fd, "x", 1, 0, (const void *)address, sizeof(*address));
}

static int reuse(int which)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	return connect(client, &none, sizeof(none)) ? -1 : connect_to(client, &tcp_at[which]);
}

static int fast_open(int how, long garbage)
{
	struct iovec data = { "x", 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_name = &tcp_at[OUT],
						.msg_namelen = sizeof(tcp_at[0]),
						.msg_iov = &data,
						.msg_iovlen = 1 } };
	const long fd = old(), flags = MSG_FASTOPEN | garbage;

	if (how == __NR_sendmsg)
		return (int)syscall(how, fd, &message.msg_hdr, flags);
	if (how == __NR_sendmmsg)
		return (int)syscall(how, fd, &message, 1L, flags);
	return (int)syscall(how, fd, "x", 1L, flags, &tcp_at[OUT], (long)sizeof(tcp_at[0]));
}

static int connect_udp(int which)
{
	const int fd = make(AF_INET, SOCK_DGRAM, 0);

	return connect_to(fd, &udp_at[which]) ? -1 : (int)send(fd, "x", 1, 0);
}

static int use_unix(int type, bool connects, int which)
{
	const bool stream = type == SOCK_STREAM;
	const void *const to = stream ? &stream_at[which] : &datagram_at[which];
	const socklen_t size = stream ? stream_size[which] : datagram_size[which];
	const int fd = make(AF_UNIX, type, 0);

	if (fd < 0)
		return fd;
	return connects ? connect(fd, to, size) : (int)sendto(fd, "x", 1, 0, to, size);
}

static int set_tcp(int option)
{
	const int result = setsockopt(client, 6, option, "\1\0\0", 4);

	return result && (errno == ENOENT || errno == EINVAL) ? 0 : result; /* no filter's errno */
}

static int io_uring(void)
{
	return syscall(__NR_io_uring_setup, 1L, 0L) < 0 && errno == ENOSYS ? -1 : 0;
}

/* The name of a file of this process alone */
static const char *own(const char *prefix)
{
	static char name[2][100];
	static int turn;

	turn = !turn;
	snprintf(name[turn], sizeof(name[0]), "%s-%d", prefix, getpid());
	return name[turn];
}

static int replace_file(void)
{
	const char *const name = own("rep/new");

	return open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600) < 0 ? -1 : rename(name, "rep/file");
}

static int make_node(const char *name, mode_t type)
{
	return mknod(own(name), type | 0600, 0x103);
}

static int run_program(const char *path)
{
	execl(path, "program", NULL);
	return errno == ENOEXEC ? 0 : -1;
}

/* An empty one */
static int run_memfd(void)
{
	syscall(__NR_execveat, (int)syscall(__NR_memfd_create, "x", 0), "", (char *[]){ NULL },
		(char *[]){ NULL }, AT_EMPTY_PATH);
	return errno == ENOEXEC ? 0 : -1;
}

static int use_device(void)
{
	char text[64];
	const int fd = open("/dev/null", O_ACCMODE); /* mode 3, which Landlock lets pass */

	return fd < 0 || (ioctl(fd, TIOCGWINSZ, text) && errno != ENOTTY) ? -1 : 0;
}

static int move_file(void)
{
	return rename("out/a", "in/a") ? -1 : rename("in/a", "out/a");
}

/* ---- The policies, and the actions that each allows ---- */

// clang-format off
enum { DENY, TCP_CLIENT, BOTH_CLIENT, UDP_CLIENT, UNIX_DATAGRAM, UNIX_STREAM, ABSTRACT_STREAM, UNIX_RAW,
       SEQPACKET, PAIR, TCP_SERVER, UDP_SERVER, NO_SOCKET_BITS, PATHS, SIGNALS, POLICIES };
static const char *const names[POLICIES] = {
	"deny", "TCP client", "TCP client of both families", "UDP client", "UNIX datagrams", "UNIX streams",
	"abstract streams", "raw UNIX sockets", "seqpacket", "pairs", "TCP server", "UDP server",
	"no bit of sockets", "paths", "signals" };
enum { FS = LANDLOCK_COMPAT_FS, NET = LANDLOCK_COMPAT_NET, SCOPE = LANDLOCK_COMPAT_SCOPE,
       SOCK = LANDLOCK_COMPAT_SOCKET };
#define P(policy) (1U << (policy))
#define NONE 0U
#define CREATE LANDLOCK_COMPAT_SOCKET_CREATE
#define RESOLVE LANDLOCK_ACCESS_FS_RESOLVE_UNIX
static const struct action {
	const char *name;
	unsigned int allowed; /* by these policies */
	int row, field;       /* row: its line in policies.h */
	uint64_t right;	      /* that denies it; 0: nothing does */
} actions[] = {
#define ACTION(name, allowed, field, right, code) { name, allowed, __LINE__, field, right },
#include "policies.h"
#undef ACTION
};
// clang-format on
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

/* Returns 0 if it works, or its errno. */
static int attempt(int row)
{
	long result = -1;

	errno = ENOSYS;
	switch (row) {
// clang-format off
#define ACTION(name, allowed, field, right, code) case __LINE__: result = (code); break;
#include "policies.h"
#undef ACTION
		// clang-format on
	default: break;
	}
	return result >= 0 ? 0 : errno == EXDEV ? EACCES : errno; /* EXDEV: of LANDLOCK_..._REFER */
}

static void clear_bits(int policy, struct landlock_compat_attr *attr)
{
	if (policy == TCP_SERVER)
		attr->handled_access_socket &= ~LANDLOCK_COMPAT_SOCKET_LISTEN;
	if (policy == NO_SOCKET_BITS)
		attr->handled_access_socket = 0;
	if (policy == UDP_SERVER)
		attr->handled_access_net &= ~(uint64_t)LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP;
	if (policy == ABSTRACT_STREAM) {
		attr->scoped &= ~(uint64_t)LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET;
		attr->handled_access_socket &= ~LANDLOCK_COMPAT_SOCKET_CONNECT;
	}
	if (policy == SIGNALS)
		attr->scoped &= ~(uint64_t)LANDLOCK_SCOPE_SIGNAL;
}

static int add_rules(int policy, struct landlock_compat_attr *attr)
{
	static const struct {
		int family, type;
	} allowed[POLICIES] = {
		[TCP_CLIENT] = { AF_INET, SOCK_STREAM },
		[BOTH_CLIENT] = { AF_UNSPEC, SOCK_STREAM },
		[UDP_CLIENT] = { AF_INET, SOCK_DGRAM | SOCK_CLOEXEC },
		[UNIX_DATAGRAM] = { AF_UNIX, SOCK_DGRAM },
		[UNIX_STREAM] = { AF_UNIX, SOCK_STREAM },
		[ABSTRACT_STREAM] = { AF_UNIX, SOCK_STREAM },
		[UNIX_RAW] = { AF_UNIX, SOCK_RAW },
		[SEQPACKET] = { AF_UNIX, SOCK_SEQPACKET },
		[PAIR] = { AF_UNIX, SOCK_STREAM },
		[TCP_SERVER] = { AF_INET, SOCK_STREAM },
	};

	if (allowed[policy].type &&
	    landlock_compat_allow_socket(attr, allowed[policy].family, allowed[policy].type, 0))
		return -1;
	switch (policy) {
	case TCP_CLIENT:
	case BOTH_CLIENT:
		return landlock_compat_allow_port(attr, ntohs(tcp_at[IN].sin_port),
						  LANDLOCK_ACCESS_NET_CONNECT_TCP);
	case UDP_CLIENT:
		return landlock_compat_allow_port(attr, ntohs(udp_at[IN].sin_port),
						  LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP);
	case TCP_SERVER:
		return landlock_compat_allow_port(attr, ntohs(free_at[IN].sin_port),
						  LANDLOCK_ACCESS_NET_BIND_TCP);
	case UNIX_DATAGRAM:
	case UNIX_STREAM: return landlock_compat_allow_path(attr, "in", RESOLVE);
	case PATHS:
		return landlock_compat_allow_path(attr, "in", LANDLOCK_COMPAT_READ) ||
		       landlock_compat_allow_path(attr, "log", LANDLOCK_COMPAT_LOG) ||
		       landlock_compat_allow_path(attr, "rep", LANDLOCK_COMPAT_REPLACE) ||
		       landlock_compat_allow_path(attr, "run/program", LANDLOCK_COMPAT_RUN);
	default: return 0;
	}
}

static struct {
	int control[ACTIONS], result[ACTIONS], told;
	struct landlock_compat_attr attr;
	char text[400];
} * shared;

static int enter(int policy)
{
	struct landlock_compat_attr *const attr = &shared->attr;

	if (landlock_get_best_ruleset_attr(attr) < 0)
		return -1;
	clear_bits(policy, attr);
	if (landlock_compat_create(attr) || add_rules(policy, attr) ||
	    landlock_compat_restrict(attr, 0) || landlock_compat_filter(attr))
		return -1;
	shared->told = landlock_compat_missing(attr, shared->text, sizeof(shared->text));
	return 0;
}

static void drain(void)
{
	char byte;

	for (int i = 0; i < 2; i++)
		for (int fd; (fd = accept(listener[i], NULL, NULL)) >= 0;)
			close(fd);
	for (int i = 0; i < 3; i++) {
		while (recv(datagrams[i], &byte, 1, MSG_DONTWAIT) > 0)
			continue;
		for (int fd; (fd = accept(streams[i], NULL, NULL)) >= 0;)
			close(fd);
	}
}

/* Every action in a process with a policy, or (-1) without. Returns its status. */
static int act(int policy, int *result)
{
	const int peer = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd ready = { listener[IN], POLLIN, 0 };
	int status;
	pid_t pid;

	drain();
	if (connect(peer, (void *)&tcp_at[IN], sizeof(tcp_at[IN])) || poll(&ready, 1, 1000) != 1)
		err(1, "a client");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(30);
		client = accept(listener[IN], NULL, NULL);
		for (int i = 0; i < 8; i++)
			old_tcp[i] = socket(AF_INET, SOCK_STREAM, 0);
		old_udp = socket(AF_INET, SOCK_DGRAM, 0);
		close(open(own("log/gone"), O_CREAT | O_WRONLY, 0600));
		if (bind(old_udp, (void *)&any_port, sizeof(any_port)) ||
		    mkdir(own("out/gone"), 0700))
			err(1, "what was there before");
		if (policy >= 0 && enter(policy))
			err(1, "%s", names[policy]);
		for (int i = 0; i < ACTIONS; i++)
			result[i] = attempt(actions[i].row);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	close(peer);
	return status;
}

static void judge(int policy, int abi, bool filtered)
{
	const struct landlock_compat_attr *const attr = &shared->attr;
	const uint64_t handled[4] = { attr->handled_access_fs, attr->handled_access_net,
				      attr->scoped, attr->handled_access_socket };
	const uint64_t *const missing = attr->missing;
	uint64_t works[4] = { 0 }, tried[4] = { 0 };
	int count = 0, words = *shared->text != 0;

	for (int i = 0; i < ACTIONS; i++) {
		const struct action *const a = &actions[i];
		const uint64_t right = a->right & handled[a->field];
		const int result = shared->result[i];
		const bool allowed = a->allowed & P(policy);
		bool reported = missing[a->field] & right;

#define ABOUT "%s, ABI %d, filter %d: %s: "
#define THIS names[policy], abi, filtered, a->name
		if (shared->control[i]) { /* not on this machine; the filter comes first */
			CHECK(strncmp(a->name, "socket", 6) || allowed || !filtered ||
				      result == EACCES,
			      ABOUT "%s, not EACCES", THIS, strerror(result));
			continue;
		}
		if (allowed) {
			CHECK(!result, ABOUT "it should work: %s", THIS, strerror(result));
			continue;
		}
		tried[a->field] |= right;
		if (result) {
			CHECK(result == EACCES || result == EPERM || result == ENOSYS,
			      ABOUT "an odd error: %s", THIS, strerror(result));
			continue;
		}
		works[a->field] |= right;
		/* A rule for the path of one kind of socket: without a filter, others reach it. */
		if (a->right == RESOLVE && a->allowed)
			reported |= (missing[SOCK] & CREATE) != 0;
		CHECK(!right || reported, ABOUT "it works, and is not reported", THIS);
	}
	/* Some older kernels have the fix for fast open (6.12.117), which the header cannot see. */
	if (!filtered && abi < 10 && shared->attr.denied[NET] & LANDLOCK_ACCESS_NET_CONNECT_TCP)
		tried[NET] &= ~(uint64_t)LANDLOCK_ACCESS_NET_CONNECT_TCP;
	for (int f = 0; f < 4; f++) {
		CHECK(!(missing[f] & tried[f] & ~works[f]),
		      "%s, ABI %d, filter %d: field %d: reported, but nothing works: %lx",
		      names[policy], abi, filtered, f, (long)(missing[f] & tried[f] & ~works[f]));
		count += __builtin_popcountll(missing[f]);
	}
	for (const char *c = shared->text; *c; c++)
		words += *c == ' ';
	if (policy == DENY && filtered && abi) /* the table in servers/README.md */
		CHECK(!strcmp(shared->text, abi < 3    ? "fs.truncate fs.ioctl_dev scope.signal"
					    : abi < 5  ? "fs.ioctl_dev scope.signal"
					    : abi == 5 ? "scope.signal"
						       : ""),
		      "deny, ABI %d: %s", abi, shared->text);
	CHECK(count == words && shared->told == (count > 0), "%s, ABI %d: %d names of %d: %s",
	      names[policy], abi, words, count, shared->text);
}

/* The errors of rules that no policy meets */
static void errors(int abi)
{
	struct landlock_compat_attr attr;
	int kinds_allowed = 0;

	simulated_abi = abi;
#define FAILS(call, error)                                                                         \
	CHECK((errno = 0, (call) == -1) && errno == (error), "ABI %d: %s: errno %d", abi, #call,   \
	      errno)
	if (landlock_get_best_ruleset_attr(&attr) != abi)
		err(1, "ABI %d", abi);
	FAILS(landlock_compat_allow_path(&attr, "/", LANDLOCK_COMPAT_READ), EBADF);
	FAILS(landlock_compat_allow_port(&attr, 1, LANDLOCK_ACCESS_NET_BIND_TCP), EBADF);
	FAILS(landlock_compat_allow_socket(&attr, AF_UNIX, SOCK_STREAM, 0), EBADF);
	FAILS(landlock_compat_restrict(&attr, 0), EBADF);
	attr.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP;
	attr.handled_access_fs &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_FILE;
	if (landlock_compat_create(&attr))
		err(1, "create");
	FAILS(landlock_compat_allow_port(&attr, 1, LANDLOCK_ACCESS_NET_CONNECT_TCP), EINVAL);
	FAILS(landlock_compat_allow_port(&attr, 1, LANDLOCK_COMPAT_SOCKET_BIND), EINVAL);
	FAILS(landlock_compat_allow_port(&attr, 1, 0), EINVAL);
	FAILS(landlock_compat_allow_path(&attr, "/", LANDLOCK_COMPAT_READ), EINVAL);
	FAILS(landlock_compat_allow_path(&attr, "/nowhere", LANDLOCK_ACCESS_FS_EXECUTE), ENOENT);
	FAILS(landlock_compat_restrict(&attr, 1), EINVAL);
	CHECK(!landlock_compat_allow_path(&attr, "in/file",
					  LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_DIR),
	      "ABI %d: a right of directories is ignored", abi);
	if (abi)
		FAILS(landlock_compat_allow_path(&attr, "in/file", LANDLOCK_ACCESS_FS_READ_DIR),
		      ENOMSG);
	while (!landlock_compat_allow_socket(&attr, AF_UNIX, SOCK_STREAM, kinds_allowed))
		kinds_allowed++;
	CHECK(kinds_allowed == 16 && errno == E2BIG, "ABI %d: %d kinds", abi, kinds_allowed);
	CHECK(!landlock_compat_allow_socket(&attr, AF_UNIX, SOCK_STREAM, 3), "one of them again");
	CHECK(!landlock_compat_filter(&attr) || errno == E2BIG, "16 kinds fit into the filter");
	attr.handled_access_socket &= ~CREATE;
	FAILS(landlock_compat_allow_socket(&attr, AF_UNIX, SOCK_STREAM, 0), EINVAL);
}

int main(int argc, char **argv)
{
	const long real = syscall(__NR_landlock_create_ruleset, NULL, 0UL, 1);
	const int newest = real < 0 ? 0 : real < NEWEST ? (int)real : NEWEST;
	const int oldest = argc > 1 && !strcmp(argv[1], "newest") ? newest : 0;
	pid_t pid;
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	make_world();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || act(-1, shared->control))
		err(1, "the control");
	for (int i = 0; i < ACTIONS; i++)
		if (shared->control[i])
			printf("# header: not on this machine: %s: %s\n", actions[i].name,
			       strerror(shared->control[i]));
	for (int abi = oldest; abi <= newest; abi++)
		for (int policy = 0; policy < POLICIES; policy++)
			for (int filtered = 0; filtered < 2; filtered++) {
				simulated_abi = abi;
				filter_error = filtered ? 0 : ENOSYS;
				memset(shared->result, -1, sizeof(shared->result));
				status = act(policy, shared->result);
				CHECK(!status, "%s, ABI %d: status %#x", names[policy], abi,
				      status);
				judge(policy, abi, filtered && shared->attr.filter);
			}
	filter_error = 0;
	for (int abi = 0; abi <= newest; abi += newest > 0 ? newest : 1) {
		pid = fork();
		if (pid == 0) {
			failed = 0;
			errors(abi);
			fflush(stdout);
			_exit(failed);
		}
		CHECK(waitpid(pid, &status, 0) == pid && !status, "the errors of ABI %d", abi);
	}
	if (chdir("/") == 0 && fork() == 0)
		execlp("rm", "rm", "-rf", directory, NULL);
	return report("what the kernel then does", 2000 * (newest - oldest + 1));
}
