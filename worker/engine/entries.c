/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/entries.h"

#include "worker/engine/halts.h"

struct part *part_find(const struct engine *e, uint64_t lease)
{
    struct part *part;
    HASH_FIND(hh, e->parts, &lease, sizeof lease, part);
    return part;
}

void part_free_all(struct engine *e)
{
    struct part *part, *next;
    HASH_ITER(hh, e->parts, part, next)
    {
        HASH_DEL(e->parts, part);
        offsets_free(part->offsets);
        commit_map_free(part->restored);
        free(part->metadata);
        free(part->topic);
        free(part);
    }
}

/* A partition whose lowest event will not settle keeps its settled offsets here: so many, and it is held back alone. So
 * are those of halted routes, before they fill the buffer and nothing of the others comes in any more. */
static bool holds_too_much(const struct engine *e, const struct part *part)
{
    size_t held = offsets_held(part->offsets);
    if (held < part->let_in)
        return false;
    return part->parked ? held > e->limits.max_events / 2 : held >= e->limits.max_events;
}

static void check_parking(struct engine *e, struct part *part)
{
    bool park = holds_too_much(e, part);
    if (part->route >= 0 && e->routes[part->route].halted)
        park = park || halts_crowd(e, part->parked);
    e->parking_changed = e->parking_changed || park != part->parked;
    part->parked = park;
}

void part_let_in(struct engine *e, struct part *part)
{
    enum { A_FEW = 20 };
    if (!part->parked)
        return;
    part->let_in = offsets_held(part->offsets) + A_FEW;
    check_parking(e, part);
}

void parts_check(struct engine *e, size_t route)
{
    for (struct part *part = e->parts; part; part = part->hh.next)
        if (part->route == (int)route)
            check_parking(e, part);
}

/* Kafka begins below the commit that it named: the log is another one than that commit's. */
static void check_start(struct part *part, int64_t offset)
{
    if (offset >= part->start)
        return;
    commit_map_free(part->restored);
    part->restored = NULL;
}

/* Was it finished before we started? Its place is taken and finished at once, so that the commit point can pass it. */
static bool is_restored(struct engine *e, struct part *part, int64_t offset)
{
    if (!part->restored)
        return false;
    bool finished = commit_map_holds(part->restored, offset);
    if (!commit_map_reaches(part->restored, offset)) {
        commit_map_free(part->restored);
        part->restored = NULL;
    }
    if (!finished)
        return false;
    offsets_finish(part->offsets, offsets_take(part->offsets, offset));
    e->counts.restored++;
    e->dirty = part->dirty = true;
    check_parking(e, part);
    return true;
}

struct part *entry_admit(struct engine *e, const struct message *m)
{
    struct part *part = part_find(e, m->lease);
    if (!part || e->phase != PHASE_RUNNING || m->offset <= offsets_last(part->offsets)) {
        e->counts.dropped++;
        return NULL;
    }
    check_start(part, m->offset);
    return is_restored(e, part, m->offset) ? NULL : part;
}

static void settled(struct engine *e, struct part *part, size_t route, uint64_t place, enum disposition d)
{
    offsets_finish(part->offsets, place);
    e->counts.events[route][d]++;
    e->dirty = part->dirty = true;
    check_parking(e, part);
}

void entry_skip(struct engine *e, struct part *part, size_t route, int64_t offset)
{
    uint64_t place = offsets_take(part->offsets, offset);
    e->counts.consumed++;
    settled(e, part, route, place, DISPOSITION_SKIPPED);
}

struct entry *entry_new(struct engine *e, int64_t now, struct part *part, size_t route, struct message *m,
                        struct record *r)
{
    struct entry *entry = xcalloc(1, sizeof *entry);
    entry->part = part;
    entry->place = offsets_take(part->offsets, m->offset);
    entry->route = route;
    entry->message = m;
    entry->record = r;
    entry->arrived = now;
    /* what the engine itself spends on it is counted too: a million tiny events are not free */
    entry->bytes = sizeof *entry + sizeof(struct turn) + sizeof(struct lane) + m->bytes + (r ? r->bytes : 0);
    DL_APPEND2(e->oldest, entry, older, newer);
    e->counts.consumed++;
    e->counts.pending++;
    e->counts.pending_bytes += entry->bytes;
    e->routes[route].pending++;
    e->routes[route].pending_bytes += entry->bytes;
    part->route = (int)route;
    check_parking(e, part);
    if (e->routes[route].halted)
        parts_check(e, route);
    return entry;
}

static void entry_free(struct engine *e, struct entry *entry)
{
    DL_DELETE2(e->oldest, entry, older, newer);
    e->counts.pending--;
    e->counts.pending_bytes -= entry->bytes;
    e->routes[entry->route].pending--;
    e->routes[entry->route].pending_bytes -= entry->bytes;
    free(entry->record);
    free(entry->message);
    free(entry);
}

static void count_age(struct engine *e, const struct entry *entry)
{
    int64_t happened = entry->message->timestamp_ms, age = e->now + e->wall_at_zero - happened;
    size_t i = 0;
    if (happened < 0)
        return;
    if (age < 0)
        age = 0; /* their clock is ahead of ours */
    while (i < ENGINE_AGES - 1 && age > engine_ages_ms[i])
        i++;
    e->counts.ages[i]++;
    entry->part->ages[i]++;
    e->counts.ages_sum_s += (double)age / 1000;
}

void entry_finish(struct engine *e, struct entry *entry, enum disposition d)
{
    if (d == DISPOSITION_APPLIED)
        count_age(e, entry);
    if (d != DISPOSITION_DEAD_LETTERED) /* that was noted when it failed */
        route_ended(e, entry->route, false, NULL);
    settled(e, entry->part, entry->route, entry->place, d);
    entry_free(e, entry);
}

void entry_return(struct engine *e, struct entry *entry)
{
    e->counts.events[entry->route][DISPOSITION_RETURNED]++;
    entry_free(e, entry);
}
