/* SPDX-License-Identifier: Apache-2.0 */
/* change.h: the one door of change/: what an event means.
 *
 *     message + route ──decode──► op, row, key ──map──► record      or skipped by a rule, or refused
 *
 * Pure: bytes in, structs out. A mapper keeps scratch memory from event to event; one thread at a time. */
#ifndef SFSINK_WORKER_CHANGE_CHANGE_H
#define SFSINK_WORKER_CHANGE_CHANGE_H

#include "worker/travel.h"

struct mapper;

enum meaning_kind { MEANING_RECORD, MEANING_SKIP, MEANING_REFUSE };

struct meaning {
    enum meaning_kind kind;
    struct record *record;   /* RECORD: yours; its slots may point into the message */
    const char *why;         /* SKIP: a constant, which rule */
    struct failure *failure; /* REFUSE: yours */
    bool op_known;           /* REFUSE: op below is what it would have been */
    enum operation op;
    char *key; /* REFUSE: the record's key where it could be read, else NULL; yours */
};

struct mapper *mapper_new(void);
void mapper_free(struct mapper *m); /* NULL is fine */

/* What `message` means by `route`. Never fails: whatever the bytes are, the answer is one of the three. */
struct meaning mapper_map(struct mapper *m, const struct route *route, const struct message *message);

#endif
