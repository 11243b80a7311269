/* SPDX-License-Identifier: Apache-2.0 */
/* job.h: one batch on its way through Salesforce.
 *
 *     WAITING for a token ──► LOOKING_UP Ids ──► WRITING ──► CONFIRMING with the describe ──► DONE
 *        ▲  ▲                     │                 │  │
 *        │  └──── 401 ────────────┴─────────────────┘  └── the next part, where a batch may not go as one Composite call
 *        └────────────────────────────────────────────────┘
 *
 * job.c drives it, job_ids.c finds Ids, job_answer.c says what became of it. */
#ifndef SFSINK_WORKER_SALESFORCE_JOB_H
#define SFSINK_WORKER_SALESFORCE_JOB_H

#include "worker/salesforce/calls.h"
#include "worker/salesforce/describe_cache.h"
#include "worker/salesforce/lookup.h"
#include "worker/salesforce/record_ids.h"
#include "worker/salesforce/response.h"

/* What is known of a route's external id field, as far as Ids had to be looked up by it. */
struct key_field {
    bool numbers;                                                         /* it holds numbers */
    enum key_case { CASE_UNKNOWN, CASE_COUNTS, CASE_IS_IGNORED } letters; /* in an upsert, so here as well */
};

/* What all jobs share; the sender's. */
struct org {
    const struct config *config;
    struct http_client *http;
    struct session *session;
    struct calls *calls;
    struct describe_cache *describes;
    struct record_ids *ids;
    struct key_field *keys; /* by route */
};

enum job_stage { JOB_WAITING, JOB_LOOKING_UP, JOB_WRITING, JOB_CONFIRMING, JOB_DONE };

struct job {
    struct org *org;
    const struct batch *batch; /* lent until the answer or the abort; at the abort it is gone already */
    uint64_t batch_id;
    size_t nwrites; /* of the batch */
    enum job_stage stage;
    struct answer answer; /* JOB_DONE; the sender takes it */

    uint64_t call; /* under way; 0: none */
    int64_t sent_at;
    uint64_t generation; /* of the token that it carries */
    unsigned refused_tokens;
    int64_t retry_after_ms; /* of the last response; -1: none */

    struct result *results; /* by the write's place in the batch */
    struct line *lines;     /* what is to be sent; those whose Id has to be asked for come last */
    size_t nlines;

    size_t asked; /* lines before this one have their Id, or are known to have none */
    size_t asking;
    struct lookup_rows rows;
    bool asking_case; /* the call under way is for the describe that says whether case counts */

    size_t sent; /* lines before this one have their result */
    struct request request;
    struct failure *whole; /* the request was refused whole for what a describe must confirm */

    struct job *prev, *next;
};

struct job *job_new(struct org *org, int64_t now, const struct batch *b);
void job_free(struct job *j); /* cancels its call */

/* Goes on as far as it can. */
void job_step(struct job *j, int64_t now);

/* Takes the response of its call. */
void job_take(struct job *j, int64_t now, const struct http_response *r);

/* ---- between the three files ---- */

/* Makes the lines of the batch's writes, with the Ids that are known; what cannot be sent at all gets its result. */
void job_prepare(struct job *j, int64_t now);
bool job_has_ids(const struct job *j);
/* Asks for Ids, until a call is under way (true) or all are known (false). */
bool job_ask_ids(struct job *j, int64_t now);
void job_take_ids(struct job *j, int64_t now, const struct http_response *r);
/* Forgets Ids that the results show to be wrong. */
void job_learn_ids(struct job *j, const struct line *line, const struct result *result);

/* The verdict on a call that brought no answer. */
struct verdict job_verdict_unanswered(const struct http_response *r);
/* The token was refused: waits for a newer one, or gives up. Takes the failure. */
void job_token_refused(struct job *j, int64_t now, struct failure *f);
/* Ends with one answer for the whole batch. Takes the failure. suspect: index of a write or -1. */
void job_end_whole(struct job *j, enum answer_kind kind, struct failure *f, int suspect);
void job_end_by_class(struct job *j, enum error_class class, struct failure *f, int suspect);
/* Lines without a result yet were not sent for another's sake: they come again. Lends the failure. */
void job_spare_rest(struct job *j, struct failure *f);
/* Ends with the org's trouble. Lines that have results keep them, so that no insert is done twice. Takes the failure. */
void job_wait_for_org(struct job *j, int64_t now, struct failure *f);
/* Turns what awaits a describe into outcomes; ends the job once nothing does. */
void job_confirm(struct job *j, int64_t now);

#endif
