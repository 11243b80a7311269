# sfsink
#   make            build ./sfsink                 make demo       build it and watch the whole pipeline at work
#   make deps       install what the build needs   make test       all tests; the last line counts them
#   make check      format, layers, warnings       make sanitize   the tests under ASan and UBSan
#   make unit       the unit tests alone           make system     the tests against a real Kafka alone (T=-k\ NAME)
#   make simulate   the engine, SEEDS=40000        make fuzz       every fuzzer for FUZZ_SECONDS=30; fuzz-smoke: 5
#   make soak       random faults, SOAK_SECONDS=3600 make mutants    is every broken rule of the engine noticed?
#   make coverage   what the engine's tests reach  make soak-tokens three workers, one login whose tokens die
#   make slow       the long system tests          make bench      what things cost
#   make format     clang-format in place          make sizes      the longest files and functions
#   make deploy-test the Helm chart (needs Go)     make image-test build and run the container image (as root)
#   make picture    draw the demo for README.md
#   make manifests  render deploy/kubernetes       make install    into DESTDIR, PREFIX=/usr/local
#   make clean      remove what was built          make bench-scale  throughput against workers
#   make tsan       what crosses threads           make coverage-all  what the unit tests reach, folder by folder
#   make bench-kills duplicates for each kill -9 of an insert route, with and without kafka.commit_map
#
# V=1 shows the commands; CC CFLAGS LDFLAGS PREFIX DESTDIR are respected; SANITIZE=address,undefined builds apart.
# deps and test install missing Debian packages by themselves, as root or with sudo; the rest never installs anything.

.DEFAULT_GOAL := all
SHELL := /bin/bash
Q = $(if $(V),,@)
VERSION := 0.1.0
PREFIX ?= /usr/local
SEEDS ?= 40000
SOAK_SECONDS ?= 3600
FUZZ_SECONDS ?= 30
TOKENS_SECONDS ?= 600
CLANG ?= clang
JOBS := $(shell nproc 2>/dev/null || echo 2)
PARALLEL = $(MAKE) --no-print-directory -j$(JOBS)
comma := ,

# ---- what is built ----------------------------------------------------------------------------------------------------

BUILD ?= build/$(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),plain)
PACKAGES = rdkafka libcurl jansson libconfig libmicrohttpd libcrypto zlib
# Asked once, and only where something is compiled: make deps has to work without pkg-config.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES)))$(PACKAGE_CFLAGS)
PACKAGE_LIBS = $(eval PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES)))$(PACKAGE_LIBS)

CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes $(if $(CI),-Werror)
# Texts in fixed structs (struct error) are cut to fit on purpose.
CUT_ON_PURPOSE = $(if $(findstring clang,$(CC)),,-Wno-format-truncation)
HARDENING = -fstack-protector-strong $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
ALL_CPPFLAGS = -I. -D_GNU_SOURCE -DSFSINK_VERSION='"$(VERSION)"' $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(WARNINGS) $(CUT_ON_PURPOSE) $(HARDENING) $(PACKAGE_CFLAGS) $(CFLAGS) \
             $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_LDFLAGS = -Wl,-z,relro,-z,now $(LDFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LIBS = $(PACKAGE_LIBS) -ljq -lm -lpthread
LINK = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@

SOURCES := $(wildcard common/*.c config/*.c worker/*.c worker/*/*.c)
HEADERS := $(wildcard common/*.h config/*.h worker/*.h worker/*/*.h)
TEST_SOURCES := $(wildcard tests/unit/*.c tests/schedules/*.c tests/fuzz/*.c tests/bench/*.c)
TEST_HEADERS := $(wildcard tests/*/*.h)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
LIBRARY := $(BUILD)/libsfsink.a
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
UNIT_HELPERS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
SIMULATE := $(BUILD)/tests/schedules/simulate
ENGINE_TESTS := $(wildcard tests/unit/test_engine*.c tests/unit/test_offsets.c tests/unit/test_commit_map.c)
BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

all: sfsink

sfsink: $(BUILD)/sfsink
	$(Q)cp --remove-destination $< $@

$(BUILD)/sfsink: $(BUILD)/worker/main.o $(LIBRARY)
	@echo "  LINK  $@"
	$(Q)$(LINK) $^ $(LIBS)

$(LIBRARY): $(filter-out $(BUILD)/worker/main.o,$(OBJECTS))
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/worker/web/page_files.o: worker/web/page.css worker/web/page.js

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(UNIT_HELPERS) $(LIBRARY)
	$(Q)$(LINK) $^ $(LIBS) -lcmocka

$(BUILD)/tests/schedules/simulate: $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/schedules/*.c)) $(LIBRARY)
	$(Q)$(LINK) $^ $(LIBS)

$(BUILD)/tests/bench/bench_%: $(BUILD)/tests/bench/bench_%.o $(LIBRARY)
	$(Q)$(LINK) $^ $(LIBS)

build-tests: $(UNIT_TESTS) $(SIMULATE) $(BENCHES)

demo: deps
	$(Q)$(PARALLEL) all
	./sfsink demo

# ---- tests ------------------------------------------------------------------------------------------------------------

VENV = build/venv
PYTEST = $(VENV)/bin/python -m pytest -c tests/system/pytest.ini
KAFKA = build/kafka/libs
NODE = build/node
PROMTOOL = build/tools/promtool

deps:
	$(Q)tests/install.sh build

test-deps: deps
	$(Q)tests/install.sh test
	$(Q)$(PARALLEL) $(VENV)/installed $(KAFKA)/installed $(NODE)/installed $(PROMTOOL)

$(VENV)/installed: tests/system/requirements.txt
	@echo "  VENV  $(VENV)"
	$(Q)test -x $(VENV)/bin/pip || python3 -m venv --clear $(VENV)
	$(Q)$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	$(Q)touch $@

$(KAFKA)/installed: tests/system/kafka/pom.xml
	@echo "  MAVEN $(KAFKA)"
	$(Q)rm -rf $(KAFKA) && mvn -B -q -f $< package
	$(Q)touch $@

# Taken out of Debian's package, which would start a server where it is installed.
$(PROMTOOL):
	@echo "  DEB   $@"
	$(Q)mkdir -p $(@D) && cd $(@D) && rm -f prometheus_*.deb && apt-get download -qq -o APT::Sandbox::User=root prometheus && \
	    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool > promtool.new && rm prometheus_*.deb && \
	    chmod 755 promtool.new && mv promtool.new promtool

$(NODE)/installed: tests/system/clients/package.json
	@echo "  NPM   $(NODE)"
	$(Q)rm -rf $(NODE)/* && mkdir -p $(NODE) && cp $< $(NODE)/
	$(Q)cd $(NODE) && npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts
	$(Q)touch $@

test: test-deps
	$(Q)$(PARALLEL) all build-tests
	$(Q)BUILD=$(BUILD) tests/run.sh unit simulate system

unit: build-tests
	$(Q)BUILD=$(BUILD) tests/run.sh unit

simulate: $(SIMULATE)
	$(Q)$(SIMULATE) --count $(SEEDS) $(if $(SEED),--seed $(SEED))

# Both for SOAK_SECONDS, one after the other; make -j2 soak does both at once.
soak: soak-schedules soak-world

# As many at once as there are processors, each with seeds of its own.
soak-schedules: $(SIMULATE)
	$(Q)seq $(JOBS) | xargs -P$(JOBS) -I{} $(SIMULATE) --seconds $(SOAK_SECONDS) --seed $$(date +%s){}00000000

# Real workers, three brokers, faults by chance; SEED=N repeats the choices.
soak-world: test-deps
	$(Q)$(PARALLEL) all
	$(Q)BUILD=$(BUILD) SOAK_SECONDS=$(SOAK_SECONDS) $(if $(SEED),SEED=$(SEED)) tests/run.sh soak

# Each line of tests/schedules/mutants.txt breaks a rule of the engine; the simulation or a unit test has to turn red.
mutants: $(SIMULATE) $(ENGINE_TESTS:%.c=$(BUILD)/%)
	$(Q)BUILD=$(BUILD) CC="$(CC)" CFLAGS='$(ALL_CPPFLAGS) $(ALL_CFLAGS)' LIBS='$(LIBS)' JOBS=$(JOBS) tests/schedules/mutants.sh "$(M)"

# Lines and branches of the engine that its tests reach, and those that they do not.
coverage:
	$(Q)$(PARALLEL) BUILD=build/coverage CFLAGS="-O0 -g --coverage" LDFLAGS=--coverage \
	    build/coverage/tests/schedules/simulate $(ENGINE_TESTS:%.c=build/coverage/%)
	$(Q)find build/coverage -name '*.gcda' -delete
	$(Q)for t in $(ENGINE_TESTS:%.c=build/coverage/%); do $$t > /dev/null 2>&1 || exit 1; done
	$(Q)build/coverage/tests/schedules/simulate --count 3000
	$(Q)tests/schedules/coverage.py build/coverage worker/engine

# The same for every folder that unit tests reach: all of them, and the simulation.
coverage-all:
	$(Q)$(PARALLEL) BUILD=build/coverage CFLAGS="-O0 -g --coverage" LDFLAGS=--coverage build-tests
	$(Q)find build/coverage -name '*.gcda' -delete
	$(Q)BUILD=build/coverage SEEDS=3000 tests/run.sh unit simulate
	$(Q)tests/schedules/coverage.py build/coverage worker/engine worker/change worker/salesforce worker/kafka worker/dlq worker/simulator worker/web \
	    config common

system: test-deps
	$(Q)$(PARALLEL) all
	$(Q)$(PYTEST) tests/system -m "not slow and not soak" $(T)

soak-tokens: test-deps
	$(Q)$(PARALLEL) all
	$(Q)TOKENS_SECONDS=$(TOKENS_SECONDS) $(PYTEST) tests/system/test_tokens_soak.py

slow: test-deps
	$(Q)$(PARALLEL) all
	$(Q)BUILD=$(BUILD) tests/run.sh slow

sanitize: test-deps
	$(Q)$(PARALLEL) SANITIZE=address,undefined build/address-undefined/sfsink build-tests
	$(Q)BUILD=build/address-undefined SEEDS=5000 tests/run.sh unit simulate smoke

# What crosses threads: the server's thread and whoever publishes, the log, a client and a simulator in one process. Not librdkafka: it starts its
# threads by C11's thrd_create, which gcc's ThreadSanitizer does not know, and dies; all of its callbacks are served by the loop's poll anyway.
TSAN_TESTS = test_http_server test_web test_log test_metrics test_sender_wire test_http_client test_token_store
tsan: deps
	$(Q)$(PARALLEL) SANITIZE=thread $(TSAN_TESTS:%=build/thread/tests/unit/%)
	$(Q)for t in $(TSAN_TESTS); do \
	    echo "  TSAN  $$t"; TSAN_OPTIONS=exitcode=66 build/thread/tests/unit/$$t > build/thread/$$t.log 2>&1 || { cat build/thread/$$t.log; exit 1; }; done

# ---- deploy/ ----------------------------------------------------------------------------------------------------------

# helm is not in Debian: Go builds it once (two minutes), and it stays under build/.
HELM = build/tools/helm
HELM_VERSION = v3.16.4

$(HELM):
	@echo "  GO    helm $(HELM_VERSION)"
	$(Q)command -v go >/dev/null || { echo "helm is built with Go, which is missing: install Go 1.22 or later" >&2; exit 1; }
	$(Q)GOBIN=$(abspath $(@D)) go install helm.sh/helm/v3/cmd/helm@$(HELM_VERSION)

COMPOSE_SCHEMA = build/tools/compose-spec.json
COMPOSE_MODULE = github.com/compose-spec/compose-go/v2@v2.4.7

$(COMPOSE_SCHEMA):
	$(Q)mkdir -p $(@D) && folder=$$(go mod download -json $(COMPOSE_MODULE) | sed -n 's/.*"Dir": "\(.*\)".*/\1/p') && \
	    install -m 644 "$$folder/schema/compose-spec.json" $@

manifests: $(HELM)
	deploy/kubernetes/render.sh $(HELM) deploy/kubernetes

# The picture of the demo in README.md, from a real run.
picture: sfsink
	$(Q)deploy/images/terminal.py deploy/images/demo.svg ./sfsink demo

deploy-test: test-deps $(HELM) $(COMPOSE_SCHEMA)
	$(Q)$(PARALLEL) all
	$(Q)HELM=$(abspath $(HELM)) $(PYTEST) tests/chart tests/deploy

image-test: test-deps
	$(Q)tests/install.sh image
	$(Q)$(PYTEST) tests/image

# ---- checks -----------------------------------------------------------------------------------------------------------

check-deps: deps
	$(Q)tests/install.sh check

check: check-deps
	@echo "  FORMAT"
	$(Q)clang-format --dry-run -Werror $(SOURCES) $(HEADERS) $(TEST_SOURCES) $(TEST_HEADERS)
	@mkdir -p build
	@echo "  GCC -Werror"
	$(Q)$(PARALLEL) CI=1 BUILD=build/check all-objects > build/check-gcc.log || { cat build/check-gcc.log; exit 1; }
	@echo "  CLANG -Werror"
	$(Q)printf '%s\n' $(SOURCES) $(TEST_SOURCES) | \
	    xargs -P$(JOBS) -n4 $(CLANG) $(ALL_CPPFLAGS) -std=c11 $(WARNINGS) -Werror $(PACKAGE_CFLAGS) -O1 -fsyntax-only
	@echo "  DOCS"
	$(Q)$(PARALLEL) CI=1 BUILD=build/check build/check/sfsink >> build/check-gcc.log || { tail build/check-gcc.log; exit 1; }
	$(Q)build/check/sfsink help config --markdown | diff -u config/README.md - || { echo "run: make docs"; exit 1; }
	$(Q)build/check/sfsink help config --example | diff -u config/examples/full.cfg - || { echo "run: make docs"; exit 1; }
	$(Q)build/check/sfsink help codes --markdown | diff -u deploy/ERRORS.md - || { echo "run: make docs"; exit 1; }
	@echo "  LAYERS"
	$(Q)tests/checks/layering.py --objects build/check
	@echo "  TIDY"
	$(Q)printf '%s\n' $(SOURCES) | xargs -P$(JOBS) -I{} clang-tidy --quiet {} -- $(ALL_CPPFLAGS) -std=c11 $(PACKAGE_CFLAGS) \
	    2> >(grep -v 'warnings\? generated' >&2)

all-objects: $(OBJECTS) $(TEST_SOURCES:%.c=$(BUILD)/%.o)

# What is made from the tables of settings and of error codes.
docs: sfsink
	$(Q)./sfsink help config --markdown > config/README.md
	$(Q)./sfsink help config --example > config/examples/full.cfg
	$(Q)./sfsink help codes --markdown > deploy/ERRORS.md

format:
	$(Q)clang-format -i $(SOURCES) $(HEADERS) $(TEST_SOURCES) $(TEST_HEADERS)

# libFuzzer needs clang; the seeds are the test data, the finds stay under build/fuzz. The smoke run is the one for every change.
fuzz: check-deps
	$(Q)$(PARALLEL) CC=$(CLANG) SANITIZE=fuzzer-no-link,address,undefined BUILD=build/fuzz build-fuzzers
	$(Q)tests/fuzz/run.sh $(FUZZ_SECONDS) $(JOBS) $(FUZZERS)

fuzz-smoke:
	$(Q)$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=5

build-fuzzers: $(FUZZERS:%=build/fuzz/%)

build/fuzz/fuzz_%: build/fuzz/tests/fuzz/fuzz_%.o build/fuzz/libsfsink.a
	$(Q)$(LINK) $^ $(LIBS) -fsanitize=fuzzer

bench: deps
	$(Q)$(PARALLEL) $(BENCHES)
	$(Q)for b in $(BENCHES); do $$b || exit 1; done

bench-kills: test-deps
	$(Q)$(PARALLEL) all
	$(Q)$(VENV)/bin/python tests/bench/kills.py $(T)

bench-scale: test-deps
	$(Q)$(PARALLEL) all
	$(Q)$(VENV)/bin/python tests/bench/scale.py $(T)

sizes:
	@echo "longest files"; wc -l $(SOURCES) $(HEADERS) | sort -rn | sed -n 2,11p
	@echo "longest functions"; awk 'FNR == 1 { open = 0 } /^[a-z_].*\)$$/ { name = $$0 } /^\{$$/ { open = FNR } \
	    /^\}$$/ && open { print FNR - open - 1, FILENAME ": " name; open = 0 }' $(SOURCES) | sort -rn | head -10

# ---- installing -------------------------------------------------------------------------------------------------------

DOCUMENTS = $(DESTDIR)$(PREFIX)/share/doc/sfsink
MANUALS = $(DESTDIR)$(PREFIX)/share/man
COMPLETIONS = $(DESTDIR)$(PREFIX)/share/bash-completion/completions

install: all
	install -D -m 755 sfsink $(DESTDIR)$(PREFIX)/bin/sfsink
	install -d $(DOCUMENTS)/examples
	install -m 644 $(wildcard config/examples/*.cfg) $(DOCUMENTS)/examples/
	install -m 644 README.md CHANGELOG.md LICENSE $(DOCUMENTS)/
	install -m 644 config/README.md $(DOCUMENTS)/configuration.md
	install -m 644 deploy/README.md $(DOCUMENTS)/deployment.md
	install -m 644 deploy/ERRORS.md $(DOCUMENTS)/errors.md
	install -d $(MANUALS)/man1 $(MANUALS)/man5 $(COMPLETIONS) $(DESTDIR)$(PREFIX)/lib/systemd/system
	./sfsink help --man > $(MANUALS)/man1/sfsink.1
	./sfsink help config --man > $(MANUALS)/man5/sfsink.cfg.5
	./sfsink help --completion bash > $(COMPLETIONS)/sfsink
	sed 's|/usr/local|$(PREFIX)|' deploy/systemd/sfsink.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/sfsink.service

clean:
	rm -rf build sfsink

help: ; @sed -n '/^#/!q; s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

.PHONY: all all-objects docs build-tests build-fuzzers demo deps test-deps check-deps test unit simulate soak soak-schedules soak-world mutants coverage coverage-all system slow sanitize tsan check \
        format fuzz fuzz-smoke bench bench-kills bench-scale sizes manifests picture deploy-test image-test install clean help
.SECONDARY:
-include $(OBJECTS:.o=.d) $(TEST_SOURCES:%.c=$(BUILD)/%.d)
