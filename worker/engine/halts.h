/* SPDX-License-Identifier: Apache-2.0 */
/* halts.h: routes that stand still: their object or a field is gone, or too many of their events fail for good.
 *
 *     ANSWER_HALT, OUTCOME_HALT ──► halted ──(backoff, one batch of it goes out to ask)──► halted again, or goes on
 *     stop_above_percent        ──► halted until the process starts anew
 *
 * The writes of a halted route are ready and wait in a queue of its own; those it had in flight count no attempt. */
#ifndef SFSINK_WORKER_ENGINE_HALTS_H
#define SFSINK_WORKER_ENGINE_HALTS_H

#include "worker/engine/state.h"

/* Takes the failure. wait_ms: what the answer asks for, or -1. */
void route_halt(struct engine *e, int64_t now, size_t route, struct failure *f, int64_t wait_ms);
void route_resume(struct engine *e, size_t route);

/* A batch that went out to ask was not answered clearly: another one goes later. */
void route_ask_later(struct engine *e, int64_t now, size_t route);

/* An event of the route has ended, for good or not; true: the route has stopped, and this one is to wait with it. */
bool route_ended(struct engine *e, size_t route, bool failed, const struct failure *why);

/* Of the halted routes one that may ask at `now`, or -1; and when the next may. */
int routes_asking(const struct engine *e, int64_t now);
int64_t routes_due(const struct engine *e);

/* Does any write of the batch belong to a halted route? */
bool is_halted(const struct engine *e, const struct sending *s);

/* Do the halted routes hold so much that their partitions must be kept back? */
bool halts_crowd(const struct engine *e, bool parked);

/* The partitions are given back: with the events that come next the routes are asked anew, but for those stopped for good. */
void halts_forget(struct engine *e);

void halts_free(struct engine *e);

#endif
