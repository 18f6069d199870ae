// SPDX-License-Identifier: 0BSD
/* outer LAYERS PROGRAM [ARGUMENT]... - so many Landlock layers around a program. `outer 0` prints
 * the kernel's ABI. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../landlock_compat.h"

int main(int argc, char **argv)
{
	struct landlock_compat_attr attr;

	if (landlock_get_best_ruleset_attr(&attr) < 0)
		err(1, "landlock_get_best_ruleset_attr");
	if (argc < 3)
		return printf("%d\n", attr.abi) < 0;
	attr.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK; /* nothing that PROGRAM does */
	attr.handled_access_net = attr.scoped = 0;
	for (int layers = atoi(argv[1]); layers > 0; layers--)
		if (landlock_compat_create(&attr) || landlock_compat_restrict(&attr, 0) ||
		    close(attr.ruleset))
			err(1, "landlock");
	execvp(argv[2], argv + 2);
	err(1, "%s", argv[2]);
}
