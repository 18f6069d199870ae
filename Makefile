# SPDX-License-Identifier: 0BSD
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow
HARDENING = -std=c11 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
COMPILE = $(CC) $(HARDENING) $(WARNINGS) $(KERNEL_HEADERS) $(CPPFLAGS) $(CFLAGS)
LINK = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
BUILD ?= build

all: tcpserver

# make -B HANDLER=yours.c: a server with your handle_request()
tcpserver: tcpserver.c landlock_compat.h $(HANDLER)
	$(COMPILE) $(if $(HANDLER),-DHANDLER='"$(abspath $(HANDLER))"') -o $@ tcpserver.c $(LINK)

# musl-gcc has its C library's headers alone, not the kernel's
ifneq ($(findstring musl,$(CC)),)
KERNEL_HEADERS = $(addprefix -idirafter /usr/include/,. $(shell $(CC) -print-multiarch))
endif

clean:
	rm -rf tcpserver $(BUILD)

# check, attack, and what else there is to run
include tests/targets.mk

.PHONY: all clean
