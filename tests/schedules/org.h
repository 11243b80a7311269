/* SPDX-License-Identifier: Apache-2.0 */
/* org.h: a Salesforce of the mind: answers batches, well, badly, late or not at all, and complains about a record that
 * is in two requests at once. */
#ifndef SFSINK_TESTS_SCHEDULES_ORG_H
#define SFSINK_TESTS_SCHEDULES_ORG_H

#include "tests/schedules/stream.h"

enum { REQUESTS_MAX = 64, LATE_MAX = 4096 };

/* A write as it lies in a request body: our copy. */
struct sent {
    int key;
    enum operation op;
    int64_t offset; /* of the newest event in it */
    bool unanswered, has_version;
    int64_t version;
    int value[SLOTS];
};

struct request {
    uint64_t batch; /* 0: free */
    size_t n;
    struct sent writes[32];
    int64_t answer_at;
};

struct late {
    int64_t at;
    struct sent write;
};

struct org {
    struct stream *stream;
    struct chance *chance;
    struct state states[KEYS_MAX];
    struct request requests[REQUESTS_MAX];
    struct late late[LATE_MAX]; /* to be applied long after their request broke */
    size_t nlate;
    int64_t hold_ms;
    int trouble; /* per cent of requests that go wrong */
    uint64_t calls;
};

void org_take(struct org *org, int64_t now, const struct batch *batch);
void org_abort(struct org *org, int64_t now, uint64_t batch);

/* An answer that is due at `now`; false: none. */
bool org_answer(struct org *org, int64_t now, struct answer *out);
int64_t org_due(const struct org *org);

void org_apply_late(struct org *org, int64_t now); /* INT64_MAX: all of it */

#endif
