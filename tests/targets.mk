# SPDX-License-Identifier: 0BSD
# Part of the Makefile: the tests, and the programs that they are made of.

# The server with the attacker in its handler: without a sandbox, with Landlock alone, and as it is.
ATTACKED = $(BUILD)/none $(BUILD)/landlock $(BUILD)/shipped
$(BUILD)/none: BARE = -include tests/bare.h
$(BUILD)/landlock: BARE = -include tests/bare.h -DWITH_LANDLOCK
$(ATTACKED): tcpserver.c landlock_compat.h tests/attacker.c tests/attacks.h tests/bare.h
	mkdir -p $(BUILD)
	$(COMPILE) -DHANDLER='"tests/attacker.c"' $(BARE) -o $@ tcpserver.c $(LINK)

$(BUILD)/example: LINK += -pthread
$(BUILD)/%: tests/%.c landlock_compat.h tests/attacks.h
	mkdir -p $(BUILD)
	$(COMPILE) -o $@ $< $(LINK)

# The picture: every attack, on this machine.
attack: $(BUILD)/attack $(ATTACKED)
	@$(BUILD)/attack $(ATTACKED)

# All that is quick.
check: tcpserver $(ATTACKED) $(addprefix $(BUILD)/,attack client header example)
	@BUILD=$(BUILD) CC="$(CC) $(KERNEL_HEADERS)" tests/check.sh

# What takes longer: system calls that fail, crowds of clients (CONNECTIONS=1000000 for a million), and
# other tools: sanitizers, valgrind, clang-tidy, coverage, a fuzzer.
stress: stress-faults stress-stress stress-tools
stress-%: tests/%.sh tcpserver $(ATTACKED) $(addprefix $(BUILD)/,client crowd)
	@BUILD=$(BUILD) $<

# The header with every compiler, architecture and kernel header that there is.
check-header:
	@tests/check-header.sh

# The README's steps on a server that others wrote, fetched from Debian.
check-real-server: $(BUILD)/client
	@tests/real-server.sh

# The attacks inside the kernels of tests/kernels, in QEMU; KERNELS="6.1 7.3": in these.
check-kernels:
	@tests/kernels.sh $(KERNELS)

# What it costs. The server without its sandbox is for this only; QUICK=1 takes less than a minute.
bench: tcpserver $(addprefix $(BUILD)/,unsandboxed load bare-loop nothing shared/tcpserver shared/bare-loop)
	@tests/bench.sh

$(BUILD)/tcpserver: tcpserver.c landlock_compat.h
	mkdir -p $(BUILD)
	$(COMPILE) -o $@ tcpserver.c $(LINK)

$(BUILD)/unsandboxed: tcpserver.c landlock_compat.h tests/bare.h
	mkdir -p $(BUILD)
	$(COMPILE) -include tests/bare.h -o $@ tcpserver.c $(LINK)

# Linked as a compiler does when it is not told otherwise.
$(BUILD)/shared/tcpserver: tcpserver.c landlock_compat.h
$(BUILD)/shared/bare-loop: tests/bare-loop.c
$(BUILD)/shared/%: PIE = -pie
$(BUILD)/shared/%:
	mkdir -p $(BUILD)/shared
	$(COMPILE) -o $@ $< $(LINK)

$(BUILD)/nothing:
	mkdir -p $(BUILD)
	echo 'int main(void) { return 0; }' | $(COMPILE) -o $@ -x c - $(LINK)

.PHONY: attack check stress check-header check-real-server check-kernels bench
