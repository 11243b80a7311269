/* SPDX-License-Identifier: Apache-2.0 */
/* sendings.h: batches, from the queue to the last of their writes.
 *
 * A batch that fails keeps its composition and goes again under a new id. One that fails while others succeed is taken
 * apart, until the bad write is alone. Fresh batches and failed ones alternate, so that a bad one never starves the
 * others. */
#ifndef SFSINK_WORKER_ENGINE_SENDINGS_H
#define SFSINK_WORKER_ENGINE_SENDINGS_H

#include "worker/engine/state.h"

/* The next batch to go at `now`, or NULL: no slot, the org is closed, nothing is due. It counts as in flight. */
struct sending *sending_next(struct engine *e, int64_t now);

/* When sending_next() may have something; INT64_MAX: not before something else happens. */
int64_t sending_due(const struct engine *e);

/* The one that is on its way under this id, or NULL. It is not in flight any more. */
struct sending *sending_take_back(struct engine *e, uint64_t id);

void sending_rest(struct engine *e, struct sending *s, int64_t until); /* again, not before */
void sending_timer_due(struct sending *s);

/* Two batches of the first `n` writes and the others, to go at once; or of write `suspect` and the others. */
void sending_halve(struct engine *e, struct sending *s);
void sending_isolate(struct engine *e, struct sending *s, size_t suspect);

/* Its writes are settled or back in their lanes. */
void sending_free(struct engine *e, struct sending *s);

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
