/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/engine.h"

#include "worker/engine/commits.h"
#include "worker/engine/entries.h"
#include "worker/engine/groups.h"
#include "worker/engine/halts.h"
#include "worker/engine/handover.h"
#include "worker/engine/lanes.h"
#include "worker/engine/letters.h"
#include "worker/engine/sendings.h"
#include "worker/engine/settle.h"
#include "worker/engine/state.h"

#define CONTAINER(item, type, member) ((type *)(void *)((char *)(item)-offsetof(type, member)))

const int64_t engine_ages_ms[ENGINE_AGES - 1] = {100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 1800000};

const char *disposition_name(enum disposition d)
{
    static const char *const names[DISPOSITIONS] = {"applied", "superseded", "skipped", "dead_lettered", "returned"};

    return names[d];
}

/* splitmix64: small, and good enough to spread retries. https://prng.di.unimi.it/splitmix64.c (public domain) */
uint64_t engine_random(struct engine *e)
{
    uint64_t z = e->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void timer_set(struct engine *e, struct timer *t, enum timer_kind kind, int64_t due)
{
    heap_remove(&e->timers, &t->item);
    t->kind = kind;
    heap_add(&e->timers, &t->item, due);
}

void engine_key_room(struct engine *e, size_t len)
{
    if (len <= e->key_room)
        return;
    e->key_room = len * 2;
    e->key = xrealloc(e->key, e->key_room);
}

static void make_sizes(struct engine *e)
{
    size_t ceiling = e->limits.batch_records * (e->limits.collections ? e->limits.collections : 1);
    e->sizes = xcalloc(e->limits.nroutes + 1, sizeof *e->sizes);
    e->counts.batch_sizes = xcalloc(e->limits.nroutes + 1, sizeof *e->counts.batch_sizes);
    for (size_t i = 0; i < e->limits.nroutes; i++)
        e->sizes[i].ceiling = e->sizes[i].allowed = ceiling;
}

struct engine *engine_new(const struct engine_limits *limits)
{
    struct engine *e = xcalloc(1, sizeof *e);
    e->limits = *limits;
    e->random = limits->seed;
    e->counts.events = xcalloc(limits->nroutes, sizeof *e->counts.events);
    e->queues = xcalloc(limits->nroutes * OPERATIONS + 1, sizeof *e->queues);
    e->routes = xcalloc(limits->nroutes + 1, sizeof *e->routes);
    e->budget.ceiling = e->budget.allowed = limits->in_flight;
    e->usage.slow_at = limits->usage_slow_at;
    e->usage.stop_at = limits->usage_stop_at;
    make_sizes(e);
    return e;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    lanes_free_all(e);
    letters_free_all(e);
    for (struct sending *s = e->sendings, *next; s; s = next) {
        next = s->next;
        sending_free(e, s);
    }
    for (struct entry *entry = e->oldest, *next; entry; entry = next) {
        next = entry->newer;
        free(entry->record);
        free(entry->message);
        free(entry);
    }
    part_free_all(e);
    halts_free(e);
    failure_free(e->waiting);
    failure_free(e->failing);
    failure_free(e->usage.stopped);
    heap_release(&e->timers);
    free(e->counts.events);
    free(e->counts.batch_sizes);
    free(e->sizes);
    free(e->queues);
    free(e->points);
    free(e->key);
    free(e);
}

/* ---- inputs ---- */

void engine_time_of_day(struct engine *e, int64_t wall_at_zero_ms)
{
    e->wall_at_zero = wall_at_zero_ms;
}

void engine_assign(struct engine *e, int64_t now, uint64_t lease, const char *topic, int32_t partition, int64_t offset,
                   const char *metadata)
{
    bool clean = false;
    if (e->phase != PHASE_RUNNING || part_find(e, lease))
        bug("lease %llu is assigned during a handover, or twice", (unsigned long long)lease);
    struct part *part = xcalloc(1, sizeof *part);
    part->lease = lease;
    part->topic = xstrdup(topic);
    part->partition = partition;
    part->offsets = offsets_new();
    part->start = offset;
    part->committed = part->committing = part->route = -1;
    if (offset >= 0 &&
        metadata) /* the setting is for writing: a map that was not heeded once must not be believed later */
        part->restored = commit_map_parse(commits_map(metadata, &clean), offset);
    part->unannounced = offset >= 0 && (!metadata || clean);
    part->doubtful_until = offset < 0 || !metadata || clean ? INT64_MIN : e->wall_at_zero + now;
    HASH_ADD(hh, e->parts, lease, sizeof part->lease, part);
}

void engine_record(struct engine *e, int64_t now, size_t route, struct message *m, struct record *r)
{
    if (r->op == OP_DELETE && r->has_version)
        bug("a delete with a version");
    struct part *part = entry_admit(e, m);
    if (part) {
        lanes_add(e, now, entry_new(e, now, part, route, m, r));
    } else {
        free(r);
        free(m);
    }
}

void engine_skip(struct engine *e, int64_t now, size_t route, struct message *m)
{
    (void)now;
    struct part *part = entry_admit(e, m);
    if (part)
        entry_skip(e, part, route, m->offset);
    free(m);
}

void engine_refuse(struct engine *e, int64_t now, size_t route, struct message *m, enum operation op, const char *key,
                   struct failure *f)
{
    struct part *part = entry_admit(e, m);
    if (part) {
        letters_add(e, entry_new(e, now, part, route, m, NULL), op, key, f);
    } else {
        failure_free(f);
        free(m);
    }
}

bool engine_wants_more(const struct engine *e)
{
    return e->phase == PHASE_RUNNING && !e->stopping && e->counts.pending < e->limits.max_events &&
           e->counts.pending_bytes < e->limits.max_bytes;
}

void engine_answer(struct engine *e, int64_t now, struct answer *a)
{
    e->now = now;
    settle(e, now, a);
}

void engine_usage(struct engine *e, int64_t now, int64_t used, int64_t limit)
{
    usage_tell(&e->usage, now, used, limit, engine_random(e));
}

void engine_report(struct engine *e, int64_t now, uint64_t letter, bool ok)
{
    letters_report(e, now, letter, ok);
}

void engine_committed(struct engine *e, int64_t now, bool ok)
{
    commits_answered(e, now, ok);
}

void engine_revoke(struct engine *e, int64_t now)
{
    handover_revoke(e, now);
}

void engine_lost(struct engine *e, int64_t now)
{
    handover_lost(e, now);
}

void engine_stop(struct engine *e, int64_t now, int64_t within_ms)
{
    handover_stop(e, now, within_ms);
}

void engine_tune(struct engine *e, const struct engine_limits *fresh)
{
    e->limits.max_events = fresh->max_events;
    e->limits.max_bytes = fresh->max_bytes;
    e->limits.linger_ms = fresh->linger_ms;
    e->limits.max_attempts = fresh->max_attempts;
    e->limits.backoff_ms = fresh->backoff_ms;
    e->limits.backoff_max_ms = fresh->backoff_max_ms;
    e->limits.hold_ms = fresh->hold_ms;
}

/* ---- actions ---- */

static void run_timers(struct engine *e, int64_t now)
{
    for (struct heap_item *item = heap_first(&e->timers); item && item->due <= now; item = heap_first(&e->timers)) {
        struct timer *t = CONTAINER(item, struct timer, item);
        timer_stop(e, t);
        switch (t->kind) {
        case TIMER_TURN:
            lane_turn_due(e, CONTAINER(t, struct turn, timer), now);
            break;
        case TIMER_LANE:
            lane_hold_due(e, now, CONTAINER(t, struct lane, timer));
            break;
        case TIMER_SENDING:
            sending_timer_due(CONTAINER(t, struct sending, timer));
            break;
        case TIMER_LETTER:
            letter_due(e, CONTAINER(t, struct dead, timer));
            break;
        }
    }
}

static bool next_abort(struct engine *e, int64_t now, struct action *out)
{
    struct sending *s = sending_doomed(e);
    if (!s)
        return false;
    *out = (struct action){.kind = ACTION_ABORT, .batch_id = s->batch.id};
    handover_abort(e, now, s);
    return true;
}

static bool next_parking(struct engine *e, struct action *out)
{
    for (struct part *part = e->parking_changed ? e->parts : NULL; part; part = part->hh.next) {
        if (part->parked == part->parked_told)
            continue;
        part->parked_told = part->parked;
        *out = (struct action){.kind = part->parked ? ACTION_PARK : ACTION_UNPARK, .lease = part->lease};
        return true;
    }
    e->parking_changed = false;
    return false;
}

static bool next_letter(struct engine *e, struct action *out)
{
    const struct dead *d = letters_next(e);
    if (!d)
        return false;
    const struct entry *entry = d->entry;
    *out = (struct action){.kind = ACTION_DEAD_LETTER};
    out->letter.id = d->id;
    out->letter.message = entry->message;
    out->letter.record = entry->record;
    out->letter.route_index = entry->route;
    out->letter.op = d->op;
    out->letter.key = entry->record ? entry->record->key : text_of(d->key);
    out->letter.failure = d->failure;
    out->letter.again = d->failures > 0;
    return true;
}

static bool next_send(struct engine *e, int64_t now, struct action *out)
{
    const struct sending *s = sending_next(e, now);
    if (!s)
        return false;
    *out = (struct action){.kind = ACTION_SEND, .batch = &s->batch};
    return true;
}

static bool next_commit(struct engine *e, int64_t now, struct action *out)
{
    if (!commits_next(e, now))
        return false;
    *out = (struct action){.kind = ACTION_COMMIT, .points = e->points, .npoints = e->npoints};
    return true;
}

static bool next_release(struct engine *e, struct action *out)
{
    if (!handover_release(e))
        return false;
    *out = (struct action){.kind = ACTION_RELEASE};
    return true;
}

bool engine_next(struct engine *e, int64_t now, struct action *out)
{
    usage_look(&e->usage, now, e->counts.pending > 0);
    handover_step(e, now);
    run_timers(e, now);
    return next_abort(e, now, out) || next_parking(e, out) || next_letter(e, out) || next_send(e, now, out) ||
           next_commit(e, now, out) || next_release(e, out);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t engine_due(const struct engine *e)
{
    const struct heap_item *timer = heap_first(&e->timers);
    int64_t due = timer ? timer->due : INT64_MAX;

    due = earlier(due, sending_due(e));
    due = earlier(due, commits_due(e));
    return earlier(due, handover_due(e));
}

bool engine_idle(const struct engine *e)
{
    return e->stopping && e->phase == PHASE_RUNNING && e->counts.pending == 0 && !e->commit_out &&
           (e->stop_given_up || !e->dirty);
}

const struct engine_counts *engine_counts(const struct engine *e)
{
    struct engine_counts *counts = (struct engine_counts *)&e->counts;
    counts->in_flight = e->budget.in_flight;
    counts->allowed_in_flight = e->budget.asking ? 1 : e->budget.allowed;
    for (size_t i = 0; i < e->limits.nroutes; i++)
        counts->batch_sizes[i] = e->sizes[i].allowed;
    counts->oldest_pending_ms = e->oldest ? e->oldest->arrived : -1;
    return counts;
}

const uint64_t *engine_ages(const struct engine *e, uint64_t lease)
{
    const struct part *part = part_find(e, lease);
    return part ? part->ages : NULL;
}

const struct failure *engine_waiting(const struct engine *e)
{
    if (e->waiting && e->counts.pending)
        return e->waiting;
    return e->usage.stale ? NULL : e->usage.stopped;
}

const struct failure *engine_outage(const struct engine *e)
{
    return e->counts.pending && e->budget.failures >= OUTAGE_FAILURES ? e->failing : NULL;
}

const struct failure *engine_halted(const struct engine *e, size_t route)
{
    return e->routes[route].halted;
}
