# sfsink
#   make            build ./sfsink
#   make test       all tests
#   make help       this list
#
# V=1 shows the commands; CC CFLAGS LDFLAGS PREFIX DESTDIR are respected; SANITIZE=address,undefined builds apart.

.DEFAULT_GOAL := all
Q = $(if $(V),,@)
VERSION := 0.1.0
PREFIX ?= /usr/local

PACKAGES = rdkafka libcurl jansson libconfig libmicrohttpd libcrypto zlib
BUILD = build/$(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),plain)
comma := ,

CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes $(if $(CI),-Werror)
ALL_CPPFLAGS = -I. -D_GNU_SOURCE -DSFSINK_VERSION='"$(VERSION)"' $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(WARNINGS) $(CFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
ALL_LDFLAGS = $(LDFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LIBS = $(shell pkg-config --libs $(PACKAGES)) -ljq -lm -lpthread

SOURCES := $(wildcard common/*.c config/*.c worker/*.c worker/*/*.c)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
LIBRARY := $(BUILD)/libsfsink.a
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
UNIT_TESTS := $(UNIT_SOURCES:%.c=$(BUILD)/%)

all: sfsink

sfsink: $(BUILD)/sfsink
	$(Q)cp $< $@

$(BUILD)/sfsink: $(BUILD)/worker/main.o $(LIBRARY)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(LIBRARY): $(filter-out $(BUILD)/worker/main.o,$(OBJECTS))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(LIBRARY)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

unit: $(UNIT_TESTS)
	$(Q)for t in $^; do $$t || exit 1; done

help: ; @sed -n '/^#/!q; s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

.PHONY: all unit help
.SECONDARY:
-include $(OBJECTS:.o=.d) $(UNIT_SOURCES:%.c=$(BUILD)/%.d)
