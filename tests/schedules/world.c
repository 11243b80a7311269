/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/schedules/world.h"

#include "common/memory.h"
#include "tests/schedules/actor.h"
#include "tests/schedules/checks.h"
#include "tests/schedules/wrong.h"

#include <stdlib.h>
#include <string.h>

enum { WORKERS_MAX = 3, SESSION_MS = 500, CALM_AFTER = 3000, NEVER_ENDS = 150000 };
enum { WIDE = 200 }; /* events that may be held: enough that one which stands still does not keep all others back */

struct world {
    struct chance *chance;
    struct stream stream;
    struct org org;
    struct engine_limits limits;
    struct actor workers[WORKERS_MAX];
    int nworkers;
    int64_t now;
    uint64_t last_lease;
    bool restless, calm, may_stall;
    int64_t kafka_down_until;
    /* the group */
    int generation;
    bool rebalancing;
    int64_t kick_at; /* who has not joined until then is out */
    bool member[WORKERS_MAX], told[WORKERS_MAX];
    bool later[WORKERS_MAX][PARTITIONS_MAX]; /* dealt out, and not yet told of */
    int64_t dead_at[WORKERS_MAX];            /* when the group notices that a killed one is gone; -1: not killed */
    int64_t wakes_at[WORKERS_MAX];
    uint64_t kills;
};

/* ---- the group ---- */

static void rebalance(struct world *w)
{
    if (w->rebalancing)
        return;
    w->rebalancing = true;
    w->kick_at = w->now + w->limits.drain_ms + 2 * SESSION_MS;
    memset(w->told, 0, sizeof w->told);
    memset(w->later, 0, sizeof w->later);
    trace(w->now, "the group rebalances");
}

/* Others will write its records: without versions nothing of it may come later. */
static void cut_off(struct world *w, int i)
{
    w->member[i] = false;
    if (w->workers[i].life != LIFE_NONE)
        actor_forget_letters(&w->workers[i]);
    org_settle_worker(&w->org, w->now, i, w->workers[i].life == LIFE_NONE);
}

static bool has_joined(const struct world *w, int i)
{
    return w->workers[i].life == LIFE_RUNNING && !w->workers[i].assigned;
}

static void tell_members(struct world *w)
{
    for (int i = 0; i < w->nworkers; i++) {
        struct actor *a = &w->workers[i];
        bool polls = w->member[i] && a->life == LIFE_RUNNING && a->assigned && !a->giving_back && !w->told[i];
        if (!polls || chance_percent(w->chance, 50))
            continue;
        w->told[i] = true;
        actor_revoke(a, w->now);
    }
}

static void deal_out(struct world *w)
{
    int members[WORKERS_MAX], n = 0;
    bool shares[WORKERS_MAX][PARTITIONS_MAX] = {{false}};

    w->rebalancing = false;
    for (int i = 0; i < w->nworkers; i++)
        if (w->member[i])
            members[n++] = i;
    if (n == 0)
        return;
    w->generation++;
    int first = chance_of(w->chance, n);
    for (int p = 0; p < w->stream.partitions; p++) {
        bool(*to)[PARTITIONS_MAX] = chance_percent(w->chance, 10) ? w->later : shares;
        to[members[(first + p) % n]][p] = true;
    }
    for (int i = 0; i < n; i++)
        actor_assign(&w->workers[members[i]], w->now, w->generation, shares[members[i]], &w->last_lease);
}

/* Partitions that come to a worker which holds others already. */
static void deal_out_later(struct world *w)
{
    for (int i = 0; i < w->nworkers; i++) {
        bool any = memchr(w->later[i], true, sizeof w->later[i]);
        if (!any || w->workers[i].life != LIFE_RUNNING || (!w->calm && !chance_one_in(w->chance, 10)))
            continue;
        actor_assign(&w->workers[i], w->now, w->generation, w->later[i], &w->last_lease);
        memset(w->later[i], 0, sizeof w->later[i]);
    }
}

