/* SPDX-License-Identifier: Apache-2.0 */
/* state.h: what the files of the engine share: the value that engine.h's `struct engine` is.
 *
 *     part ◄── entry ──► turn ──► lane          an event waits in a turn (alone or merged), a turn in the lane of its
 * record │ └── ready queue ──► sending         the lane's first turn goes out with others of its kind
 *
 * For the files of this folder only. */
#ifndef SFSINK_WORKER_ENGINE_STATE_H
#define SFSINK_WORKER_ENGINE_STATE_H

#include "common/heap.h"
#include "common/memory.h"
#include "worker/engine/budget.h"
#include "worker/engine/commit_map.h"
#include "worker/engine/engine.h"
#include "worker/engine/offsets.h"
#include "worker/engine/usage.h"

#define uthash_malloc(size) xmalloc(size)
#define uthash_free(p, size) free(p)
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

/* What engine_next() must do later, in e->timers. */
struct timer {
    struct heap_item item; /* the first member: the heap gives this back */
    enum timer_kind { TIMER_TURN, TIMER_LANE, TIMER_SENDING, TIMER_LETTER } kind;
};

/* An assigned partition, as long as it is ours. */
struct part {
    uint64_t lease;
    char *topic;
    int32_t partition;
    struct offsets *offsets;
    int64_t start;               /* where reading began */
    int64_t committed;           /* by Kafka's word, since; -1: nothing yet */
    int64_t committing;          /* with the commit that is on its way; -1: not in it */
    struct commit_map *restored; /* what the commit that we started from marks as finished; NULL: nothing, or passed */
    char *metadata;              /* of the latest ACTION_COMMIT */
    bool dirty;                  /* an event was settled since */
    int64_t doubtful_until; /* an earlier owner may have sent events as old as that, time of day; INT64_MIN: none has */
    bool inserts;           /* by a key: some were taken */
    bool unannounced;       /* what is committed, if anything, says that nobody has sent some since */
    bool unclear;           /* of some of them it is not known whether they were carried out */
    int route;              /* of its events; -1: none came yet */
    uint64_t ages[ENGINE_AGES]; /* of its events that were applied */
    size_t let_in;              /* parked or not, so many places may be held: part_let_in() */
    bool parked, parked_told;
    UT_hash_handle hh;
};

/* An event that is not settled. */
struct entry {
    struct entry *older, *newer; /* all of them, by arrival */
    struct entry *next;          /* of the same turn */
    struct part *part;
    uint64_t place; /* in part->offsets */
    size_t route;
    struct message *message;
    struct record *record; /* NULL: refused before it became one */
    int64_t arrived;
    size_t bytes;
    bool superseded; /* merged into a change of a newer version */
};

enum turn_state {
    TURN_QUEUED,  /* others of its record go first, or the record is held */
    TURN_READY,   /* in the ready queue of its kind */
    TURN_SENT,    /* part of a sending */
    TURN_RESTING, /* refused for now: its timer runs */
};

/* One or more events of one record that go out as one write. */
struct turn {
    struct write write; /* the first member: a sending's writes are turns */
    enum operation op;  /* of the merged whole */
    struct lane *lane;
    struct turn *next;   /* in the lane */
    struct queue *queue; /* where it is ready, and what it counts there; NULL: its group is on its way */
    size_t queue_bytes;
    struct text group_value;              /* of the newest of its events that has one */
    struct group *group;                  /* NULL: none, or not looked up yet */
    bool group_changed;                   /* by an event that was taken in */
    struct turn *group_prev, *group_next; /* those ready of its group */
    struct turn *ready_prev, *ready_next;
    struct entry *first, *last; /* by arrival */
    size_t nentries;
    slot *merged; /* NULL: write.slots are the record's own */
    enum turn_state state;
    bool alone; /* was taken apart: nothing merges with it any more */
    int64_t ready_since;
    struct timer timer;
};

/* The newest versions of a record that was applied while its lane lives and its partition is ours. */
struct newest {
    const struct route *route;
    size_t nslots;
    int64_t versions[]; /* by slot, of its latest value; INT64_MIN: never written */
};

/* The changes of one record, in order; at most the first turn is on its way. */
struct lane {
    struct lane *prev, *next; /* all lanes */
    struct turn *first, *last;
    int64_t hold_until; /* newer changes than one without an answer wait so long */
    /* all of those without an answer have a version of this route: Salesforce refuses them once it has a higher one than
     * the highest of them; NULL: they have none */
    const struct route *hold_route;
    int64_t hold_version;
    struct newest *newest; /* NULL: none, or no versions */
    struct timer timer;
    UT_hash_handle hh;
    size_t key_len; /* 0: a record without identity, not in the hash */
    char key[];     /* key space, identity */
};

