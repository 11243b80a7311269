/* SPDX-License-Identifier: Apache-2.0 */
/* actor.h: one worker: a real engine, and what worker/loop does around it.
 *
 * After each call into the engine the books must balance; each action is held against what was promised. */
#ifndef SFSINK_TESTS_SCHEDULES_ACTOR_H
#define SFSINK_TESTS_SCHEDULES_ACTOR_H

#include "tests/schedules/org.h"
#include "worker/engine/engine.h"

enum { LETTERS_MAX = 1024, MAX_BURST = 40 };

/* A partition in this worker's hands. */
struct share {
    uint64_t lease;  /* 0: not ours */
    uint64_t before; /* the lease before that */
    size_t position, start;
    bool parked;
    int64_t committing; /* index, with the commit on its way; -1: not in it */
    char metadata[4097];
};

struct letter_out {
    uint64_t id;
    int partition;
    int64_t offset;
    int64_t report_at;
};

enum life { LIFE_NONE, LIFE_RUNNING, LIFE_STALLED };

struct actor {
    int number;
    enum life life;
    struct engine *engine;
    struct engine_limits *limits;
    size_t most_events, most_bytes; /* max_events and max_bytes, the highest of this engine's life */
    struct stream *stream;
    struct org *org;
    struct chance *chance;
    struct share shares[PARTITIONS_MAX];
    bool assigned, giving_back, stopping, released;
    int generation;
    int64_t commit_answer_at; /* -1: none is out */
    int commit_generation;
    struct letter_out letters[LETTERS_MAX];
    size_t nletters;
    int64_t last_applied[KEYS_MAX];   /* offset, in this lease; -1: none */
    uint64_t asking[ROUTES_MAX];      /* the batch that asks for a halted route; 0: none */
    int64_t closed_until, stopped_at; /* told to wait; usage: since when, or last asked; -1: it goes on */
    uint64_t given, dead_letters, skipped;
    bool poked; /* something went in, and the engine was not asked what to do since */
    bool kafka_down;
    bool calm;
};

void actor_start(struct actor *a, uint64_t seed);
void actor_end(struct actor *a); /* at once, as by a kill */

void actor_assign(struct actor *a, int64_t now, int generation, const bool *partitions, uint64_t *last_lease);
void actor_revoke(struct actor *a, int64_t now);
void actor_lose(struct actor *a, int64_t now);
void actor_forget_letters(struct actor *a);    /* another worker takes over what is on its way to the topic */
void actor_tune(struct actor *a, int64_t now); /* to a->limits, which have changed */
void actor_stop(struct actor *a, int64_t now, int64_t within_ms);

/* Everything that may happen to it at `now`: messages, answers, reports, timers. */
void actor_step(struct actor *a, int64_t now);
int64_t actor_due(const struct actor *a, int64_t now);
bool actor_can_read(const struct actor *a);

/* The commit on its way arrives, and is taken or not; then its answer comes. */
bool actor_commit_due(const struct actor *a, int64_t now);
void actor_commit_answer(struct actor *a, int64_t now, bool taken, bool told);

#endif
