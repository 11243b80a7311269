/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/calls.h"

#include "common/http_client.h"
#include "common/memory.h"
#include "config/route.h"
#include "worker/salesforce/response.h"

#include <stdlib.h>
#include <string.h>

const int sender_buckets_ms[15] = {5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 20000, 30000, 60000, 120000};
enum { BUCKETS = sizeof sender_buckets_ms / sizeof *sender_buckets_ms };

struct calls {
    const struct config *config;
    struct http_client *http;
    const struct session *session;
    struct sender_counts counts;
    struct sender_call_count *by_status;
};

struct calls *calls_new(const struct config *config, struct http_client *http, const struct session *session)
{
    struct calls *c = xcalloc(1, sizeof *c);

    c->config = config;
    c->http = http;
    c->session = session;
    c->counts.api_used = c->counts.api_limit = -1;
    return c;
}

void calls_free(struct calls *c)
{
    if (c)
        free(c->by_status);
    free(c);
}

uint64_t calls_send(struct calls *c, const char *method, const char *path, struct text body, const struct route *route)
{
    char *url = xasprintf("%s%s", session_instance_url(c->session), path);
    char *authorization = xasprintf("Authorization: Bearer %s", session_token(c->session));
    struct http_request r = {
        .method = method, .url = url, .body = body, .timeout_ms = c->config->salesforce.timeout_ms};
    size_t n = 0;

    r.headers[n++] = authorization;
    r.headers[n++] = "Accept: application/json";
    r.headers[n++] = "Sforce-Call-Options: client=sfsink/" SFSINK_VERSION;
    if (body.at)
        r.headers[n++] = "Content-Type: application/json; charset=UTF-8";
    if (route && !route->auto_assign)
        r.headers[n++] = "Sforce-Auto-Assign: FALSE";
    if (route && route->allow_duplicates)
        r.headers[n++] = "Sforce-Duplicate-Rule-Header: allowSave=true";
    uint64_t id = http_client_submit(c->http, &r);
    explicit_bzero(authorization, strlen(authorization));
    free(authorization);
    free(url);
    return id;
}

/* Few different ones: a resource answers with a handful of statuses. */
static void count_status(struct calls *c, const char *resource, int status)
{
    struct sender_counts *counts = &c->counts;

    for (size_t i = 0; i < counts->ncalls; i++) {
        if (c->by_status[i].status == status && strcmp(c->by_status[i].resource, resource) == 0) {
            c->by_status[i].calls++;
            return;
        }
    }
    c->by_status = xreallocarray(c->by_status, counts->ncalls + 1, sizeof *c->by_status);
    c->by_status[counts->ncalls++] = (struct sender_call_count){resource, status, 1};
    counts->calls = c->by_status;
}

void calls_count(struct calls *c, enum resource resource, const struct http_response *r)
{
    static const char *const names[] = {"collections", "composite", "query", "describe", "token"};
    struct sender_counts *counts = &c->counts;
    size_t bucket = 0;

    count_status(c, names[resource], r->status);
    while (bucket < BUCKETS && r->took_ms > sender_buckets_ms[bucket])
        bucket++;
    counts->duration_bucket[bucket]++;
    counts->duration_count++;
    counts->duration_sum_s += (double)r->took_ms / 1000.0;
    response_limit_info(r->limit_info, &counts->api_used, &counts->api_limit);
}

struct sender_counts *calls_counts(struct calls *c)
{
    struct session_counts logins = session_counts(c->session);

    c->counts.refreshes_ok = logins.refreshed;
    c->counts.refreshes_failed = logins.failed;
    return &c->counts;
}
