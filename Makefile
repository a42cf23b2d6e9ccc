# margind: one file, no recursion.  `make help` lists the targets.
#
# A flavour is a folder below build/: release is build/ itself, the others are
# build/asan, build/ubsan, build/clang, ...  One pattern rule makes them all.

SHELL := /bin/sh
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

O ?= build
CC = gcc
OPT ?= -O2
SAN ?=

VERSION := 0.1.0

WARN = -Wall -Wextra -Werror -pedantic -Wconversion -Wsign-conversion \
	-Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wvla \
	-Wundef -Wformat=2 -Wcast-qual -Wwrite-strings
HARDEN = -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection=full
ifneq ($(SAN),)
HARDEN = -fno-omit-frame-pointer
endif
IS_CLANG := $(findstring clang,$(CC))
ifeq ($(IS_CLANG),)
# gcc only: automatic variables start as zero, and signed code refuses floats.
INIT = -ftrivial-auto-var-init=zero
INTEGER = -mgeneral-regs-only
# Without vector registers the C library empties a frame's structs faster.
FILL = -mmemset-strategy=unrolled_loop:64:noalign,libcall:-1:noalign
# Vectors, and glibc's functions of vectors, for what is never signed.
SCREEN = -Ofast -fno-associative-math
endif
CPPFLAGS = -I. -D_GNU_SOURCE -DMARGIND_VERSION='"$(VERSION)"' \
	-ffile-prefix-map=$(CURDIR)/=
CFLAGS = -std=gnu11 -g $(OPT) $(WARN) $(HARDEN) $(INIT) $(SAN) -fPIE
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(SAN)

PURE_LIBS = -lm
CHAIN_LIBS = -lsecp256k1 -lcurl -ljansson
FEEDS_LIBS = -lwebsockets -lssl -lcrypto -lz
ORACLE_LIBS = -lyaml -lsqlite3 -lsodium -lseccomp -lm
LIBS = $(ORACLE_LIBS) $(FEEDS_LIBS) $(CHAIN_LIBS) $(PURE_LIBS)

