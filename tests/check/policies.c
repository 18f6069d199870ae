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
#include <dirent.h>
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
enum { LOG = 2, REP = 3, RUN = 4 };
static struct sockaddr_in tcp_at[2], udp_at[2], free_at[2];
static struct sockaddr_un datagram_at[3], stream_at[3];
static socklen_t datagram_size[3], stream_size[3];
static int listener[2], datagrams[3], streams[3];
static int client, old_udp, old_tcp[8], next_old; /* from before the sandbox */

static struct sockaddr_in any_port(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static int bind_inet(int type, struct sockaddr_in *address, bool keep)
{
	const int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(*address);

	*address = any_port();
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

/* ---- Actions: each returns 0 if it works, or its errno ---- */

#define GARBAGE (1L << 40) /* the kernel ignores it in an int */

static int result_of(long result)
{
	return result < 0 ? errno : 0;
}

static int ended(int fd)
{
	const int error = result_of(fd);

	if (fd >= 0)
		close(fd);
	return error;
}

static const long kinds[][3] = {
	{ AF_INET, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 6 },
	{ AF_INET | GARBAGE, SOCK_STREAM, 0 },
	{ AF_INET6, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_DGRAM, 0 },
	{ AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 17 },
	{ AF_UNIX, SOCK_STREAM, 0 },
	{ AF_UNIX, SOCK_DGRAM, 0 },
	{ AF_UNIX, SOCK_SEQPACKET, 0 },
	{ AF_UNIX, SOCK_RAW, 0 },
	{ AF_NETLINK, SOCK_RAW, 0 },
	{ 40 /* AF_VSOCK */, SOCK_STREAM, 0 },
	{ 43 /* AF_SMC */, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_STREAM, 132 /* SCTP */ },
	{ AF_INET, SOCK_STREAM, 256 /* SMC */ },
	{ AF_INET, SOCK_STREAM, 262 /* MPTCP */ },
	{ AF_INET, SOCK_STREAM, 262 | GARBAGE },
	{ AF_INET, SOCK_DGRAM, 136 /* UDP-Lite */ },
	{ AF_INET, SOCK_RAW, 255 },
	{ AF_INET6, SOCK_DGRAM, 17 },
};

static int make(int kind)
{
	return ended((int)syscall(__NR_socket, kinds[kind][0], kinds[kind][1], kinds[kind][2]));
}

static int make_pair(int type)
{
	int ends[2];

	return result_of(syscall(__NR_socketpair, AF_UNIX, (long)type, 0L, ends));
}

static int new_socket(int family, int type)
{
	return (int)syscall(__NR_socket, (long)family, (long)type, 0L);
}

static int connect_new(int which)
{
	const int fd = new_socket(AF_INET, SOCK_STREAM);

	return fd < 0 ? errno : result_of(connect(fd, (void *)&tcp_at[which], sizeof(tcp_at[0])));
}

static int connect_old(int which)
{
	return result_of(connect(old_tcp[next_old++], (void *)&tcp_at[which], sizeof(tcp_at[0])));
}

static int reuse(int which)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (connect(client, &none, sizeof(none)))
		return errno;
	return result_of(connect(client, (void *)&tcp_at[which], sizeof(tcp_at[0])));
}

static int fast_open(int how)
{
	struct iovec data = { "x", 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_name = &tcp_at[OUT],
						.msg_namelen = sizeof(tcp_at[0]),
						.msg_iov = &data,
						.msg_iovlen = 1 } };
	const long fd = old_tcp[next_old++], flags = MSG_FASTOPEN | (how == 3 ? GARBAGE : 0);

	if (how == 1)
		return result_of(syscall(__NR_sendmsg, fd, &message.msg_hdr, flags));
	if (how == 2)
		return result_of(syscall(__NR_sendmmsg, fd, &message, 1L, flags));
	return result_of(
		syscall(__NR_sendto, fd, "x", 1L, flags, &tcp_at[OUT], (long)sizeof(tcp_at[0])));
}

static int bind_to(int fd, const struct sockaddr_in *address)
{
	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	return result_of(bind(fd, (const void *)address, sizeof(*address)));
}

static int bind_old(int which)
{
	return bind_to(old_tcp[next_old++], &free_at[which]);
}

static int listen_old(int unused)
{
	return result_of(listen(old_tcp[next_old++], 1 + unused));
}

