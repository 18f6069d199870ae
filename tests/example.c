// SPDX-License-Identifier: 0BSD
/*
 * A server that needs exceptions: it reads the files below one folder, and connects out to one TCP
 * port. sandbox() is all that a program like it has to add. This one does what each client asks
 * for, a byte, and answers with the errno, so that its own client can compare: without a sandbox,
 * with it, and with the exceptions for threads. What the header says of threads is tried out as
 * well.
 *
 * example   prints "ok - ..." or "not ok - ..." lines
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "../landlock_compat.h"

static char folder[] = "/tmp/example-XXXXXX", inside[64], outside[64], unix_socket[64];
static int backend, other; /* ports that somebody listens at */

/* Returns the Landlock ABI that is in force, 0 if there is none, or -1: do not go on. */
static int sandbox(unsigned int leave)
{
	struct landlock_compat_attr attr;
	const int abi = landlock_get_best_ruleset_attr(&attr);

	if (abi > 0) {
		const int ruleset = landlock_compat_create(&attr);

		if (ruleset < 0 ||
		    landlock_compat_allow_path(ruleset, &attr, folder,
					       LANDLOCK_ACCESS_FS_READ_FILE) ||
		    landlock_compat_allow_port(ruleset, &attr, (uint16_t)backend,
					       LANDLOCK_ACCESS_NET_CONNECT_TCP) ||
		    landlock_compat_restrict(ruleset, 0) || close(ruleset))
			return -1;
	}
	return abi < 0 || landlock_compat_filter(abi, leave) < 0 ? -1 : abi;
}

/* ---- What it can be asked for: each returns -1 with errno, or a descriptor to close, or 0 ---- */

static struct sockaddr_in local(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static int connect_to(int port, int protocol)
{
	const struct sockaddr_in address = local(port);
	const int fd = socket(AF_INET, SOCK_STREAM, protocol);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return -1;
	return fd;
}

static int read_inside(void)
{
	return open(inside, O_RDONLY);
}
static int read_outside(void)
{
	return open(outside, O_RDONLY);
}
static int read_passwd(void)
{
	return open("/etc/passwd", O_RDONLY);
}
static int write_inside(void)
{
	return open(inside, O_WRONLY);
}
static int truncate_inside(void)
{
	return truncate(inside, 0);
}
static int remove_inside(void)
{
	return rmdir(strcat(strcpy((char[80]){ 0 }, inside), ".dir"));
}
static int make_inside(void)
{
	return open(folder, O_TMPFILE | O_WRONLY, 0600);
}
static int list_inside(void)
{
	return open(folder, O_RDONLY | O_DIRECTORY);
}
static int connect_backend(void)
{
	return connect_to(backend, 0);
}
static int connect_other(void)
{
	return connect_to(other, 0);
}
static int connect_mptcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 262);
}
static int ring(void)
{
	return (int)syscall(LANDLOCK_COMPAT_NR(425), 1, (char[120]){ 0 });
}
static int listen_anywhere(void)
{
	return listen(socket(AF_INET, SOCK_STREAM, 0), 1);
}
static int signal_parent(void)
{
	return kill(getppid(), 0);
}
static int signal_self(void)
{
	return raise(0);
}

static int fast_open(void)
{
	const struct sockaddr_in address = local(other);

	return (int)sendto(socket(AF_INET, SOCK_STREAM, 0), "x", 1, MSG_FASTOPEN,
			   (const struct sockaddr *)&address, sizeof(address));
}

static int send_udp(void)
{
	const struct sockaddr_in address = local(other);

	return (int)sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0,
			   (const struct sockaddr *)&address, sizeof(address));
}

static int bind_port(void)
{
	const struct sockaddr_in address = local(0);

	return bind(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&address,
		    sizeof(address));
}

static int connect_unix(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, unix_socket);
	return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address,
		       sizeof(address));
}