static void step_group(struct world *w)
{
    bool all = true;
    for (int i = 0; i < w->nworkers; i++)
        if (w->dead_at[i] >= 0 && w->dead_at[i] <= w->now) {
            w->dead_at[i] = -1;
            cut_off(w, i);
            rebalance(w);
        }
    if (!w->rebalancing) {
        deal_out_later(w);
        return;
    }
    tell_members(w);
    for (int i = 0; i < w->nworkers; i++) {
        if (w->member[i] && !has_joined(w, i) && w->now >= w->kick_at && w->workers[i].life != LIFE_RUNNING)
            cut_off(w, i);
        all = all && (!w->member[i] || has_joined(w, i));
    }
    if (all)
        deal_out(w);
}

static void join(struct world *w, int i)
{
    if (w->member[i] || w->workers[i].stopping)
        return;
    w->member[i] = true;
    w->dead_at[i] = -1;
    rebalance(w);
}

static void answer_commit(struct world *w, struct actor *a)
{
    bool down = w->now < w->kafka_down_until;
    bool valid = w->member[a->number] && a->commit_generation == w->generation && !down;
    bool taken = valid && (w->calm || !chance_percent(w->chance, 10));
    actor_commit_answer(a, w->now, taken, w->calm || !chance_percent(w->chance, 5));
}

/* ---- what befalls the workers ---- */

static void start(struct world *w, int i)
{
    actor_start(&w->workers[i], (uint64_t)chance_of(w->chance, 1 << 30));
    trace(w->now, "w%d starts", i);
}

static void kill_worker(struct world *w, int i)
{
    trace(w->now, "w%d is killed", i);
    w->kills++;
    actor_end(&w->workers[i]);
    if (w->nworkers == 1)
        cut_off(w, i);
    w->dead_at[i] = w->now + chance_of(w->chance, SESSION_MS);
}

static void leave(struct world *w, int i)
{
    trace(w->now, "w%d has stopped", i);
    actor_end(&w->workers[i]);
    cut_off(w, i);
    rebalance(w);
}

static void lose(struct world *w, int i)
{
    cut_off(w, i);
    if (w->workers[i].assigned)
        actor_lose(&w->workers[i], w->now);
    rebalance(w);
}

static void stall(struct world *w, int i)
{
    trace(w->now, "w%d is stopped in its tracks", i);
    w->workers[i].life = LIFE_STALLED;
    w->wakes_at[i] = w->now + chance_of(w->chance, 5000);
}

/* It learns at once that its partitions are lost; where versions guard the records it may first go on a little. */
static void wake(struct world *w, int i)
{
    struct actor *a = &w->workers[i];
    trace(w->now, "w%d wakes up", i);
    a->life = LIFE_RUNNING;
    if (w->member[i] || !a->assigned)
        return;
    for (int steps = w->org.guarded ? chance_of(w->chance, 4) : 0; steps > 0; steps--) {
        a->calm = false;
        actor_step(a, w->now);
        if (actor_commit_due(a, w->now))
            actor_commit_answer(a, w->now, false, true);
    }
    actor_lose(a, w->now);
}

/* What may change while there is work. */
static void choose_tunable(struct world *w)
{
    struct chance *c = w->chance;
    w->limits.max_events = (size_t)(10 + chance_of(c, 300));
    w->limits.max_bytes = (size_t)(chance_percent(c, 20) ? 5000 + chance_of(c, 100000) : 1 << 20);
    w->limits.linger_ms = chance_of(c, 200);
    w->limits.max_attempts = (unsigned)(4 + chance_of(c, 8));
    w->limits.backoff_ms = 1 + chance_of(c, 100);
    w->limits.hold_ms = 1 + chance_of(c, chance_percent(c, 20) ? 20000 : 1000);
    w->org.hold_ms = w->limits.hold_ms;
}

static void tune(struct world *w)
{
    choose_tunable(w);
    if (w->may_stall) {
        w->limits.max_events += WIDE;
        w->limits.max_bytes = 1 << 20;
    }
    for (int i = 0; i < w->nworkers; i++)
        if (w->workers[i].life != LIFE_NONE)
            actor_tune(&w->workers[i], w->now);
}

