// SPDX-License-Identifier: 0BSD
/*
 * abi - prints what this kernel itself answers when asked for Landlock's ABI: a number, or the name
 * of an errno. The header's answer is at most the newest ABI that it knows; this one is not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	const long abi = syscall(444, NULL, 0UL, 1U); /* landlock_create_ruleset, ..._VERSION */

	if (abi >= 0)
		printf("%ld\n", abi);
	else if (errno == ENOSYS)
		puts("ENOSYS");
	else
		puts(errno == EOPNOTSUPP ? "EOPNOTSUPP" : "another errno");
	return 0;
}
