/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/halts.h"

#include "common/backoff.h"
#include "worker/engine/entries.h"
#include "worker/engine/queues.h"
#include "worker/engine/sendings.h"

#include <stdio.h>

enum { FIRST_ASK_MS = 1000, LAST_ASK_MS = 60 * 1000 };

static void ask_later(struct engine *e, int64_t now, struct route_state *r, int64_t wait_ms)
{
    int64_t wait = backoff_ms(FIRST_ASK_MS, LAST_ASK_MS, ++r->tries, engine_random(e));
    if (wait_ms > LAST_ASK_MS)
        wait_ms = LAST_ASK_MS;
    r->probe_at = now + (wait_ms > wait ? wait_ms : wait);
}

static void stand_still(struct engine *e, size_t route, struct failure *f)
{
    struct route_state *r = &e->routes[route];
    bool again = r->halted;
    failure_free(r->halted);
    r->halted = f;
    if (again)
        return;
    e->counts.halted++;
    queues_resort(e, route);
    sendings_give_back(e, route);
    parts_check(e, route);
}

void route_halt(struct engine *e, int64_t now, size_t route, struct failure *f, int64_t wait_ms)
{
    struct route_state *r = &e->routes[route];
    if (r->for_good) {
        failure_free(f);
        return;
    }
    ask_later(e, now, r, wait_ms);
    stand_still(e, route, f);
}

void route_resume(struct engine *e, size_t route)
{
    struct route_state *r = &e->routes[route];
    if (r->for_good)
        return;
    failure_free(r->halted);
    r->halted = NULL;
    r->tries = 0;
    r->probing = false;
    e->counts.halted--;
    queues_resort(e, route);
    parts_check(e, route);
}

void route_ask_later(struct engine *e, int64_t now, size_t route)
{
    ask_later(e, now, &e->routes[route], -1);
}

/* The ring holds what became of the last events, one bit each. */
static void remember(struct route_state *r, bool failed)
{
    uint8_t *byte = &r->recent_failed[r->recent_at / 8];
    uint8_t bit = (uint8_t)(1u << r->recent_at % 8);
    if (*byte & bit)
        r->failed--;
    *byte = failed ? *byte | bit : *byte & (uint8_t)~bit;
    r->failed += failed;
    r->recent_at = (r->recent_at + 1) % RECENT_EVENTS;
}

static struct failure *explain(const struct engine *e, const struct route_state *r, const struct failure *why)
{
    char text[512];
    snprintf(text, sizeof text,
             "%u of the route's last %d events failed for good, more than %u %% (dead_letter.stop_above_percent); the "
             "last one with %s. It stands still until the worker is started again",
             r->failed, RECENT_EVENTS, e->limits.stop_above_percent, why->refusals[0].code);
    return failure_new(STAGE_WRITE, "STOPPED_ABOVE_PERCENT", text, NULL);
}

bool route_ended(struct engine *e, size_t route, bool failed, const struct failure *why)
{
    struct route_state *r = &e->routes[route];
    if (r->for_good || !e->limits.stop_above_percent)
        return r->for_good;
    remember(r, failed);
    if (!failed || r->failed * 100 <= e->limits.stop_above_percent * RECENT_EVENTS)
        return false;
    r->for_good = true;
    stand_still(e, route, explain(e, r, why));
    return true;
}

static bool may_ask(const struct route_state *r)
{
    return r->halted && !r->for_good && !r->probing && r->held.n;
}

int routes_asking(const struct engine *e, int64_t now)
{
    for (size_t i = 0; e->counts.halted && i < e->limits.nroutes; i++)
        if (may_ask(&e->routes[i]) && e->routes[i].probe_at <= now)
            return (int)i;
    return -1;
}

int64_t routes_due(const struct engine *e)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; e->counts.halted && i < e->limits.nroutes; i++)
        if (may_ask(&e->routes[i]) && e->routes[i].probe_at < due)
            due = e->routes[i].probe_at;
    return due;
}

bool is_halted(const struct engine *e, const struct sending *s)
{
    for (size_t i = 0; e->counts.halted && i < s->batch.nwrites; i++)
        if (e->routes[turn_route(sending_turn(s, i))].halted)
            return true;
    return false;
}

bool halts_crowd(const struct engine *e, bool parked)
{
    size_t part = parked ? 8 : 4, events = 0, bytes = 0;
    for (size_t i = 0; i < e->limits.nroutes; i++) {
        if (!e->routes[i].halted)
            continue;
        events += e->routes[i].pending;
        bytes += e->routes[i].pending_bytes;
    }
    return events > e->limits.max_events / part || bytes > e->limits.max_bytes / part;
}

void halts_forget(struct engine *e)
{
    for (size_t i = 0; i < e->limits.nroutes; i++)
        if (e->routes[i].halted)
            route_resume(e, i);
}

void halts_free(struct engine *e)
{
    for (size_t i = 0; i < e->limits.nroutes; i++)
        failure_free(e->routes[i].halted);
    free(e->routes);
}