static void surprise(struct world *w)
{
    int i = chance_of(w->chance, w->nworkers), what = chance_of(w->chance, 11);
    struct actor *a = &w->workers[i];
    bool there = a->life == LIFE_RUNNING && w->member[i];

    if (what == 0)
        w->kafka_down_until = w->now + chance_of(w->chance, 2000);
    else if (what == 1)
        w->stream.healed = true;
    else if (what == 2 && w->org.halted < 0) {
        w->org.halted = chance_of(w->chance, w->stream.nroutes);
        w->org.halted_until = w->now + chance_of(w->chance, 30000);
    } else if (what == 3) {
        w->org.used = 75 + chance_of(w->chance, 25);
        w->org.used_until = w->now + chance_of(w->chance, 600000);
    } else if (what == 4) {
        tune(w);
    } else if (!there || !w->restless)
        return;
    else if (what == 5)
        kill_worker(w, i);
    else if (what == 6 && !a->stopping)
        actor_stop(a, w->now, chance_of(w->chance, 3000));
    else if (what == 7)
        lose(w, i);
    else if (what == 8)
        stall(w, i);
    else if (what > 8)
        rebalance(w);
}

static bool has_stopped_route(const struct actor *a)
{
    for (size_t r = 0; r < a->limits->nroutes; r++) {
        const struct failure *f = engine_halted(a->engine, r);
        if (f && strcmp(f->refusals[0].code, "STOPPED_ABOVE_PERCENT") == 0)
            return true;
    }
    return false;
}

