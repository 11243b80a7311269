/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/commits.h"

#include "common/memory.h"

#include <string.h>

/* The last commit of a hand-over always has a map: what is returned unsent must not make its next owner write older
 * states over what was finished above it. */
static bool has_map(const struct engine *e)
{
    return e->limits.commit_map || e->phase == PHASE_LAST_COMMIT;
}

static const char clean_mark[] = "clean ";

const char *commits_map(const char *metadata, bool *clean)
{
    size_t len = strlen(clean_mark);
    *clean = strncmp(metadata, clean_mark, len) == 0;
    return *clean ? metadata + len : metadata;
}

/* Without it the next owner would take inserts that it reads for ones that may have been sent. */
static bool is_clean(const struct engine *e, const struct part *part)
{
    return e->phase == PHASE_LAST_COMMIT && part->inserts && !part->unclear;
}

/* With a map, what was finished above the commit point is worth a commit too. */
static bool advanced(const struct engine *e, const struct part *part)
{
    int64_t point = offsets_commit_point(part->offsets);
    return point > part->committed || (has_map(e) && part->dirty) || is_clean(e, part);
}

/* What the map that we started from marks beyond what has been read since then is as true as it was. (But not above a
 * doubtful place: offsets.h.) */
static void add_unread(struct commit_map_writer *w, const struct part *part)
{
    int64_t from = offsets_last(part->offsets) + 1, to;
    if (!part->restored || offsets_doubtful(part->offsets))
        return;
    while (commit_map_next_run(part->restored, &from, &to)) {
        commit_map_add(w, from, to);
        from = to;
    }
}

static void write_map(const struct engine *e, struct part *part)
{
    struct commit_map_writer w;
    int64_t from, to;
    uint64_t place = 0;

    free(part->metadata);
    commit_map_begin(&w, part->committing);
    while (offsets_next_run(part->offsets, &place, &from, &to))
        commit_map_add(&w, from, to);
    add_unread(&w, part);
    char *map = commit_map_end(&w);
    part->metadata = is_clean(e, part) ? xasprintf("%s%s", clean_mark, map ? map : "") : map;
    if (part->metadata != map)
        free(map);
}

static bool has_finished_above(const struct part *part)
{
    int64_t from, to;
    uint64_t place = 0;
    return part->restored || offsets_next_run(part->offsets, &place, &from, &to);
}

static void add_point(struct engine *e, struct part *part)
{
    part->committing = offsets_commit_point(part->offsets);
    part->dirty = !has_map(e) && has_finished_above(part);
    if (has_map(e))
        write_map(e, part);
    e->points[e->npoints++] =
        (struct commit_point){part->topic, part->partition, part->lease, part->committing, part->metadata};
}

bool commits_advanced(const struct engine *e)
{
    for (const struct part *part = e->parts; part; part = part->hh.next)
        if (advanced(e, part))
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
        if (advanced(e, part))
            add_point(e, part);
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
        if (ok && part->committing >= 0) {
            part->committed = part->committing;
            part->unannounced = false;
        }
        if (!ok && part->committing >= 0)
            part->dirty = true;
        part->committing = -1;
    }
    if (ok)
        return;
    e->dirty = true;
    if (e->stopping && now >= e->stop_until)
        e->stop_given_up = true;
}
