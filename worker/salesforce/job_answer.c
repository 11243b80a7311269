/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/job.h"

#include "common/http_client.h"
#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

/* A used-up limit on calls frees slowly, and every worker asks. */
enum { TOKENS_TO_TRY = 2, USED_UP_WAIT_MS = 30000 };

struct verdict job_verdict_unanswered(const struct http_response *r)
{
    struct verdict v = {.suspect = -1};

    if (r->reach == HTTP_SENT) {
        v.class = CLASS_UNKNOWN;
        v.failure = failure_new(STAGE_WRITE, "NO_ANSWER", r->why, NULL);
    } else {
        v.class = CLASS_RETRY;
        v.failure =
            failure_new(STAGE_WRITE, r->certificate ? "CERTIFICATE_INVALID" : "CONNECTION_FAILED", r->why, NULL);
    }
    return v;
}

void job_end_whole(struct job *j, enum answer_kind kind, struct failure *f, int suspect)
{
    j->answer = (struct answer){
        .batch = j->batch->id, .kind = kind, .failure = f, .wait_ms = j->retry_after_ms, .suspect = suspect};
    j->stage = JOB_DONE;
}

void job_end_by_class(struct job *j, enum error_class class, struct failure *f, int suspect)
{
    switch (class) {
    case CLASS_DONE:
    case CLASS_SUPERSEDED:
    case CLASS_REFUSE:
    case CLASS_SCHEMA:
        job_end_whole(j, ANSWER_REFUSED, f, suspect);
        break;
    case CLASS_INNOCENT:
    case CLASS_RETRY:
    case CLASS_CROWDED:
        job_end_whole(j, ANSWER_FAILED, f, -1);
        break;
    case CLASS_UNKNOWN:
        job_end_whole(j, ANSWER_UNKNOWN, f, -1);
        break;
    case CLASS_AUTH:
    case CLASS_WAIT:
        if (strcmp(f->refusals[0].code, "REQUEST_LIMIT_EXCEEDED") == 0 && j->retry_after_ms < USED_UP_WAIT_MS)
            j->retry_after_ms = USED_UP_WAIT_MS;
        job_end_whole(j, ANSWER_WAIT, f, -1);
        break;
    case CLASS_HALT:
        job_end_whole(j, ANSWER_HALT, f, -1);
        break;
    }
}

void job_spare_rest(struct job *j, struct failure *f)
{
    struct verdict spared = {.class = CLASS_INNOCENT, .failure = f};

    for (; j->sent < j->nlines; j->sent++)
        response_spread(&spared, &j->results[j->lines[j->sent].index], 1);
}

void job_wait_for_org(struct job *j, int64_t now, struct failure *f)
{
    if (j->sent == 0) {
        job_end_whole(j, ANSWER_WAIT, f, -1);
        return;
    }
    job_spare_rest(j, f);
    failure_free(f);
    job_confirm(j, now);
}

/* A refused token is renewed once for a batch; a second one that is refused at once means that something else is wrong. */
void job_token_refused(struct job *j, int64_t now, struct failure *f)
{
    session_expired(j->org->session, now, j->generation);
    j->stage = JOB_WAITING;
    if (++j->refused_tokens < TOKENS_TO_TRY) {
        failure_free(f);
        return;
    }
    char *message =
        xasprintf("Salesforce refuses a new token, too (%s): is %s the org of the login? If it is, run `sfsink "
                  "login` again",
                  f->refusals[0].message, session_instance_url(j->org->session));
    struct failure *both = failure_new(STAGE_WRITE, f->refusals[0].code, message, NULL);
    both->http_status = f->http_status;
    failure_free(f);
    free(message);
    job_wait_for_org(j, now, both);
}

/* ---- what a describe must confirm ---- */

/* The trouble as the describe tells it, then Salesforce's own words. Takes `trouble`. */
static struct failure *with_words(struct failure *trouble, const struct failure *f)
{
    trouble->http_status = f->http_status;
    for (size_t i = 0; i < f->nrefusals; i++)
        failure_add(trouble, f->refusals[i].code, f->refusals[i].message, f->refusals[i].fields);
    return trouble;
}

