# SPDX-License-Identifier: 0BSD
# For GNU make. `make` builds the server, `make HANDLER=yours.c` a service of your own as ./yours.
# -U, because some compilers define it already; to change it, set CFLAGS.
CFLAGS ?= -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
# The last: a row of HANDLER_CALLS without ALLOW() would be half a row.
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror=missing-braces
COMPILE = $(CC) -std=c11 -fstack-protector-strong -fPIE $(WARNINGS) $(KERNEL_HEADERS) $(CPPFLAGS) $(CFLAGS)
LINK = $(PIE) -Wl,-z,relro,-z,now $(LDFLAGS)
# Linked as LDFLAGS say, or statically where there is a C library for it, because fork(2) then has half
# as much to copy.
PIE = $(if $(filter -static -static-pie -pie -no-pie,$(LDFLAGS)),,$(if $(word 2,$(STATIC)),-static-pie,-pie))
STATIC = $(filter /%,$(foreach f,libc.a rcrt1.o,$(shell $(CC) $(CFLAGS) -print-file-name=$f 2>/dev/null)))
# musl-gcc has its C library's headers alone, not the kernel's, and links no static-pie.
ifneq ($(filter musl-gcc,$(CC)),)
PIE = -static
KERNEL_HEADERS = $(addprefix -idirafter /usr/include/,. $(shell $(CC) -print-multiarch))
endif

SERVICE = $(if $(HANDLER),$(patsubst ./%,%,$(basename $(HANDLER))),tcpserver)
all: $(SERVICE)

tcpserver: tcpserver.c landlock_compat.h
	$(COMPILE) -o $@ tcpserver.c $(LINK)

clean:
	rm -f tcpserver

# check, attack, and all other tests; a copy of this file works without them
-include tests/targets.mk

ifdef HANDLER
ifneq ($(filter-out %.c,$(HANDLER))$(word 2,$(HANDLER)),)
$(error HANDLER=$(HANDLER): not one .c file)
endif
ifneq ($(filter all tcpserver clean $(TARGETS),$(SERVICE)),)
$(error HANDLER=$(HANDLER): 'make $(SERVICE)' is something else; choose another name)
endif
ifneq ($(shell [ ! -e '$(SERVICE)' ] || head -c 4 '$(SERVICE)' 2>&1 | grep -q ELF || echo no),)
$(error HANDLER=$(HANDLER): $(SERVICE) is in the way, which is no program)
endif
$(SERVICE): $(HANDLER) tcpserver.c landlock_compat.h
	$(COMPILE) -DHANDLER='"$(abspath $(HANDLER))"' -o $@ tcpserver.c $(LINK)
endif

# A server is always built, because make does not see that the flags have changed.
.PHONY: all clean tcpserver $(SERVICE)
