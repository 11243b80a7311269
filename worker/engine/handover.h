/* SPDX-License-Identifier: Apache-2.0 */
/* handover.h: giving partitions back, and ending.
 *
 *     revoked ──► draining ──(nothing on its way, or too late)──► last commit ──► releasing ──► running, without
 * partitions lost ─────────────────────────────────────────────────────────────────────► releasing
 */
#ifndef SFSINK_WORKER_ENGINE_HANDOVER_H
#define SFSINK_WORKER_ENGINE_HANDOVER_H

#include "worker/engine/state.h"

void handover_revoke(struct engine *e, int64_t now);
void handover_lost(struct engine *e, int64_t now);
void handover_stop(struct engine *e, int64_t now, int64_t within_ms);

/* What the passing of time demands: deadlines. Before each look for an action. */
void handover_step(struct engine *e, int64_t now);
int64_t handover_due(const struct engine *e);

/* The last action of a handover: frees the partitions. True once. */
bool handover_release(struct engine *e);

/* All events of an aborted batch go back; frees it. */
void handover_abort(struct engine *e, int64_t now, struct sending *s);

#endif
