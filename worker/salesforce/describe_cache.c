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

enum describe_state describe_cache_ask(struct describe_cache *c, int64_t now, int64_t since, const struct route *route,
                                       enum operation op, struct failure **trouble)
{
    struct entry *e = entry_of(c, route->object);

    *trouble = NULL;
    if (e->known) {
        *trouble = describe_trouble(e->describe, route, op);
        if (e->known_at >= since || (*trouble && now - e->known_at < TTL_MS))
            return DESCRIBE_KNOWN;
        failure_free(*trouble);
        *trouble = NULL;
    }
    if (e->fetch)
        return DESCRIBE_ASKING;
    return e->failed_at >= since ? DESCRIBE_FAILED : DESCRIBE_MISSING;
}

void describe_cache_fetch(struct describe_cache *c, int64_t now, const char *base, const char *token,
                          const struct route *route, enum operation op)
{
    struct entry *e = entry_of(c, route->object);
    struct failure *trouble = e->known ? describe_trouble(e->describe, route, op) : NULL;
    char *path = describe_path(c->api_version, route->object), *url = xasprintf("%s%s", base, path);
    char *authorization = xasprintf("Authorization: Bearer %s", token), since[HEADER_SIZE];
    struct http_request r = {.method = "GET", .url = url, .timeout_ms = TIMEOUT_MS};

    snprintf(since, sizeof since, "If-Modified-Since: %s", e->last_modified);
    r.headers[0] = authorization;
    r.headers[1] = "Accept: application/json";
    r.headers[2] = trouble && e->describe && e->last_modified[0] ? since : NULL;
    e->fetch = http_client_submit(c->http, &r);
    e->fetch_at = now;
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
