// SPDX-License-Identifier: 0BSD
/*
 * start TIMES [PROGRAM ARGUMENT...] - for `make bench`: how many microseconds it takes from fork(2)
 * to PROGRAM's first byte on standard error, or its end; without one, of a process that ends at
 * once
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec begin, end;
	int ends[2];
	char first;
	pid_t pid;

	alarm(60); /* whatever happens, it ends */
	for (int times = argc > 1 ? atoi(argv[1]) : 0; times > 0; times--) {
		if (pipe2(ends, O_CLOEXEC))
			err(1, "pipe");
		clock_gettime(CLOCK_MONOTONIC, &begin);
		pid = fork();
		if (pid == 0 && argc > 2) {
			dup2(ends[1], STDERR_FILENO);
			alarm(10);
			execv(argv[2], argv + 2);
		}
		if (pid == 0)
			_exit(127);
		close(ends[1]);
		if (pid < 0 || read(ends[0], &first, 1) < 0)
			err(1, "fork, read");
		clock_gettime(CLOCK_MONOTONIC, &end);
		printf("%ld\n", (end.tv_sec - begin.tv_sec) * 1000000 +
					(end.tv_nsec - begin.tv_nsec) / 1000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(ends[0]);
	}
	return EXIT_SUCCESS;
}
