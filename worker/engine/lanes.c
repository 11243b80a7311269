/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/lanes.h"

#include "worker/engine/entries.h"
#include "worker/engine/merge.h"
#include "worker/engine/queues.h"

#include <string.h>

/* Key space and identity as one run of bytes, in e->key. */
static size_t make_key(struct engine *e, const struct record *r)
{
    size_t len = sizeof r->key_space + r->identity.len;
    engine_key_room(e, len);
    memcpy(e->key, &r->key_space, sizeof r->key_space);
    memcpy(e->key + sizeof r->key_space, r->identity.at, r->identity.len);
    return len;
}

static struct lane *lane_new(struct engine *e, size_t key_len)
{
    struct lane *lane = xcalloc(1, sizeof *lane + key_len);
    lane->key_len = key_len;
    if (key_len) {
        memcpy(lane->key, e->key, key_len);
        HASH_ADD_KEYPTR(hh, e->lanes_by_key, lane->key, key_len, lane);
    }
    DL_APPEND(e->lanes, lane);
    return lane;
}

static void lane_free(struct engine *e, struct lane *lane)
{
    timer_stop(e, &lane->timer);
    if (lane->key_len)
        HASH_DEL(e->lanes_by_key, lane);
    DL_DELETE(e->lanes, lane);
    free(lane->newest);
    free(lane);
}

static struct lane *lane_of(struct engine *e, const struct record *r)
{
    struct lane *lane = NULL;
    if (!r->identity.at)
        return lane_new(e, 0);
    size_t len = make_key(e, r);
    HASH_FIND(hh, e->lanes_by_key, e->key, len, lane);
    return lane ? lane : lane_new(e, len);
}

/* A change of a higher version need not wait: Salesforce itself refuses the older one. One that repeats what got no
 * answer is the same change. */
static bool is_held(const struct lane *lane, const struct turn *t, int64_t now)
{
    const struct record *r = t->write.record;
    if (now >= lane->hold_until || t->write.unanswered)
        return false;
    return !(lane->hold_route == r->route && r->has_version && r->version > lane->hold_version);
}

/* Takes the first turn out of its lane. */
static void drop_first(struct engine *e, struct turn *t)
{
    struct lane *lane = t->lane;
    if (lane->first != t)
        bug("a turn is settled that is not the first of its lane");
    lane->first = t->next;
    if (!lane->first)
        lane->last = NULL;
    timer_stop(e, &t->timer);
    turn_free(e, t);
}

/* Takes out of a lane's first turn what a higher version than that value's own has written; true: nothing is left. (An
 * insert is of the whole row: it is left to Salesforce.) */
static bool drop_written(const struct lane *lane, struct turn *t)
{
    const struct newest *newest = lane->newest;
    if (!newest || newest->route != t->write.record->route || !t->write.record->has_version)
        return false;
    return t->op != OP_INSERT && turn_drop_written(t, newest->versions) == 0;
}

/* The first turns that a higher version has made needless end here. */
static void drop_overtaken(struct engine *e, struct lane *lane)
{
    while (lane->first && lane->first->state == TURN_QUEUED && drop_written(lane, lane->first)) {
        struct turn *t = lane->first;
        for (struct entry *entry = t->first, *next; entry; entry = next) {
            next = entry->next;
            entry_finish(e, entry, DISPOSITION_SUPERSEDED);
        }
        drop_first(e, t);
    }
}

/* Lets the first turn go, if nothing speaks against it; a lane with nothing to do and nothing to remember ends. */
static void advance(struct engine *e, int64_t now, struct lane *lane)
{
    drop_overtaken(e, lane);
    struct turn *t = lane->first;

    if (!t && now >= lane->hold_until) {
        lane_free(e, lane);
        return;
    }
    if (t && t->state != TURN_QUEUED)
        return;
    if (!t || is_held(lane, t, now))
        timer_set(e, &lane->timer, TIMER_LANE, lane->hold_until);
    else
        queue_add(e, now, t);
}