/* Turns that may share a request: same target, same operation; or those of a halted route. */
struct queue {
    struct turn *first; /* the longest ready */
    size_t n, bytes;
};

/* Records that must not be in two batches at once: same object, same value of group_by. */
struct group {
    struct turn *ready;
    unsigned out; /* its writes on their way: all in one batch */
    size_t users; /* turns that point here */
    UT_hash_handle hh;
    size_t key_len;
    char key[]; /* object, NUL, value */
};

enum { RECENT_EVENTS = 1000 };

/* What the engine knows of a route: whether it is halted, and how its last events ended. */
struct route_state {
    struct failure *halted; /* NULL: it is not */
    bool for_good;          /* by stop_above_percent */
    bool probing;           /* a batch of it is out to ask */
    unsigned tries;
    int64_t probe_at;
    struct queue held; /* its ready turns, while it is halted */
    size_t pending, pending_bytes;
    uint8_t recent_failed[RECENT_EVENTS / 8]; /* a ring of bits */
    unsigned recent_at, failed;
};

/* OUT: on its way. RESTING: after its timer AGAIN: goes when there is a slot. WAITING: one half of a batch that was
 * refused whole waits for what becomes of the other. DOOMED: to be aborted. */
enum sending_state { SENDING_OUT, SENDING_RESTING, SENDING_AGAIN, SENDING_WAITING, SENDING_DOOMED };

/* A batch, from its forming until each of its writes is settled or back in its lane. */
struct sending {
    struct batch batch; /* the first member */
    enum sending_state state;
    unsigned tries;          /* failures of the whole */
    unsigned failures;       /* those before which another batch had succeeded */
    uint64_t successes_then; /* e->successes when it failed last */
    int64_t sent_at;
    int probe;               /* the halted route that it asks for; -1: none */
    bool pointed_at;         /* a refusal of a whole batch names this one write as the culprit */
    struct sending *partner; /* the other half, which waits; NULL: none */
    struct timer timer;
    struct sending *prev, *next; /* all of them */
};

/* HELD: its route has stopped; it is not published. */
enum letter_state { LETTER_QUEUED, LETTER_SENT, LETTER_RESTING, LETTER_HELD };

/* An event on its way to the dead-letter topic. */
struct dead {
    uint64_t id;
    struct entry *entry;
    enum operation op;
    char *key; /* for an event without a record; NULL: unknown */
    struct failure *failure;
    enum letter_state state;
    unsigned failures;
    struct timer timer;
    struct dead *prev, *next; /* those queued */
    UT_hash_handle hh;
};

enum phase {
    PHASE_RUNNING,
    PHASE_DRAINING,    /* revoked: what is on its way may finish */
    PHASE_LAST_COMMIT, /* revoked: nothing is held any more */
    PHASE_RELEASING
};

struct engine {
    struct engine_limits limits;
    struct engine_counts counts;
    int64_t now; /* of the latest answer */
    int64_t wall_at_zero;
    uint64_t random;
    uint64_t last_id; /* of batches and letters */
    struct heap timers;

    struct part *parts;   /* hash by lease */
    bool parking_changed; /* of some; not told yet */
    struct entry *oldest; /* of all that are pending */

    struct lane *lanes_by_key;
    struct lane *lanes;
    char *key; /* scratch for the look-up */
    size_t key_room;

    struct queue *queues; /* nroutes * OPERATIONS, by target and operation */
    struct group *groups;
    struct route_state *routes;
    struct sending *sendings;
    bool again_last; /* the last batch sent was one sent before */
    bool misled;     /* a write that a refusal pointed at went through alone: no such pointer is followed any more */
    struct budget budget;
    struct batch_size *sizes; /* by target */
    struct usage usage;
    uint64_t successes; /* batches answered with results */
    struct failure *waiting;
    struct failure *failing; /* of the last batch that failed; NULL: something got through since */

    struct dead *dead_by_id;
    struct dead *letters; /* queued, in order */

    bool dirty; /* an event was settled since the last commit */
    bool commit_out, commit_is_last, commit_failed;
    int64_t commit_at;
    struct commit_point *points;
    size_t npoints;

    enum phase phase;
    int64_t drain_until;
    bool stopping, stop_given_up;
    int64_t stop_until;
};

static inline size_t turn_route(const struct turn *t)
{
    return t->first->route;
}

/* A pseudo-random number from the engine's own seed. */
uint64_t engine_random(struct engine *e);

/* Makes e->key hold so many bytes. */
void engine_key_room(struct engine *e, size_t len);

/* Starts or moves a timer. */
void timer_set(struct engine *e, struct timer *t, enum timer_kind kind, int64_t due);
static inline void timer_stop(struct engine *e, struct timer *t)
{
    heap_remove(&e->timers, &t->item);
}

#endif