static int run_program(void)
{
	const pid_t pid = vfork();
	int status;

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

/* A thread that is made now, which asks for one of the above. */
static void *asking(void *ask)
{
	return (void *)(intptr_t)((*(int (**)(void))ask)() < 0 ? errno : 0);
}

static int in_thread(int (*ask)(void))
{
	pthread_t thread;
	void *result;

	errno = pthread_create(&thread, NULL, asking, &ask);
	if (errno || (errno = pthread_join(thread, &result)) || (errno = (int)(intptr_t)result))
		return -1;
	return 0;
}

static int thread_inside(void)
{
	return in_thread(read_inside);
}
static int thread_outside(void)
{
	return in_thread(read_outside);
}
static int thread_signal(void)
{
	return (errno = pthread_kill(pthread_self(), 0)) ? -1 : 0;
}

static int thread_pin(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	return (errno = pthread_setaffinity_np(pthread_self(), sizeof(all), &all)) ? -1 : 0;
}

static int process_pin(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	return sched_setaffinity(0, sizeof(all), &all);
}

/* ---- What comes of it ---- */

enum { SOCKETS = LANDLOCK_COMPAT_SOCKETS, PROCESSES = LANDLOCK_COMPAT_PROCESSES };
static const struct {
	const char *what;
	int (*ask)(void);
	int error, from, until; /* denied with this errno at these ABIs */
	unsigned int part;	/* of the filter, that denies it */
} asks[] = {
	{ "read a file below the folder", read_inside, 0, 0, 0, 0 },
	{ "the same in a thread that is made now", thread_inside, 0, 0, 0, 0 },
	{ "connect to the port", connect_backend, 0, 0, 0, 0 },
	{ "pin the process to processors", process_pin, 0, 0, 0, 0 },
	{ "read a file elsewhere", read_outside, EACCES, 1, 99, 0 },
	{ "the same in a thread that is made now", thread_outside, EACCES, 1, 99, 0 },
	{ "read /etc/passwd", read_passwd, EACCES, 1, 99, 0 },
	{ "open a file below the folder for writing", write_inside, EACCES, 1, 99, 0 },
	{ "truncate a file below the folder", truncate_inside, EACCES, 0, 99, 0 },
	{ "remove below the folder", remove_inside, EACCES, 1, 99, 0 },
	{ "make a file below the folder", make_inside, EACCES, 1, 99, 0 },
	{ "list the folder", list_inside, EACCES, 1, 99, 0 },
	{ "run a program", run_program, EACCES, 1, 99, 0 },
	{ "connect to another port", connect_other, EACCES, 4, 99, 0 },
	{ "bind a port", bind_port, EACCES, 4, 99, 0 },
#if defined(__i386__) || defined(__s390x__) /* socketcall(2): see LANDLOCK_COMPAT_SOCKETS */
	{ "send a datagram", send_udp, EACCES, 0, 99, 0 },
#else
	{ "send a datagram", send_udp, EACCES, 10, 99, 0 },
	{ "make an MPTCP socket", connect_mptcp, EACCES, 0, 99, 0 },
#endif
	{ "connect to a UNIX socket", connect_unix, EACCES, 9, 99, 0 },
	{ "connect by MSG_FASTOPEN", fast_open, EACCES, 0, 99, 0 },
	{ "listen", listen_anywhere, EACCES, 0, 99, 0 },
	{ "make an io_uring", ring, EACCES, 0, 99, 0 },
	{ "signal the parent", signal_parent, EPERM, 0, 99, 0 },
	{ "signal itself", signal_self, EPERM, 0, 5, PROCESSES },
	{ "pthread_kill", thread_signal, EPERM, 0, 5, PROCESSES },
	{ "pthread_setaffinity_np", thread_pin, EPERM, 0, 99, PROCESSES },
};
enum { ASKS = sizeof(asks) / sizeof(asks[0]) };

static bool failed, missing[ASKS]; /* not in this kernel, as the control says */

static void check(bool good, const char *who, const char *what, const char *detail)
{
	printf("%s - example: %s: %s: %s\n", good ? "ok" : "not ok", who, what, detail);
	failed |= !good;
}

static int listen_at(int *port)
{
	struct sockaddr_in address = local(0);
	socklen_t length = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 100) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		err(1, "listen");
	*port = ntohs(address.sin_port);
	return fd;
}

static void serve(int listener)
{
	for (;;) {
		const int client = accept(listener, NULL, NULL);
		unsigned char byte;

		if (read(client, &byte, 1) == 1 && byte < ASKS) {
			byte = (unsigned char)(asks[byte].ask() < 0 ? errno : 0);
			if (write(client, &byte, 1) != 1)
				err(1, "write");
		}
		close(client);
	}
}

static const char *name(int error)
{
	return error ? strerror(error) : "works";
}

/* who: NULL is the control, without a sandbox */
static void try_server(const char *who, unsigned int leave)
{
	int port, abi = 0, listener = listen_at(&port), ready[2];
	pid_t pid;

	if (pipe(ready))
		err(1, "pipe");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL);
		if (who)
			abi = sandbox(leave);
		if (write(ready[1], &abi, sizeof(abi)) != sizeof(abi))
			err(1, "write");
		serve(listener);
	}
	if (read(ready[0], &abi, sizeof(abi)) != sizeof(abi) || abi < 0)
		err(1, "sandbox");
	for (unsigned char i = 0; i < ASKS; i++) {
		const bool left_out =
			asks[i].ask == signal_parent && abi < 6 && (leave & PROCESSES);
		const bool denied = who && !(asks[i].part & leave) && abi >= asks[i].from &&
				    abi <= asks[i].until && !left_out;
		const int expected = denied ? asks[i].error : 0, client = connect_to(port, 0);
		unsigned char answer;
		char detail[100];

		if (write(client, &i, 1) != 1 || read(client, &answer, 1) != 1)
			err(1, "%s", asks[i].what);
		close(client);
		if (!who && answer && asks[i].error) {
			missing[i] = true;
			printf("skip - example: %s (without a sandbox: %s)\n", asks[i].what,
			       strerror(answer));
		}
		if (missing[i])
			continue;
		snprintf(detail, sizeof(detail), "%s", name(answer));
		if (answer != expected)
			snprintf(detail, sizeof(detail), "%s; expected at ABI %d: %s",
				 strerror(answer), abi, name(expected));
		check(answer == expected, who ? who : "without a sandbox", asks[i].what, detail);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(listener);
}

