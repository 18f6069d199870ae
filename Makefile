# SPDX-License-Identifier: 0BSD
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow
HARDENING = -std=c11 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
COMPILE = $(CC) $(HARDENING) $(WARNINGS) $(KERNEL_HEADERS) $(CPPFLAGS) $(CFLAGS)
LINK = -pie -Wl,-z,relro,-z,now $(LDFLAGS)

# musl-gcc has its C library's headers alone, not the kernel's
ifneq ($(findstring musl,$(CC)),)
KERNEL_HEADERS = $(addprefix -idirafter /usr/include/,. $(shell $(CC) -print-multiarch))
endif

# make HANDLER=yours.c: a server with your handle_request()
ifdef HANDLER
CPPFLAGS += -DHANDLER='"$(abspath $(HANDLER))"'
endif

all: tcpserver

tcpserver: tcpserver.c landlock_compat.h $(HANDLER)
	$(COMPILE) -o $@ tcpserver.c $(LINK)

# The server with the attacker in its handler: without a sandbox, with Landlock alone, and as it is.
ATTACKED = -DHANDLER='"tests/attacker.c"'
build/none: ATTACKED += -include tests/bare.h
build/landlock: ATTACKED += -include tests/bare.h -DWITH_LANDLOCK
build/none build/landlock build/shipped: tcpserver.c landlock_compat.h tests/attacker.c tests/attacks.h tests/bare.h
	mkdir -p build
	$(COMPILE) $(ATTACKED) -o $@ tcpserver.c $(LINK)

build/%: tests/%.c landlock_compat.h tests/attacks.h
	mkdir -p build
	$(COMPILE) -o $@ $< $(LINK)

attack: build/attack build/none build/landlock build/shipped
	@build/attack build/none build/landlock build/shipped

TESTS = build/attack build/none build/landlock build/shipped build/client build/header
check: tcpserver $(TESTS)
	tests/check.sh

clean:
	rm -rf tcpserver build

.PHONY: all check attack clean
