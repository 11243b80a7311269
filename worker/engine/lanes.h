/* SPDX-License-Identifier: Apache-2.0 */
/* lanes.h: the order in which the changes of one record go out.
 *
 * Each record with something to do has a lane, found by key space and identity. The lane's first turn is ready, on its
 * way or resting; those behind wait until it is settled. So one record is never in two requests at once, and never
 * twice in one. A record without identity (an insert without external id) has a lane of its own. */
#ifndef SFSINK_WORKER_ENGINE_LANES_H
#define SFSINK_WORKER_ENGINE_LANES_H

#include "worker/engine/state.h"

/* An event takes its place: merged into the last waiting turn, or as a new one behind it. */
void lanes_add(struct engine *e, int64_t now, struct entry *entry);

/* The first turn is settled, its entries are gone: frees it and lets the next one go. */
void lane_settled(struct engine *e, int64_t now, struct turn *t);

/* The first turn is applied: its version stands. Before lane_settled(). */
void lane_applied(struct turn *t);

/* The first turn goes again after `wait_ms` (or as soon as it may). */
void lane_rest(struct engine *e, int64_t now, struct turn *t, int64_t wait_ms);

/* The first turn holds several events and one of them is bad: each goes alone, in order. */
void lane_take_apart(struct engine *e, int64_t now, struct turn *t);

/* A request with the first turn has got no answer: newer changes wait until it can no longer come into effect. */
void lane_hold(struct engine *e, int64_t now, struct turn *t);

/* Gives back the events of all turns but those on their way. */
void lanes_return_unsent(struct engine *e);

/* The same for the turns of halted routes and what is behind them in their lanes; the others go on. */
void lanes_return_halted(struct engine *e, int64_t now);

/* Gives back the events of the first turn, which was on its way. */
void lane_return(struct engine *e, int64_t now, struct turn *t);

/* A turn's or a lane's timer has come. */
void lane_turn_due(struct engine *e, struct turn *t, int64_t now);
void lane_hold_due(struct engine *e, int64_t now, struct lane *lane);

/* The partitions are somebody else's for a while, who may delete records and make them anew: what was applied of them
 * says nothing about what comes after that. */
void lanes_forget_versions(struct engine *e);

void lanes_free_all(struct engine *e); /* with all turns, not the entries */

#endif
