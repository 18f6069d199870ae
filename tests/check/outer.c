// SPDX-License-Identifier: 0BSD
/*
 * outer [LAYERS] [CALL=ERROR]... PROGRAM [ARGUMENT]... - a sandbox around a program
 *
 * So many Landlock layers, and a filter that answers CALL by ERROR, as old container profiles and
 * systemd's SystemCallFilter= do. `outer abi` prints the kernel's ABI.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../landlock_compat.h"

static const struct {
	const char *name;
	int number;
} calls[] = { { "landlock", __NR_landlock_create_ruleset },
	      { "seccomp", __NR_seccomp },
	      { "close_range", __NR_close_range } };
static const struct {
	const char *name;
	uint32_t number;
} errors[] = { { "EPERM", EPERM }, { "ENOSYS", ENOSYS } };

int main(int argc, char **argv)
{
	struct landlock_compat_rule rules[8] = { 0 };
	struct landlock_compat_attr attr;
	char *end = argc > 1 ? argv[1] : "", call[20], error[20];
	long layers = strtol(end, &end, 10);
	size_t count = 0;

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
	for (; *argv && sscanf(*argv, "%19[^=]=%19s", call, error) == 2; argv++)
		for (size_t i = 0; i < 3; i++)
			for (size_t j = 0; j < 2 && count < 8; j++)
				if (!strcmp(call, calls[i].name) && !strcmp(error, errors[j].name))
					rules[count++] = (struct landlock_compat_rule){
						calls[i].number,
						SECCOMP_RET_ERRNO | errors[j].number,
						{ { 0, 0 } }
					};
	if (landlock_compat_enforce(rules, count, SECCOMP_RET_ALLOW))
		err(1, "seccomp");
	if (!*argv)
		errx(2, "usage: outer [LAYERS] [CALL=ERROR]... PROGRAM [ARGUMENT]...");
	execvp(*argv, argv);
	err(1, "%s", *argv);
}
