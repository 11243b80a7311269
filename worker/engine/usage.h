/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h: the org's daily calls are shared with everybody else; as they run out we make fewer, and then none.
 *
 *     used     0 ────────── slow_at ─────────────── stop_at ──────── 100 %
 *     linger   as set       grows to 30 s (square)  nothing goes but one batch every few minutes, to learn
 *
 * Pure; milliseconds. */
#ifndef SFSINK_WORKER_ENGINE_USAGE_H
#define SFSINK_WORKER_ENGINE_USAGE_H

#include "worker/travel.h"

struct usage {
    unsigned slow_at, stop_at; /* per cent; 0: never */
    double percent;            /* as last told */
    struct failure *stopped;   /* NULL: it goes on */
    int64_t probe_at;
    bool stale; /* it was time to ask, and there was nothing to ask with */
};

void usage_tell(struct usage *u, int64_t now, int64_t used, int64_t limit, uint64_t random);
int64_t usage_linger(const struct usage *u, int64_t linger_ms);

/* While stopped: when the next batch may go to ask; else INT64_MIN. */
int64_t usage_open_at(const struct usage *u);
void usage_look(struct usage *u, int64_t now, bool something_waits);
void usage_probed(struct usage *u, int64_t now, uint64_t random); /* a batch goes, stopped or not */

#endif
