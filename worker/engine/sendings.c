/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/sendings.h"

#include "config/route.h"
#include "worker/engine/groups.h"
#include "worker/engine/halts.h"
#include "worker/engine/queues.h"

/* ---- forming ---- */

static struct sending *sending_new(struct engine *e, enum operation op, size_t room)
{
    struct sending *s = xcalloc(1, sizeof *s);
    s->batch.op = op;
    s->batch.writes = xcalloc(room, sizeof(struct write *));
    s->state = SENDING_AGAIN;
    s->probe = -1;
    DL_APPEND(e->sendings, s);
    return s;
}

static void add(struct sending *s, struct turn *t)
{
    t->state = TURN_SENT;
    if (s->batch.nwrites == 0)
        s->batch.route = t->write.record->route;
    s->batch.writes[s->batch.nwrites++] = &t->write;
    s->batch.bytes += t->write.bytes;
}

static bool fits(const struct engine *e, const struct sending *s, size_t room, const struct turn *t)
{
    return s->batch.nwrites < room &&
           (s->batch.nwrites == 0 || s->batch.bytes + t->write.bytes <= e->limits.batch_bytes);
}

static void take(struct sending *s, struct turn *t)
{
    queue_remove(t);
    add(s, t);
}

/* What is ready of the same group goes along rather than wait for this batch's answer. */
static void take_companions(const struct engine *e, struct sending *s, size_t room, const struct queue *q,
                            const struct group *g)
{
    struct turn *t, *next;
    DL_FOREACH_SAFE2(g->ready, t, next, group_next)
    {
        if (t->queue == q && t->op == s->batch.op && fits(e, s, room, t))
            take(s, t);
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* From the front of a queue: of one operation, and as many as the target takes at the moment, or half, a quarter … */
static struct sending *form(struct engine *e, struct queue *q, unsigned halvings)
{
    enum operation op = q->first->op;
    size_t allowed = e->sizes[q->first->write.record->route->target].allowed;
    size_t room = smaller(q->n, halvings < 16 ? allowed >> halvings : 0);
    if (room == 0)
        room = 1;
    struct sending *s = sending_new(e, op, room);
    struct turn *t, *next;

    for (t = q->first; t && fits(e, s, room, t); t = next) {
        next = t->ready_next;
        if (t->op != op)
            continue;
        take(s, t);
        if (t->group) {
            take_companions(e, s, room, q, t->group);
            next = q->first; /* the next one may have gone along */
        }
    }
    return s;
}

/* ---- choosing ---- */

/* The one that waits longest to go again: they are listed in the order in which they came back. */
static struct sending *first_again(const struct engine *e)
{
    struct sending *s;
    DL_FOREACH(e->sendings, s)
    {
        if (s->state == SENDING_AGAIN && (!e->limits.group || groups_free(s)))
            return s;
    }
    return NULL;
}

/* An insert without external id that may have been carried out already is sent anyway: a second record is less bad than
 * none. */
static void count_doubtful(struct engine *e, const struct sending *s)
{
    if (s->batch.op != OP_INSERT)
        return;
    for (size_t i = 0; i < s->batch.nwrites; i++)
        if (s->batch.writes[i]->unanswered && !s->batch.writes[i]->record->key.at)
            e->counts.inserts_doubtful++;
}

static bool is_open(const struct engine *e, int64_t now)
{
    return now >= e->budget.open_at && (!e->usage.stopped || (now >= e->usage.probe_at && !e->budget.in_flight));
}

/* Smaller each time, and with other writes: one that fails whatever the route is must not keep it halted. */
static struct sending *probe(struct engine *e, int route)
{
    struct sending *s = form(e, &e->routes[route].held, e->routes[route].tries);
    s->probe = route;
    e->routes[route].probing = true;
    return s;
}

static struct sending *choose(struct engine *e, int64_t now)
{
    struct sending *again = first_again(e);
    struct queue *fresh = queues_next(e, now);
    int asking = routes_asking(e, now);

    if (asking >= 0)
        return probe(e, asking);
    if (!again && !fresh)
        return NULL;
    e->again_last = again && !(fresh && e->again_last);
    return e->again_last ? again : form(e, fresh, 0);
}

struct sending *sending_next(struct engine *e, int64_t now)
{
    if (e->phase != PHASE_RUNNING || !budget_has_slot(&e->budget) || !is_open(e, now))
        return NULL;
    struct sending *s = choose(e, now);
    if (!s)
        return NULL;
    count_doubtful(e, s);
    groups_out(e, s);
    s->state = SENDING_OUT;
    s->sent_at = now;
    s->batch.id = ++e->last_id;
    e->budget.in_flight++;
    usage_probed(&e->usage, now, engine_random(e));
    return s;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t sending_due(const struct engine *e)
{
    if (e->phase != PHASE_RUNNING || !budget_has_slot(&e->budget) || (e->usage.stopped && e->budget.in_flight))
        return INT64_MAX;
    int64_t due = first_again(e) ? INT64_MIN : queues_due(e);
    if (routes_due(e) < due)
        due = routes_due(e);
    return due == INT64_MAX ? due : later(due, later(e->budget.open_at, usage_open_at(&e->usage)));
}

/* ---- coming back ---- */

struct sending *sending_take_back(struct engine *e, uint64_t id)
{
    struct sending *s;
    DL_FOREACH(e->sendings, s)
    {
        if (s->state != SENDING_OUT || s->batch.id != id)
            continue;
        e->budget.in_flight--;
        groups_back(e, s);
        return s;
    }
    return NULL;
}

void sending_put_last(struct engine *e, struct sending *s)
{
    for (size_t i = 0; i < s->batch.nwrites; i++)
        queue_put_last(e, sending_turn(s, i));
    sending_free(e, s);
}

void sending_requeue(struct engine *e, struct sending *s)
{
    if (s->partner)
        sending_requeue(e, s->partner);
    s->partner = NULL;
    for (size_t i = s->batch.nwrites; i-- > 0;)
        queue_back(e, sending_turn(s, i));
    sending_free(e, s);
}

/* Of a halted route nothing goes again now. */
static bool stands_still(struct engine *e, struct sending *s)
{
    bool halted = is_halted(e, s);
    if (halted)
        sending_requeue(e, s);
    return halted;
}

void sending_rest(struct engine *e, struct sending *s, int64_t until)
{
    if (stands_still(e, s))
        return;
    s->state = SENDING_RESTING;
    timer_set(e, &s->timer, TIMER_SENDING, until);
    DL_DELETE(e->sendings, s);
    DL_APPEND(e->sendings, s);
}

void sending_timer_due(struct sending *s)
{
    s->state = SENDING_AGAIN;
}

/* ---- taking apart ---- */

struct sending *sending_of(struct engine *e, enum operation op, struct turn **turns, size_t n)
{
    struct sending *s = sending_new(e, op, n);
    for (size_t i = 0; i < n; i++)
        add(s, turns[i]);
    return s;
}

/* Its writes from `from` to `to` (not included), as a batch of their own. */
static struct sending *part_off(struct engine *e, const struct sending *s, size_t from, size_t to)
{
    return sending_of(e, s->batch.op, (struct turn **)s->batch.writes + from, to - from);
}

void sending_halve(struct engine *e, struct sending *s)
{
    if (stands_still(e, s))
        return;
    part_off(e, s, 0, s->batch.nwrites / 2);
    part_off(e, s, s->batch.nwrites / 2, s->batch.nwrites);
    sending_free(e, s);
}

void sending_isolate(struct engine *e, struct sending *s, size_t suspect)
{
    if (stands_still(e, s))
        return;
    struct sending *others = sending_new(e, s->batch.op, s->batch.nwrites - 1);
    for (size_t i = 0; i < s->batch.nwrites; i++)
        if (i != suspect)
            add(others, sending_turn(s, i));
    part_off(e, s, suspect, suspect + 1)->pointed_at = true;
    sending_free(e, s);
}

void sending_search(struct engine *e, struct sending *s)
{
    size_t half = s->batch.nwrites / 2;
    if (stands_still(e, s))
        return;
    s->state = SENDING_AGAIN;
    if (half == 0)
        return; /* alone: it is asked for itself */
    struct sending *first = part_off(e, s, 0, half);
    first->partner = part_off(e, s, half, s->batch.nwrites);
    first->partner->state = SENDING_WAITING;
    sending_free(e, s);
}

void sending_tell_partner(struct engine *e, struct sending *s, bool went_through)
{
    struct sending *partner = s->partner;
    s->partner = NULL;
    if (partner && went_through)
        sending_search(e, partner);
    else if (partner)
        partner->state = SENDING_AGAIN;
}

/* ---- ending ---- */

void sending_free(struct engine *e, struct sending *s)
{
    timer_stop(e, &s->timer);
    if (s->probe >= 0)
        e->routes[s->probe].probing = false;
    DL_DELETE(e->sendings, s);
    free(s->batch.writes);
    free(s);
}

static bool is_unsent(const struct sending *s)
{
    return s->state == SENDING_RESTING || s->state == SENDING_AGAIN || s->state == SENDING_WAITING;
}

static struct sending *unsent_of(const struct engine *e, size_t route)
{
    struct sending *s;
    DL_FOREACH(e->sendings, s)
    {
        for (size_t i = 0; is_unsent(s) && i < s->batch.nwrites; i++)
            if (turn_route(sending_turn(s, i)) == route)
                return s;
    }
    return NULL;
}

/* The first half of a search that waits for this one to be told does so no more. */
static void forget_partner(struct engine *e, const struct sending *s)
{
    struct sending *first;
    DL_FOREACH(e->sendings, first)
    {
        if (first->partner == s)
            first->partner = NULL;
    }
}

void sendings_give_back(struct engine *e, size_t route)
{
    for (struct sending *s = unsent_of(e, route); s; s = unsent_of(e, route)) {
        forget_partner(e, s);
        sending_requeue(e, s);
    }
}

void sendings_dissolve_unsent(struct engine *e)
{
    struct sending *s, *next;
    DL_FOREACH_SAFE(e->sendings, s, next)
    {
        if (!is_unsent(s)) {
            s->partner = NULL;
            continue;
        }
        for (size_t i = 0; i < s->batch.nwrites; i++)
            sending_turn(s, i)->state = TURN_QUEUED;
        sending_free(e, s);
    }
}

void sendings_doom(struct engine *e)
{
    struct sending *s;
    DL_FOREACH(e->sendings, s)
    {
        if (s->state == SENDING_OUT) {
            s->state = SENDING_DOOMED;
            e->budget.in_flight--;
        }
    }
}

struct sending *sending_doomed(struct engine *e)
{
    struct sending *s;
    DL_FOREACH(e->sendings, s)
    {
        if (s->state == SENDING_DOOMED)
            return s;
    }
    return NULL;
}
