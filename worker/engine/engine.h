/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h: everything that the worker decides, nothing that it does.
 *
 * Inputs and the time go in, actions come out. No I/O, no clock, no lock, no global: the same calls give the same
 * actions, so that the engine runs through millions of random schedules in a test and unchanged in production.
 *
 *     partition ─ engine_assign ──► offsets   what may be committed
 *     event ───── engine_record ──► lanes     changes of one record wait their turn; those that wait together merge
 *                                   batches   ready writes of one kind, never two of one record
 *     answer ──── engine_answer ──► settle    applied, again later, taken apart, refused; a route or all may wait
 *     report ──── engine_report               a dead letter acknowledged: only then is its event finished
 *
 * What it guarantees: changes of one record go out in the order in which they came; a record is never in two batches at
 * once nor twice in one; an offset is committed only when every event below it is applied, superseded, skipped or an
 * acknowledged dead letter; after engine_lost() or the end of a revocation nothing more goes out for a partition.
 *
 * It owns messages and records that it is given and frees them when their event is settled. Memory: limits.max_events
 * and max_bytes for what is not settled, 16 bytes for each settled event above a partition's commit point, at most
 * max_events a partition and a few. `now` is monotonic milliseconds and never goes back. One thread. */
#ifndef SFSINK_WORKER_ENGINE_ENGINE_H
#define SFSINK_WORKER_ENGINE_ENGINE_H

#include "worker/travel.h"

struct engine;

struct engine_limits {
    size_t max_events;     /* held and not settled; also the most settled events above a partition's commit point */
    size_t max_bytes;      /* messages and records of those */
    size_t batch_records;  /* in one sObject Collection */
    unsigned collections;  /* in one batch: it holds up to batch_records x collections writes. 0: one */
    size_t batch_bytes;    /* of one batch's body; a single larger record goes alone */
    int64_t linger_ms;     /* longest wait of a ready write for company */
    unsigned in_flight;    /* batches on their way at once */
    unsigned max_attempts; /* refusals of one record before it is refused for good */
    int64_t backoff_ms, backoff_max_ms;
    int64_t hold_ms; /* ambiguous_hold_ms: newer changes wait so long after a request without an answer */
    int64_t commit_every_ms;
    int64_t drain_ms;            /* longest wait for what is in flight when partitions are to be given back */
    size_t max_merge;            /* events in one write */
    bool group;                  /* records of one object and group are never in two batches at once */
    bool commit_map;             /* what is finished above the commit point goes along as metadata of each commit; of
                                  * the last one before a release it always does */
    unsigned usage_slow_at;      /* per cent of the org's daily calls from which batches wait to be fuller */
    unsigned usage_stop_at;      /* and from which everything waits. 0: usage means nothing */
    unsigned stop_above_percent; /* of a route's last 1,000 events may fail for good, else it stops. 0: never */
    size_t nroutes;              /* config.nroutes; counts are kept by route */
    uint64_t seed;               /* of the jitter */
};

/* Upper bounds, in milliseconds, of the buckets in which the time from an event's timestamp to its end is counted; the
 * last has none. */
enum { ENGINE_AGES = 12 };
extern const int64_t engine_ages_ms[ENGINE_AGES - 1];

struct engine *engine_new(const struct engine_limits *limits);
void engine_free(struct engine *e); /* NULL is fine; frees all that it holds */

/* ---- inputs ---- */

/* The time of day at `now` 0, in milliseconds since 1970: only to count how old events were. To be told before they come. */
void engine_time_of_day(struct engine *e, int64_t wall_at_zero_ms);

/* offset: where reading starts. metadata: the text of the commit that says so, "" for none, NULL: nobody has committed yet; the events that its map marks as finished are taken as they come and not sent again. */
void engine_assign(struct engine *e, int64_t now, uint64_t lease, const char *topic, int32_t partition, int64_t offset,
                   const char *metadata);

/* One event of an assigned partition, offsets rising. Takes the message, and the record or the failure. A message of a
 * lease that is gone, or that was taken before, is dropped (and counted) with what came with it. A delete has no version:
 * it goes in its place, and what follows it is a new record, whose versions may begin anew. */
void engine_record(struct engine *e, int64_t now, size_t route, struct message *m, struct record *r);
void engine_skip(struct engine *e, int64_t now, size_t route, struct message *m);
void engine_refuse(struct engine *e, int64_t now, size_t route, struct message *m, enum operation op, const char *key,
                   struct failure *f);

/* May the next message be read? False while the buffer is full, and when stopping. */
bool engine_wants_more(const struct engine *e);

/* What became of a batch of ACTION_SEND: takes its outcomes and failures. Once a batch, unless it was aborted. */
void engine_answer(struct engine *e, int64_t now, struct answer *a);

/* The org's daily calls, as an answer's header told them. From usage_slow_at on the linger grows up to 30 s; from
 * usage_stop_at on nothing goes out but a batch every few minutes, to learn whether the window has freed. */
void engine_usage(struct engine *e, int64_t now, int64_t used, int64_t limit);

/* The delivery report of ACTION_DEAD_LETTER. Not ok: it is published again after a backoff. */
void engine_report(struct engine *e, int64_t now, uint64_t letter, bool ok);

/* The answer to ACTION_COMMIT. Not ok: committed again later; the commit of a revocation is not repeated. */
void engine_committed(struct engine *e, int64_t now, bool ok);

/* All partitions are to be given back (eager protocol): nothing new starts, what has not been sent is returned, what is
 * in flight may finish for limits.drain_ms. Ends with ACTION_COMMIT (if there is anything to commit) and
 * ACTION_RELEASE. */
