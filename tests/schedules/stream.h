/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h: the events of a world, and what must become of each.
 *
 * Partitions of events, each partition of one route, but for letters that were replayed and first came from another
 * topic; a key lives in one partition, as with any keyed producer. No two events write the same value, so that the end
 * shows whose value a field has. It is the oracle: it knows what the
 * records must look like in the end, and which events belong in the dead-letter topic. */
#ifndef SFSINK_TESTS_SCHEDULES_STREAM_H
#define SFSINK_TESTS_SCHEDULES_STREAM_H

#include "config/route.h"
#include "tests/schedules/chance.h"
#include "worker/travel.h"

enum { SLOTS = 3, NAMED_MAX = 48, PARTITIONS_MAX = 6, ROUTES_MAX = 3, GROUPS_MAX = 6 };
enum {
    KEYS_MAX = NAMED_MAX + 2 * PARTITIONS_MAX
}; /* from NAMED_MAX on: inserts without external id, of any partition */

/* What is wrong with an event. */
enum poison {
    POISON_NONE,
    POISON_RECORD,      /* Salesforce refuses it */
    POISON_BATCH,       /* the whole request with it is refused */
    POISON_TIRES,       /* refused for now, always */
    POISON_FAILS,       /* the request with it fails, always */
    POISON_UNDECODABLE, /* refused before it becomes a record */
    POISON_HEALS        /* refused at first; later, when the configuration was put right, taken */
};

struct event {
    int64_t offset;
    enum operation op;
    int key; /* -1: skipped by a rule */
    int route;
    int group; /* -1: none */
    enum poison poison;
    bool has_version; /* all of a world with versions but deletes */
    int64_t version;
    int life;         /* how many deletes of its record come before it, in a world with versions */
    int value[SLOTS]; /* 0: absent */
    bool superseded;  /* a higher version of the same life was carried out */
    bool refused;     /* for what it is: an insert of what is there, an update of what is not */
    bool settled;     /* applied, superseded, skipped or an acknowledged dead letter, at least once */
    bool dead;        /* lies in the dead-letter topic */
    bool letter_out;  /* on its way there, without acknowledgement */
    unsigned sent;    /* how often a write with it as its newest event was applied */
    int grudge;       /* refusals for now of such a write, in a row */
    int ill_luck;     /* failures of a request with such a write alone, in a row */
};

/* What kind of world it is: what may happen in it without breaking what is promised. */
enum kind {
    KIND_UPSERTS,   /* upserts of parts of rows, and deletes */
    KIND_VERSIONS,  /* whole rows with versions, and an org that refuses older ones: zombies may do their worst, but
                       where there are deletes, which nothing guards */
    KIND_OPERATIONS /* inserts, updates too: they do not converge when they are read again, so nothing is */
};

/* A partition, and Kafka's memory of it. */
struct log {
    struct event *events;
    size_t n, room;
    size_t committed; /* index of the first event that is not committed */
    char metadata[4097];
};

/* A record in Salesforce. */
struct state {
    bool exists;
    int value[SLOTS];
    int64_t version;
};

struct stream {
    struct chance *chance;
    enum kind kind;
    int partitions, keys, groups, nroutes;
    struct route routes[ROUTES_MAX];
    struct log logs[PARTITIONS_MAX];
    struct state states[KEYS_MAX]; /* all events folded */
    bool deletes;                  /* in a world with versions */
    bool nameless;                 /* there are inserts without external id */
    bool replays;                  /* there are events of the other route of the same object */
    struct lives {
        int n;
        int64_t born; /* rank of the last delete */
    } lives[KEYS_MAX];
    int last_value;
    unsigned char *poison_of; /* by value: the enum poison of the event that wrote it */
    size_t poison_room;
    bool stubborn; /* there is, or may be, no event more that fails always */
    bool heals;    /* there is one that heals; only one */
    bool healed;
};

void stream_make(struct stream *s, struct chance *chance, enum kind kind, size_t events, bool may_stall);
void stream_free(struct stream *s);
void stream_append(struct stream *s, int partition, bool filler);

/* An insert without external id: each is a record of its own. */
static inline bool is_nameless(int key)
{
    return key >= NAMED_MAX;
}

struct message *stream_message(uint64_t lease, int partition, const struct event *event);
struct record *stream_record(const struct stream *s, const struct event *event);
int64_t record_offset(const struct record *r); /* of the event that it was made of */
int record_key(const struct record *r);        /* likewise */

struct event *stream_event(struct stream *s, int partition, int64_t offset);
size_t stream_index(const struct stream *s, int partition, int64_t offset); /* of the first event not below it */

/* Does one of these values come from such an event? */
bool stream_poisoned(const struct stream *s, const int *values, enum poison poison);

/* Folds all events, one by one, as Salesforce would have taken them; with or without the one that heals. */
void stream_fold(const struct stream *s, struct state *states, bool with_healed);
/* One event on one record: false if Salesforce refuses it. */
bool state_apply(struct state *state, const struct event *event);

#endif
