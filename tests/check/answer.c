// SPDX-License-Identifier: 0BSD
/*
 * A service whose answer is as long as its client asks: a request is a line "BYTES HOW", the answer
 * that much of client.c's pattern. It reads nothing after that line. HOW:
 *
 * plain    by send_all(), then it returns
 * stdio    by a stream that it does not flush
 * close    it closes its socket, too
 * exit     it calls exit(3)
 * status   it returns 256
 * fill     it writes until nothing more fits, and calls _exit(2), as an attacker would
 * stuck    after its answer, it neither reads nor ends
 */
enum { PERIOD = 65521 };

static int handle_request(int client)
{
	static char pattern[2 * PERIOD], request[64], how[16];
	FILE *const out = fdopen(client, "w");
	size_t total, sent;

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (char)(i % PERIOD * 2654435761U >> 13);
	for (size_t i = 0; i < sizeof(request) - 1 && !strchr(request, '\n'); i++)
		if (read(client, request + i, 1) != 1)
			return EXIT_FAILURE;
	if (!out || sscanf(request, "%zu %15s", &total, how) != 2)
		return EXIT_FAILURE;
	if (!strcmp(how, "fill")) {
		fcntl(client, F_SETFL, O_NONBLOCK);
		while (write(client, pattern, sizeof(pattern)) > 0)
			continue;
		_exit(EXIT_SUCCESS);
	}
	for (sent = 0; sent < total; sent += PERIOD) {
		const size_t more = total - sent < PERIOD ? total - sent : PERIOD;
		const bool good = !strcmp(how, "stdio") ? fwrite(pattern, 1, more, out) == more
							: send_all(client, pattern, more);

		if (!good)
			return EXIT_FAILURE;
	}
	if (!strcmp(how, "close"))
		close(client);
	if (!strcmp(how, "exit"))
		exit(EXIT_SUCCESS);
	if (!strcmp(how, "stuck"))
		sleep(1000);
	return strcmp(how, "status") != 0 ? EXIT_SUCCESS : 256;
}
