// SPDX-License-Identifier: 0BSD
/*
 * A small static web server, as an example of a service: GET by HTTP/1.0, files of one directory.
 *
 *	make HANDLER=tests/examples/web.c && tests/examples/web -p 8080 -a 127.0.0.1
 *	make HANDLER=tests/examples/web.c CPPFLAGS='-DDIRECTORY=\"/home/me/public\"'
 *
 * It takes no pains to keep "../../etc/passwd" and links out of the directory: Landlock does.
 * `make example` shows it.
 */
#ifndef DIRECTORY
#define DIRECTORY "/srv/www"
#endif
#define HANDLER_READS DIRECTORY /* may be read, and all below; so openat(2) may read */

/* By its own number, because some C libraries call open(2), which is not in the table. O_NONBLOCK:
 * a FIFO without a writer must not hold it up. */
static int open_file(const char *path)
{
	return (int)syscall(__NR_openat, AT_FDCWD, path,
			    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool send_header(int client, const char *status, long long size)
{
	char text[200];
	const int length = snprintf(text, sizeof(text),
				    "HTTP/1.0 %s\r\nContent-Length: %lld\r\n\r\n", status, size);

	return send_all(client, text, (size_t)length);
}

static int handle_request(int client)
{
	FILE *const in = fdopen(client, "r");
	char request[1024], target[sizeof(request)] = "", path[sizeof(request) + 100];
	char line[1024], content[16384];
	const char *error = NULL;
	ssize_t length = -1;
	off_t size = -1;

	if (!in || !fgets(request, sizeof(request), in))
		return EXIT_SUCCESS; /* the client is gone, or idle */
	if (!strchr(request, '\n'))
		error = "414 URI Too Long";
	else if (sscanf(request, "GET %1023s HTTP/1.", target) != 1 || target[0] != '/')
		error = "400 Bad Request";
	for (int i = 0;
	     i < 100 && fgets(line, sizeof(line), in) && line[0] != '\r' && line[0] != '\n'; i++)
		continue; /* the rest of the request */
	target[strcspn(target, "?#")] = '\0';
	snprintf(path, sizeof(path), "%s%s%s", DIRECTORY, target,
		 *target && target[strlen(target) - 1] == '/' ? "index.html" : "");
	const int file = error ? -1 : open_file(path);
	/* The size by lseek(2), because fstat(3) is not in the table; a FIFO has none. */
	if (file >= 0)
		size = lseek(file, 0, SEEK_END);
	if (size >= 0 && lseek(file, 0, SEEK_SET) == 0)
		length = read(file, content, sizeof(content)); /* fails for a directory */
	if (length < 0) {
		error = error ? error : "404 Not Found";
		if (send_header(client, error, (long long)strlen(error)))
			send_all(client, error, strlen(error));
		return EXIT_SUCCESS;
	}
	if (!send_header(client, "200 OK", size))
		return EXIT_SUCCESS;
	while (length > 0 && size > 0) { /* and no more, if the file grows meanwhile */
		length = length < size ? length : (ssize_t)size;
		if (!send_all(client, content, (size_t)length))
			break;
		size -= length;
		length = read(file, content, sizeof(content));
	}
	return EXIT_SUCCESS;
}
