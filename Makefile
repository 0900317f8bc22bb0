# SPDX-License-Identifier: GPL-2.0-or-later
# kmemlab: `make help` lists the targets.
#
# Sources are found by wildcard.  src/mm is libkmm, which needs libc alone; src/cli/*.c are the
# program; everything else is libkmemlab.a, which the program and the tests link.

VERSION := 0.1
RELEASED := 2026-11-27
PREFIX  ?= /usr/local
BUILD   ?= build
CFLAGS  ?= -O2 -g
WERROR  ?=
TIMEOUT ?= 600

# What make deps installs: for the build and the tests, and what single targets add to it.
DEPS       := gcc make pkg-config libc6-dev libtraceevent-dev libtracefs-dev libsqlite3-dev \
              zlib1g-dev libdeflate-dev libzstd-dev libplot-dev libcmocka-dev trace-cmd sqlite3 \
              jq mandoc
DEPS_bench := linux-perf time libjemalloc2 libmimalloc2.0
DEPS_vm    := qemu-system-x86 busybox-static gcc-multilib cpio kmod
DEPS_lint  := clang-format clang-tidy cppcheck
DEPS_ci    := $(DEPS_lint) clang

LIBS_PC  := libtraceevent libtracefs sqlite3 zlib libdeflate libzstd
WARN     := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(WERROR),-Werror)
# Asked of pkg-config only when something is compiled, so that `make deps` works before it is there.
PC_CFLAGS  = $(eval PC_CFLAGS := $$(shell pkg-config --cflags $(LIBS_PC)))$(PC_CFLAGS)
PC_LIBS    = $(eval PC_LIBS := $$(shell pkg-config --libs $(LIBS_PC)))$(PC_LIBS)
BASE_FLAGS = -std=gnu11 $(WARN) $(CFLAGS) $(CPPFLAGS) -I. -Isrc -pthread
ALL_CFLAGS = $(BASE_FLAGS) -DKMEMLAB_VERSION='"$(VERSION)"' \
             -DKMEMLAB_RELEASED='"$(RELEASED)"' $(PC_CFLAGS)
ALL_LIBS   = -Wl,--as-needed $(PC_LIBS) -ldl -lm -lpthread

