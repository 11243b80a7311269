/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h: a Kafka of the mind: partitions of events, where each consumer stands, and what has become of each event.
 *
 * It is the oracle: it knows every event, checks each commit against it and says what the records must look like in the
 * end. */
#ifndef SFSINK_TESTS_SCHEDULES_STREAM_H
#define SFSINK_TESTS_SCHEDULES_STREAM_H

#include "config/route.h"
#include "tests/schedules/chance.h"
#include "worker/travel.h"

enum { SLOTS = 3, KEYS_MAX = 64, PARTITIONS_MAX = 6 };

/* What an event asks for; the value of a slot is its number, so that two events never write the same. */
enum poison { POISON_NONE, POISON_RECORD, POISON_BATCH, POISON_ALWAYS_FAILS, POISON_UNDECODABLE };

struct event {
    int64_t offset;
    enum operation op;
    int key; /* -1: skipped by a rule */
    enum poison poison;
    bool has_version;
    int64_t version;
    int value[SLOTS]; /* 0: absent */
    bool settled;     /* applied, skipped or an acknowledged dead letter, at least once */
    bool dead;        /* lies in the dead-letter topic */
};

struct log {
    struct event *events;
    size_t n, room;
    int64_t committed; /* index of the first event that is not committed */
    size_t position;   /* of this consumer */
    uint64_t lease;    /* 0: not assigned */
    bool parked;
};

struct state {
    bool exists;
    int value[SLOTS];
    int64_t version;
};

struct stream {
    struct chance *chance;
    int partitions, keys;
    bool versions, all_operations;
    struct log logs[PARTITIONS_MAX];
    int last_value;
    int stubborn; /* events that fail always */
};

void stream_make(struct stream *s, struct chance *chance, size_t events);
void stream_free(struct stream *s);
void stream_append(struct stream *s, int partition, bool filler);

struct message *stream_message(const struct log *log, int partition, const struct event *event);
struct record *stream_record(const struct route *route, const struct event *event);
struct event *stream_event(struct stream *s, int partition, int64_t offset);

/* Folds all events, one by one, as Salesforce would have taken them. */
void stream_fold(const struct stream *s, struct state *states);
/* One event on one record: false if Salesforce refuses it. */
bool state_apply(struct state *state, const struct event *event);

#endif
