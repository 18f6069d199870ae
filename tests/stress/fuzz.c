// SPDX-License-Identifier: 0BSD
/*
 * fuzz - libFuzzer on the flags, the user and the report: the input's first bytes are what Landlock
 * and seccomp said, the rest is a command line, words between zero bytes. exit(3) comes back here.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdlib.h>

static jmp_buf ended;
#define main server_main
#define exit(status) longjmp(ended, 1)
#include "../../tcpserver.c"
#undef main
#undef exit

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int errors[] = { 0, ENOSYS, EOPNOTSUPP, EPERM, EINVAL, ENOTSUP };
	char text[256] = "tcpserver", *words[130] = { text };
	int count = 1;

	if (size < 4 || size > 200)
		return 0;
	memset(&option, 0, sizeof(option));
	policy.abi = data[0] % 16;
	policy.restricted = policy.abi > 0;
	policy.no_landlock = errors[data[1] % 6];
	policy.filter = data[2] & 1;
	policy.no_filter = errors[data[3] % 6];
	memcpy(text + 10, data + 4, size - 4);
	for (size_t i = 10; i < 10 + size - 4 && count < 128; i += strlen(text + i) + 1)
		words[count++] = text + i;
	optind = 0; /* glibc's getopt starts anew */
	if (!setjmp(ended)) {
		parse_flags(count, words);
		choose_user();
	}
	if (!setjmp(ended))
		report_sandbox();
	address_text(&option.address);
	return 0;
}
