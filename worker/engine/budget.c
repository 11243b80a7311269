/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/budget.h"

static void fall(struct budget *b, uint64_t id, uint64_t newest, unsigned by)
{
    b->successes = 0;
    if (id <= b->fell_at)
        return;
    b->fell_at = newest;
    b->allowed -= by < b->allowed ? by : b->allowed - 1;
}

void budget_succeeded(struct budget *b, uint64_t id, uint64_t newest, bool crowded)
{
    b->failures = 0;
    b->asking = false;
    if (crowded) {
        fall(b, id, newest, b->allowed / 5 + 1);
    } else if (++b->successes >= b->allowed) {
        b->successes = 0;
        if (b->allowed < b->ceiling)
            b->allowed++;
    }
}

void budget_refused(struct budget *b)
{
    b->failures = 0;
    b->asking = false;
}

void budget_failed(struct budget *b, uint64_t id, uint64_t newest, int64_t open_at)
{
    b->failures++;
    fall(b, id, newest, (b->allowed + 1) / 2);
    if (open_at > b->open_at)
        b->open_at = open_at;
}

void batch_size_good(struct batch_size *b, size_t nwrites)
{
    size_t step = b->ceiling / 20 + 1;
    if (nwrites < b->allowed)
        return; /* says nothing about larger ones */
    b->allowed = b->ceiling - b->allowed < step ? b->ceiling : b->allowed + step;
}

void batch_size_bad(struct batch_size *b, uint64_t id, uint64_t newest, size_t least)
{
    size_t half = (b->allowed + 1) / 2;
    if (id <= b->fell_at || b->allowed <= least)
        return;
    b->fell_at = newest;
    b->allowed = half > least ? half : least;
}
