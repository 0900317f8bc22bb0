# SPDX-License-Identifier: GPL-2.0-or-later
# kmemlab: `make help` lists the targets.

VERSION  := 0.1
PREFIX   ?= /usr/local
CC       ?= cc
BUILD    ?= build
CFLAGS   ?= -O2 -g
WERROR   ?=

LIBS_PC  := libtraceevent sqlite3 zlib libzstd
DEPS     := gcc make pkg-config libtraceevent-dev libsqlite3-dev zlib1g-dev libzstd-dev \
            libplot-dev libcmocka-dev trace-cmd jq

# Texts that are cut on purpose are cut by snprintf everywhere.
WARN     := -Wall -Wno-format-truncation -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(WERROR),-Werror)
# Asked of pkg-config only when something is compiled, so that `make deps` works before it is there.
PC_CFLAGS = $(shell pkg-config --cflags $(LIBS_PC))
PC_LIBS   = $(shell pkg-config --libs $(LIBS_PC))
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) -I. -Isrc -pthread -DKMEMLAB_VERSION='"$(VERSION)"'
ALL_LIBS   = $(PC_LIBS) -lplot -lm -lpthread

MM_SRC   := $(wildcard src/mm/*.c)
CLI_SRC  := $(wildcard src/cli/*.c)
LIB_SRC  := $(filter-out $(MM_SRC) $(CLI_SRC),$(wildcard src/*/*.c)) \
            $(wildcard replay/*.c) $(wildcard analyze/*.c) $(wildcard record/*.c)
UNIT_SRC := $(wildcard tests/unit/*.c) $(wildcard tests/property/*.c)
TOOL_SRC := $(wildcard tests/gen/*.c) $(wildcard tests/fuzz/*.c) $(wildcard tests/bench/*.c)

obj       = $(patsubst %.c,$(BUILD)/%.o,$(1))
MM_OBJ   := $(call obj,$(MM_SRC))
LIB_OBJ  := $(call obj,$(LIB_SRC))
CLI_OBJ  := $(call obj,$(CLI_SRC))
UNIT_BIN := $(patsubst %.c,$(BUILD)/%,$(UNIT_SRC))
TOOL_BIN := $(patsubst %.c,$(BUILD)/%,$(TOOL_SRC))

KMEMLAB  := $(if $(filter build,$(BUILD)),kmemlab,$(BUILD)/kmemlab)

.PHONY: all help deps demo check bench asan lint install uninstall clean man tests
.DELETE_ON_ERROR:

all: $(KMEMLAB) $(BUILD)/libkmm.a $(BUILD)/libkmm.so.0 man

help:
	@echo "make            build ./kmemlab and libkmm (in $(BUILD)/)"
	@echo "make deps       install what the build and the tests need (apt; root or sudo)"
	@echo "make demo       set up, then reconstruct, replay and report the bundled capture"
	@echo "make check      set up, then run all tests"
	@echo "make bench      print each speed beside its peer's, measured in one run"
	@echo "make asan       all tests under AddressSanitizer and UBSan"
	@echo "make lint       clang-format and cppcheck"
	@echo "make install    to DESTDIR/PREFIX (PREFIX=$(PREFIX)); make uninstall takes it away"
	@echo "make clean      remove what was built"

# ---- building ----

$(KMEMLAB): $(CLI_OBJ) $(BUILD)/libkmemlab.a $(BUILD)/libkmm.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/libkmemlab.a: $(LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libkmm.a: $(MM_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libkmm.so.0: $(MM_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libkmm.so.0 -o $@ $^

$(BUILD)/src/mm/%.o: src/mm/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(PC_CFLAGS) -MMD -MP -c -o $@ $<

$(UNIT_BIN): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libkmemlab.a $(BUILD)/libkmm.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(ALL_LIBS)

$(TOOL_BIN): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libkmemlab.a $(BUILD)/libkmm.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)

-include $(patsubst %.o,%.d,$(MM_OBJ) $(LIB_OBJ) $(CLI_OBJ) $(call obj,$(UNIT_SRC) $(TOOL_SRC)))

COMMANDS := import info dump state replay verify report policy
MAN      := $(BUILD)/man/kmemlab.1 $(patsubst %,$(BUILD)/man/kmemlab-%.1,$(COMMANDS))

man: $(MAN) $(BUILD)/kmemlab.bash

$(BUILD)/man/kmemlab.1: $(KMEMLAB)
	@mkdir -p $(@D)
	./$(KMEMLAB) help --man > $@

$(BUILD)/man/kmemlab-%.1: $(KMEMLAB)
	@mkdir -p $(@D)
	./$(KMEMLAB) help --man $* > $@

$(BUILD)/kmemlab.bash: $(KMEMLAB)
	./$(KMEMLAB) help --completion > $@

# ---- setting up ----

deps:
	@missing=""; for p in $(DEPS) $(EXTRA_DEPS); do \
		dpkg -s $$p 2>/dev/null | grep -q '^Status: install ok installed' || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ]; then run=; else run=sudo; fi; \
	echo "installing:$$missing"; \
	$$run apt-get update -q && \
	DEBIAN_FRONTEND=noninteractive $$run apt-get install -y -q --no-install-recommends $$missing

DEMO := traces/amd64-6.1-small

demo: deps
	$(MAKE) $(KMEMLAB)
	mkdir -p demo
	./$(KMEMLAB) import -o demo/small.kmw $(DEMO)
	./$(KMEMLAB) verify demo/small.kmw
	./$(KMEMLAB) replay -o demo/small.db --policy native --policy linux-6.18 demo/small.kmw
	./$(KMEMLAB) report -o demo/report.html demo/small.db
	@echo; echo "The report: $(CURDIR)/demo/report.html"

# ---- testing ----

tests: $(UNIT_BIN) $(TOOL_BIN)

check: deps
	$(MAKE) all tests
	BUILD=$(BUILD) KMEMLAB=./$(KMEMLAB) tests/run.sh

asan: EXTRA_DEPS += gcc
asan: deps
	$(MAKE) BUILD=build-asan \
		CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined" check

bench: EXTRA_DEPS += linux-perf time
bench: deps
	$(MAKE) all tests
	tests/bench/run.sh

lint: EXTRA_DEPS += clang-format cppcheck
lint: deps
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')
	cppcheck -q --error-exitcode=1 --inline-suppr --enable=warning,portability \
		--suppress=missingIncludeSystem --suppress=unknownMacro -I. -Isrc \
		$$(git ls-files 'src/*.c' 'replay/*.c' 'analyze/*.c')

# ---- installing ----

DEST = $(DESTDIR)$(PREFIX)

install: all
	install -d $(DEST)/bin $(DEST)/lib/pkgconfig $(DEST)/include/kmm $(DEST)/share/man/man1 \
		$(DEST)/share/bash-completion/completions $(DEST)/share/doc/kmemlab
	install -m 755 $(KMEMLAB) $(DEST)/bin/kmemlab
	install -m 644 $(BUILD)/libkmm.a $(DEST)/lib
	install -m 755 $(BUILD)/libkmm.so.0 $(DEST)/lib
	ln -sf libkmm.so.0 $(DEST)/lib/libkmm.so
	install -m 644 src/mm/kmm.h src/mm/gfp.h $(DEST)/include/kmm
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' src/mm/kmm.pc.in > $(DEST)/lib/pkgconfig/kmm.pc
	install -m 644 $(MAN) $(DEST)/share/man/man1
	install -m 644 $(BUILD)/kmemlab.bash $(DEST)/share/bash-completion/completions/kmemlab
	install -m 644 README.md $(wildcard docs/*.md) $(DEST)/share/doc/kmemlab

uninstall:
	rm -f $(DEST)/bin/kmemlab $(DEST)/lib/libkmm.a $(DEST)/lib/libkmm.so $(DEST)/lib/libkmm.so.0 \
		$(DEST)/lib/pkgconfig/kmm.pc $(DEST)/share/man/man1/kmemlab.1 \
		$(patsubst %,$(DEST)/share/man/man1/kmemlab-%.1,$(COMMANDS)) \
		$(DEST)/share/bash-completion/completions/kmemlab
	rm -rf $(DEST)/include/kmm $(DEST)/share/doc/kmemlab

clean:
	rm -rf build build-* kmemlab demo