static void step_worker(struct world *w, int i)
{
    struct actor *a = &w->workers[i];
    a->calm = w->calm;
    a->kafka_down = w->now < w->kafka_down_until;
    if (a->life == LIFE_STALLED && (w->calm || w->now >= w->wakes_at[i]))
        wake(w, i);
    if (a->life == LIFE_NONE && w->dead_at[i] < 0)
        start(w, i);
    if (a->life != LIFE_RUNNING)
        return;
    if (!a->assigned && !a->giving_back)
        join(w, i);
    actor_step(a, w->now);
    if (actor_commit_due(a, w->now))
        answer_commit(w, a);
    if (a->stopping && engine_idle(a->engine))
        leave(w, i);
    else if (!a->stopping && has_stopped_route(a) && (w->calm || chance_percent(w->chance, 5)))
        actor_stop(a, w->now, 1000); /* somebody starts it again */
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_time(struct world *w)
{
    int64_t due = org_late_due(&w->org);
    for (int i = 0; i < w->nworkers; i++) {
        due = earlier(due, actor_due(&w->workers[i], w->now));
        if (w->dead_at[i] >= 0)
            due = earlier(due, w->dead_at[i]);
        if (w->workers[i].life == LIFE_STALLED)
            due = earlier(due, w->wakes_at[i]);
    }
    if (w->now < w->kafka_down_until)
        due = earlier(due, w->kafka_down_until);
    if (w->rebalancing)
        due = earlier(due, w->now + 10);
    return due == INT64_MAX || due <= w->now ? w->now + 1 : due;
}

static void step(struct world *w)
{
    org_apply_late(&w->org, w->now);
    if (w->org.halted >= 0 && (w->calm || w->now >= w->org.halted_until))
        w->org.halted = -1;
    step_group(w);
    for (int i = 0; i < w->nworkers; i++)
        step_worker(w, i);
    if (!w->calm && chance_one_in(w->chance, 30))
        surprise(w);
    w->now = next_time(w);
}

/* ---- beginning and end ---- */

static void choose_limits(struct world *w)
{
    struct chance *c = w->chance;
    w->limits = (struct engine_limits){
        .batch_records = (size_t)(1 + chance_of(c, 30)),
        .collections = (unsigned)(1 + chance_of(c, chance_percent(c, 30) ? 3 : 1)),
        .batch_bytes = (size_t)(2060 - chance_of(c, 2000)),
        .in_flight = (unsigned)(1 + chance_of(c, 8)),
        .backoff_max_ms = 500,
        .commit_every_ms = 1 + chance_of(c, 300),
        .drain_ms = 2000 - chance_of(c, 2000),
        .max_merge = (size_t)(1 + chance_of(c, 20)),
        .group = chance_percent(c, 30),
        .commit_map = chance_percent(c, 40),
        .usage_slow_at = 80,
        .usage_stop_at = 95,
        .stop_above_percent = chance_percent(c, 10) ? 1 : 0,
    };
}

/* One record may be locked, or its requests get no answer, for longer than one tries. */
static void choose_ordeal(struct world *w)
{
    struct ordeal *o = &w->org.ordeal;
    *o = (struct ordeal){.key = -1};
    if (!chance_percent(w->chance, 10))
        return;
    o->key = chance_of(w->chance, w->stream.keys);
    o->silent = chance_percent(w->chance, 50);
    o->from = chance_of(w->chance, 1000);
    o->until = o->from + chance_of(w->chance, 20000);
}

static enum kind choose_kind(struct chance *c)
{
    if (chance_percent(c, 25))
        return KIND_VERSIONS;
    return chance_percent(c, 25) ? KIND_OPERATIONS : KIND_UPSERTS;
}

static void set_up(struct world *w)
{
    enum kind kind = choose_kind(w->chance);
    choose_limits(w);
    choose_tunable(w);
    w->may_stall = w->limits.max_events >= WIDE && w->limits.max_bytes == 1 << 20;
    int events = chance_percent(w->chance, 20) ? 400 : 100;
    w->restless = kind != KIND_OPERATIONS;
    /* what fails always fills a small window with its followers, and then nothing is left that could succeed */
    stream_make(&w->stream, w->chance, kind, (size_t)(1 + chance_of(w->chance, events)), w->may_stall);
    if (!w->restless)
        w->limits.stop_above_percent = 0;
    w->limits.nroutes = (size_t)w->stream.nroutes;
    w->nworkers = w->restless ? 1 + chance_of(w->chance, WORKERS_MAX) : 1;
    w->org = (struct org){.stream = &w->stream, .chance = w->chance, .hold_ms = w->limits.hold_ms, .halted = -1};
    w->org.trouble = chance_of(w->chance, 40);
    w->org.part = w->limits.batch_records;
    w->org.guarded = kind == KIND_VERSIONS && !w->stream.deletes;
    choose_ordeal(w);
    memset(w->org.newest, -1, sizeof w->org.newest);
    w->org.immediate = !w->org.guarded && w->nworkers > 1;
    for (int i = 0; i < w->nworkers; i++) {
        w->workers[i] = (struct actor){.number = i, .stream = &w->stream, .org = &w->org, .chance = w->chance};
        w->workers[i].limits = &w->limits;
        w->dead_at[i] = -1;
        start(w, i);
    }
}

static bool is_over(const struct world *w)
{
    for (int i = 0; i < w->stream.partitions; i++)
        if (w->stream.logs[i].committed < w->stream.logs[i].n)
            return false;
    return w->org.nlate == 0;
}

static void tear_down(struct world *w)
{
    for (int i = 0; i < w->nworkers; i++)
        if (w->workers[i].life != LIFE_NONE)
            engine_free(w->workers[i].engine);
    stream_free(&w->stream);
    free(w);
}

void world_run(struct chance *chance, struct tally *tally)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->chance = chance;
    set_up(w);
    for (int steps = 0; !is_over(w); steps++) {
        if (steps == CALM_AFTER) {
            w->calm = true;
            w->org.trouble = 0;
        }
        /* one that fails whenever it is tried is told from an outage only by others' success */
        if (steps > CALM_AFTER && steps % 20 == 0 && steps < NEVER_ENDS / 3)
            stream_append(&w->stream, chance_of(chance, w->stream.partitions), true);
        if (steps > NEVER_ENDS)
            wrong("it never comes to an end");
        step(w);
    }
    check_end(&w->stream, &w->org);
    if (!w->restless)
        check_doubled(&w->stream, &w->workers[0]);
    tally->requests += w->org.calls;
    tally->kills += w->kills;
    tally->killed[w->limits.commit_map] += w->kills;
    tally->repeated[w->limits.commit_map] += w->org.repeated;
    tear_down(w);
}