/* Records of the object have results of their own, or have just been written: it is there, and the user may see it. */
static bool object_answers(const struct job *j, const struct failure *f)
{
    if (!f || f->http_status != 200 || strncmp(f->refusals[0].code, "INVALID_FIELD", 13) != 0)
        return false;
    bool written = j->batch->op == OP_UPSERT;
    for (size_t i = 0; i < j->batch->nwrites && !written; i++)
        written = j->results[i].class == CLASS_DONE;
    return written;
}

/* True once there is an answer: *trouble is the route's, or NULL; *known false if no describe could be had. `f`: what a
 * record was refused with, NULL for the whole. */
static bool ask_describe(struct job *j, int64_t now, const struct route *route, const struct failure *f,
                         struct failure **trouble, bool *known)
{
    struct org *o = j->org;
    struct question q = {.now = now, .since = j->sent_at, .route = route, .op = j->batch->op};
    enum describe_state state = describe_cache_ask(o->describes, &q);
    const struct error *why;
    int64_t retry_at;

    if (q.trouble && q.absent && object_answers(j, f)) {
        failure_free(q.trouble);
        q.trouble = NULL;
    }
    *trouble = q.trouble;
    *known = state == DESCRIBE_KNOWN;
    if (state == DESCRIBE_MISSING && session_need(o->session, now)) {
        describe_cache_fetch(o->describes, &q, session_instance_url(o->session), session_token(o->session));
        return false;
    }
    if (state == DESCRIBE_MISSING)
        return session_failed(o->session, &why, &retry_at);
    return state != DESCRIBE_ASKING;
}

/* False: the describe is awaited. Without one nothing is refused: the write comes again. */
static bool confirm_result(struct job *j, int64_t now, struct result *result, const struct route *route)
{
    struct failure *trouble;
    bool known;

    if (!ask_describe(j, now, route, result->outcome.failure, &trouble, &known))
        return false;
    if (trouble) {
        struct failure *words = result->outcome.failure;
        result->outcome.failure = with_words(trouble, words);
        result->outcome.kind = OUTCOME_HALT;
        failure_free(words);
    } else if (!known) {
        result->outcome.kind = OUTCOME_INNOCENT;
    }
    result->class = CLASS_REFUSE;
    return true;
}

static bool confirm_whole(struct job *j, int64_t now)
{
    struct failure *trouble, *words = j->whole;
    bool known;

    if (!ask_describe(j, now, j->batch->route, NULL, &trouble, &known))
        return false;
    j->whole = NULL;
    if (trouble) {
        job_end_whole(j, ANSWER_HALT, with_words(trouble, words), -1);
        failure_free(words);
    } else {
        job_end_whole(j, known ? ANSWER_REFUSED : ANSWER_FAILED, words, -1);
    }
    return true;
}

static void end_with_results(struct job *j)
{
    size_t n = j->batch->nwrites;

    j->answer = (struct answer){.batch = j->batch->id,
                                .kind = ANSWER_RESULTS,
                                .noutcomes = n,
                                .outcomes = xcalloc(n, sizeof *j->answer.outcomes),
                                .wait_ms = -1,
                                .suspect = -1};
    for (size_t i = 0; i < n; i++) {
        j->answer.outcomes[i] = j->results[i].outcome;
        j->results[i] = (struct result){0};
    }
    j->stage = JOB_DONE;
}

void job_confirm(struct job *j, int64_t now)
{
    j->stage = JOB_CONFIRMING;
    if (j->whole) {
        confirm_whole(j, now);
        return;
    }
    for (size_t i = 0; i < j->batch->nwrites; i++)
        if (j->results[i].class == CLASS_SCHEMA &&
            !confirm_result(j, now, &j->results[i], j->batch->writes[i]->record->route))
            return;
    end_with_results(j);
}