MM_SRC   := $(wildcard src/mm/*.c)
CLI_SRC  := $(wildcard src/cli/*.c)
LIB_SRC  := $(filter-out $(MM_SRC) $(CLI_SRC),$(wildcard src/*/*.c)) \
            $(wildcard record/*.c replay/*.c analyze/*.c)
UNIT_SRC := $(wildcard tests/unit/*.c tests/property/*.c)
TOOL_SRC := $(wildcard tests/gen/*.c tests/fuzz/*.c tests/bench/*.c)
LINT_SRC := $(MM_SRC) $(LIB_SRC) $(CLI_SRC)
ALL_C    := $(LINT_SRC) $(UNIT_SRC) $(TOOL_SRC) \
            $(wildcard src/*/*.h record/*.h replay/*.h analyze/*.h tests/*/*.h docs/examples/*.c)

# One short line a step; V=1 shows the commands.
say       = $(if $(V),,@printf '  %-4s %s\n' $(1) $(@:$(CURDIR)/%=%) &&)
obj       = $(patsubst %.c,$(BUILD)/%.o,$(1))
bin       = $(patsubst %.c,$(BUILD)/%,$(1))
MM_OBJ   := $(call obj,$(MM_SRC))
LIB_OBJ  := $(call obj,$(LIB_SRC))
CLI_OBJ  := $(call obj,$(CLI_SRC))
PROPERTY_SRC := $(wildcard tests/property/*.c)
PROPERTY_BIN := $(call bin,$(PROPERTY_SRC))
TEST_BIN := $(filter-out $(PROPERTY_BIN),$(call bin,$(UNIT_SRC) $(TOOL_SRC)))
LIBS     := $(BUILD)/libkmemlab.a $(BUILD)/libkmm.a

# The program stands at the top for the usual build, in the build folder for any other.
KMEMLAB  := $(if $(filter build,$(BUILD)),./kmemlab,$(abspath $(BUILD))/kmemlab)
# A command is a file of src/cli that defines a struct command.
COMMANDS := $(patsubst src/cli/%.c,%,$(shell grep -l '^struct command cmd_' $(CLI_SRC)))
MAN      := $(BUILD)/man/kmemlab.1 $(patsubst %,$(BUILD)/man/kmemlab-%.1,$(COMMANDS))
# The library's public headers, and the manual page that each of them is.
MM_PUBLIC := $(wildcard src/mm/kmm*.h) src/mm/gfp.h
MAN3      := $(patsubst src/mm/%.h,$(BUILD)/man/%.3,$(MM_PUBLIC))
# The pages of section 5 are pages of docs/.
MAN5      := $(patsubst %,$(BUILD)/man/kmemlab-%.5,policy kmw schema)
MAN3_LINKS = $(shell awk -v links=1 -f docs/man3.awk $(MM_PUBLIC))

.PHONY: all help man tests deps ci-deps demo check check-vm bench soak asan tsan fuzz fuzzers lint tidy format install uninstall clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(KMEMLAB) $(BUILD)/libkmm.a $(BUILD)/libkmm.so.0 man

help:
	@echo "make            build ./kmemlab, and libkmm and the man pages in $(BUILD)/"
	@echo "make deps       install what the build and the tests need (apt; root or sudo)"
	@echo "make demo       set up, then reconstruct, replay and report the bundled capture"
	@echo "make check      set up, then run all tests"
	@echo "make bench      print each speed beside its peer's, measured in one run"
	@echo "make check-vm   the recorder in virtual machines, amd64 and i386 (packages, some minutes)"
	@echo "make soak       the property tests with SEEDS=1000 seeds: a day of work"
	@echo "make asan       all tests under AddressSanitizer and UBSan (in build-asan/)"
	@echo "make tsan       unit tests under ThreadSanitizer (in build-tsan/)"
	@echo "make fuzz       libFuzzer on each reader for FUZZ_SECONDS=1800 (in build-fuzz/)"
	@echo "make lint       clang-format and cppcheck; make format mends the first"
	@echo "make tidy       clang-tidy over all sources: slow"
	@echo "make install    to DESTDIR/PREFIX (PREFIX=$(PREFIX)); make uninstall takes it away"
	@echo "make clean      remove what was built"
	@echo "Variables: CC, CFLAGS, BUILD (folder of the objects), WERROR=1 (warnings are errors), V=1"

# ---- building ----

# Objects depend on the command that makes them: another CC or CFLAGS builds anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(LDFLAGS)' '$(subst ','\'',$(ALL_CFLAGS))' | cmp -s - $@ || \
		echo '$(CC) $(LDFLAGS)' '$(subst ','\'',$(ALL_CFLAGS))' > $@

$(BUILD)/src/mm/%.o: src/mm/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(BASE_FLAGS) -fPIC -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Archives are made anew, or a source that was removed would live on in them; $(BUILD)/%.list
# changes when the set of sources does.
$(BUILD)/libkmm.list: private SET = $(MM_OBJ)
$(BUILD)/libkmemlab.list: private SET = $(LIB_OBJ)
$(BUILD)/cli.list: private SET = $(CLI_OBJ)
$(BUILD)/%.list: FORCE
	@mkdir -p $(@D)
	@echo '$(SET)' | cmp -s - $@ || echo '$(SET)' > $@

$(BUILD)/libkmm.a: $(MM_OBJ) $(BUILD)/libkmm.list
	@rm -f $@
	$(call say,AR) $(AR) rcs $@ $(MM_OBJ)

$(BUILD)/libkmemlab.a: $(LIB_OBJ) $(BUILD)/libkmemlab.list
	@rm -f $@
	$(call say,AR) $(AR) rcs $@ $(LIB_OBJ)

# Only kmm_* leaves the shared library, and nothing but libc may enter it (not checkable under
# a sanitizer, whose run-time library the program brings).
$(BUILD)/libkmm.so.0: $(MM_OBJ) src/mm/kmm.map $(BUILD)/libkmm.list
	$(call say,LD) $(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,--version-script=src/mm/kmm.map \
		$(if $(findstring sanitize,$(CFLAGS)),,-Wl,-z,defs) -o $@ $(MM_OBJ)

$(KMEMLAB): $(CLI_OBJ) $(LIBS) $(BUILD)/cli.list
	$(call say,LD) $(CC) $(BASE_FLAGS) $(LDFLAGS) -o $@ $(CLI_OBJ) $(LIBS) $(ALL_LIBS)

$(TEST_BIN): %: %.o $(LIBS)
	$(call say,LD) $(CC) $(BASE_FLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(ALL_LIBS)

# The property tests, and the model with them, always run under sanitizers: Address and
# UndefinedBehavior, unless the whole build has others.
SANITIZE := $(if $(findstring sanitize,$(CFLAGS)),$(CFLAGS),-O1 -g -fno-omit-frame-pointer \
	-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all)
SANITIZED := $(patsubst %.c,$(BUILD)/sanitized/%.o,$(MM_SRC) $(PROPERTY_SRC))

$(BUILD)/sanitized/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC) $(CC) -std=gnu11 $(WARN) $(SANITIZE) $(CPPFLAGS) -I. -Isrc -pthread -MMD -MP -c -o $@ $<

$(PROPERTY_BIN): $(BUILD)/tests/property/%: $(BUILD)/sanitized/tests/property/%.o \
		$(patsubst %.c,$(BUILD)/sanitized/%.o,$(MM_SRC)) $(BUILD)/libkmm.list
	@mkdir -p $(@D)
	$(call say,LD) $(CC) $(SANITIZE) $(LDFLAGS) -pthread -o $@ $(filter %.o,$^) -lcmocka

-include $(patsubst %.o,%.d,$(MM_OBJ) $(LIB_OBJ) $(CLI_OBJ)) $(patsubst %,%.d,$(TEST_BIN)) $(SANITIZED:.o=.d)

man: $(MAN) $(MAN3) $(MAN5) $(BUILD)/kmemlab.bash

$(BUILD)/man/kmemlab.1: $(KMEMLAB)
	@mkdir -p $(@D)
	$(call say,MAN) $(KMEMLAB) help --man > $@

$(BUILD)/man/kmemlab-%.1: $(KMEMLAB)
	@mkdir -p $(@D)
	$(call say,MAN) $(KMEMLAB) help --man $* > $@

$(BUILD)/man/%.3: src/mm/%.h docs/man3.awk
	@mkdir -p $(@D)
	$(call say,MAN) awk -v page=$* -v header=$*.h -v date=$(RELEASED) -f docs/man3.awk $< > $@

$(BUILD)/man/kmemlab-%.5: docs/%.md docs/man5.awk
	@mkdir -p $(@D)
	$(call say,MAN) awk -v page=kmemlab-$* -v see='kmemlab-replay(1)' -v date=$(RELEASED) -f docs/man5.awk $< > $@

$(BUILD)/man/kmemlab-policy.5: docs/policies.md docs/man5.awk $(KMEMLAB)
	@mkdir -p $(@D)
	$(call say,MAN) $(KMEMLAB) policy list --keys --format csv | awk -v page=kmemlab-policy \
		-v see='kmemlab-policy(1) kmemlab-replay(1)' -v date=$(RELEASED) -f docs/man5.awk docs/policies.md - > $@

$(BUILD)/kmemlab.bash: $(KMEMLAB)
	$(call say,MAN) $(KMEMLAB) help --completion > $@

# ---- setting up ----

# Needs neither network nor rights where nothing is missing.
deps:
	@missing=""; \
	for p in $(DEPS) $(EXTRA_DEPS); do \
		dpkg -s $$p 2>/dev/null | grep -q '^Status: install ok installed' || \
			missing="$$missing $$p"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	echo "installing:$$missing"; \
	as=; [ "$$(id -u)" = 0 ] || as=sudo; \
	apt="$$as env DEBIAN_FRONTEND=noninteractive apt-get -q -y"; \
	install="$$apt install --no-install-recommends $$missing"; \
	apt-cache show $$missing >/dev/null 2>&1 || { $$apt update && $$install; exit; } </dev/null; \
	$$install </dev/null || { $$apt update && $$install; } </dev/null

ci-deps: EXTRA_DEPS += $(DEPS_ci)
ci-deps: deps

DEMO := traces/amd64-6.1-small

demo: deps
	+$(MAKE) $(KMEMLAB)
	mkdir -p demo
	$(KMEMLAB) import -o demo/small.kmw $(DEMO)
	$(KMEMLAB) verify demo/small.kmw
	$(KMEMLAB) report -o demo/report.html $(DEMO)
	@echo; echo "The report: $(CURDIR)/demo/report.html"

# ---- testing ----

tests: $(TEST_BIN) $(PROPERTY_BIN)

check: deps
	+$(MAKE) all tests
	BUILD=$(BUILD) KMEMLAB=$(KMEMLAB) TIMEOUT=$(TIMEOUT) QUICK=$(QUICK) tests/run.sh

asan:
	+$(MAKE) BUILD=build-asan LDFLAGS= CFLAGS="-O1 -g -fno-omit-frame-pointer \
		-fsanitize=address,undefined -fno-sanitize-recover=all" TIMEOUT=900 check

tsan: deps
	+$(MAKE) BUILD=build-tsan LDFLAGS= CFLAGS="-O1 -g -fsanitize=thread" all tests
	BUILD=build-tsan KMEMLAB=$(CURDIR)/build-tsan/kmemlab SUITES=unit tests/run.sh

# Each reader of traces under libFuzzer for FUZZ_SECONDS, from the corpora in tests/fuzz/corpus; what is
# new is kept in build-fuzz/.  The first finding ends it.
FUZZ_SECONDS ?= 1800
FUZZERS := dat perf text
$(BUILD)/fuzz-%: tests/fuzz/reader.c $(LIBS)
	$(call say,LD) $(CC) $(ALL_CFLAGS) $(LDFLAGS) -DREADER=$* -fsanitize=fuzzer -o $@ $^ $(ALL_LIBS)

fuzzers: $(FUZZERS:%=$(BUILD)/fuzz-%)

fuzz: EXTRA_DEPS += clang
fuzz: deps
	+$(MAKE) BUILD=build-fuzz CC=clang LDFLAGS= CFLAGS="-O1 -g -fno-omit-frame-pointer \
		-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all" fuzzers
	BUILD=build-fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) bash tests/fuzz/libfuzzer.sh $(FUZZERS)

# Virtual machines with Debian's kernels; not part of check, since it fetches them.
check-vm: EXTRA_DEPS += $(DEPS_vm)
check-vm: deps
	+$(MAKE) all
	BUILD=$(BUILD) KMEMLAB=$(abspath $(KMEMLAB)) tests/vm/run.sh

# A thousand seeds, each as long as in `make check`; the first failure ends it.
SEEDS ?= 1000
soak: deps
	+$(MAKE) all tests
	for seed in $$(seq $(SEEDS)); do for t in $(call bin,$(wildcard tests/property/*.c)); do \
		KMEMLAB_PROPERTY_SEED=$$seed $$t > $(BUILD)/soak.log 2>&1 || \
		{ echo "seed $$seed: $$t"; grep -v 'RUN\|OK' $(BUILD)/soak.log; exit 1; }; \
	done; done

bench: EXTRA_DEPS += $(DEPS_bench)
bench: deps
	+$(MAKE) all tests
	BUILD=$(BUILD) KMEMLAB=$(KMEMLAB) tests/bench/run.sh
	BUILD=$(BUILD) KMEMLAB=$(KMEMLAB) tests/bench/record.sh
	KMEMLAB=$(KMEMLAB) tests/bench/fidelity.sh

lint: EXTRA_DEPS += $(DEPS_lint)
lint: deps
	@echo "clang-format"; clang-format --dry-run -Werror $(ALL_C)
	@echo "cppcheck"; cppcheck -q -j2 --error-exitcode=1 --inline-suppr --std=c11 \
		--enable=warning,portability --suppress=missingIncludeSystem \
		--suppress=unknownMacro --suppress=shiftTooManyBitsSigned --suppress=syntaxError:src/mm/gfp.c -I. -Isrc $(LINT_SRC)

tidy: EXTRA_DEPS += $(DEPS_lint)
tidy: deps
	@echo "clang-tidy"; printf '%s\n' $(LINT_SRC) | xargs -P2 -n4 sh -c 'clang-tidy --quiet \
		--warnings-as-errors="*" "$$@" -- -std=gnu11 -I. -Isrc $(PC_CFLAGS) 2>/dev/null' tidy

format:
	clang-format -i $(ALL_C)

# ---- installing ----

DEST = $(DESTDIR)$(PREFIX)
DOCS = README.md LICENSE $(wildcard docs/*.md)

install: all
	install -d $(DEST)/bin $(DEST)/lib/pkgconfig $(DEST)/lib/systemd/system $(DEST)/include/kmm $(DEST)/share/man/man1 \
		$(DEST)/share/man/man3 $(DEST)/share/man/man5 $(DEST)/share/bash-completion/completions $(DEST)/share/doc/kmemlab
	install -m 755 $(KMEMLAB) $(DEST)/bin/kmemlab
	install -m 644 $(BUILD)/libkmm.a $(DEST)/lib
	install -m 755 $(BUILD)/libkmm.so.0 $(DEST)/lib
	ln -sf libkmm.so.0 $(DEST)/lib/libkmm.so
	install -m 644 $(MM_PUBLIC) $(DEST)/include/kmm
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' src/mm/kmm.pc.in \
		> $(DEST)/lib/pkgconfig/kmm.pc
	install -m 644 $(MAN) $(DEST)/share/man/man1
	install -m 644 $(MAN3) $(DEST)/share/man/man3
	install -m 644 $(MAN5) $(DEST)/share/man/man5
	for h in $(MM_PUBLIC); do page=$$(basename $$h .h); \
		for f in $$(awk -v links=1 -f docs/man3.awk $$h); do \
			[ $$f = $$page ] || echo ".so man3/$$page.3" > $(DEST)/share/man/man3/$$f.3; \
		done; done
	install -m 644 $(BUILD)/kmemlab.bash $(DEST)/share/bash-completion/completions/kmemlab
	sed 's|@PREFIX@|$(PREFIX)|' record/kmemlab-flight.service \
		> $(DEST)/lib/systemd/system/kmemlab-flight.service
	install -m 644 $(DOCS) $(DEST)/share/doc/kmemlab
	install -d $(DEST)/share/doc/kmemlab/figures
	install -m 644 $(wildcard docs/figures/*) $(DEST)/share/doc/kmemlab/figures

uninstall:
	rm -f $(DEST)/bin/kmemlab $(DEST)/lib/libkmm.a $(DEST)/lib/libkmm.so $(DEST)/lib/libkmm.so.0 \
		$(DEST)/lib/pkgconfig/kmm.pc $(DEST)/share/man/man1/kmemlab.1 \
		$(patsubst %,$(DEST)/share/man/man1/kmemlab-%.1,$(COMMANDS)) \
		$(DEST)/lib/systemd/system/kmemlab-flight.service \
		$(DEST)/share/bash-completion/completions/kmemlab
	rm -f $(patsubst $(BUILD)/man/%,$(DEST)/share/man/man3/%,$(MAN3)) \
		$(patsubst %,$(DEST)/share/man/man3/%.3,$(MAN3_LINKS)) \
		$(patsubst $(BUILD)/man/%,$(DEST)/share/man/man5/%,$(MAN5))
	rm -rf $(DEST)/include/kmm $(DEST)/share/doc/kmemlab

clean:
	rm -rf build build-* kmemlab demo
