/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/describe_cache.h"

#include "common/http_client.h"
#include "common/memory.h"
#include "config/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <utlist.h>

enum { TTL_MS = 30000, TIMEOUT_MS = 60000, HEADER_SIZE = 128 };

struct entry {
    char *object;
    struct describe *describe; /* NULL: the org has no such object (known), or nothing is known yet */
    bool known;
    int64_t known_at, failed_at; /* when the fetch of what is known, and the last that failed, was sent */
    char last_modified[64];
    uint64_t fetch; /* under way; 0: none */
    int64_t fetch_at;
    struct entry *next;
};

struct describe_cache {
    struct http_client *http;
    char *api_version;
    struct entry *entries;
};

struct describe_cache *describe_cache_new(struct http_client *http, const char *api_version)
{
    struct describe_cache *c = xcalloc(1, sizeof *c);

    c->http = http;
    c->api_version = xstrdup(api_version);
    return c;
}

void describe_cache_free(struct describe_cache *c)
{
    struct entry *e, *next;

    if (!c)
        return;
    LL_FOREACH_SAFE(c->entries, e, next)
    {
        if (e->fetch)
            http_client_cancel(c->http, e->fetch);
        describe_free(e->describe);
        free(e->object);
        free(e);
    }
    free(c->api_version);
    free(c);
}

static struct entry *entry_of(struct describe_cache *c, const char *object)
{
    struct entry *e;

    LL_FOREACH(c->entries, e)
    {
        if (strcasecmp(e->object, object) == 0)
            return e;
    }
    e = xcalloc(1, sizeof *e);
    e->object = xstrdup(object);
    e->known_at = e->failed_at = INT64_MIN;
    LL_PREPEND(c->entries, e);
    return e;
}

/* Is what is known of an object good enough? `trouble` is what it says about the route, if anything. */
static enum describe_state state_of(const struct entry *e, int64_t now, int64_t since, const struct failure *trouble)
{
    if (e->known && (e->known_at >= since || (trouble && now - e->known_at < TTL_MS)))
        return DESCRIBE_KNOWN;
    if (e->fetch)
        return DESCRIBE_ASKING;
    return e->failed_at >= since ? DESCRIBE_FAILED : DESCRIBE_MISSING;
}

/* The object that a mapped parent is of; NULL: none, or there is a choice. */
static const char *parent_object(const struct describe *d, const struct field *mapped)
{
    const struct describe_field *f = mapped->parent_key ? describe_relationship(d, mapped->name) : NULL;

    return f && f->nreferences == 1 ? f->reference_to[0] : NULL;
}

static enum describe_state ask_parents(struct describe_cache *c, struct question *q, const struct describe *d)
{
    enum describe_state state = DESCRIBE_KNOWN;

    for (size_t i = 0; state == DESCRIBE_KNOWN && !q->trouble && i < q->route->nfields; i++) {
        const struct field *mapped = &q->route->fields[i];
        const char *parent = parent_object(d, mapped);
        if (!parent)
            continue;
        struct entry *e = entry_of(c, parent);
        q->trouble = e->known ? describe_parent_trouble(e->describe, parent, mapped) : NULL;
        state = state_of(e, q->now, q->since, q->trouble);
        q->missing = e->object;
    }
    return state;
}

enum describe_state describe_cache_ask(struct describe_cache *c, struct question *q)
{
    struct entry *e = entry_of(c, q->route->object);

    q->missing = e->object;
    q->absent = e->known && !e->describe;
    q->trouble = e->known ? describe_trouble(e->describe, q->route, q->op) : NULL;
    enum describe_state state = state_of(e, q->now, q->since, q->trouble);
    if (state == DESCRIBE_KNOWN && !q->trouble && q->op != OP_DELETE)
        state = ask_parents(c, q, e->describe);
    if (state != DESCRIBE_KNOWN) {
        failure_free(q->trouble);
        q->trouble = NULL;
    }
    return state;
}

void describe_cache_fetch(struct describe_cache *c, const struct question *q, const char *base, const char *token)
{
    struct entry *e = entry_of(c, q->missing);
    bool of_route = strcasecmp(e->object, q->route->object) == 0;
    struct failure *trouble = e->known && of_route ? describe_trouble(e->describe, q->route, q->op) : NULL;
    char *path = describe_path(c->api_version, e->object), *url = xasprintf("%s%s", base, path);
    char *authorization = xasprintf("Authorization: Bearer %s", token), since[HEADER_SIZE];
    struct http_request r = {.method = "GET", .url = url, .timeout_ms = TIMEOUT_MS};

    snprintf(since, sizeof since, "If-Modified-Since: %s", e->last_modified);
    r.headers[0] = authorization;
    r.headers[1] = "Accept: application/json";
    r.headers[2] = trouble && e->describe && e->last_modified[0] ? since : NULL;
    e->fetch = http_client_submit(c->http, &r);
    e->fetch_at = q->now;
    failure_free(trouble);
    free(authorization);
    free(url);
    free(path);
}

static void learn(struct entry *e, const struct http_response *r)
{
    struct describe *d = r->status == 200 ? describe_parse(text_make(r->body, r->body_len), NULL) : NULL;

    if (!d && r->status != 404) {
        e->failed_at = e->fetch_at;
        return;
    }
    describe_free(e->describe);
    e->describe = d;
    e->known = true;
    e->known_at = e->fetch_at;
    snprintf(e->last_modified, sizeof e->last_modified, "%s", r->last_modified[0] ? r->last_modified : r->date);
}

bool describe_cache_take(struct describe_cache *c, const struct http_response *r)
{
    struct entry *e;

    LL_FOREACH(c->entries, e)
    {
        if (e->fetch == r->id)
            break;
    }
    if (!e)
        return false;
    e->fetch = 0;
    if (r->status == 304 && e->known)
        e->known_at = e->fetch_at;
    else
        learn(e, r);
    return true;
}
