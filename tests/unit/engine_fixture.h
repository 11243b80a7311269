/* SPDX-License-Identifier: Apache-2.0 */
/* engine_fixture.h: an engine with one partition (lease 1) of one route, and short ways to feed it and to answer. */
#ifndef SFSINK_TESTS_UNIT_ENGINE_FIXTURE_H
#define SFSINK_TESTS_UNIT_ENGINE_FIXTURE_H

#include "common/memory.h"
#include "config/route.h"
#include "worker/engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINGER = 100, HOLD = 30000, DRAIN = 20000, COMMIT_EVERY = 1000 };

extern struct route contacts, accounts; /* routes 0 and 1, of targets 0 and 1 */
extern const struct engine_limits usual_limits;

struct fixture {
    struct engine *engine;
    int64_t offset; /* of the next event */
    struct action action;
};

int set_up(void **state); /* with usual_limits */
int tear_down(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* In place of the usual engine one with these limits; partitions 0 and 1, leases 1 and 2. */
void start_again(struct fixture *f, const struct engine_limits *limits);

/* name and title: JSON texts, NULL for absent. */
struct record *record(enum operation op, const char *key, const char *name, const char *title);
struct record *versioned(enum operation op, const char *key, int64_t version, const char *name, const char *title);

void feed(struct fixture *f, int64_t now, struct record *r); /* lease 1 */
void feed_to(struct fixture *f, int64_t now, uint64_t lease, size_t route, struct record *r);
void feed_many(struct fixture *f, int64_t now, size_t n); /* upserts of "0", "1", … */

const struct action *next(struct fixture *f, int64_t now);      /* or NULL */
const struct batch *next_batch(struct fixture *f, int64_t now); /* NULL if it is something else */
const char *text(struct text t);                                /* until the next call */

/* kinds: one letter a write: a(pplied), r(etry), c(ongested retry), s(uperseded), i(nnocent), ? (suspect), u(nknown), h(alt),
 * x (refused). */
void answer(struct fixture *f, int64_t now, uint64_t batch, const char *kinds);
void answer_all(struct fixture *f, int64_t now, const struct batch *batch, char kind);
void answer_whole(struct fixture *f, int64_t now, uint64_t batch, enum answer_kind kind, int suspect);

uint64_t disposed(const struct fixture *f, enum disposition d);

#endif