static int bind_and_listen(int which)
{
	const int fd = new_socket(AF_INET, SOCK_STREAM), error = bind_to(fd, &free_at[which]);

	return error ? error : result_of(listen(fd, 1));
}

static int send_udp(int which)
{
	const int fd = new_socket(AF_INET, SOCK_DGRAM);

	return fd < 0 ? errno
		      : result_of(sendto(fd, "x", 1, 0, (void *)&udp_at[which], sizeof(udp_at[0])));
}

static int connect_udp(int which)
{
	const int fd = new_socket(AF_INET, SOCK_DGRAM);

	if (fd < 0 || connect(fd, (void *)&udp_at[which], sizeof(udp_at[0])))
		return errno;
	return result_of(send(fd, "x", 1, 0));
}

static int bind_udp(int which) /* or any port */
{
	const struct sockaddr_in any = any_port();

	return bind_to(new_socket(AF_INET, SOCK_DGRAM), which > OUT ? &any : &free_at[which]);
}

static int send_old_udp(int which)
{
	return result_of(sendto(old_udp, "x", 1, 0, (void *)&udp_at[which], sizeof(udp_at[0])));
}

/* Abstract ones are EPERM. */
static int use_unix(int type, bool connects, int which)
{
	const bool stream = type == SOCK_STREAM;
	const void *const to = stream ? &stream_at[which] : &datagram_at[which];
	const socklen_t size = stream ? stream_size[which] : datagram_size[which];
	const int fd = new_socket(AF_UNIX, type);

	if (fd >= 0 && !(connects ? connect(fd, to, size) : sendto(fd, "x", 1, 0, to, size) < 0))
		return 0;
	return errno == EPERM ? EACCES : errno;
}

static int send_unix(int which)
{
	return use_unix(SOCK_DGRAM, false, which);
}

static int connect_datagram(int which)
{
	return use_unix(SOCK_DGRAM, true, which);
}

static int send_raw(int which)
{
	return use_unix(SOCK_RAW, false, which);
}

static int connect_stream(int which)
{
	return use_unix(SOCK_STREAM, true, which);
}

static int set_tcp(int option)
{
	const int error = result_of(setsockopt(client, 6, option, "\1\0\0", 4));

	return error == ENOENT || error == EINVAL ? 0 : error; /* not refused by a filter */
}

static int io_uring(int unused)
{
	return syscall(__NR_io_uring_setup, 1L, unused) < 0 && errno == ENOSYS ? ENOSYS : 0;
}

#ifdef __x86_64__
static int x32(int number)
{
	return result_of(syscall(0x40000000L + number, (long)AF_INET, (long)SOCK_STREAM, 0L));
}
#endif

static int serve(int unused)
{
	return result_of(send(client, "x", 1, MSG_NOSIGNAL | unused));
}

static const char *in_dir(int dir, const char *name)
{
	static char path[2][100];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[0]), "%s/%s", dirs[dir], name);
	return path[turn];
}

static const char *new_name(const char *prefix) /* of this process alone */
{
	static char name[40];

	snprintf(name, sizeof(name), "%s-%d", prefix, getpid());
	return name;
}

static int read_file(int dir)
{
	return ended(open(in_dir(dir, "file"), O_RDONLY));
}

static int list(int dir)
{
	DIR *const opened = opendir(dirs[dir]);

	return opened ? closedir(opened) : errno;
}

static int append(int dir)
{
	return ended(open(in_dir(dir, "file"), O_WRONLY | O_APPEND));
}

