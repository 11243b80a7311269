/* SPDX-License-Identifier: Apache-2.0 */
/* sender.h: the one door of salesforce/ for the worker: a batch goes in, an answer comes out.
 *
 *     batch ──► token? (session) ──► Ids? (record_ids) ──► request ──► http_client ──► response ──► answer
 *
 * Log-in, refresh after an expired session (one for all batches), Id look-ups and reading the response strictly all happen in here; a 401
 * with a newer token to try never reaches the engine. One thread; nothing blocks. */
#ifndef SFSINK_WORKER_SALESFORCE_SENDER_H
#define SFSINK_WORKER_SALESFORCE_SENDER_H

#include "common/error.h"
#include "worker/travel.h"

struct config;
struct http_client;
struct sender;

struct sender *sender_new(const struct config *config, struct http_client *http);
void sender_free(struct sender *s); /* NULL is fine; cancels what is under way */

/* Starts a batch, which stays lent until its answer or until it is to be aborted: it is gone before sender_abort(). */
void sender_send(struct sender *s, int64_t now, const struct batch *b);

/* Cancels the batch's requests; it is not looked at again and gets no answer. Unknown ids are fine. */
void sender_abort(struct sender *s, uint64_t batch_id);

/* Works on what the HTTP client has completed; true: *out holds the answer of one batch (yours: hand it to engine_answer()).
 * Call until false, in each turn. */
bool sender_next_answer(struct sender *s, int64_t now, struct answer *out);

/* When to call sender_next_answer() again though the HTTP client has nothing; INT64_MAX: never. */
int64_t sender_due(const struct sender *s);

/* Is there a valid login? When not, `why` (size bytes) says so in words fit for /readyz and the log. Before the first login: false. */
bool sender_authenticated(const struct sender *s, char *why, size_t size);

/* Is the login a stored one, and none is stored? Then nothing will ever be sent until `sfsink login` was run. */
bool sender_no_login(const struct sender *s);

/* Starts a login now if there is no valid token, so that a worker is ready before its first event. */
void sender_prepare(struct sender *s, int64_t now);

/* After a reload: takes over the secrets of the login, if they are others. `fresh` is not needed any more then. */
void sender_take_over(struct sender *s, int64_t now, const struct config *fresh);

/* Counted since the start, for metrics. */
struct sender_call_count {
    const char *resource; /* "collections", "composite", "query", "describe", "token" */
    int status;           /* HTTP status; 0: no answer */
    uint64_t calls;
};
struct sender_counts {
    const struct sender_call_count *calls;
    size_t ncalls;
    uint64_t duration_bucket[16]; /* calls by duration; see sender_buckets_ms */
    uint64_t duration_count;
    double duration_sum_s;
    int64_t api_used, api_limit; /* of the last Sforce-Limit-Info; -1: not seen yet */
    uint64_t refreshes_ok, refreshes_failed;
};
extern const int sender_buckets_ms[15]; /* upper bounds; the last bucket has none */
const struct sender_counts *sender_counts(const struct sender *s);

/* Where the calls go: the login's answer, or the setting; "" while neither is known. Lent until the next call. */
const char *sender_instance_url(const struct sender *s);

#endif