FLOORS = base margin contracts-abi feeds chain oracle
$(foreach f,$(FLOORS),$(eval SRC_$(f) := $(filter-out %/main.c,$(wildcard $(f)/*.c))))
# What is signed is computed here: floating point does not compile (gcc).
INTEGER_SRC = $(SRC_base) $(SRC_margin) $(SRC_contracts-abi) \
	$(wildcard feeds/venue*.c feeds/aggregate.c feeds/graph.c \
		feeds/prices*.c feeds/slow.c feeds/depth.c feeds/symbol.c) \
	$(wildcard chain/hermes_event.c chain/quotes.c chain/sse.c) \
	$(wildcard oracle/machine*.c oracle/policy.c oracle/terms*.c)
# Screening and display kernels in floating point: files of their own, never
# in anything signed.
SCREEN_SRC = $(wildcard margin/screen_*.c)
# Exact integers in vector registers: chosen by cpuid at run time.
SIMD_SRC = $(wildcard base/simd_*.c margin/simd_*.c)

LIB_FILES = $(foreach f,oracle chain feeds contracts-abi margin base,\
	$(O)/lib$(f).a)

TEST_SRC := $(wildcard tests/test_*.c)
TESTS = $(TEST_SRC:tests/%.c=$(O)/tests/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_REPLAYS = $(FUZZ_SRC:tests/fuzz/%.c=$(O)/tests/%)
TOOL_SRC := $(wildcard tests/tools/*.c)
TOOLS = $(TOOL_SRC:tests/tools/%.c=$(O)/tools/%)

.PHONY: all
all: ## build margind and its libraries
all: $(O)/margind

obj = $(patsubst %.c,$(O)/%.o,$(1))

define FLOOR_RULE
$(O)/lib$(1).a: $(call obj,$(SRC_$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach f,$(FLOORS),$(eval $(call FLOOR_RULE,$(f))))

$(call obj,$(filter-out $(SCREEN_SRC) $(SIMD_SRC),$(INTEGER_SRC))): EXTRA = $(INTEGER)
$(call obj,$(wildcard feeds/venue*.c)): EXTRA += $(FILL)
$(call obj,$(SCREEN_SRC)): EXTRA = $(SCREEN)
# The same objects make libmargind: position independent, and no name of
# theirs leaves it.
HIDDEN = -fPIC -fvisibility=hidden
$(call obj,$(SRC_base) $(SRC_margin)): EXTRA += $(HIDDEN)

$(O)/oracle/config_text.o: examples/margind.yaml
$(O)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(EXTRA) -MMD -MP -c -o $@ $<

# The dashboard's files are put into the binary as they are.
UPLOT = $(addprefix node_modules/uplot/,dist/uPlot.iife.min.js \
	dist/uPlot.min.css LICENSE)
$(O)/oracle/api_web.o: $(wildcard oracle/web/*) $(UPLOT)
$(UPLOT):
	@echo "$@ is missing: run 'make deps'" >&2; exit 1

ifneq ($(wildcard oracle/main.c),)
# All of oracle: main.c names the commands and roles weakly, and a weak name
# takes nothing out of an archive.
$(O)/margind: $(O)/oracle/main.o $(LIB_FILES)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(O)/oracle/main.o \
		-Wl,--whole-archive $(O)/liboracle.a -Wl,--no-whole-archive \
		-Wl,--start-group $(LIB_FILES) -Wl,--end-group $(LIBS)
else
$(O)/margind: $(LIB_FILES)
endif

# The margin library for other programs: margin/margind.h and what it needs.
LIB = $(O)/lib/libmargind
LIB_SO = $(LIB).so.$(VERSION)
LIB_SONAME = libmargind.so.$(firstword $(subst ., ,$(VERSION)))
LIB_OBJ = $(call obj,$(wildcard margin/margind*.c)) $(O)/lib/must.o
LIB_ARCHIVES = $(O)/libmargin.a $(O)/libbase.a
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib

.PHONY: lib
lib: ## libmargind: shared object, static archive, pkg-config file
lib: $(LIB_SO) $(LIB).a $(O)/lib/margind.pc

$(O)/lib/must.o: base/must.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(INTEGER) $(HIDDEN) -DMUST_IS_SILENT \
		-MMD -MP -c -o $@ $<
$(LIB_SO): $(LIB_OBJ) $(LIB_ARCHIVES) margin/margind.map
	@echo "  LD $@"
	@$(CC) -shared -o $@ $(LIB_OBJ) $(LIB_ARCHIVES) \
		-Wl,-soname,$(LIB_SONAME) \
		-Wl,--version-script=margin/margind.map \
		-Wl,-z,defs,-z,relro,-z,now,-z,noexecstack
	@ln -sf $(@F) $(O)/lib/$(LIB_SONAME)
	@ln -sf $(LIB_SONAME) $(LIB).so
# One object, whose hidden names are its own.
$(LIB).a: $(LIB_OBJ) $(LIB_ARCHIVES)
	@$(LD) -r -o $(O)/lib/margind.o $(LIB_OBJ) $(LIB_ARCHIVES)
	@objcopy --localize-hidden $(O)/lib/margind.o
	@rm -f $@
	@ar rcs $@ $(O)/lib/margind.o
.PHONY: $(O)/lib/margind.pc
$(O)/lib/margind.pc: margin/margind.pc.in
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' $< >$@

.PHONY: install install-lib
install: ## binary, library, header, man page below PREFIX (DESTDIR, LIBDIR)
install: all install-lib
	@install -D -m 755 $(O)/margind $(DESTDIR)$(PREFIX)/bin/margind
	@mkdir -p $(DESTDIR)$(PREFIX)/share/man/man1
	@if command -v scdoc >/dev/null; then scdoc <docs/margind.1.scd \
		>$(DESTDIR)$(PREFIX)/share/man/man1/margind.1; \
	else echo "the man page needs scdoc: left out" >&2; fi
install-lib: ## the library, its header and its pkg-config file alone
install-lib: lib
	@install -D -m 644 -t $(DESTDIR)$(PREFIX)/include margin/margind.h
	@install -D -m 644 -t $(DESTDIR)$(LIBDIR) $(LIB_SO) $(LIB).a
	@cp -P $(O)/lib/$(LIB_SONAME) $(LIB).so $(DESTDIR)$(LIBDIR)/
	@install -D -m 644 -t $(DESTDIR)$(LIBDIR)/pkgconfig $(O)/lib/margind.pc

# Unit tests: one binary a file, linked with every floor.
.PHONY: tests
tests: ## build the unit tests, the fuzz replays and the test tools
tests: $(TESTS) $(FUZZ_REPLAYS) $(TOOLS) $(O)/tests/vectors
$(O)/tests/test_%: $(O)/tests/test_%.o $(LIB_FILES)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -Wl,--start-group $(LIB_FILES) \
		-Wl,--end-group -lcmocka $(TEST_LIBS) $(LIBS)
# The published margin cases, recomputed: the pure floors only.
$(O)/tests/vectors: $(call obj,$(wildcard tests/cases/*.c)) $(O)/libmargin.a \
		$(O)/libbase.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
# Everything the margin library computes, in one hash.
$(O)/tests/same_bits: $(call obj,$(wildcard tests/determinism/*.c) \
		$(filter-out tests/cases/main.c,$(wildcard tests/cases/*.c)) \
		$(filter-out $(SCREEN_SRC),$(SRC_margin)) $(SRC_base))
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
.PHONY: determinism
determinism: ## one hash of all results under seven compilers and flags
	@tests/run-determinism
# A tool prints what an independent checker (tests/check_*) recomputes.
$(O)/tools/%: $(O)/tests/tools/%.o $(LIB_FILES)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -Wl,--start-group $(LIB_FILES) \
		-Wl,--end-group $(LIBS)
# A fuzz target built plainly replays its corpus (tests/fuzz/replay.c).
$(O)/tests/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $(O)/tests/fuzz/replay.o $(LIB_FILES)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(O)/tests/fuzz/fuzz_$*.o \
		$(O)/tests/fuzz/replay.o -Wl,--start-group $(LIB_FILES) \
		-Wl,--end-group $(LIBS)

.PHONY: test
test: ## everything: unit, forge, end to end, browser, replay, sanitizers
test: deps
	@tests/run

.PHONY: test-unit
test-unit: ## unit tests and corpus replays of this flavour only
test-unit: tests
	@tests/run-unit $(O)

.PHONY: test-long
test-long: ## the long differential runs: 60,000 ticks over 200,000 vaults
test-long: $(O)/tests/test_reach $(O)/tests/test_bands \
		$(O)/tests/test_portfolio_reach
	@MARGIND_LONG=1 $(O)/tests/test_reach
	@MARGIND_LONG=1 $(O)/tests/test_portfolio_reach
	@BANDS_TICKS=12000 BANDS_VAULTS=10000 $(O)/tests/test_bands

# The incidents on record, replayed through the machine and mutated.
MUTATIONS ?= 100
.PHONY: incidents
incidents: ## each incident on record, and MUTATIONS (100) of each
incidents: $(O)/tests/incidents/incidents
	@$(O)/tests/incidents/incidents --mutations $(MUTATIONS)
$(O)/tests/incidents/incidents: $(call obj,$(wildcard tests/incidents/*.c)) \
		$(LIB_FILES)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group \
		$(LIB_FILES) -Wl,--end-group $(LIBS)

FLAVOURS = asan ubsan tsan clang O0 O3
.PHONY: $(FLAVOURS:%=test-%)
$(FLAVOURS:%=test-%): test-%:
	@$(MAKE) --no-print-directory flavour-$* GOAL=test-unit
GOAL ?= all
.PHONY: $(FLAVOURS:%=flavour-%)
flavour-asan: ## build one flavour (asan ubsan tsan clang O0 O3; GOAL=all)
	@$(MAKE) --no-print-directory O=build/asan OPT=-O1 SAN=-fsanitize=address $(GOAL)
flavour-ubsan:
	@$(MAKE) --no-print-directory O=build/ubsan OPT=-O1 INTEGER= \
		SAN="-fsanitize=undefined -fno-sanitize-recover=all" $(GOAL)
flavour-tsan:
	@$(MAKE) --no-print-directory O=build/tsan OPT=-O1 SAN=-fsanitize=thread $(GOAL)
flavour-clang:
	@$(MAKE) --no-print-directory O=build/clang CC=clang-14 $(GOAL)
flavour-O0:
	@$(MAKE) --no-print-directory O=build/O0 OPT=-O0 HARDEN= $(GOAL)
flavour-O3:
	@$(MAKE) --no-print-directory O=build/O3 OPT=-O3 $(GOAL)

# With libFuzzer, ASan and UBSan: a build of its own.
FUZZ_BUILD = O=build/fuzz CC=clang-14 OPT=-O1 \
	SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"
$(O)/libfuzzer/%: $(O)/tests/fuzz/fuzz_%.o $(LIB_FILES)
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ \
		$(O)/tests/fuzz/fuzz_$*.o -Wl,--start-group $(LIB_FILES) \
		-Wl,--end-group $(LIBS)

.PHONY: fuzz-build fuzz
fuzz-build: ## build every fuzz target with libFuzzer (clang)
	@$(MAKE) --no-print-directory $(FUZZ_BUILD) \
		$(FUZZ_SRC:tests/fuzz/fuzz_%.c=build/fuzz/libfuzzer/%)
FUZZ_RUNS ?= 10000000
fuzz: ## FUZZ_RUNS executions of every fuzz target, or of FUZZ_TARGETS; tests/fuzz/README.md has the results
fuzz: fuzz-build
	@tests/fuzz/run $(FUZZ_RUNS) $(FUZZ_TARGETS)

.PHONY: check-layers
check-layers: ## no include looks upward or sideways
	@tests/check-layers

.PHONY: check-source
check-source: ## raw members, banned calls, wire version
	@tests/check-source

.PHONY: analyze
analyze: ## gcc -fanalyzer and clang --analyze over the pure floors
	@set -e; for f in $(SRC_base) $(SRC_margin) $(SRC_contracts-abi); do \
		gcc $(CPPFLAGS) -std=gnu11 -O2 -fanalyzer -Werror -c -o /dev/null $$f; \
		clang-14 $(CPPFLAGS) -std=gnu11 --analyze \
			--analyzer-output text -Xclang -analyzer-werror $$f; \
	done

FORGE = FOUNDRY_CONFIG=contracts-abi/foundry.toml node_modules/.bin/forge
.PHONY: contracts
contracts: ## compile the contracts and refresh the published ABI
contracts: node_modules/.package-lock.json
	@$(FORGE) build --root . --skip test
	@node contracts-abi/publish-abi.mjs
.PHONY: test-contracts
test-contracts: ## forge tests
test-contracts: node_modules/.package-lock.json
	@$(FORGE) test --root .
.PHONY: gas
gas: ## gas of whole transactions against their ceilings
gas: node_modules/.package-lock.json
	@contracts-abi/gas

BENCH_MARGIN_SRC = $(filter-out %/alone.c,$(wildcard tests/bench/margin/*.c))
.PHONY: bench
bench: ## ours, the reference and the ratio, from one run
bench: $(O)/tests/bench/bench
	@$(O)/tests/bench/bench
$(O)/tests/bench/bench: $(call obj,$(wildcard tests/bench/*.c) \
		$(BENCH_MARGIN_SRC)) $(LIB_FILES)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group \
		$(LIB_FILES) -Wl,--end-group -lnettle $(LIBS)

.PHONY: bench-margin
bench-margin: ## the margin library's rows alone, without the other floors
bench-margin: $(O)/tests/bench/bench-margin
	@$(O)/tests/bench/bench-margin
$(O)/tests/bench/bench-margin: $(call obj,tests/bench/harness.c \
		$(wildcard tests/bench/margin/*.c)) $(O)/libmargin.a $(O)/libbase.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm

.PHONY: bench-feeds
bench-feeds: ## from venues' frames to prices: parsers, a socket, memory
bench-feeds: $(O)/tests/bench/bench-feeds
	@$(O)/tests/bench/bench-feeds
$(O)/tests/bench/bench-feeds: $(call obj,tests/bench/harness.c \
		$(wildcard tests/bench/feeds/*.c)) $(LIB_FILES)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group \
		$(LIB_FILES) -Wl,--end-group $(LIBS)

# Programs that do the same, where they are installed.
PEERS_CXX = $(if $(wildcard /usr/include/ql/quantlib.hpp),\
	$(O)/tests/peers/quantlib.o)
BENCH_FLAGS = $(CFLAGS); where signed: $(INTEGER); screening: $(SCREEN)
.PHONY: bench-report
bench-report: ## run both, write docs/benchmarks.md and its chart
bench-report: $(O)/tests/bench/bench $(O)/tests/bench/bench-peers
	@tests/bench/report '$(O)' '$(CC)' '$(BENCH_FLAGS)'
.PHONY: bench-peers bench-peers-deps
bench-peers: ## ours against QuantLib, jansson, nettle, ethers and ccxt
bench-peers: $(O)/tests/bench/bench-peers
	@$(O)/tests/bench/bench-peers
bench-peers-deps: ## install what bench-peers measures against (apt-get, npm)
	@tests/peers/deps
$(O)/tests/bench/bench-peers: $(call obj,$(wildcard tests/peers/*.c) \
		$(addprefix tests/bench/,harness.c bench_json.c \
		bench_keccak.c)) $(PEERS_CXX) $(LIB_FILES)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group \
		$(LIB_FILES) -Wl,--end-group $(if $(PEERS_CXX),-lQuantLib \
		-lstdc++) -lnettle $(LIBS)
$(O)/tests/peers/quantlib.o: tests/peers/quantlib.cc
	@mkdir -p $(@D)
	@echo "  CXX $@"
	@g++ $(CPPFLAGS) -std=gnu++17 -g $(OPT) -Wall -Wextra -Werror $(HARDEN) \
		-fPIE -MMD -MP -c -o $@ $<

.PHONY: deps
deps: ## install what is missing: Debian and npm packages
	@tests/deps

node_modules/.package-lock.json: package-lock.json
	@npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: demo
DEMO_SECONDS ?= 0
demo: ## four simulated exchanges, anvil, 200 vaults, a bot and the dashboard
demo: deps
	@$(MAKE) --no-print-directory all contracts
	@exec $(O)/margind demo --seconds $(DEMO_SECONDS)

.PHONY: clean
clean: ## remove build/
	@rm -rf build

.PHONY: help
help: ## this list
	@awk -F': ## ' '/^[a-z%-]+: ## /{printf "  %-16s %s\n",$$1,$$2}' Makefile

-include $(shell find $(O) -name '*.d' 2>/dev/null)
