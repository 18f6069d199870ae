// SPDX-License-Identifier: 0BSD
/*
 * A service whose answer is as long as its client asks: a request is a line "BYTES HOW", the answer
 * that much of client.c's pattern. It reads nothing after that line. HOW:
 *
 * plain    by send_all(), then it returns
 * full     it fills the send buffer first; then by send_all(), 40,000 times a byte
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
	size_t total, sent = 0;
	ssize_t fits;

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
	while (!strcmp(how, "full") &&
	       (fits = send(client, pattern + sent % PERIOD, PERIOD, MSG_DONTWAIT)) > 0)
		sent += (size_t)fits;
	for (size_t number = 0; sent < total; number++) {
		const char *const data = pattern + sent % PERIOD;
		size_t more = !strcmp(how, "full") && number < 40000 ? 1 : PERIOD;

		more = total - sent < more ? total - sent : more;
		if (!strcmp(how, "stdio") ? fwrite(data, 1, more, out) != more
					  : !send_all(client, data, more))
			return EXIT_FAILURE;
		sent += more;
	}
	if (!strcmp(how, "close"))
		close(client);
	if (!strcmp(how, "exit"))
		exit(EXIT_SUCCESS);
	if (!strcmp(how, "stuck"))
		sleep(1000);
	return strcmp(how, "status") != 0 ? EXIT_SUCCESS : 256;
}
