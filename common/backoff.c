/* SPDX-License-Identifier: Apache-2.0 */
#include "common/backoff.h"

int64_t backoff_ms(int64_t base_ms, int64_t max_ms, unsigned failures, uint64_t random)
{
    int64_t wait = base_ms < max_ms ? base_ms : max_ms;
    for (unsigned i = 1; i < failures && wait < max_ms; i++)
        wait = wait > max_ms / 2 ? max_ms : wait * 2;
    return (int64_t)(random % ((uint64_t)wait + 1));
}
