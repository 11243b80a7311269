/* SPDX-License-Identifier: Apache-2.0 */
/* call.h: one API call, be it an HTTP request or a subrequest of a composite one. Made from a method and a URL that begins with
 * /services/data; path segments are decoded one by one, so that a key may hold an escaped slash. */
#ifndef SFSINK_WORKER_SIMULATOR_CALL_H
#define SFSINK_WORKER_SIMULATOR_CALL_H

#include "common/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { CALL_SEGMENTS = 8, FIRST_VERSION = 31, LAST_VERSION = 67 };

struct call {
    const char *method;
    char *segments[CALL_SEGMENTS]; /* after /services/data/vXX.X */
    size_t nsegments;
    bool too_deep;
    int version;               /* 59; 0: /services/data itself; -1: no version that exists */
    struct text query;         /* after the question mark, encoded; in `url` */
    char *url;                 /* ours */
    const json_t *body;        /* lent; NULL: none */
    bool composite;            /* a subrequest */
    bool allow_save;           /* Sforce-Duplicate-Rule-Header */
    int64_t batch_size;        /* Sforce-Query-Options; 0: not given */
    int64_t modified_since_ms; /* If-Modified-Since; 0: not given */
    uint64_t seen;             /* what this call has seen of the store: store.h `born` */
};

/* False: the URL does not begin with /services/data. Release it either way. */
bool call_init(struct call *c, const char *method, const char *url);
void call_release(struct call *c);

bool call_is(const struct call *c, size_t nsegments, const char *first,
             const char *second);                             /* any case; second may be NULL */
char *call_query(const struct call *c, const char *name);     /* decoded, malloc'd; NULL: not there */
bool call_query_true(const struct call *c, const char *name); /* …=true */

#endif
