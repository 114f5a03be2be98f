# `make demo` and `make test` do everything on a fresh Debian 12; `make help` lists all targets.

B = build
PREFIX ?= /usr/local
DESTDIR ?=
CC = gcc
# -g1: the lines of functions, for backtraces and profiles. `make debug` has variables and types, too.
CFLAGS = -O2 -g1
LDFLAGS =
LUA = lua5.4
JOBS = $(shell nproc)

BUILD_PACKAGES = gcc libc6-dev pkg-config lua5.4 liblua5.4-dev lua-argparse lua-cjson lua-cjson-dev \
  libcurl4-openssl-dev libssl-dev libevent-dev libsqlite3-dev zlib1g-dev python3-botocore ca-certificates
TEST_PACKAGES = $(BUILD_PACKAGES) libcmocka-dev lua-busted awscli python3-boto3 python3-h2 python3-yaml \
  python3-sarif-python-om python3-jsonschema python3-kubernetes libxml2-utils openssl clang libclang-rt-dev spin z3 \
  mandoc zsh fish valgrind
BENCH_PACKAGES = $(BUILD_PACKAGES) curl openssl time
LINT_PACKAGES = $(BUILD_PACKAGES) clang clang-format lua-check libcmocka-dev
BARE_PACKAGES = debootstrap debian-archive-keyring git

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Werror
# _FORTIFY_SOURCE needs an optimized build, and hides errors from sanitizers. CFLAGS can contain another level.
FORTIFY = $(if $(filter-out -O0,$(lastword $(filter -O%,$(CFLAGS)))),$(if $(findstring -fsanitize,$(CFLAGS))$(findstring \
  _FORTIFY_SOURCE,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARDENED = -Wl,-z,relro,-z,now,-z,noexecstack
COMPILE = $(CC) -std=c11 $(WARNINGS) -fstack-protector-strong $(FORTIFY) -D_GNU_SOURCE -fPIC -fvisibility=hidden -MMD -MP \
  -Icore $(LUA_CFLAGS) $(LIBRARY_CFLAGS) $(if $(SQLITE),-DLANYARD_SQLITE) $(CFLAGS)
# Each of these runs its command once, when it is first read: its value replaces it.
once = $(eval $(1) := $(shell $(2)))$($(1))
LUA_CFLAGS = $(call once,LUA_CFLAGS,pkg-config --cflags lua5.4)
LIBRARY_CFLAGS = $(call once,LIBRARY_CFLAGS,pkg-config --cflags libcurl libcrypto)
LIBS = $(call once,LIBRARIES,pkg-config --libs libcurl libcrypto) $(NEEDED)
NEEDED = -levent_core -levent_extra -lz -lm -ldl
# The products load libcurl and libcrypto when they first use them; IMPORT='-lcurl -lcrypto' links them instead.
IMPORT = $(patsubst core/%.c,$(B)/core/%.o,$(wildcard core/import*.c))
# C modules of users find Lua's API in the binary.
EXPORTS = $(foreach names,lua_* luaL_* luaopen_*,-Wl,--export-dynamic-symbol='$(names)')
# A program that contains the sanitizers starts in two thirds of the time of one that loads their libraries. It exports
# their functions, so that the libraries it loads call them.
RUNTIME = $(if $(findstring -fsanitize=address,$(CFLAGS)),-static-libasan -static-libubsan -rdynamic)
LINK = $(CC) $(HARDENED) $(CFLAGS) $(LDFLAGS)
LINKED = $(LINK) $(RUNTIME) $(SQLITE) $(ARCHIVES) $(LIBS) $(IMPORT) $(OWN) $(CORE)
LUA_LIBS = -l:liblua5.4-cjson.a -l:liblua5.4.a

# SQLite stores the history of audits. Without libsqlite3-dev, or with SQLITE=, there is none. The binary contains it, and
# the others that have an archive, so that it starts fast and a copied binary needs few packages.
SQLITE := $(shell pkg-config --exists sqlite3 2> /dev/null && echo -lsqlite3)
ARCHIVES := $(foreach name,$(SQLITE:-l%=%) event_extra event_core z,$(if $(wildcard $(shell pkg-config --variable=libdir \
  zlib)/lib$(name).a),-l:lib$(name).a,-l$(name)))
# Both products contain the packages of core/; PLAIN is the part that knows no Lua. Only the binary contains OWN.
OWN = $(B)/core/main.o $(B)/core/modules.o $(B)/core/models.o $(B)/core/versions.o $(B)/embedded.o $(if $(COVERAGE),$(B)/coverage.o)
CORE = $(patsubst core/%.c,$(B)/core/%.o,$(wildcard core/*/*.c))
PLAIN = $(filter-out $(B)/core/lua/%.o,$(CORE))
SOURCES = $(wildcard core/*.c core/*/*.c tests/*/*.c)
FUZZERS = $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
TESTS = $(patsubst tests/c/%.c,$(B)/tests/%,$(wildcard tests/c/*_test.c))
ARGPARSE = $(firstword $(wildcard /usr/local/share/lua/5.4/argparse.lua /usr/share/lua/5.4/argparse.lua))
ASSETS := lua/lanyard/rules/prelude.lua $(sort $(shell find lua/lanyard -name '*.css' -o -name '*.js' -o -name '*.sql' -o -name '*.txt'))
TYPES := $(sort $(shell find lua/types -name '*.lua'))
LUA_FILES := $(filter-out $(ASSETS) $(TYPES),$(sort $(shell find lua -name '*.lua')))
MODULES = $(foreach f,$(LUA_FILES),$(subst /,.,$(patsubst lua/%.lua,%,$(f:/init.lua=.lua)))=$(f))
SCRIPT_FILES = $(filter-out scripts/examples/% scripts/packaging/%,$(wildcard scripts/*.lua scripts/*/*.lua))
SCRIPTS = $(foreach f,$(SCRIPT_FILES),$(patsubst scripts/%.lua,%,$(f))=$(f))

# Makes the folder of the target, if it does not exist.
folder = $(if $(wildcard $(@D)),,@mkdir -p $(@D))
quote = '$(subst ','\'',$(1))'
# Prints one line per step; V=1 prints the commands.
say = $(if $(V),,@printf '%-8s %s\n' $(1) $@; )
.DELETE_ON_ERROR:
.PHONY: all build help demo test test-listed tests check fuzz fuzzers torture coverage debug compile_commands.json bare \
  bench benches lint clean deps test-deps bench-deps lint-deps bare-deps

all: deps ## build/lanyard (the binary) and build/lanyard.so (for stock lua5.4); the default
	@$(MAKE) --no-print-directory -j$(JOBS) build
build: $(B)/lanyard $(B)/lanyard.so $(B)/CFLAGS.flags

help: ## this list
	@awk -F ':[^#]*## ' '/^[a-z_.-]+:[^#]*## / { printf "make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(B)/lanyard: $(OWN) $(CORE) $(filter %.o,$(IMPORT)) $(B)/LINKED.flags
	$(call say,link)$(LINK) -pie $(RUNTIME) $(EXPORTS) -o $@ $(OWN) $(CORE) $(LUA_LIBS) $(ARCHIVES) $(IMPORT) -lm -ldl
$(B)/lanyard.so: $(CORE) $(filter %.o,$(IMPORT)) $(B)/LINKED.flags
	$(call say,link)$(LINK) -shared -o $@ $(CORE) $(SQLITE) $(IMPORT) $(NEEDED)

# A file with the value of a variable, rewritten when the value changes. COMPILE contains CFLAGS, too; a spec reads its
# own file to make a build with the same flags.
$(patsubst %,$(B)/%.flags,COMPILE CFLAGS LINKED EMBED): $(B)/%.flags: FORCE
	$(folder)
	@echo $(call quote,$($*)) | cmp -s - $@ || echo $(call quote,$($*)) > $@
FORCE:

$(B)/core/%.o: core/%.c $(B)/COMPILE.flags $(B)/CFLAGS.flags
	$(folder)
	$(call say,compile)$(COMPILE) -c -o $@ $<

EMBED = $(abspath $(PREFIX)) modules $(MODULES) argparse=$(ARGPARSE) scripts $(SCRIPTS) \
  assets $(foreach f,$(ASSETS),$(f:lua/%=%)=$(f)) lanyard/licenses.txt=$(B)/licenses.txt types $(foreach f,$(TYPES),$(f)=$(f))
$(B)/embedded.c: core/embed.lua core/bytecode.lua Makefile $(B)/EMBED.flags $(B)/licenses.txt $(LUA_FILES) $(ASSETS) \
  $(TYPES) $(SCRIPT_FILES)
	$(folder)
	$(call say,embed)$(LUA) core/embed.lua $(B)/embedded.bytes $(EMBED) > $@
$(B)/embedded.o: $(B)/embedded.c $(B)/COMPILE.flags
	$(call say,compile)$(COMPILE) -c -o $@ $<

$(B)/tests/%: tests/c/%.c $(PLAIN)
	$(folder)
	$(call say,compile)$(COMPILE) $(LDFLAGS) $(RUNTIME) -o $@ $< $(PLAIN) -lcmocka $(LIBS)

FUZZ = clang -std=c11 -D_GNU_SOURCE -Icore -O1 -g1 -MMD -MP -fno-sanitize-recover=undefined
FUZZED = $(patsubst core/%.c,$(B)/fuzz/core/%.o,$(wildcard $(foreach p,base json xml policy reason crypto aws,core/$(p)/*.c)))

.SECONDARY: $(FUZZED)
$(B)/fuzz/core/%.o: core/%.c
	$(folder)
	$(call say,compile)$(FUZZ) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<
$(B)/fuzz/%_fuzz: tests/fuzz/%_fuzz.c $(FUZZED)
	$(call say,compile)$(FUZZ) -fsanitize=fuzzer,address,undefined -o $@ $< $(FUZZED) -lcrypto

-include $(wildcard $(B)/core/*.d $(B)/core/*/*.d $(B)/fuzz/*.d $(B)/fuzz/core/*/*.d)
include core/models.mk scripts/packaging/packaging.mk

demo: all ## the main job against the embedded emulator
	@tests/demo.sh $(B)/lanyard

test: test-deps ## every test, and what runs C code again under ASan and UBSan
	@$(MAKE) --no-print-directory -j$(JOBS) build tests fuzzers
	@$(MAKE) --no-print-directory -j$(JOBS) B=$(B)/sanitized CFLAGS='$(SANITIZED)' build tests
	@$(LUA) tests/run.lua $(B) $(B)/sanitized

# The tests, with only the programs of the listed packages in PATH, so that a missing package makes a test fail.
test-listed: test-deps
	@tests/programs.sh $(B)/programs git make $(TEST_PACKAGES)
	@PATH=$(abspath $(B)/programs) $(MAKE) --no-print-directory test

bare: bare-deps ## the commands of README in fresh roots of Debian 12 (needs root)
	@tests/bare.sh

# Undefined behaviour traps, and ASan prints the line (handle_sigill). Messages of UBSan would add 70,000 relocations, a fifth
# of the time in which a program starts.
SANITIZED = -O1 -g1 -fsanitize=address,undefined -fsanitize-undefined-trap-on-error -fno-omit-frame-pointer
TEST_MODULES = $(B)/launch.so $(B)/collector.so
tests: $(TESTS) $(TEST_MODULES)
fuzzers: $(FUZZERS)

$(TEST_MODULES): $(B)/%.so: tests/support/%.c $(B)/COMPILE.flags
	$(call say,link)$(COMPILE) -shared -o $@ $<

check: test-deps ## every test once; FILE=tests/lua/task_spec.lua runs that file only
	@$(MAKE) --no-print-directory -j$(JOBS) build \
	  $(if $(FILE),$(TEST_MODULES) $(filter %/$(basename $(notdir $(FILE))),$(TESTS) $(FUZZERS)),tests fuzzers)
	@$(LUA) tests/run.lua $(B) -- '$(FILE)'

DEBUG = -O0 -g3 -fsanitize=undefined -fsanitize-undefined-trap-on-error
debug: deps ## build/debug: not optimized; undefined behaviour stops in the debugger
	@$(MAKE) --no-print-directory -j$(JOBS) B=$(B)/debug CFLAGS='$(DEBUG)' build

coverage: test-deps ## lines and branches of core/, lines of lua/ that the tests run; compared with tests/coverage.txt
	@$(MAKE) --no-print-directory -j$(JOBS) B=$(B)/coverage COVERAGE=1 CFLAGS='-O0 -g --coverage -DFULL_EXIT' \
	  LDFLAGS=-Wl,--wrap=luaL_openlibs,--exclude-libs=libgcov.a build tests $(B)/coverage/coverage.so
	@$(LUA) tests/coverage.lua $(B)/coverage

# The counter of Lua lines: part of the coverage build's binary, and a module for stock Lua.
$(B)/coverage.o: tests/support/coverage.c
	$(call say,compile)$(COMPILE) -DLINES_FOLDER='"$(abspath $(B))/lines"' -c -o $@ $<
$(B)/coverage.so: $(B)/coverage.o
	$(call say,link)$(CC) -shared $(CFLAGS) $(LDFLAGS) -o $@ $<

compile_commands.json: ## build/compile_commands.json, for clangd
	@mkdir -p $(B)
	@for f in $(SOURCES); do echo '{"directory": "$(CURDIR)", "file": "'$$f'",' \
	  '"command": "$(subst ",\",$(subst ','\'',$(COMPILE))) -c '$$f'"}'; done \
	  | paste -sd, | sed 's/.*/[&]/' > $(B)/$@

# Runs each fuzzer for SECONDS. Findings stay in build/fuzz, and the next run continues from them.
SECONDS = 300
fuzz: test-deps ## random policies, then libFuzzer on every parser, SECONDS=300 each
	@$(MAKE) --no-print-directory -j$(JOBS) fuzzers $(B)/tests/policy_property_test
	@LANYARD_SEED=$$(date +%s%N) LANYARD_RUNS=$$(($(SECONDS) * 1000)) $(B)/tests/policy_property_test
	@for f in $(FUZZERS); do name=$$(basename $$f _fuzz); mkdir -p $$f.corpus; \
	  $$f -max_total_time=$(SECONDS) -max_len=1000 -artifact_prefix=$$f- $$f.corpus tests/fuzz/corpus/$$name \
	  || exit 1; done

torture: test-deps ## the tests of tests/torture with all cases, and each fuzzer for two minutes; takes hours
	@$(MAKE) --no-print-directory -j$(JOBS) build $(TEST_MODULES)
	@LANYARD_TORTURE=long $(LUA) tests/run.lua $(B) -- tests/torture/
	@$(MAKE) --no-print-directory fuzz SECONDS=120

bench: bench-deps all ## benchmarks: a table of ratios, and build/growth.svg; LANYARD_BENCH=full: at their full sizes
	@$(MAKE) --no-print-directory benches
	@rm -f $(B)/rows.json
	@for b in $(filter-out %/table.lua,$(wildcard tests/bench/*.lua)); do \
	  LANYARD_BENCH_ROWS=$(B)/rows.json $(LUA) $$b $(B) || echo "  $$b did not finish"; done
	@$(LUA) tests/bench/table.lua $(B) $(B)/rows.json

BENCHES = $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
benches: $(BENCHES) $(B)/launch.so $(if $(wildcard $(STATIC)),$(STATIC_BENCHES))

$(B)/bench/%: tests/bench/%.c $(PLAIN)
	$(folder)
	$(call say,compile)$(COMPILE) -o $@ $< $(PLAIN) $(LIBS) -levent_openssl -lssl
# Its own memory is the least that it can measure.
$(B)/bench/run_bench: tests/bench/run_bench.c
	$(folder)
	$(call say,compile)$(COMPILE) -static -o $@ $<

lint: lint-deps ## warnings of gcc and clang, luacheck, clang-format
	@for cc in gcc clang; do printf '%s\n' $(SOURCES) \
	  | xargs -P $(JOBS) -n 8 $(COMPILE:$(CC)%=$$cc%) -MF /dev/null -fsyntax-only || exit 1; done
	clang-format --dry-run --Werror $(SOURCES) core/*.h core/*/*.h
	luacheck --quiet lua scripts tests core

clean: ## remove build/
	rm -rf $(B)

# Installs the packages that the machine lacks.
deps:; @.ci/install $(BUILD_PACKAGES)
test-deps:; @.ci/install $(TEST_PACKAGES)
bench-deps:; @.ci/install $(BENCH_PACKAGES)
lint-deps:; @.ci/install $(LINT_PACKAGES)
bare-deps:; @.ci/install $(BARE_PACKAGES)