static void append(struct lane *lane, struct turn *t)
{
    t->lane = lane;
    t->next = NULL;
    if (lane->last)
        lane->last->next = t;
    else
        lane->first = t;
    lane->last = t;
}

/* An older change must not bring back what was overwritten; nor a delete pass the hold with a version that may. */
static void ready_has_grown(struct engine *e, int64_t now, struct lane *lane, struct turn *t)
{
    drop_written(lane, t);
    if (!is_held(lane, t, now)) {
        queue_update(e, t);
        return;
    }
    queue_remove(t);
    timer_set(e, &lane->timer, TIMER_LANE, lane->hold_until);
}

static bool is_insert_by_key(const struct entry *entry)
{
    return entry->record->op == OP_INSERT && entry->record->key.at;
}

/* An earlier owner, which ended without a word, may have sent it: what got no answer, and nobody knows of. */
static bool is_inherited(const struct entry *entry)
{
    return is_insert_by_key(entry) && entry->message->timestamp_ms <= entry->part->doubtful_until;
}

/* It goes back, and it is not known whether it was carried out. */
static void leave_unclear(const struct turn *t)
{
    t->first->part->unclear |= (t->write.unanswered || t->write.inherited) && is_insert_by_key(t->first);
}

/* Before inserts go out, the word of an owner that ended in peace has to go: who is killed cannot take it back. (The first
 * commit of an assignment is one in any case.) */
static void note_insert(struct engine *e, int64_t now, const struct entry *entry)
{
    struct part *part = entry->part;
    if (!is_insert_by_key(entry) || part->inserts)
        return;
    part->inserts = true;
    if (!part->unannounced)
        return;
    e->dirty = true;
    e->commit_at = now;
}

void lanes_add(struct engine *e, int64_t now, struct entry *entry)
{
    struct lane *lane = lane_of(e, entry->record);
    struct turn *last = lane->last;

    if (last && last->last->part != entry->part)
        e->counts.cross_partition++;
    if (last && turn_takes(last, entry, e->limits.max_merge)) {
        turn_fold(last, entry);
        if (last->state == TURN_READY)
            ready_has_grown(e, now, lane, last);
        return;
    }
    append(lane, turn_new(entry));
    lane->last->write.inherited = is_inherited(entry);
    note_insert(e, now, entry);
    advance(e, now, lane);
}

static struct newest *newest_new(const struct record *r)
{
    struct newest *newest = xcalloc(1, sizeof *newest + r->nslots * sizeof newest->versions[0]);
    newest->route = r->route;
    newest->nslots = r->nslots;
    for (size_t i = 0; i < r->nslots; i++)
        newest->versions[i] = INT64_MIN;
    return newest;
}

static void forget_versions(struct lane *lane)
{
    free(lane->newest);
    lane->newest = NULL;
}

void lane_applied(struct turn *t)
{
    struct lane *lane = t->lane;
    const struct record *r = t->write.record;
    struct newest *newest = lane->newest;

    if (t->op == OP_DELETE) { /* what comes now is another record, whose versions may begin anew */
        forget_versions(lane);
        return;
    }
    if (!r->has_version)
        return;
    if (!newest || newest->route != r->route) {
        free(newest);
        newest = lane->newest = newest_new(r);
    }
    for (size_t i = 0; i < newest->nslots; i++)
        if (t->write.slots[i].at && turn_slot_version(t, i) > newest->versions[i])
            newest->versions[i] = turn_slot_version(t, i);
}

void lane_settled(struct engine *e, int64_t now, struct turn *t)
{
    struct lane *lane = t->lane;
    drop_first(e, t);
    advance(e, now, lane);
}

void lane_rest(struct engine *e, int64_t now, struct turn *t, int64_t wait_ms)
{
    t->state = TURN_RESTING;
    timer_set(e, &t->timer, TIMER_TURN, now + wait_ms);
}

void lane_turn_due(struct engine *e, struct turn *t, int64_t now)
{
    t->state = TURN_QUEUED;
    advance(e, now, t->lane);
}

