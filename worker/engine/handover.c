/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/handover.h"

#include "worker/engine/commits.h"
#include "worker/engine/entries.h"
#include "worker/engine/groups.h"
#include "worker/engine/halts.h"
#include "worker/engine/lanes.h"
#include "worker/engine/letters.h"
#include "worker/engine/sendings.h"

static void return_unsent(struct engine *e)
{
    sendings_dissolve_unsent(e);
    lanes_return_unsent(e);
}

/* What is on its way is given up too; its events go back with the abort. */
static void give_up(struct engine *e)
{
    return_unsent(e);
    letters_return_all(e);
    sendings_doom(e);
}

void handover_abort(struct engine *e, int64_t now, struct sending *s)
{
    groups_back(e, s);
    for (size_t i = 0; i < s->batch.nwrites; i++) {
        lane_hold(e, now, sending_turn(s, i)); /* it may yet be carried out */
        lane_return(e, now, sending_turn(s, i));
    }
    sending_free(e, s);
}

void handover_revoke(struct engine *e, int64_t now)
{
    if (e->phase != PHASE_RUNNING)
        return;
    e->phase = PHASE_DRAINING;
    e->drain_until = now + e->limits.drain_ms;
    return_unsent(e);
    letters_return(e, LETTER_RESTING);
    letters_return(e, LETTER_HELD);
}

void handover_lost(struct engine *e, int64_t now)
{
    (void)now;
    e->phase = PHASE_RELEASING;
    give_up(e);
}

void handover_stop(struct engine *e, int64_t now, int64_t within_ms)
{
    if (e->stopping)
        return;
    e->stopping = true;
    e->stop_until = now + within_ms;
}

static int64_t drain_deadline(const struct engine *e)
{
    return e->stopping && e->stop_until < e->drain_until ? e->stop_until : e->drain_until;
}

void handover_step(struct engine *e, int64_t now)
{
    if (e->phase == PHASE_DRAINING) {
        if (e->counts.halted) /* what was on its way may just have become one that is not sent */
            letters_return(e, LETTER_HELD);
        if (now >= drain_deadline(e))
            give_up(e);
        if (e->counts.pending == 0)
            e->phase = PHASE_LAST_COMMIT;
    }
    if (e->phase == PHASE_LAST_COMMIT && !e->commit_out && (e->commit_is_last || !commits_advanced(e)))
        e->phase = PHASE_RELEASING;
    if (!e->stopping || e->phase != PHASE_RUNNING)
        return;
    /* neither the org nor a halted route takes it now: the next worker asks again */
    if (engine_waiting(e))
        return_unsent(e);
    if (e->counts.halted) {
        lanes_return_halted(e, now);
        letters_return(e, LETTER_HELD);
    }
    if (now >= e->stop_until && e->counts.pending)
        give_up(e);
}

int64_t handover_due(const struct engine *e)
{
    if (e->phase == PHASE_DRAINING)
        return drain_deadline(e);
    return e->stopping && e->phase == PHASE_RUNNING && e->counts.pending ? e->stop_until : INT64_MAX;
}

bool handover_release(struct engine *e)
{
    if (e->phase != PHASE_RELEASING) /* what was on its way has been aborted before: engine_next() */
        return false;
    if (e->counts.pending)
        bug("%llu events are held at the release", (unsigned long long)e->counts.pending);
    part_free_all(e);
    lanes_forget_versions(e);
    halts_forget(e);
    e->dirty = false;
    e->commit_is_last = false;
    e->phase = PHASE_RUNNING;
    return true;
}
