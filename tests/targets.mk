# SPDX-License-Identifier: 0BSD
# Part of the Makefile: the tests, and the programs that they are made of. tests/README.md has a map.

# The server with an attacker in its handler: without a sandbox, with one lock, and as it is.
ATTACKED = $(addprefix $(BUILD)/,none landlock filter server)
$(BUILD)/none: BARE = -include tests/attack/bare.h
$(BUILD)/landlock: BARE = -include tests/attack/bare.h -DWITH_LANDLOCK
$(BUILD)/filter: BARE = -include tests/attack/bare.h -DWITH_FILTER
$(BUILD)/reads: BARE = -DHANDLER_READS='"/etc"' -DHANDLER_CALLS=__NR_openat
$(ATTACKED) $(BUILD)/reads: tests/attack/attacker.c tcpserver.c landlock_compat.h $(wildcard tests/attack/*.h)
	@mkdir -p $(BUILD)
	$(COMPILE) $(BARE) -o $@ $< $(LINK)

# A handler that makes each call that it may make.
$(BUILD)/calls: tests/attack/calls.c tcpserver.c landlock_compat.h
	@mkdir -p $(BUILD)
	$(COMPILE) -DHANDLER='"$<"' -o $@ tcpserver.c $(LINK)

# Every other program is of one file, in the folder of its part.
$(BUILD)/example: LINK += -pthread
$(BUILD)/header: LINK += -pthread
$(BUILD)/memory: tcpserver.c
vpath %.c tests tests/attack tests/check tests/kernels tests/stress tests/bench
$(BUILD)/%: %.c landlock_compat.h tests/attack/attacks.h
	@mkdir -p $(BUILD)
	$(COMPILE) -o $@ $< $(LINK)

# The picture: every attack, on this machine.
attack:
	@echo 'building four servers with an attacker in them ...' >&2
	@$(MAKE) -s --no-print-directory -j4 $(BUILD)/attack $(ATTACKED)
	@echo 'attacking each of them ...' >&2
	@$(BUILD)/attack $(ATTACKED)

# All that is quick.
check: tcpserver $(ATTACKED) $(addprefix $(BUILD)/,reads calls attack client header outer)
	@BUILD=$(BUILD) CC="$(CC) $(KERNEL_HEADERS)" tests/check/check.sh

# What takes longer: system calls that fail, crowds of clients (CONNECTIONS=1000000 for a million), other
# tools (sanitizers, valgrind, clang-tidy, coverage, a fuzzer), and mutations (EVERY=10: a tenth of them).
stress: stress-faults stress-crowds stress-tools stress-mutations
stress-%: tests/stress/%.sh tcpserver $(ATTACKED) $(addprefix $(BUILD)/,client crowd)
	@BUILD=$(BUILD) $<

# The header with every compiler, architecture and kernel header that there is.
check-header: $(BUILD)/header
	@BUILD=$(BUILD) tests/check/header.sh

# The README's steps on servers that others wrote, fetched from Debian.
check-real-server: $(BUILD)/client
	@tests/servers/servers.sh

# The attacks inside the kernels of tests/kernels/table, in QEMU; KERNELS="6.1 7.3": in these.
check-kernels:
	@tests/kernels/kernels.sh $(KERNELS)

# The README's unit, by systemd in one of them.
check-unit:
	@tests/kernels/unit.sh

# What it costs. The server without its sandbox is for this only; QUICK=1 takes about a minute.
bench: tcpserver $(addprefix $(BUILD)/,unsandboxed client start crowd bare-loop nothing shared/tcpserver shared/bare-loop)
	@BUILD=$(BUILD) tests/bench/bench.sh

$(BUILD)/tcpserver: tcpserver.c landlock_compat.h
	@mkdir -p $(BUILD)
	$(COMPILE) -o $@ tcpserver.c $(LINK)

$(BUILD)/unsandboxed: tcpserver.c landlock_compat.h tests/attack/bare.h
	@mkdir -p $(BUILD)
	$(COMPILE) -include tests/attack/bare.h -o $@ tcpserver.c $(LINK)

# Linked as a compiler does when it is not told otherwise.
$(BUILD)/shared/tcpserver: tcpserver.c landlock_compat.h
$(BUILD)/shared/bare-loop: tests/bench/bare-loop.c
$(BUILD)/shared/%: PIE = -pie
$(BUILD)/shared/%:
	@mkdir -p $(BUILD)/shared
	$(COMPILE) -o $@ $< $(LINK)

$(BUILD)/nothing:
	@mkdir -p $(BUILD)
	echo 'int main(void) { return 0; }' | $(COMPILE) -o $@ -x c - $(LINK)

.PHONY: attack check stress check-header check-real-server check-kernels check-unit bench
