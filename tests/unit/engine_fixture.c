/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine_fixture.h"

struct route contacts = {
    .index = 0, .name = (char *)"contacts", .object = (char *)"Contact", .target = 0, .key_field = -1, .id_field = -1};
struct route accounts = {
    .index = 1, .name = (char *)"accounts", .object = (char *)"Account", .target = 1, .key_field = -1, .id_field = -1};

const struct engine_limits usual_limits = {.max_events = 100,
                                           .max_bytes = 1 << 20,
                                           .batch_records = 3,
                                           .batch_bytes = 1000,
                                           .linger_ms = LINGER,
                                           .in_flight = 2,
                                           .max_attempts = 3,
                                           .backoff_ms = 100,
                                           .backoff_max_ms = 1000,
                                           .hold_ms = HOLD,
                                           .commit_every_ms = COMMIT_EVERY,
                                           .drain_ms = DRAIN,
                                           .max_merge = 50,
                                           .nroutes = 2,
                                           .seed = 1};

int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->engine = engine_new(&usual_limits);
    engine_assign(f->engine, 0, 1, "t", 0, -1, "");
    *state = f;
    return 0;
}

int tear_down(void **state)
{
    struct fixture *f = *state;
    engine_free(f->engine);
    free(f);
    return 0;
}

void start_again(struct fixture *f, const struct engine_limits *limits)
{
    engine_free(f->engine);
    f->engine = engine_new(limits);
    f->offset = 0;
    engine_assign(f->engine, 0, 1, "t", 0, -1, "");
    engine_assign(f->engine, 0, 2, "t", 1, -1, "");
}

/* The key is copied: tests make many. */
struct record *record(enum operation op, const char *key, const char *name, const char *title)
{
    size_t len = key ? strlen(key) : 0;
    struct record *r = xcalloc(1, sizeof *r + 2 * sizeof(slot) + len + 1);
    r->route = &contacts;
    r->op = op;
    if (key) {
        memcpy(r->slots + 2, key, len);
        r->key = r->identity = text_make((char *)(r->slots + 2), len);
    }
    r->nslots = 2;
    r->bytes = sizeof *r;
    r->overhead = 10;
    r->slots[0] = text_of(name);
    r->slots[1] = text_of(title);
    return r;
}

struct record *versioned(enum operation op, const char *key, int64_t version, const char *name, const char *title)
{
    struct record *r = record(op, key, name, title);
    r->has_version = true;
    r->version = version;
    return r;
}

void feed_to(struct fixture *f, int64_t now, uint64_t lease, size_t route, struct record *r)
{
    r->route = route ? &accounts : &contacts;
    engine_record(f->engine, now, route,
                  message_new(lease, "t", (int32_t)lease - 1, f->offset++, -1, text_of("k"), text_of("v"), NULL, 0), r);
}

void feed(struct fixture *f, int64_t now, struct record *r)
{
    feed_to(f, now, 1, 0, r);
}

void feed_many(struct fixture *f, int64_t now, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char key[32];
        snprintf(key, sizeof key, "%zu", i);
        feed(f, now, record(OP_UPSERT, key, "1", NULL));
    }
}

const struct action *next(struct fixture *f, int64_t now)
{
    return engine_next(f->engine, now, &f->action) ? &f->action : NULL;
}

const struct batch *next_batch(struct fixture *f, int64_t now)
{
    const struct action *a = next(f, now);
    return a && a->kind == ACTION_SEND ? a->batch : NULL;
}

const char *text(struct text t)
{
    static char copy[64];
    snprintf(copy, sizeof copy, "%.*s", (int)t.len, t.at ? t.at : "(none)");
    return copy;
}

static struct outcome outcome_of(char kind)
{
    static const char letters[] = "asrci?uhx";
    static const enum outcome_kind kinds[] = {OUTCOME_APPLIED, OUTCOME_SUPERSEDED, OUTCOME_RETRY,
                                              OUTCOME_RETRY,   OUTCOME_INNOCENT,   OUTCOME_SUSPECT,
                                              OUTCOME_UNKNOWN, OUTCOME_HALT,       OUTCOME_REFUSED};
    struct outcome outcome = {.kind = kinds[strchr(letters, kind) - letters], .congested = kind == 'c'};
    if (outcome.kind != OUTCOME_APPLIED && outcome.kind != OUTCOME_SUPERSEDED)
        outcome.failure = failure_new(STAGE_WRITE, "CODE", "why", "LastName");
    return outcome;
}

static void give(struct fixture *f, int64_t now, uint64_t batch, const char *kinds, size_t n, bool same)
{
    struct answer a = {.batch = batch, .kind = ANSWER_RESULTS, .noutcomes = n, .wait_ms = -1, .suspect = -1};
    a.outcomes = xcalloc(n, sizeof *a.outcomes);
    for (size_t i = 0; i < n; i++)
        a.outcomes[i] = outcome_of(kinds[same ? 0 : i]);
    engine_answer(f->engine, now, &a);
}

void answer(struct fixture *f, int64_t now, uint64_t batch, const char *kinds)
{
    give(f, now, batch, kinds, strlen(kinds), false);
}

void answer_all(struct fixture *f, int64_t now, const struct batch *batch, char kind)
{
    give(f, now, batch->id, &kind, batch->nwrites, true);
}

void answer_whole(struct fixture *f, int64_t now, uint64_t batch, enum answer_kind kind, int suspect)
{
    struct answer a = {.batch = batch, .kind = kind, .wait_ms = -1, .suspect = suspect};
    a.failure = failure_new(STAGE_WRITE, "TROUBLE", "why", NULL);
    engine_answer(f->engine, now, &a);
}

uint64_t disposed(const struct fixture *f, enum disposition d)
{
    return engine_counts(f->engine)->events[0][d];
}
