/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/usage.h"

#include <inttypes.h>
#include <stdio.h>

enum { LONGEST_LINGER_MS = 30 * 1000, PROBE_MS = 4 * 60 * 1000, PROBE_JITTER_MS = 2 * 60 * 1000 };

static int64_t next_probe(int64_t now, uint64_t random)
{
    return now + PROBE_MS + (int64_t)(random % PROBE_JITTER_MS);
}

static struct failure *explain(const struct usage *u, int64_t used, int64_t limit)
{
    char text[256];
    snprintf(text, sizeof text,
             "%" PRId64 " of the org's %" PRId64
             " daily API calls are used; from %u %% on (salesforce.api_usage.stop_at) "
             "nothing is sent until some of them are free again",
             used, limit, u->stop_at);
    return failure_new(STAGE_WRITE, "API_USAGE", text, NULL);
}

void usage_tell(struct usage *u, int64_t now, int64_t used, int64_t limit, uint64_t random)
{
    if (limit <= 0 || used < 0)
        return;
    u->percent = (double)used * 100 / (double)limit;
    bool stop = u->stop_at && u->percent >= u->stop_at;
    if (stop && !u->stopped)
        u->probe_at = next_probe(now, random);
    u->stale = false;
    failure_free(u->stopped);
    u->stopped = stop ? explain(u, used, limit) : NULL;
}

int64_t usage_linger(const struct usage *u, int64_t linger_ms)
{
    if (!u->slow_at || u->percent < u->slow_at || linger_ms >= LONGEST_LINGER_MS)
        return linger_ms;
    double span = u->stop_at > u->slow_at ? u->stop_at - u->slow_at : 1;
    double part = (u->percent - u->slow_at) / span;
    if (part > 1)
        part = 1;
    return linger_ms + (int64_t)((double)(LONGEST_LINGER_MS - linger_ms) * part * part);
}

int64_t usage_open_at(const struct usage *u)
{
    return u->stopped ? u->probe_at : INT64_MIN;
}

void usage_look(struct usage *u, int64_t now, bool something_waits)
{
    u->stale = !something_waits && (u->stale || now >= u->probe_at);
}

void usage_probed(struct usage *u, int64_t now, uint64_t random)
{
    if (u->stopped)
        u->probe_at = next_probe(now, random);
}
