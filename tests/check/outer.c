// SPDX-License-Identifier: 0BSD
/*
 * outer [LAYERS] [CALL=ERROR]... PROGRAM [ARGUMENT]... - a sandbox around a program
 *
 * So many Landlock layers, and a filter that answers CALL (landlock, seccomp, close_range) by ERROR
 * (EPERM, ENOSYS), as old container profiles and systemd's SystemCallFilter= do. `outer abi` prints
 * the kernel's ABI.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "../../landlock_compat.h"

static const struct {
	const char *rule;
	int call, error;
} rules[] = {
	{ "landlock=EPERM", LANDLOCK_COMPAT_NR(444), EPERM },
	{ "landlock=ENOSYS", LANDLOCK_COMPAT_NR(444), ENOSYS },
	{ "seccomp=EPERM", __NR_seccomp, EPERM },
	{ "seccomp=ENOSYS", __NR_seccomp, ENOSYS },
	{ "close_range=EPERM", LANDLOCK_COMPAT_NR(436), EPERM },
	{ "close_range=ENOSYS", LANDLOCK_COMPAT_NR(436), ENOSYS },
};

int main(int argc, char **argv)
{
	struct landlock_compat_program program;
	struct landlock_compat_attr attr;
	char *end = argc > 1 ? argv[1] : "";
	long layers = strtol(end, &end, 10);

	if (landlock_get_best_ruleset_attr(&attr) < 0)
		err(1, "landlock_get_best_ruleset_attr");
	if (argc == 2 && !strcmp(argv[1], "abi"))
		return printf("%d\n", attr.abi) < 0;
	argv += 1 + (layers > 0);
	attr.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK; /* nothing that PROGRAM does */
	attr.handled_access_net = attr.scoped = 0;
	while (layers-- > 0)
		if (landlock_compat_create(&attr) ||
		    landlock_compat_restrict(&attr, LANDLOCK_COMPAT_THIS_THREAD) ||
		    close(attr.ruleset))
			err(1, "landlock");
	landlock_compat_begin(&program);
	for (size_t i = 0; *argv && i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(*argv, rules[i].rule) != 0)
			continue;
		landlock_compat_deny(&program, rules[i].call, rules[i].error);
		argv++;
		i = (size_t)-1; /* the next argument may be any of them */
	}
	if (landlock_compat_enforce(&program, SECCOMP_RET_ALLOW))
		err(1, "seccomp");
	if (!*argv)
		errx(2, "usage: outer [LAYERS] [CALL=ERROR]... PROGRAM [ARGUMENT]...");
	execvp(*argv, argv);
	err(1, "%s", *argv);
}
