/* SPDX-License-Identifier: Apache-2.0 */
/* budget.h: how many batches may be on their way, and when the next may go.
 *
 * The limit falls by half when a request fails and rises by one for as many successes as it is (additive increase,
 * multiplicative decrease). A failure also closes the org for a backoff that grows until something succeeds; while the
 * org has told us to wait, one batch at a time goes out to ask. Pure; milliseconds. */
#ifndef SFSINK_WORKER_ENGINE_BUDGET_H
#define SFSINK_WORKER_ENGINE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
    unsigned ceiling; /* requests_in_flight */
    unsigned allowed; /* 1 to ceiling */
    unsigned in_flight;
    unsigned successes; /* since the limit last changed */
    unsigned failures;  /* since the last success */
    int64_t open_at;
    bool asking; /* told to wait, and no success since */
};

static inline bool budget_has_slot(const struct budget *b)
{
    return b->in_flight < (b->asking ? 1 : b->allowed);
}

/* A batch came back: with results (crowded: some of them locked out by others), */
void budget_succeeded(struct budget *b, bool crowded);
/* refused for what is in it: says nothing about the load, */
void budget_refused(struct budget *b);
/* or failed: closed until `open_at`. */
void budget_failed(struct budget *b, int64_t open_at);

#endif
