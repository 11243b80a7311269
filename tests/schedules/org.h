/* SPDX-License-Identifier: Apache-2.0 */
/* org.h: a Salesforce of the mind: answers batches, well, badly, late or not at all, and complains about a record that
 * is in two requests at once. */
#ifndef SFSINK_TESTS_SCHEDULES_ORG_H
#define SFSINK_TESTS_SCHEDULES_ORG_H

#include "tests/schedules/stream.h"

enum { REQUESTS_MAX = 64, LATE_MAX = 4096, WRITES_MAX = 96 };

/* A write as it lies in a request body: our copy. */
struct sent {
    int key, partition, route, group; /* group -1: none */
    enum operation op;
    int64_t offset; /* of the newest event in it */
    bool unanswered, has_version;
    int64_t version;
    unsigned era; /* of its partition, when it was sent */
    int value[SLOTS];
};

struct request {
    uint64_t batch; /* 0: free */
    int worker;
    bool done; /* what it does it has done; its answer is of no more interest */
    size_t n;
    struct sent writes[WRITES_MAX];
    int64_t sent_at, answer_at;
};

struct late {
    int64_t at;
    int worker;
    struct sent write;
};

struct org {
    struct stream *stream;
    struct chance *chance;
    struct state states[KEYS_MAX];
    struct request requests[REQUESTS_MAX];
    struct late late[LATE_MAX]; /* to be applied long after their request broke */
    size_t nlate;
    size_t part;     /* writes of one collection */
    bool guarded;    /* all changes have versions: late is as late as it likes */
    bool immediate;  /* a broken request is carried out at once or not at all */
    int64_t hold_ms; /* else: so late at the most */
    int trouble;     /* per cent of requests that go wrong */
    int halted;      /* route; -1: none */
    int64_t halted_until;
    struct ordeal {
        int key; /* -1: none */
        bool silent;
        int64_t from, until;
    } ordeal;                      /* of one record: locked, or without an answer, for longer than it is tried */
    int64_t newest[KEYS_MAX];      /* offset that was applied last since its partition changed hands; -1: none */
    int life[KEYS_MAX];            /* of that event */
    unsigned eras[PARTITIONS_MAX]; /* how often it changed hands */
    int used;                      /* per cent of the daily calls */
    int64_t used_until;
    uint64_t calls, repeated; /* requests; writes applied though they had been before */
};

void org_take(struct org *org, int64_t now, int worker, const struct batch *batch);
void org_abort(struct org *org, int64_t now, int worker, uint64_t batch);

/* An answer to this worker that is due at `now`; false: none. `of`: what was asked, copied. */
bool org_answer(struct org *org, int64_t now, int worker, struct answer *out, struct request *of);
int64_t org_due(const struct org *org, int worker);

/* What a worker sent and has no answer to is carried out now or never: others write its records. gone: it will not ask
 * for the answers. */
void org_settle_worker(struct org *org, int64_t now, int worker, bool gone);

/* Its records may be written again from the last commit on. */
void org_new_owner(struct org *org, int partition);

/* Is this what an ordeal of its record may have brought upon it? */
bool org_excuses(const struct org *org, const struct event *event);

void org_apply_late(struct org *org, int64_t now);
int64_t org_late_due(const struct org *org);

#endif
