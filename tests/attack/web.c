// SPDX-License-Identifier: 0BSD
/*
 * A small static web server, as an example of a handler: GET in HTTP/1.0, files below one folder.
 *
 *	make HANDLER=tests/attack/web.c && tests/attack/web -p 8080
 *	make HANDLER=tests/attack/web.c CPPFLAGS='-DFOLDER=\"/home/me/public\"'
 *
 * It takes no pains to keep "../../etc/passwd" and links out of the folder: Landlock does.
 */
#ifndef FOLDER
#define FOLDER "/srv/www"
#endif
#define HANDLER_READS FOLDER /* may be read, here and below; this also allows openat(2) to read */

/* By its own number: some C libraries call open(2), which is not on the list. O_NONBLOCK: a FIFO
 * without a writer must not hold it up. */
static int open_file(const char *path)
{
	return (int)syscall(__NR_openat, AT_FDCWD, path,
			    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int handle_request(int client)
{
	FILE *in = fdopen(client, "r"), *out = fdopen(client, "w");
	char request[1024], target[sizeof(request)] = "", path[sizeof(request) + 100];
	char line[1024], content[16384];
	const char *error = NULL;
	ssize_t length = -1;
	off_t size = -1;
	int file = -1;

	if (!in || !out || !fgets(request, sizeof(request), in))
		return EXIT_SUCCESS; /* gone, or idle */
	if (!strchr(request, '\n'))
		error = "414 URI Too Long";
	else if (sscanf(request, "GET %1023s HTTP/1.", target) != 1 || target[0] != '/')
		error = "400 Bad Request";
	/* The rest of the request: to close with it unread would cut off the answer. */
	for (int i = 0;
	     i < 100 && fgets(line, sizeof(line), in) && line[0] != '\r' && line[0] != '\n'; i++)
		continue;
	if (!error) {
		target[strcspn(target, "?#")] = '\0';
		snprintf(path, sizeof(path), "%s%s%s", FOLDER, target,
			 target[strlen(target) - 1] == '/' ? "index.html" : "");
		file = open_file(path);
		/* The size by lseek(2), as fstat(3) is not on the list; a FIFO has none. */
		size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
		if (size >= 0 && lseek(file, 0, SEEK_SET) == 0)
			length = read(file, content, sizeof(content)); /* not of a folder */
		if (length < 0)
			error = "404 Not Found";
	}
	if (error) {
		fprintf(out, "HTTP/1.0 %s\r\nContent-Length: %zu\r\n\r\n%s\n", error,
			strlen(error) + 1, error);
		return EXIT_SUCCESS;
	}
	fprintf(out, "HTTP/1.0 200 OK\r\nContent-Length: %lld\r\n\r\n", (long long)size);
	while (length > 0 && size > 0) { /* and no more, if it grows meanwhile */
		length = length < size ? length : (ssize_t)size;
		if (fwrite(content, 1, (size_t)length, out) != (size_t)length)
			break;
		size -= length;
		length = read(file, content, sizeof(content));
	}
	return EXIT_SUCCESS;
}
