/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/limits.h"

#include "worker/simulator/flights.h"

bool limits_admit(struct world *w, struct answer *a)
{
    struct settings *s = &w->settings;

    if (s->daily_used >= s->daily_limit)
        return answer_error(a, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    if (flights_long(w, s->long_request_ms) >= s->concurrent_limit)
        return answer_error(a, 403, "REQUEST_LIMIT_EXCEEDED",
                            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.");
    s->daily_used++;
    w->counts.api_calls++;
    return true;
}

static json_t *allowance(int64_t max, int64_t used)
{
    return json_pack("{s:I, s:I}", "Max", (json_int_t)max, "Remaining", (json_int_t)(used < max ? max - used : 0));
}

json_t *limits_show(const struct world *w)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "DailyApiRequests",
                     allowance(w->settings.daily_limit, w->settings.daily_used), "DailyBulkApiBatches",
                     allowance(15000, 0), "DataStorageMB", allowance(1024, w->settings.storage_full ? 1024 : 0),
                     "FileStorageMB", allowance(1024, 0));
}
