/* SPDX-License-Identifier: Apache-2.0 */
/* describe_cache.h: describes, fetched when a write was refused for what looks like the route's trouble.
 *
 *     describe_cache_ask(object) ──► known and fresh? ──► the answer at once
 *                        │
 *                        └──► GET …/describe, one for all who ask; describe_cache_take() takes its response
 *
 * Fresh is what was fetched after the moment that the asker names (its request was sent then), so that an old describe never
 * condemns or acquits a record. One that shows the route's trouble may be older, by TTL_MS, and is asked for again with
 * If-Modified-Since: a halted route that tries again costs no whole describe each time. Permissions change without changing what
 * If-Modified-Since looks at, so one that shows no trouble is always fetched whole. One thread. Memory: one describe an object. */
#ifndef SFSINK_WORKER_SALESFORCE_DESCRIBE_CACHE_H
#define SFSINK_WORKER_SALESFORCE_DESCRIBE_CACHE_H

#include "worker/salesforce/describe.h"

struct http_client;
struct http_response;
struct describe_cache;

struct describe_cache *describe_cache_new(struct http_client *http, const char *api_version);
void describe_cache_free(struct describe_cache *c); /* NULL is fine */

enum describe_state {
    DESCRIBE_KNOWN,   /* the question has its answer */
    DESCRIBE_ASKING,  /* ask again when a response was taken */
    DESCRIBE_MISSING, /* nothing fresh is known: describe_cache_fetch() */
    DESCRIBE_FAILED   /* the last fetch, made after `since`, brought nothing */
};

/* Can the route do this? Asked of its object's describe, then of those of the parents that it names by external id. */
struct question {
    int64_t now, since;
    const struct route *route;
    enum operation op;
    struct failure *trouble; /* the answer if DESCRIBE_KNOWN: why it cannot, failure_free() it; NULL: it can */
    bool absent;             /* the answer if DESCRIBE_KNOWN: the org knows no such object; then that is the trouble */
    const char *missing;     /* else: the object whose describe is wanted; lent */
};
enum describe_state describe_cache_ask(struct describe_cache *c, struct question *q);

/* Fetches what the question misses; `base` is the instance URL. Only after DESCRIBE_MISSING. */
void describe_cache_fetch(struct describe_cache *c, const struct question *q, const char *base, const char *token);

/* Takes the response of a fetch; false: it is none. */
bool describe_cache_take(struct describe_cache *c, const struct http_response *r);

#endif
