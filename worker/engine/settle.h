/* SPDX-License-Identifier: Apache-2.0 */
/* settle.h: what an answer means for the batch, its writes and their events. */
#ifndef SFSINK_WORKER_ENGINE_SETTLE_H
#define SFSINK_WORKER_ENGINE_SETTLE_H

#include "worker/engine/state.h"

/* Takes what the answer holds. */
void settle(struct engine *e, int64_t now, struct answer *a);

#endif
