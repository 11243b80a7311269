/* SPDX-License-Identifier: Apache-2.0 */
/* budget.h: how many batches may be on their way, how large they may be, and when the next may go.
 *
 * Additive increase, multiplicative decrease, twice: the number of batches in flight for the whole org, the writes of a
 * batch for each target. Both fall when Salesforce struggles and rise again while it does not; what was sent before a
 * fall says nothing about it, so that one bad moment costs one fall. A failure also closes the org for a backoff that
 * grows until something succeeds; while the org has told us to wait, one batch at a time goes out to ask.
 *
 *     answer                                       in flight              writes of a batch
 *     results, in time                             +1 each round          + a twentieth of the ceiling, if it was full
 *     results, congested (locks, limits) or slow   a fifth less           half
 *     no answer                                    half                   half, not below an eighth of the ceiling
 *     failed (refused connection, 503)             half                   as it is: smaller ones would be more calls
 *
 * Pure; milliseconds; batches are told apart by their rising ids. */
#ifndef SFSINK_WORKER_ENGINE_BUDGET_H
#define SFSINK_WORKER_ENGINE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Salesforce counts requests that run longer against a limit of their own. */
enum { SLOW_ANSWER_MS = 20000 };

/* So many failures in a row are an outage, and no longer one bad moment. */
enum { OUTAGE_FAILURES = 3 };

struct budget {
    unsigned ceiling; /* requests_in_flight */
    unsigned allowed; /* 1 to ceiling */
    unsigned in_flight;
    unsigned successes; /* since the limit last changed */
    unsigned failures;  /* since the last success */
    uint64_t fell_at;   /* the last batch that was sent before the limit fell */
    int64_t open_at;
    bool asking; /* told to wait, and no success since */
};

static inline bool budget_has_slot(const struct budget *b)
{
    return b->in_flight < (b->asking ? 1 : b->allowed);
}

/* Batch `id` came back, `newest` being the last one sent: with results (crowded: congested or slow), */
void budget_succeeded(struct budget *b, uint64_t id, uint64_t newest, bool crowded);
/* refused for what is in it: says nothing about the load, */
void budget_refused(struct budget *b);
/* or failed: closed until `open_at`. */
void budget_failed(struct budget *b, uint64_t id, uint64_t newest, int64_t open_at);

/* The writes of a batch, of one target. */
struct batch_size {
    size_t ceiling;
    size_t allowed; /* 1 to ceiling */
    uint64_t fell_at;
};

void batch_size_good(struct batch_size *b, size_t nwrites);
void batch_size_bad(struct batch_size *b, uint64_t id, uint64_t newest, size_t least);

#endif