static int create(int dir)
{
	return ended(open(in_dir(dir, new_name("new")), O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static int empty(int dir)
{
	return ended(open(in_dir(dir, "file"), O_WRONLY | O_TRUNC));
}

static int truncate_path(int dir)
{
	return result_of(truncate(in_dir(dir, "file"), 0));
}

static int replace(int dir)
{
	const char *const name = in_dir(dir, new_name("replace"));
	const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return result_of(rename(name, in_dir(dir, "file")));
}

static int remove_file(int dir)
{
	return result_of(unlink(in_dir(dir, new_name("gone"))));
}

static int remove_dir(int dir)
{
	return result_of(rmdir(in_dir(dir, new_name("gone-dir"))));
}

static int make_dir(int dir)
{
	return result_of(mkdir(in_dir(dir, new_name("dir")), 0700));
}

static int make_link(int dir)
{
	return result_of(symlink("x", in_dir(dir, new_name("link"))));
}

static int make_node(int type)
{
	char name[20];

	snprintf(name, sizeof(name), "node-%x", (unsigned int)type);
	return result_of(mknod(in_dir(OUT, new_name(name)), (mode_t)type | 0600, 0x103));
}

static int run_program(int dir)
{
	execl(in_dir(dir, "program"), "program", NULL);
	return errno == ENOEXEC ? 0 : errno;
}

static int use_device(int unused)
{
	char text[64];
	const int fd = open("/dev/null", O_ACCMODE); /* mode 3, which Landlock lets pass */

	if (fd < 0)
		return errno;
	return ioctl(fd, TIOCGWINSZ + (unsigned long)unused, text) && errno != ENOTTY ? errno : 0;
}

static int move_file(int unused)
{
	(void)unused;
	if (rename("out/a", "in/a"))
		return errno == EXDEV ? EACCES : errno;
	return result_of(rename("in/a", "out/a"));
}

static int signal_parent(int signal)
{
	return result_of(kill(getppid(), signal));
}

/* What the header neither denies nor reports */
static int unclaimed(int what)
{
	const char *const file = "out/file";

	switch (what) {
	case 0: return result_of(chmod(file, 0644));
	case 1: return result_of(chown(file, getuid(), getgid()));
	case 2: return result_of(utimensat(AT_FDCWD, file, NULL, 0));
	case 3: return result_of(setxattr(file, "user.x", "x", 1, 0));
	case 4: return result_of(access(file, R_OK));
	case 5: return result_of(chdir("out")) ? errno : result_of(chdir(".."));
	case 6: return result_of(inotify_add_watch(inotify_init1(0), "out", IN_OPEN));
	case 7: return ended(open(file, O_ACCMODE));
	case 8: /* an empty program in a memfd */
		syscall(__NR_execveat, (int)syscall(__NR_memfd_create, "x", 0), "",
			(char *[]){ NULL }, (char *[]){ NULL }, AT_EMPTY_PATH);
		return errno == ENOEXEC ? 0 : errno;
	case 9: return result_of(shmctl(shmget(IPC_PRIVATE, 1, 0600), IPC_RMID, NULL));
	case 10: return result_of(prlimit(getppid(), RLIMIT_CORE, NULL, &(struct rlimit){ 0, 0 }));
	default: return result_of(unshare(CLONE_NEWUSER)); /* last: it changes who we are */
	}
}

/* ---- The policies, and which actions each allows ---- */

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
#define TCP4 P(TCP_CLIENT) | P(BOTH_CLIENT) | P(TCP_SERVER)
#define STREAMS P(UNIX_STREAM) | P(ABSTRACT_STREAM) | P(PAIR)
#define CREATE LANDLOCK_COMPAT_SOCKET_CREATE
#define RESOLVE LANDLOCK_ACCESS_FS_RESOLVE_UNIX
static const struct action {
	const char *name;
	int (*act)(int);
	int with;
	unsigned int allowed; /* by these policies */
	int field;
	uint64_t right; /* that denies it; 0: nothing does */
} actions[] = {
#define MAKE(kind, allowed) { "make a socket", make, kind, P(NO_SOCKET_BITS) | allowed, SOCK, CREATE }
	MAKE(0, TCP4), MAKE(1, TCP4), MAKE(2, TCP4), MAKE(3, P(BOTH_CLIENT)), MAKE(4, P(UDP_CLIENT)),
	MAKE(5, P(UDP_CLIENT)), MAKE(6, STREAMS), MAKE(7, P(UNIX_DATAGRAM)), MAKE(8, P(SEQPACKET)),
	MAKE(9, P(UNIX_RAW)), MAKE(10, 0), MAKE(11, 0), MAKE(12, 0), MAKE(13, 0), MAKE(14, 0), MAKE(15, 0),
	MAKE(16, 0), MAKE(17, 0), MAKE(18, 0), MAKE(19, 0),
	{ "pair of streams", make_pair, SOCK_STREAM, P(NO_SOCKET_BITS) | STREAMS, SOCK, CREATE },
	{ "pair of datagrams", make_pair, SOCK_DGRAM, P(NO_SOCKET_BITS) | P(UNIX_DATAGRAM), SOCK, CREATE },
	{ "pair of seqpackets", make_pair, SOCK_SEQPACKET, P(NO_SOCKET_BITS) | P(SEQPACKET), SOCK, CREATE },
	{ "serve", serve, 0, ~0U, SOCK, 0 },
	{ "TCP_NODELAY", set_tcp, 1, ~0U, SOCK, 0 },
	{ "TCP_ULP", set_tcp, 31, 0, SOCK, CREATE },
	{ "io_uring", io_uring, 0, 0, SOCK, CREATE },
#ifdef __x86_64__
	{ "x32 getpid", x32, __NR_getpid, 0, SOCK, CREATE },
	{ "x32 socket", x32, __NR_socket, 0, SOCK, CREATE },
#endif
	{ "connect to the port", connect_new, IN, P(TCP_CLIENT) | P(BOTH_CLIENT), NET, LANDLOCK_ACCESS_NET_CONNECT_TCP },
	{ "connect elsewhere", connect_new, OUT, 0, NET, LANDLOCK_ACCESS_NET_CONNECT_TCP },
	{ "connect an old socket elsewhere", connect_old, OUT, 0, NET, LANDLOCK_ACCESS_NET_CONNECT_TCP },
	{ "reuse the client's socket", reuse, IN, P(TCP_CLIENT) | P(BOTH_CLIENT), NET, LANDLOCK_ACCESS_NET_CONNECT_TCP },
	{ "reuse the client's socket elsewhere", reuse, OUT, 0, NET, LANDLOCK_ACCESS_NET_CONNECT_TCP },
	{ "fast open", fast_open, 0, 0, NET, LANDLOCK_ACCESS_NET_CONNECT_TCP },
	{ "fast open", fast_open, 1, 0, NET, LANDLOCK_ACCESS_NET_CONNECT_TCP },
	{ "fast open", fast_open, 2, 0, NET, LANDLOCK_ACCESS_NET_CONNECT_TCP },
	{ "fast open", fast_open, 3, 0, NET, LANDLOCK_ACCESS_NET_CONNECT_TCP },
	{ "bind to the port", bind_old, IN, P(TCP_SERVER), NET, LANDLOCK_ACCESS_NET_BIND_TCP },
	{ "bind elsewhere", bind_old, OUT, 0, NET, LANDLOCK_ACCESS_NET_BIND_TCP },
	{ "bind and listen", bind_and_listen, IN, P(TCP_SERVER), NET, LANDLOCK_ACCESS_NET_BIND_TCP },
	{ "listen", listen_old, 0, P(TCP_SERVER) | P(NO_SOCKET_BITS), SOCK, LANDLOCK_COMPAT_SOCKET_LISTEN },
	{ "send UDP to the port", send_udp, IN, P(UDP_CLIENT), NET, LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP },
	{ "send UDP elsewhere", send_udp, OUT, 0, NET, LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP },
	{ "connect UDP to the port", connect_udp, IN, P(UDP_CLIENT), NET, LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP },
	{ "connect UDP elsewhere", connect_udp, OUT, 0, NET, LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP },
	{ "bind UDP", bind_udp, OUT, 0, NET, LANDLOCK_ACCESS_NET_BIND_UDP },
	{ "bind UDP to any port", bind_udp, OUT + 1, P(UDP_CLIENT), NET, LANDLOCK_ACCESS_NET_BIND_UDP },
	{ "an old UDP socket sends", send_old_udp, OUT, P(UDP_SERVER), NET, 0 },
	{ "send a datagram", send_unix, IN, P(UNIX_DATAGRAM), FS, RESOLVE },
	{ "send a datagram elsewhere", send_unix, OUT, 0, FS, RESOLVE },
	{ "send a datagram to an abstract socket", send_unix, ABSTRACT, 0, SCOPE, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET },
	{ "connect a datagram socket", connect_datagram, IN, P(UNIX_DATAGRAM), FS, RESOLVE },
	{ "raw UNIX socket elsewhere", send_raw, OUT, 0, FS, RESOLVE },
	{ "raw UNIX socket, abstract", send_raw, ABSTRACT, 0, SCOPE, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET },
	{ "connect to a UNIX socket", connect_stream, IN, P(UNIX_STREAM), FS, RESOLVE },
	{ "connect to a UNIX socket elsewhere", connect_stream, OUT, 0, FS, RESOLVE },
	{ "connect to an abstract socket", connect_stream, ABSTRACT, P(ABSTRACT_STREAM), SCOPE, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET },
	{ "read", read_file, IN, P(PATHS), FS, LANDLOCK_ACCESS_FS_READ_FILE },
	{ "read elsewhere", read_file, OUT, 0, FS, LANDLOCK_ACCESS_FS_READ_FILE },
	{ "list", list, IN, P(PATHS), FS, LANDLOCK_ACCESS_FS_READ_DIR },
	{ "list elsewhere", list, OUT, 0, FS, LANDLOCK_ACCESS_FS_READ_DIR },
	{ "list the log's", list, LOG, 0, FS, LANDLOCK_ACCESS_FS_READ_DIR },
	{ "append elsewhere", append, IN, 0, FS, LANDLOCK_ACCESS_FS_WRITE_FILE },
	{ "append to the log", append, LOG, P(PATHS), FS, LANDLOCK_ACCESS_FS_WRITE_FILE },
	{ "create elsewhere", create, IN, 0, FS, LANDLOCK_ACCESS_FS_MAKE_REG },
	{ "create a log", create, LOG, P(PATHS), FS, LANDLOCK_ACCESS_FS_MAKE_REG },
	{ "empty the log", empty, LOG, 0, FS, LANDLOCK_ACCESS_FS_TRUNCATE },
	{ "empty a file", empty, REP, P(PATHS), FS, LANDLOCK_ACCESS_FS_TRUNCATE },
	{ "replace a file", replace, REP, P(PATHS), FS, LANDLOCK_ACCESS_FS_REMOVE_FILE },
	{ "remove a log", remove_file, LOG, 0, FS, LANDLOCK_ACCESS_FS_REMOVE_FILE },
	{ "truncate", truncate_path, OUT, 0, FS, LANDLOCK_ACCESS_FS_TRUNCATE },
	{ "remove a directory", remove_dir, OUT, 0, FS, LANDLOCK_ACCESS_FS_REMOVE_DIR },
	{ "make a directory", make_dir, OUT, 0, FS, LANDLOCK_ACCESS_FS_MAKE_DIR },
	{ "make a link", make_link, OUT, 0, FS, LANDLOCK_ACCESS_FS_MAKE_SYM },
	{ "make a FIFO", make_node, S_IFIFO, 0, FS, LANDLOCK_ACCESS_FS_MAKE_FIFO },
	{ "make a socket's file", make_node, S_IFSOCK, 0, FS, LANDLOCK_ACCESS_FS_MAKE_SOCK },
	{ "make a character device", make_node, S_IFCHR, 0, FS, LANDLOCK_ACCESS_FS_MAKE_CHAR },
	{ "make a block device", make_node, S_IFBLK, 0, FS, LANDLOCK_ACCESS_FS_MAKE_BLOCK },
	{ "run", run_program, RUN, P(PATHS), FS, LANDLOCK_ACCESS_FS_EXECUTE },
	{ "run elsewhere", run_program, OUT, 0, FS, LANDLOCK_ACCESS_FS_EXECUTE },
	{ "use a device", use_device, 0, 0, FS, LANDLOCK_ACCESS_FS_IOCTL_DEV },
	{ "move a file", move_file, 0, 0, FS, LANDLOCK_ACCESS_FS_REFER },
	{ "signal the parent", signal_parent, 0, P(SIGNALS), SCOPE, LANDLOCK_SCOPE_SIGNAL },
#define UNCLAIMED(what) { "not claimed", unclaimed, what, ~0U, FS, 0 }
	UNCLAIMED(0), UNCLAIMED(1), UNCLAIMED(2), UNCLAIMED(3), UNCLAIMED(4), UNCLAIMED(5), UNCLAIMED(6),
	UNCLAIMED(7), UNCLAIMED(8), UNCLAIMED(9), UNCLAIMED(10), UNCLAIMED(11),
};
// clang-format on
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

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
	struct sockaddr_in any = any_port();
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
		make_file("log", new_name("gone"));
		if (bind(old_udp, (void *)&any, sizeof(any)) ||
		    mkdir(in_dir(OUT, new_name("gone-dir")), 0700))
			err(1, "what was there before");
		if (policy >= 0 && enter(policy))
			err(1, "%s", names[policy]);
		for (int i = 0; i < ACTIONS; i++)
			result[i] = actions[i].act(actions[i].with);
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

#define ABOUT "%s, ABI %d, filter %d: %s %d: "
#define THIS names[policy], abi, filtered, a->name, a->with
		if (shared->control[i]) { /* not on this machine; the filter comes first */
			CHECK(a->act != make || allowed || !filtered || result == EACCES,
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
		if (a->field == FS && a->right == RESOLVE && a->with == IN)
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
			printf("# header: not on this machine: %s %d: %s\n", actions[i].name,
			       actions[i].with, strerror(shared->control[i]));
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
