/* SPDX-License-Identifier: Apache-2.0 */
/* queues.h: writes that are ready and wait for company: one queue for each target and operation, since only those may
 * share a request; and one for each halted route, whose writes wait for better times. */
#ifndef SFSINK_WORKER_ENGINE_QUEUES_H
#define SFSINK_WORKER_ENGINE_QUEUES_H

#include "worker/engine/state.h"

void queue_add(struct engine *e, int64_t now, struct turn *t); /* at the end; it is ready since now */
void queue_back(struct engine *e, struct turn *t);     /* it was out for nothing: to the front, as old as it is */
void queue_put_last(struct engine *e, struct turn *t); /* the same, but to the end */
void queue_remove(struct turn *t);                     /* out of the middle; it is only queued again */

/* A ready turn has taken in another event. It keeps its place (a record that changes all the time must not be put back
 * all the time), unless it belongs elsewhere now. */
void queue_update(struct engine *e, struct turn *t);

/* A ready turn's group goes out, or is back: it waits in no queue; it is first in its own again. */
void queue_block(struct turn *t);
void queue_unblock(struct engine *e, struct turn *t);

/* A route is halted, or not any more: its ready turns go where they belong now. */
void queues_resort(struct engine *e, size_t route);

/* When the next batch of fresh writes is due: a queue is full, or its first write has waited for the linger, or the
 * process stops, or the buffer is full so that no company can come (full and stopping: INT64_MIN). INT64_MAX: nothing
 * waits. */
int64_t queues_due(const struct engine *e);

/* Of the queues that are due, the one whose first write has been ready longest, so that a busy queue does not starve
 * the others; or NULL. */
struct queue *queues_next(struct engine *e, int64_t now);

#endif
