// SPDX-License-Identifier: 0BSD
/* bare-loop PORT - for `make bench`: accept, fork, echo, and nothing else. What it takes is what a
 * process for each client takes. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char buffer[65536];
	struct sockaddr_in address = { .sin_family = AF_INET };
	const int listener = socket(AF_INET, SOCK_STREAM, 0);
	ssize_t length;
	int client;

	address.sin_port = htons((in_port_t)(argc > 1 ? atoi(argv[1]) : 0));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	signal(SIGCHLD, SIG_IGN);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 4096))
		return EXIT_FAILURE;
	while ((client = accept(listener, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			while ((length = read(client, buffer, sizeof(buffer))) > 0)
				for (ssize_t done = 0, sent; done < length; done += sent)
					if ((sent = write(client, buffer + done,
							  (size_t)(length - done))) < 0)
						_exit(EXIT_FAILURE);
			_exit(EXIT_SUCCESS);
		}
		close(client);
	}
	return EXIT_FAILURE;
}
