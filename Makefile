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

BUILD ?= build

all: tcpserver

tcpserver: tcpserver.c landlock_compat.h $(HANDLER)
	$(COMPILE) -o $@ tcpserver.c $(LINK)

# The server with the attacker in its handler: without a sandbox, with Landlock alone, and as it is.
ATTACKED = -DHANDLER='"tests/attacker.c"'
$(BUILD)/none: ATTACKED += -include tests/bare.h
$(BUILD)/landlock: ATTACKED += -include tests/bare.h -DWITH_LANDLOCK
$(BUILD)/none $(BUILD)/landlock $(BUILD)/shipped: tcpserver.c landlock_compat.h tests/attacker.c tests/attacks.h tests/bare.h
	mkdir -p $(BUILD)
	$(COMPILE) $(ATTACKED) -o $@ tcpserver.c $(LINK)

$(BUILD)/tcpserver: tcpserver.c landlock_compat.h
	mkdir -p $(BUILD)
	$(COMPILE) -o $@ tcpserver.c $(LINK)

$(BUILD)/example: LINK += -pthread
$(BUILD)/%: tests/%.c landlock_compat.h tests/attacks.h
	mkdir -p $(BUILD)
	$(COMPILE) -o $@ $< $(LINK)

attack: $(BUILD)/attack $(BUILD)/none $(BUILD)/landlock $(BUILD)/shipped
	@$(BUILD)/attack $(BUILD)/none $(BUILD)/landlock $(BUILD)/shipped

TESTS = $(BUILD)/attack $(BUILD)/none $(BUILD)/landlock $(BUILD)/shipped $(BUILD)/client $(BUILD)/header \
	$(BUILD)/example
check: tcpserver $(TESTS)
	BUILD=$(BUILD) tests/check.sh

# The attacks inside the kernels of tests/kernels, in QEMU. make check-kernels KERNELS="6.1 7.3": these
check-kernels:
	@tests/kernels.sh $(KERNELS)

check-header:
	tests/check-header.sh

clean:
	rm -rf tcpserver $(BUILD)

.PHONY: all check check-kernels check-header attack clean
