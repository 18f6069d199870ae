// SPDX-License-Identifier: 0BSD
#include <stdio.h>
#include <stdlib.h>

static int handle_request(int client)
{
	FILE *in = fdopen(client, "r");
	char *line = NULL;
	size_t size = 0;

	/* Read the whole request: its header ends with an empty line. */
	while (in && getline(&line, &size, in) > 2)
		continue;
	dprintf(client, "HTTP/1.0 200 OK\r\n\r\nhello\n");
	return EXIT_SUCCESS;
}
