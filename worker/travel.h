/* SPDX-License-Identifier: Apache-2.0 */
/* travel.h: the structs that travel through the worker, in the order in which they are made.
 *
 *     message ──map──► record ──lane──► write ──batch──► batch ──Salesforce──► answer (one outcome a write)
 *        │                │                                                        │
 *        └──refused───────┴──────────────────────── failure ◄──────────────────────┘
 *
 * The folders of worker/ do not include each other: they meet here. Everything is plain data; travel.c makes and frees it. */
#ifndef SFSINK_WORKER_TRAVEL_H
#define SFSINK_WORKER_TRAVEL_H

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct route;

/* ---- message: our copy of one Kafka message --------------------------------------------------------------------------------- */

struct header {
    struct text name;  /* NUL-terminated too */
    struct text value; /* none: a null value */
};

/* Where an event first came from: its own coordinates, or for a replayed dead letter those in its sfsink.* headers. */
struct origin {
    struct text topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* -1: none */
    unsigned replays;     /* sfsink.replays; 0 where there is none */
};

/* One block of memory, made by message_new() and held until the event is settled: the dead-letter topic gets these very bytes.
 * (A kept rd_kafka_message_t would pin its whole fetch buffer.) */
struct message {
    uint64_t lease;    /* which assignment of its partition it came with; never used twice in a process. 0: none */
    const char *topic; /* inside the block */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;   /* -1: none */
    struct text key, value; /* none: null */
    struct header *headers;
    size_t nheaders;
    struct origin origin;
    size_t bytes; /* what it occupies; counted against buffer.max_mb */
};

/* Copies everything. Never NULL; free() it. A sfsink.* origin header is only believed together with sfsink.replays. */
struct message *message_new(uint64_t lease, const char *topic, int32_t partition, int64_t offset, int64_t timestamp_ms,
                            struct text key, struct text value, const struct header *headers, size_t nheaders);

/* ---- record: what one event wants of Salesforce ------------------------------------------------------------------------------ */

enum operation { OP_UPSERT, OP_INSERT, OP_UPDATE, OP_DELETE, OPERATIONS };
const char *operation_name(enum operation op); /* "upsert", … */

/* One mapped field's value: its JSON text exactly as it will be sent, or absent (`at` NULL), which leaves the field as it is in
 * Salesforce. For a field that names a parent by external id the text is the inner object, {"External_Id__c":"x"}, or null. The text lies in the
 * record's own block, in the message's, or in the route's constants. */
typedef struct text slot;

/* One block, made by the mapping, freed with free(). A row of encoded values, one slot for each field of the route: merging two changes is
 * choosing slot by slot, encoding is joining prepared pieces. It lives no longer than its message and its route. */
struct record {
    const struct route *route;
    enum operation op;
    bool has_version; /* every change of a route with a version has one, but for deletes, which never have */
    int64_t version;
    uint32_t key_space; /* of the route */
    struct text key;    /* as people know it; none for an insert without external id */
    /* the key as Salesforce compares it at the loosest: trimmed, ASCII case folded, Ids at 18 characters.
     * Equal (space, identity): never in two requests at once. Equal key as well: may merge. */
    struct text identity;
    struct text group; /* group_by: the value's text; none: ungrouped */
    size_t bytes;      /* of this block; counted against buffer.max_mb */
    size_t overhead;   /* most bytes that attributes, names and punctuation add to the slots in a request body */
    size_t nslots;     /* a delete by external id or Id has its slots all absent */
    slot slots[];
};

/* ---- write: one line of a request ---------------------------------------------------------------------------------------------- */

/* One or more changes of one record, merged. Made by the engine, which owns it; lent to whoever carries the batch. */
struct write {
    const struct record *record; /* the newest of its changes: route, op, key, version */
    const slot *slots;           /* merged; record->nslots of them */
    size_t bytes;                /* most bytes it adds to a request body */
    unsigned attempts;           /* refusals so far */
    bool unanswered;             /* an earlier request with it got no answer and may have been carried out */
    bool inherited;              /* an insert by a key that an earlier owner of its partition may have sent */
};

