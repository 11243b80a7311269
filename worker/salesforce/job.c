/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/job.h"

#include "common/http_client.h"
#include "common/memory.h"
#include "config/route.h"

#include <stdlib.h>

struct job *job_new(struct org *org, int64_t now, const struct batch *b)
{
    struct job *j = xcalloc(1, sizeof *j);

    j->org = org;
    j->batch = b;
    j->batch_id = b->id;
    j->nwrites = b->nwrites;
    j->retry_after_ms = -1;
    j->results = xcalloc(b->nwrites, sizeof *j->results);
    j->lines = xcalloc(b->nwrites, sizeof *j->lines);
    job_prepare(j, now);
    return j;
}

void job_free(struct job *j)
{
    if (j->call)
        http_client_cancel(j->org->http, j->call);
    response_results_release(j->results, j->nwrites);
    free(j->results);
    free(j->lines);
    lookup_rows_release(&j->rows);
    request_release(&j->request);
    failure_free(j->whole);
    answer_release(&j->answer);
    free(j);
}

/* ---- write ---- */

static struct lines lines_from(const struct job *j, size_t first, size_t n)
{
    return (struct lines){.at = &j->lines[first], .n = n, .op = j->batch->op, .route = j->batch->route};
}

/* As many lines as one call takes: several collections as one Composite call, unless a value could be taken for a
 * reference there. */
static struct lines next_lines(const struct job *j)
{
    struct lines lines = lines_from(j, j->sent, j->nlines - j->sent);
    size_t per_collection = (size_t)j->org->config->batch.max_records;

    if (lines.n > per_collection && request_looks_like_reference(&lines))
        lines.n = per_collection;
    if (lines.n > per_collection * REQUEST_PARTS)
        lines.n = per_collection * REQUEST_PARTS;
    return lines;
}

static void write_lines(struct job *j, int64_t now)
{
    const struct config *c = j->org->config;
    struct lines lines = next_lines(j);
    struct request *r = &j->request;

    request_release(r);
    request_make(r, &lines, c->salesforce.api_version, (size_t)c->batch.max_records);
    j->call =
        calls_send(j->org->calls, r->method, r->path, r->has_body ? buffer_text(&r->body) : TEXT_NONE, j->batch->route);
    j->sent_at = now;
    j->stage = JOB_WRITING;
}

/* The lines of the call have their results. */
static void keep_results(struct job *j, const struct result *results)
{
    for (size_t i = 0; i < j->request.nlines; i++) {
        const struct line *line = &j->lines[j->sent + i];
        j->results[line->index] = results[i];
        job_learn_ids(j, line, &results[i]);
    }
    j->sent += j->request.nlines;
    j->stage = JOB_WAITING;
}

/* A verdict on some of the lines, when others have results already: those are kept. */
static void end_part(struct job *j, const struct verdict *v, struct result *results)
{
    response_spread(v, results, j->request.nlines);
    keep_results(j, results);
    if (v->class != CLASS_REFUSE && v->class != CLASS_SCHEMA)
        job_spare_rest(j, v->failure);
}

static int suspect_of(const struct job *j, const struct verdict *v)
{
    return v->suspect < 0 ? -1 : (int)j->lines[j->sent + (size_t)v->suspect].index;
}

/* Takes the verdict's failure. */
static void take_verdict(struct job *j, int64_t now, struct verdict v, struct result *results)
{
    bool all = j->sent == 0 && j->request.nlines == j->nlines;

    if (v.class == CLASS_DONE) {
        keep_results(j, results);
    } else if (v.class == CLASS_AUTH) {
        job_token_refused(j, now, v.failure);
        return;
    } else if (v.class == CLASS_SCHEMA && all) {
        j->whole = v.failure;
        j->sent = j->nlines;
        j->stage = JOB_WAITING;
        return;
    } else if (all || (v.class == CLASS_UNKNOWN && j->sent == 0)) {
        job_end_by_class(j, v.class, v.failure, suspect_of(j, &v));
        return;
    } else {
        end_part(j, &v, results);
    }
    failure_free(v.failure);
}

static void take_written(struct job *j, int64_t now, const struct http_response *r)
{
    struct result *results = xcalloc(j->request.nlines, sizeof *results);
    struct lines lines = lines_from(j, j->sent, j->request.nlines);
    struct verdict v;

    calls_count(j->org->calls, j->request.composite ? RESOURCE_COMPOSITE : RESOURCE_COLLECTIONS, r);
    if (r->reach == HTTP_ANSWERED)
        v = response_read(&j->request, &lines, r->status, text_make(r->body, r->body_len), results);
    else
        v = job_verdict_unanswered(r);
    take_verdict(j, now, v, results);
    free(results);
}

/* ---- the way ---- */

static void login_failed(struct job *j, int64_t now, const struct error *why, int64_t retry_at)
{
    char *message = xasprintf("%s%s%s", why->text, why->hint[0] ? "; " : "", why->hint);
    struct failure *f = failure_new(STAGE_WRITE, "NOT_LOGGED_IN", message, NULL);

    free(message);
    j->retry_after_ms = retry_at > now ? retry_at - now : 0;
    job_wait_for_org(j, now, f);
}

/* What needs a token goes on once there is one. */
static void go_on(struct job *j, int64_t now)
{
    const struct error *why;
    int64_t retry_at;

    if (job_has_ids(j) && j->sent == j->nlines) {
        job_confirm(j, now);
        return;
    }
    if (!session_need(j->org->session, now)) {
        if (session_failed(j->org->session, &why, &retry_at))
            login_failed(j, now, why, retry_at);
        return;
    }
    j->generation = session_generation(j->org->session);
    if (job_ask_ids(j, now))
        return;
    if (j->sent < j->nlines)
        write_lines(j, now);
    else
        job_confirm(j, now);
}

void job_step(struct job *j, int64_t now)
{
    if (j->stage == JOB_WAITING)
        go_on(j, now);
    else if (j->stage == JOB_CONFIRMING)
        job_confirm(j, now);
}

void job_take(struct job *j, int64_t now, const struct http_response *r)
{
    j->call = 0;
    j->retry_after_ms = response_retry_after(r->retry_after, r->date);
    if (j->stage == JOB_LOOKING_UP)
        job_take_ids(j, now, r);
    else
        take_written(j, now, r);
    job_step(j, now);
}
