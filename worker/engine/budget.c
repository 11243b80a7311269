/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/budget.h"

void budget_succeeded(struct budget *b, bool crowded)
{
    b->failures = 0;
    b->asking = false;
    if (crowded) {
        b->successes = 0;
        if (b->allowed > 1)
            b->allowed--;
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

void budget_failed(struct budget *b, int64_t open_at)
{
    b->failures++;
    b->successes = 0;
    if (b->allowed > 1)
        b->allowed /= 2;
    if (open_at > b->open_at)
        b->open_at = open_at;
}