void lane_take_apart(struct engine *e, int64_t now, struct turn *t)
{
    struct lane *lane = t->lane;
    struct turn *rest = t->next;

    lane->first = lane->last = NULL;
    for (struct entry *entry = t->first, *next; entry; entry = next) {
        next = entry->next;
        struct turn *one = turn_new(entry);
        one->alone = true;
        append(lane, one);
    }
    lane->last->next = rest; /* NOLINT(clang-analyzer-core.NullDereference): a turn has an entry at least */
    while (lane->last->next)
        lane->last = lane->last->next;
    turn_free(e, t);
    advance(e, now, lane);
}

void lane_hold(struct engine *e, int64_t now, struct turn *t)
{
    struct lane *lane = t->lane;
    const struct record *r = t->write.record;
    bool first = now >= lane->hold_until;

    t->write.unanswered = true;
    if (t->op == OP_DELETE) /* the record may be another one from now on */
        forget_versions(lane);
    lane->hold_route = r->has_version ? r->route : NULL; /* while it is held nothing of another kind goes: is_held() */
    if (first || r->version > lane->hold_version)
        lane->hold_version = r->version;
    if (now + e->limits.hold_ms > lane->hold_until) /* the setting may have changed */
        lane->hold_until = now + e->limits.hold_ms;
}

/* It may have been prolonged: then the timer begins anew, now or when what is under way comes back. */
void lane_hold_due(struct engine *e, int64_t now, struct lane *lane)
{
    advance(e, now, lane);
}

static void return_turn(struct engine *e, struct turn *t)
{
    if (t->state == TURN_READY)
        queue_remove(t);
    timer_stop(e, &t->timer);
    leave_unclear(t);
    for (struct entry *entry = t->first, *next; entry; entry = next) {
        next = entry->next;
        entry_return(e, entry);
    }
    turn_free(e, t);
}

/* Only for partitions that go: no lane may start its next turn, so advance() is not called. */
void lanes_return_unsent(struct engine *e)
{
    struct lane *lane, *next_lane;
    DL_FOREACH_SAFE(e->lanes, lane, next_lane)
    {
        struct turn *kept = lane->first && lane->first->state == TURN_SENT ? lane->first : NULL;
        for (struct turn *t = kept ? kept->next : lane->first, *next; t; t = next) {
            next = t->next;
            return_turn(e, t);
        }
        lane->first = lane->last = kept;
        if (kept)
            kept->next = NULL;
        else if (!lane->hold_until)
            lane_free(e, lane);
        else
            timer_set(e, &lane->timer, TIMER_LANE, lane->hold_until);
    }
}

static bool is_returnable(const struct engine *e, const struct turn *t)
{
    return t->state != TURN_SENT && e->routes[turn_route(t)].halted;
}

void lanes_return_halted(struct engine *e, int64_t now)
{
    struct lane *lane, *next_lane;
    DL_FOREACH_SAFE(e->lanes, lane, next_lane)
    {
        struct turn *rest = lane->first, *next;
        bool returning = false; /* and so does what is behind it: the record's next owner reads them in order */
        lane->first = lane->last = NULL;
        for (struct turn *t = rest; t; t = next) {
            next = t->next;
            returning = returning || is_returnable(e, t);
            if (returning)
                return_turn(e, t);
            else
                append(lane, t);
        }
        advance(e, now, lane);
    }
}

void lane_return(struct engine *e, int64_t now, struct turn *t)
{
    struct lane *lane = t->lane;
    leave_unclear(t);
    for (struct entry *entry = t->first, *next; entry; entry = next) {
        next = entry->next;
        entry_return(e, entry);
    }
    drop_first(e, t);
    advance(e, now, lane);
}

void lanes_forget_versions(struct engine *e)
{
    struct lane *lane;
    DL_FOREACH(e->lanes, lane)
    {
        forget_versions(lane);
    }
}

void lanes_free_all(struct engine *e)
{
    struct lane *lane, *next_lane;
    DL_FOREACH_SAFE(e->lanes, lane, next_lane)
    {
        while (lane->first)
            drop_first(e, lane->first);
        lane_free(e, lane);
    }
}