/* Writes of one operation and one target, each record at most once. */
struct batch {
    uint64_t id; /* never used twice in a process; never 0 */
    enum operation op;
    const struct route *route; /* of the first write: object, external id, request headers are the same for all */
    size_t bytes;
    size_t nwrites;
    struct write **writes;
};

/* ---- failure: why an event is refused ----------------------------------------------------------------------------------------- */

enum stage { STAGE_DECODE, STAGE_MAP, STAGE_WRITE };
const char *stage_name(enum stage stage); /* "decode", … */

struct refusal {
    char *code;    /* Salesforce's statusCode or errorCode, or sfsink's own */
    char *message; /* Salesforce's may hold the record's values */
    char *fields;  /* comma-separated; "" if none */
};

/* Made with failure_new(), freed with failure_free(). Holds at least one refusal; the first is the one that is named. */
struct failure {
    enum stage stage;
    int http_status;   /* 0: no call */
    unsigned attempts; /* refusals of this record; 0 before any call */
    size_t nrefusals;
    struct refusal *refusals;
};

struct failure *failure_new(enum stage stage, const char *code, const char *message,
                            const char *fields); /* copies; NULL fields: "" */
void failure_add(struct failure *f, const char *code, const char *message, const char *fields); /* copies */
struct failure *failure_copy(const struct failure *f);                                          /* NULL gives NULL */
void failure_free(struct failure *f);                                                           /* NULL is fine */

/* ---- answer: what became of a batch -------------------------------------------------------------------------------------------- */

enum outcome_kind {
    OUTCOME_APPLIED,    /* done, or as good as done (deleting what is gone) */
    OUTCOME_SUPERSEDED, /* Salesforce holds a newer version */
    OUTCOME_RETRY,      /* refused for now (lock, governor limit): counts as an attempt */
    OUTCOME_INNOCENT,   /* not done for another's sake (rolled back, halted): again, counts for nobody */
    OUTCOME_SUSPECT, /* its part of the request was refused whole for what is in it: taken apart, as ANSWER_REFUSED */
    OUTCOME_UNKNOWN, /* no usable answer for its part of the request, though for others: as ANSWER_UNKNOWN. Never all of a batch */
    OUTCOME_HALT,   /* the route's trouble, confirmed (field or object gone, storage full): the route waits with it */
    OUTCOME_REFUSED /* refused for good */
};

struct outcome {
    enum outcome_kind kind;
    bool created;            /* of an upsert */
    bool congested;          /* RETRY: a lock or a governor limit: smaller and fewer requests may help */
    struct failure *failure; /* all but APPLIED and SUPERSEDED; else NULL */
};

enum answer_kind {
    ANSWER_RESULTS, /* one outcome a write, in the order of the batch */
    ANSWER_FAILED, /* surely not carried out, nobody's fault (connection refused, 503, concurrent limit): again after a backoff */
    ANSWER_UNKNOWN, /* sent, and no usable answer (time-out, cut, 502, wrong number of results): it may or may not have been carried out */
    ANSWER_REFUSED, /* refused whole for what is in it: taken apart; a single write is refused for good with `failure` */
    ANSWER_HALT,    /* the route's trouble, confirmed (object or field gone): its writes wait, the other routes go on */
    ANSWER_WAIT     /* the org's trouble (login, quota, maintenance): everything waits; `failure` says why */
};

struct answer {
    uint64_t batch;
    enum answer_kind kind;
    struct outcome *outcomes; /* ANSWER_RESULTS: nwrites of them */
    size_t noutcomes;
    struct failure *failure; /* all but ANSWER_RESULTS */
    int64_t
        wait_ms; /* what the server asked for (Retry-After) or the answer's kind wants; -1: as the engine sees fit */
    int suspect; /* ANSWER_REFUSED: index of the write that the message points at; -1: none */
};

void answer_release(struct answer *a); /* frees outcomes and failures, not the struct */

#endif
