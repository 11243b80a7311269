/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/sendings.h"

#include "worker/engine/queues.h"

static struct sending *sending_new(struct engine *e, enum operation op, size_t room)
{
    struct sending *s = xcalloc(1, sizeof *s);
    s->batch.op = op;
    s->batch.writes = xcalloc(room, sizeof(struct write *));
    s->state = SENDING_AGAIN;
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

static struct sending *form(struct engine *e, struct queue *q)
{
    size_t room = q->n < e->limits.batch_records ? q->n : e->limits.batch_records;
    struct sending *s = sending_new(e, q->first->op, room);

    while (s->batch.nwrites < room) {
        struct turn *t = q->first;
        if (s->batch.nwrites && s->batch.bytes + t->write.bytes > e->limits.batch_bytes)
            break;
        queue_remove(t);
        add(s, t);
    }
    return s;
}

/* The one that waits longest to go again: they are listed in the order in which they came back. */
static struct sending *first_again(const struct engine *e)
{
    struct sending *s;
    DL_FOREACH(e->sendings, s)
    {
        if (s->state == SENDING_AGAIN)
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

struct sending *sending_next(struct engine *e, int64_t now)
{
    if (e->phase != PHASE_RUNNING || !budget_has_slot(&e->budget) || now < e->budget.open_at)
        return NULL;
    struct sending *again = first_again(e);
    struct queue *fresh = queues_next(e, now);
    if (!again && !fresh)
        return NULL;

    e->again_last = again && !(fresh && e->again_last);
    struct sending *s = e->again_last ? again : form(e, fresh);
    count_doubtful(e, s);
    s->state = SENDING_OUT;
    s->batch.id = ++e->last_id;
    e->budget.in_flight++;
    return s;
}

int64_t sending_due(const struct engine *e)
{
    if (e->phase != PHASE_RUNNING || !budget_has_slot(&e->budget))
        return INT64_MAX;
    int64_t due = first_again(e) ? INT64_MIN : queues_due(e);
    if (due == INT64_MAX)
        return due;
    return due > e->budget.open_at ? due : e->budget.open_at;
}

struct sending *sending_take_back(struct engine *e, uint64_t id)
{
    struct sending *s;
    DL_FOREACH(e->sendings, s)
    {
        if (s->state == SENDING_OUT && s->batch.id == id) {
            e->budget.in_flight--;
            return s;
        }
    }
    return NULL;
}

void sending_rest(struct engine *e, struct sending *s, int64_t until)
{
    s->state = SENDING_RESTING;
    timer_set(e, &s->timer, TIMER_SENDING, until);
    DL_DELETE(e->sendings, s);
    DL_APPEND(e->sendings, s);
}

void sending_timer_due(struct sending *s)
{
    s->state = SENDING_AGAIN;
}

/* Moves the writes from `from` to `to` (not included) into a batch of their own. */
static void part_off(struct engine *e, const struct sending *s, size_t from, size_t to)
{
    struct sending *part = sending_new(e, s->batch.op, to - from);
    for (size_t i = from; i < to; i++)
        add(part, sending_turn(s, i));
}

void sending_halve(struct engine *e, struct sending *s)
{
    part_off(e, s, 0, s->batch.nwrites / 2);
    part_off(e, s, s->batch.nwrites / 2, s->batch.nwrites);
    sending_free(e, s);
}

void sending_isolate(struct engine *e, struct sending *s, size_t suspect)
{
    struct sending *others = sending_new(e, s->batch.op, s->batch.nwrites - 1);
    for (size_t i = 0; i < s->batch.nwrites; i++)
        if (i != suspect)
            add(others, sending_turn(s, i));
    part_off(e, s, suspect, suspect + 1);
    sending_free(e, s);
}

void sending_free(struct engine *e, struct sending *s)
{
    timer_stop(e, &s->timer);
    DL_DELETE(e->sendings, s);
    free(s->batch.writes);
    free(s);
}

void sendings_dissolve_unsent(struct engine *e)
{
    struct sending *s, *next;
    DL_FOREACH_SAFE(e->sendings, s, next)
    {
        if (s->state != SENDING_RESTING && s->state != SENDING_AGAIN)
            continue;
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
