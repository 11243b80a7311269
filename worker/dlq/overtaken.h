/* SPDX-License-Identifier: Apache-2.0 */
/* overtaken.h (P): would a letter that is sent back now undo a newer change of its record?
 *
 *     letter            writes  a b c
 *     later event       writes  a b c d     all of it was written later          ──► overtaken: it stays where it is
 *     later event       writes  a b         c never arrived, a and b are old     ──► it goes, and this event again behind it
 *
 * A later event comes from the same topic, names the same record, and is not a failed one itself. A delete writes everything. Where
 * Salesforce guards versions only deletes count: the rest it refuses by itself. An event that inserts cannot be sent again. */
#ifndef SFSINK_WORKER_DLQ_OVERTAKEN_H
#define SFSINK_WORKER_DLQ_OVERTAKEN_H

#include "worker/travel.h"

struct
    repeat { /* an event to be sent again behind a letter: its place in the letter's topic, and where it first arrived */
    int32_t partition, first_partition;
    int64_t offset, first_offset;
};

enum { REPEATS_MAX = 64 };

struct watch { /* one letter; read only, but for what is said to be the caller's */
    bool overtaken;
    bool stuck;     /* overtaken in part, and what is newer cannot be sent again */
    bool disturbed; /* one of the above, or a repeat more, since watch_send() */
    struct repeat *repeats;
    size_t nrepeats;
    size_t spans[2]; /* the caller's */

    struct watch *next; /* from here on: of overtaken.c */
    struct origin origin;
    enum operation op;
    bool guarded;
    int32_t sent_partition;
    int64_t sent_offset;
    size_t nslots, nleft;
    unsigned char left[]; /* a byte a slot: 1 to be written and not yet written later, 2 written later */
};

/* Between partitions only the time tells, and where that is unknown the cautious answer: yes. */
bool overtaken_is_later(const struct origin *a, const struct origin *than);

struct overtaken;

struct overtaken *overtaken_new(void);
void overtaken_free(struct overtaken *o); /* NULL is fine; frees the watches */

/* Watches a letter; origin.topic stays where it is. NULL: an event that names no record, which nothing can overtake. */
struct watch *overtaken_watch(struct overtaken *o, const struct origin *origin, const struct record *r);

/* The letter has been sent, and lies there: what comes behind it does not disturb it. Any place: offset INT64_MAX. */
void watch_send(struct watch *w, int32_t partition, int64_t offset);

/* A later event of the topic, in the order of its partition. */
void overtaken_take(struct overtaken *o, const struct message *m, const struct record *r);

#endif
