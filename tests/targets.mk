# SPDX-License-Identifier: 0BSD
# Part of the Makefile: the tests, and the programs that they are made of. tests/README.md has a map.
TARGETS = attack bench check check-header example check-kernels check-real-server check-unit nightly stress \
	stress-crowds stress-faults stress-links stress-mutations stress-tools unsandboxed
BUILD = tests/build
BARE = -include tests/attack/bare.h

# The server with an attacker in its handler: without a sandbox, with one lock, and as it is.
ATTACKED = $(addprefix $(BUILD)/,none landlock filter server reads-filter reads)
READS = -DHANDLER_READS='"/etc"' -DHANDLER_CALLS='ALLOW(openat)'
$(BUILD)/none: FLAGS = $(BARE)
$(BUILD)/landlock: FLAGS = $(BARE) -DWITH_LANDLOCK
$(BUILD)/filter: FLAGS = $(BARE) -DWITH_FILTER
$(BUILD)/reads-filter: FLAGS = $(BARE) -DWITH_FILTER $(READS)
$(BUILD)/reads: FLAGS = $(READS)
$(ATTACKED): tests/attack/attacker.c tcpserver.c landlock_compat.h $(wildcard tests/attack/*.h)
	@mkdir -p $(BUILD)
	$(COMPILE) $(FLAGS) -o $@ $< $(LINK)

# Services that other tests need
$(BUILD)/calls $(BUILD)/answer: $(BUILD)/%: %.c tcpserver.c landlock_compat.h
	@mkdir -p $(BUILD)
	$(COMPILE) -DHANDLER='"$(abspath $<)"' -o $@ tcpserver.c $(LINK)

# Every other program is of one file, in the directory of its part.
$(BUILD)/asked $(BUILD)/calls: LINK += -pthread
vpath %.c tests tests/attack tests/check tests/kernels tests/stress tests/bench
$(BUILD)/%: %.c landlock_compat.h $(wildcard tests/*/*.h)
	@mkdir -p $(BUILD)
	$(COMPILE) -o $@ $< $(LINK)

# The picture: every attack, on this machine.
attack:
	@echo 'building six servers with an attacker in them ...' >&2
	@$(MAKE) -s --no-print-directory -j4 HANDLER= $(BUILD)/attack $(ATTACKED)
	@echo 'attacking each of them ...' >&2
	@$(BUILD)/attack $(ATTACKED) | awk -f tests/attack/table.awk

# The case to study: what Landlock decides, where the filter cannot
example: $(BUILD)/client
	@BUILD=$(BUILD) tests/examples/example.sh

# A service without its sandbox, as ./yours-unsandboxed, for debuggers and sanitizers, which need the
# shared C library
unsandboxed: PIE = -pie
unsandboxed:
	$(COMPILE) $(BARE) $(if $(HANDLER),-DHANDLER='"$(abspath $(HANDLER))"') -o $(SERVICE)-unsandboxed tcpserver.c $(LINK)

# All that is quick.
check: tcpserver $(ATTACKED) $(addprefix $(BUILD)/,attack calls answer client asked policies bpf outer)
	@BUILD=$(BUILD) CC="$(CC) $(KERNEL_HEADERS)" tests/check/check.sh

# What takes longer: system calls that fail, crowds of clients (CONNECTIONS=1000000 for a million), bad
# links, other tools (sanitizers, valgrind, clang-tidy), and mutations (EVERY=10: a tenth of them).
stress: stress-faults stress-crowds stress-links stress-tools stress-mutations
stress-%: tests/stress/%.sh tcpserver $(ATTACKED) $(addprefix $(BUILD)/,client link answer)
	@BUILD=$(BUILD) $<

# The header with every compiler, architecture and kernel header that there is.
check-header: $(addprefix $(BUILD)/,asked policies bpf)
	@BUILD=$(BUILD) tests/check/header.sh

# The porting guide on servers that others wrote, fetched from Debian.
check-real-server: $(BUILD)/client
	@BUILD=$(BUILD) tests/servers/servers.sh

# The attacks inside the kernels of tests/kernels/table, in QEMU; KERNELS="6.1 7.3": in these.
check-kernels:
	@BUILD=$(BUILD) tests/kernels/kernels.sh $(KERNELS)

# The README's unit, by systemd in one of them.
check-unit:
	@BUILD=$(BUILD) tests/kernels/unit.sh

# All of it, for a night, on a Debian machine and as root: every mutation and guest, a million connections
nightly:
	@.ci/run nightly

# What it costs. QUICK=1 takes some two minutes.
bench: tcpserver $(addprefix $(BUILD)/,unsandboxed client bare-loop)
	@BUILD=$(BUILD) tests/bench/bench.sh

$(BUILD)/unsandboxed: tcpserver.c landlock_compat.h tests/attack/bare.h
	@mkdir -p $(BUILD)
	$(COMPILE) $(BARE) -o $@ tcpserver.c $(LINK)

clean: clean-tests
clean-tests:
	rm -rf tests/build

# Not the stress-...: make takes no pattern rule for a phony target.
.PHONY: $(filter-out stress-%,$(TARGETS)) clean-tests
