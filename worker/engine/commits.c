/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/commits.h"

static bool advanced(const struct part *part)
{
    return offsets_commit_point(part->offsets) > part->committed;
}

bool commits_advanced(const struct engine *e)
{
    for (const struct part *part = e->parts; part; part = part->hh.next)
        if (advanced(part))
            return true;
    return false;
}

/* When the process ends and nothing is held any more, nothing is gained by waiting for the interval. */
static bool is_flush(const struct engine *e)
{
    return e->stopping && e->counts.pending == 0;
}

int64_t commits_due(const struct engine *e)
{
    if (e->commit_out || e->phase == PHASE_RELEASING)
        return INT64_MAX;
    if (e->phase == PHASE_LAST_COMMIT)
        return INT64_MIN;
    if (!e->dirty || e->stop_given_up)
        return INT64_MAX;
    return is_flush(e) && !e->commit_failed ? INT64_MIN : e->commit_at;
}

bool commits_next(struct engine *e, int64_t now)
{
    if (now < commits_due(e))
        return false;
    e->dirty = false;
    e->commit_at = now + e->limits.commit_every_ms;
    e->npoints = 0;
    e->points = xreallocarray(e->points, HASH_COUNT(e->parts) + 1, sizeof *e->points);
    for (struct part *part = e->parts; part; part = part->hh.next) {
        part->committing = -1;
        if (!advanced(part))
            continue;
        part->committing = offsets_commit_point(part->offsets);
        e->points[e->npoints++] = (struct commit_point){part->topic, part->partition, part->lease, part->committing};
    }
    e->commit_is_last = e->phase == PHASE_LAST_COMMIT;
    e->commit_out = e->npoints > 0;
    return e->commit_out;
}

void commits_answered(struct engine *e, int64_t now, bool ok)
{
    if (!e->commit_out)
        return;
    e->commit_out = false;
    e->commit_failed = !ok;
    for (struct part *part = e->parts; part; part = part->hh.next) {
        if (ok && part->committing >= 0)
            part->committed = part->committing;
        part->committing = -1;
    }
    if (ok)
        return;
    e->dirty = true;
    if (e->stopping && now >= e->stop_until)
        e->stop_given_up = true;
}
