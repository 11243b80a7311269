/* SPDX-License-Identifier: Apache-2.0 */
/* sendings.h: batches, from the queue to the last of their writes.
 *
 * A batch that fails keeps its composition and goes again under a new id. One that fails while others succeed is taken
 * apart, until the bad write is alone; so is one that was refused whole. Fresh batches and failed ones alternate, so
 * that a bad one never starves the others. */
#ifndef SFSINK_WORKER_ENGINE_SENDINGS_H
#define SFSINK_WORKER_ENGINE_SENDINGS_H

#include "worker/engine/state.h"

/* The next batch to go at `now`, or NULL: no slot, the org is closed, nothing is due. It counts as in flight. */
struct sending *sending_next(struct engine *e, int64_t now);

/* When sending_next() may have something; INT64_MAX: not before something else happens. */
int64_t sending_due(const struct engine *e);

/* The one that is on its way under this id, or NULL. It is not in flight any more. */
struct sending *sending_take_back(struct engine *e, uint64_t id);

/* Again, not before. If a route of it is halted its writes are ready again instead. */
void sending_rest(struct engine *e, struct sending *s, int64_t until);
void sending_timer_due(struct sending *s);

/* It is no more; all its writes are ready again, as old as they are, in front. */
void sending_requeue(struct engine *e, struct sending *s);

/* The same for one that asked for its route without a clear answer: behind the others. */
void sending_put_last(struct engine *e, struct sending *s);

/* A new one of these turns, which have been out and belong to no other any more; to be rested, requeued or searched. */
struct sending *sending_of(struct engine *e, enum operation op, struct turn **turns, size_t n);

/* Two halves, to go at once; or write `suspect` alone and the others. */
void sending_halve(struct engine *e, struct sending *s);
void sending_isolate(struct engine *e, struct sending *s, size_t suspect);

/* One write of it spoils the rest: its first half goes out to ask, the second waits. If the first goes through, the
 * culprit is in the second, which need not be sent whole to know it. So a culprit among n costs at most 2 log2(n)
 * calls, half of that at best. */
void sending_search(struct engine *e, struct sending *s);
/* What became of the first half: it went through, or not. The second one goes its way. */
void sending_tell_partner(struct engine *e, struct sending *s, bool went_through);

/* Its writes are settled or back in their lanes. */
void sending_free(struct engine *e, struct sending *s);

/* A route is halted: those with writes of it that are not on their way are no more; their writes are ready again. */
void sendings_give_back(struct engine *e, size_t route);

/* Those that are not on their way are no more: their turns are queued again, so that their lanes can return them. */
void sendings_dissolve_unsent(struct engine *e);

/* Those on their way are to be aborted. */
void sendings_doom(struct engine *e);
struct sending *sending_doomed(struct engine *e); /* or NULL */

static inline struct turn *sending_turn(const struct sending *s, size_t i)
{
    return (struct turn *)s->batch.writes[i];
}

#endif
