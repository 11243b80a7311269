/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/sender.h"

#include "common/http_client.h"
#include "common/memory.h"
#include "worker/salesforce/job.h"
#include "worker/salesforce/token_store.h"

#include <stdlib.h>
#include <utlist.h>

enum { IDS_REMEMBERED = 20000 };

struct sender {
    struct org org;
    struct job *jobs;
};

struct sender *sender_new(const struct config *config, struct http_client *http)
{
    struct sender *s = xcalloc(1, sizeof *s);
    struct org *o = &s->org;

    o->config = config;
    o->http = http;
    o->session = session_new(config, http);
    o->calls = calls_new(config, http, o->session);
    o->describes = describe_cache_new(http, config->salesforce.api_version);
    o->ids = record_ids_new(IDS_REMEMBERED);
    o->keys = xcalloc(config->nroutes, sizeof *o->keys);
    return s;
}

static void drop(struct sender *s, struct job *j)
{
    DL_DELETE(s->jobs, j);
    job_free(j);
}

void sender_free(struct sender *s)
{
    if (!s)
        return;
    while (s->jobs)
        drop(s, s->jobs);
    calls_free(s->org.calls);
    describe_cache_free(s->org.describes);
    record_ids_free(s->org.ids);
    session_free(s->org.session);
    free(s->org.keys);
    free(s);
}

void sender_send(struct sender *s, int64_t now, const struct batch *b)
{
    struct job *j = job_new(&s->org, now, b);

    DL_APPEND(s->jobs, j);
    job_step(j, now);
}

void sender_abort(struct sender *s, uint64_t batch_id)
{
    struct job *j, *next;

    DL_FOREACH_SAFE(s->jobs, j, next)
    {
        if (j->batch_id == batch_id)
            drop(s, j);
    }
}

/* ---- answers ---- */

/* What waits for the session or for a describe may be able to go on: there are never more jobs than requests in flight. */
static void step_all(struct sender *s, int64_t now)
{
    struct job *j;

    DL_FOREACH(s->jobs, j)
    {
        job_step(j, now);
    }
}

static void take_response(struct sender *s, int64_t now, const struct http_response *r)
{
    struct job *j;

    if (session_take(s->org.session, now, r)) {
        calls_count(s->org.calls, RESOURCE_TOKEN, r);
    } else if (describe_cache_take(s->org.describes, r)) {
        calls_count(s->org.calls, RESOURCE_DESCRIBE, r);
    } else {
        DL_SEARCH_SCALAR(s->jobs, j, call, r->id);
        if (j)
            job_take(j, now, r);
    }
}

static struct job *first_done(const struct sender *s)
{
    struct job *j;

    DL_SEARCH_SCALAR(s->jobs, j, stage, JOB_DONE);
    return j;
}

bool sender_next_answer(struct sender *s, int64_t now, struct answer *out)
{
    struct http_response r;

    while (http_client_completed(s->org.http, &r)) {
        take_response(s, now, &r);
        http_response_release(&r);
    }
    session_tick(s->org.session, now);
    step_all(s, now);
    struct job *j = first_done(s);
    if (!j)
        return false;
    *out = j->answer;
    j->answer = (struct answer){0};
    drop(s, j);
    return true;
}

int64_t sender_due(const struct sender *s)
{
    return first_done(s) ? INT64_MIN : session_due(s->org.session);
}

/* ---- state ---- */

bool sender_authenticated(const struct sender *s, char *why, size_t size)
{
    session_say(s->org.session, why, size);
    return session_ready(s->org.session);
}

bool sender_no_login(const struct sender *s)
{
    const struct config *c = s->org.config;

    return c->salesforce.auth.flow == FLOW_REFRESH_TOKEN && !token_store_exists(c->salesforce.auth.token_file);
}

void sender_prepare(struct sender *s, int64_t now)
{
    session_need(s->org.session, now);
}

void sender_take_over(struct sender *s, int64_t now, const struct config *fresh)
{
    session_take_over(s->org.session, now, fresh);
}

const struct sender_counts *sender_counts(const struct sender *s)
{
    return calls_counts(s->org.calls);
}

const char *sender_instance_url(const struct sender *s)
{
    const char *url = session_instance_url(s->org.session);
    return url ? url : "";
}
