# SPDX-License-Identifier: 0BSD
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow
# _FORTIFY_SOURCE as the flags or the compiler have it, else 2; it needs optimisation.
FORTIFY = $(if $(findstring -O,$(CC) $(CPPFLAGS) $(CFLAGS)),$(if $(findstring _FORTIFY_SOURCE,$(CFLAGS) $(CPPFLAGS) \
	$(shell echo | $(CC) $(CFLAGS) -dM -E - 2>&1 | grep _FORTIFY_SOURCE)),,-D_FORTIFY_SOURCE=2))
COMPILE = $(CC) -std=c11 $(FORTIFY) -fstack-protector-strong -fPIE $(WARNINGS) $(KERNEL_HEADERS) \
	$(CPPFLAGS) $(CFLAGS)
LINK = $(PIE) -Wl,-z,relro,-z,now $(LDFLAGS)
# Linked statically where there is a C library for it, as fork(2) then has half as much to copy, and
# as LDFLAGS say. Sanitizers need the shared library.
PIE = $(if $(filter -static -static-pie -pie -no-pie,$(LDFLAGS)),,$(if $(findstring -fsanitize,$(CFLAGS) \
	$(LDFLAGS)),-pie,$(if $(word 2,$(STATIC)),-static-pie,-pie)))
STATIC = $(filter /%,$(foreach f,libc.a rcrt1.o,$(shell $(CC) $(CFLAGS) -print-file-name=$f 2>/dev/null)))
BUILD = build

all: $(if $(HANDLER),$(basename $(HANDLER)),tcpserver)

tcpserver: tcpserver.c landlock_compat.h
	$(COMPILE) -o $@ tcpserver.c $(LINK)

# make HANDLER=yours.c: the program `yours`, a server with your handle_request()
ifdef HANDLER
ifneq ($(filter-out %.c,$(HANDLER))$(word 2,$(HANDLER)),)
$(error HANDLER=$(HANDLER): not one .c file)
endif
$(basename $(HANDLER)): $(HANDLER) tcpserver.c landlock_compat.h
	$(COMPILE) -DHANDLER='"$(abspath $(HANDLER))"' -o $@ tcpserver.c $(LINK)
	@mkdir -p $(BUILD) && echo '$(abspath $@)' >>$(BUILD)/handlers
endif

# This wrapper around gcc has its C library's headers alone, not the kernel's, and links no static-pie.
ifneq ($(filter musl-gcc,$(CC)),)
PIE = -static
KERNEL_HEADERS = $(addprefix -idirafter /usr/include/,. $(shell $(CC) -print-multiarch))
endif

clean:
	[ ! -e "$(BUILD)/handlers" ] || while IFS= read -r f; do rm -f "$$f"; done <"$(BUILD)/handlers"
	rm -rf tcpserver "$(BUILD)"

# check, attack, and what else there is to run
include tests/targets.mk

# A server is always built, as make does not see that the flags have changed.
.PHONY: all clean tcpserver $(basename $(HANDLER))
