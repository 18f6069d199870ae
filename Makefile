# SPDX-License-Identifier: 0BSD
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow
HARDENING = -std=c11 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
COMPILE = $(CC) $(HARDENING) $(WARNINGS) $(KERNEL_HEADERS) $(CPPFLAGS) $(CFLAGS)
LINK = $(PIE) -Wl,-z,relro,-z,now $(LDFLAGS)
# Linked statically, where there is a C library for it: fork(2) has half as much to copy. Sanitizers
# need the shared one, as PIE=-pie asks for.
PIE = $(if $(findstring -fsanitize,$(CFLAGS) $(LDFLAGS)),-pie,$(if $(word 2,$(STATIC)),-static-pie,-pie))
STATIC = $(filter /%,$(foreach f,libc.a rcrt1.o,$(shell $(CC) $(CFLAGS) -print-file-name=$f 2>/dev/null)))
BUILD ?= build

all: $(if $(HANDLER),$(basename $(HANDLER)),tcpserver)

tcpserver: tcpserver.c landlock_compat.h
	$(COMPILE) -o $@ tcpserver.c $(LINK)

# make HANDLER=yours.c: the program `yours`, a server with your handle_request()
ifdef HANDLER
$(basename $(HANDLER)): $(HANDLER) tcpserver.c landlock_compat.h
	$(COMPILE) -DHANDLER='"$(abspath $(HANDLER))"' -o $@ tcpserver.c $(LINK)
endif

# This wrapper around gcc has its C library's headers alone, not the kernel's, and links no static-pie.
ifneq ($(filter musl-gcc,$(CC)),)
PIE = -static
KERNEL_HEADERS = $(addprefix -idirafter /usr/include/,. $(shell $(CC) -print-multiarch))
endif

clean:
	rm -rf tcpserver $(BUILD)

# check, attack, and what else there is to run
include tests/targets.mk

.PHONY: all clean