/* A thread that was there before, and asks for two things once it is told to. */
static pthread_barrier_t barrier;

static void *earlier(void *errors)
{
	int *error = (int *)errors;

	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	error[0] = read_outside() < 0 ? errno : 0;
	error[1] = connect_mptcp() < 0 ? errno : 0;
	return NULL;
}

static void try_earlier_thread(uint32_t flags, int file)
{
	const char *who = flags ? "a thread made before, with LANDLOCK_RESTRICT_SELF_TSYNC"
				: "a thread made before";
	struct landlock_compat_attr attr;
	const int abi = landlock_get_best_ruleset_attr(&attr);
	const int ruleset = landlock_compat_create(&attr);
	int error[2];
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, earlier, error))
		err(1, "pthread_create");
	pthread_barrier_wait(&barrier);
	if (landlock_compat_restrict(ruleset, flags) || landlock_compat_filter(abi, 0) != 1)
		err(1, "sandbox");
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	check(read_outside() < 0 && errno == EACCES, "the thread that sandboxes itself",
	      "read a file elsewhere", "Permission denied");
	check(error[0] == file, who, "read a file elsewhere", name(error[0]));
	check(error[1] == EACCES, who, "make an MPTCP socket", name(error[1]));
}

static void *with_a_filter(void *unused)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		err(1, "PR_SET_SECCOMP");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return unused;
}

static void try_other_filter(void)
{
	pthread_t thread;
	int result;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, with_a_filter, NULL))
		err(1, "pthread_create");
	pthread_barrier_wait(&barrier);
	errno = EFAULT;
	result = landlock_compat_filter(0, 0);
	check(result == -1 && errno == ESRCH, "a thread with a filter of its own",
	      "landlock_compat_filter fails", strerror(errno));
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
}

static void try_refused_flag(void)
{
	struct landlock_compat_attr attr;
	const int abi = landlock_get_best_ruleset_attr(&attr);
	const int ruleset = landlock_compat_create(&attr);
	const int result = landlock_compat_restrict(ruleset, LANDLOCK_RESTRICT_SELF_TSYNC);

	check(abi < 8 && result == -1 && errno == EINVAL, "below ABI 8",
	      "LANDLOCK_RESTRICT_SELF_TSYNC is refused", strerror(errno));
}

/* In a process of its own: a sandbox is for good. */
static void apart(int test)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (test < 2)
			try_earlier_thread(test ? LANDLOCK_RESTRICT_SELF_TSYNC : 0,
					   test ? EACCES : 0);
		else if (test == 2)
			try_other_filter();
		else
			try_refused_flag();
		exit(failed);
	}
	failed |= waitpid(pid, &status, 0) < 0 || status;
}

int main(void)
{
	struct landlock_compat_attr attr;
	const int abi = landlock_get_best_ruleset_attr(&attr);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int server = socket(AF_UNIX, SOCK_STREAM, 0);

	alarm(60);
	if (!mkdtemp(folder))
		err(1, "%s", folder);
	snprintf(inside, sizeof(inside), "%s/file", folder);
	snprintf(outside, sizeof(outside), "%s.outside", folder);
	snprintf(unix_socket, sizeof(unix_socket), "%s.socket", folder);
	if (close(creat(inside, 0600)) || close(creat(outside, 0600)))
		err(1, "creat");
	strcpy(address.sun_path, unix_socket);
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) || listen(server, 100))
		err(1, "%s", unix_socket);
	listen_at(&backend);
	listen_at(&other);

	for (int test = 0; test < 3; test++) {
		char directory[80];

		if (mkdir(strcat(strcpy(directory, inside), ".dir"), 0700))
			err(1, "%s", directory);
		if (test == 0)
			try_server(NULL, 0);
		else if (test == 1)
			try_server("sandboxed", SOCKETS);
		else
			try_server("sandboxed, the filter without PROCESSES", SOCKETS | PROCESSES);
		rmdir(directory);
	}
	if (abi > 0)
		apart(0);
	else
		puts("skip - example: a thread made before (no Landlock)");
	if (abi >= 8)
		apart(1);
	else if (abi > 0)
		apart(3);
	apart(2);
	unlink(inside);
	unlink(outside);
	unlink(unix_socket);
	rmdir(folder);
	return failed;
}