void engine_revoke(struct engine *e, int64_t now);

/* The partitions are already somebody else's: everything is returned at once, no commit. Ends with ACTION_RELEASE. */
void engine_lost(struct engine *e, int64_t now);

/* The process is to end: no reading; what is held is sent at once; what is not settled `within_ms` from now is
 * returned. */
void engine_stop(struct engine *e, int64_t now, int64_t within_ms);

/* Takes over from `fresh` what may change while there is work: max_events, max_bytes, linger_ms, max_attempts, the backoffs and hold_ms. */
void engine_tune(struct engine *e, const struct engine_limits *fresh);

/* ---- actions ---- */

enum action_kind {
    ACTION_SEND,  /* batch: lent until its answer or its abort */
    ACTION_ABORT, /* batch_id: cancel the request; no answer is wanted any more, and the batch is gone when this call
                   * returns to you: do not look into it again */
    ACTION_DEAD_LETTER, /* letter */
    ACTION_COMMIT,      /* points; answer with engine_committed() */
    ACTION_PARK,        /* lease: keep this partition's messages back; the others go on */
    ACTION_UNPARK,      /* lease */
    ACTION_RELEASE      /* give the assignment back to Kafka */
};

struct letter {
    uint64_t id; /* for engine_report() */
    const struct message *message;
    const struct record *record; /* NULL: it was refused before it became one */
    size_t route_index;
    enum operation op;
    struct text key; /* none: unknown */
    const struct failure *failure;
    bool again; /* it has been published before, without success */
};

struct commit_point {
    const char *topic;
    int32_t partition;
    uint64_t lease;
    int64_t offset;       /* the next to be read */
    const char *metadata; /* NULL: none */
};

struct action {
    enum action_kind kind;
    const struct batch *batch;         /* SEND */
    uint64_t batch_id;                 /* ABORT */
    struct letter letter;              /* DEAD_LETTER: lent until its report */
    const struct commit_point *points; /* COMMIT: lent until the next call */
    size_t npoints;
    uint64_t lease; /* PARK, UNPARK */
};

/* The next action that is due at `now`; false: nothing more until something goes in or engine_due() is reached. */
bool engine_next(struct engine *e, int64_t now, struct action *out);

/* When to call engine_next() again though nothing goes in; INT64_MAX: never. */
int64_t engine_due(const struct engine *e);

/* After engine_stop(): everything is settled, committed or returned. */
bool engine_idle(const struct engine *e);

/* ---- what it counted ---- */

enum disposition {
    DISPOSITION_APPLIED,
    DISPOSITION_SUPERSEDED,
    DISPOSITION_SKIPPED,
    DISPOSITION_DEAD_LETTERED,
    DISPOSITION_RETURNED,
    DISPOSITIONS
};
const char *disposition_name(enum disposition d);

/* consumed = all dispositions of all routes + pending, after every call. */
struct engine_counts {
    uint64_t consumed; /* without `restored` and `dropped` */
    uint64_t pending;  /* events */
    uint64_t pending_bytes;
    uint64_t (*events)[DISPOSITIONS]; /* by route */
    uint64_t merged;                  /* events that went along in a later change's write */
    uint64_t restored;                /* messages that the commit's metadata marked as finished before */
    uint64_t dropped;                 /* messages seen before, or of a lease that is gone */
    uint64_t fenced;                  /* answers and reports that came for a partition given up */
    uint64_t cross_partition;         /* changes of a record that another partition has changes of */
    uint64_t inserts_doubtful;        /* inserts sent again, without external id, after a request without an answer */
    unsigned in_flight;               /* batches */
    unsigned allowed_in_flight;       /* at the moment: 1 to limits.in_flight */
    size_t *batch_sizes;              /* by route->target: the writes that a batch may hold at the moment */
    unsigned halted;                  /* routes */
    unsigned dead_letters_waiting;    /* not acknowledged */
    unsigned dead_letters_failing;    /* of those: refused by the topic at least once */
    uint64_t ages[ENGINE_AGES];       /* events applied, by their age then (bucket i alone, not cumulated) */
    double ages_sum_s;
    int64_t oldest_pending_ms; /* when the oldest pending event came in, by `now`; -1: none */
};
const struct engine_counts *engine_counts(const struct engine *e);

/* The ages of one partition's events that were applied, in the same buckets, since it was assigned: ENGINE_AGES of them, lent until the
 * next call. NULL: the lease is gone. */
const uint64_t *engine_ages(const struct engine *e, uint64_t lease);

/* Why nothing is sent: ANSWER_WAIT, until the next success, or usage_stop_at, until the window frees. NULL: it is sent, or
 * there is nothing to send that could tell whether the trouble is over. Lent until the next call. */
const struct failure *engine_waiting(const struct engine *e);

/* Why nothing gets through: the last failure of three or more batches in a row without an answer that could be used. They go on being tried. NULL: something got through,
 * or there is nothing to send. Lent until the next call. */
const struct failure *engine_outage(const struct engine *e);

/* Why this route is halted: its last ANSWER_HALT or OUTCOME_HALT, until a batch of it gets through (one is tried after a
 * backoff of at most a minute) or the partitions are released, or stop_above_percent, until the process starts anew. NULL: it is not. Its events wait;
 * where they are many, its partitions are parked, so that the other routes go on. Lent until the next call. */
const struct failure *engine_halted(const struct engine *e, size_t route);

#endif
