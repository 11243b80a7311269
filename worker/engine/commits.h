/* SPDX-License-Identifier: Apache-2.0 */
/* commits.h: telling Kafka how far we are: regularly, one commit at a time, and once more before partitions are given
 * back. */
#ifndef SFSINK_WORKER_ENGINE_COMMITS_H
#define SFSINK_WORKER_ENGINE_COMMITS_H

#include "worker/engine/state.h"

/* Is there a partition whose commit point Kafka does not know yet? */
bool commits_advanced(const struct engine *e);

/* Fills e->points, if a commit is due at `now`. It is on its way then. */
bool commits_next(struct engine *e, int64_t now);
int64_t commits_due(const struct engine *e);

/* The last commit of a hand-over says "clean" where no insert (by a key) was sent whose outcome is not settled by it: its map, in what was
 * committed; "" for none. NULL for *metadata: nobody has committed yet. */
const char *commits_map(const char *metadata, bool *clean);

void commits_answered(struct engine *e, int64_t now, bool ok);

#endif
