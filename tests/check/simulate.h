// SPDX-License-Identifier: 0BSD
/*
 * For the tests of the header: includes it with simulate() in the place of syscall(2), which then
 * answers for kernels other than this one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h> /* before __asm__ is redefined, which the C library needs */
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static long simulate(long number, ...);
#define landlock_compat_syscall simulate
#define __asm__(label)
#include "../../landlock_compat.h"
#undef __asm__
#undef landlock_compat_syscall

/* The rights of each ABI, as the kernel's documentation has them: files, network, scopes */
enum { NEWEST = 11 };
__attribute__((unused)) static const uint64_t rights_of[NEWEST + 1][3] = {
	{ 0, 0, 0 },	  { 0x1fff, 0, 0 },  { 0x3fff, 0, 0 },	 { 0x7fff, 0, 0 },
	{ 0x7fff, 3, 0 }, { 0xffff, 3, 0 },  { 0xffff, 3, 3 },	 { 0xffff, 3, 3 },
	{ 0xffff, 3, 3 }, { 0x1ffff, 3, 3 }, { 0x1ffff, 15, 3 }, { 0x1ffff, 15, 3 },
};

static int passed, failed;
/* Says what is wrong only if it is. */
#define CHECK(ok, ...)                                                                             \
	do {                                                                                       \
		if (ok) {                                                                          \
			passed++;                                                                  \
		} else {                                                                           \
			failed++;                                                                  \
			printf("not ok - header: " __VA_ARGS__);                                   \
			putchar('\n');                                                             \
		}                                                                                  \
	} while (0)

/* One line for the whole program; nothing done is not a pass. */
__attribute__((unused)) static int report(const char *what, int least)
{
	if (passed < least)
		printf("not ok - header: %s: only %d checks, not %d\n", what, passed, least);
	else if (!failed)
		printf("ok - header: %s (%d checks)\n", what, passed);
	return failed || passed < least;
}
