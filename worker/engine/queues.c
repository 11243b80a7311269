/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/queues.h"

#include "config/route.h"
#include "worker/engine/groups.h"

static struct queue *queue_of(struct engine *e, const struct turn *t)
{
    struct route_state *route = &e->routes[turn_route(t)];
    if (route->halted)
        return &route->held;
    return &e->queues[t->write.record->route->target * OPERATIONS + t->op];
}

static void enqueue(struct engine *e, struct turn *t, bool in_front)
{
    struct queue *q = queue_of(e, t);
    t->queue = q;
    t->queue_bytes = t->write.bytes;
    if (in_front)
        DL_PREPEND2(q->first, t, ready_prev, ready_next);
    else
        DL_APPEND2(q->first, t, ready_prev, ready_next);
    q->n++;
    q->bytes += t->queue_bytes;
}

static void make_ready(struct engine *e, struct turn *t, bool in_front)
{
    t->state = TURN_READY;
    t->queue = NULL;
    if (t->group_changed)
        group_forget(e, t);
    t->group_changed = false;
    if (!group_enter(e, t))
        enqueue(e, t, in_front);
}

void queue_add(struct engine *e, int64_t now, struct turn *t)
{
    t->ready_since = now;
    make_ready(e, t, false);
}

void queue_back(struct engine *e, struct turn *t)
{
    make_ready(e, t, true);
}

void queue_put_last(struct engine *e, struct turn *t)
{
    make_ready(e, t, false);
}

void queue_block(struct turn *t)
{
    struct queue *q = t->queue;
    if (!q)
        return;
    DL_DELETE2(q->first, t, ready_prev, ready_next);
    q->n--;
    q->bytes -= t->queue_bytes;
    t->queue = NULL;
}

void queue_unblock(struct engine *e, struct turn *t)
{
    enqueue(e, t, true);
}

void queue_remove(struct turn *t)
{
    t->state = TURN_QUEUED;
    queue_block(t);
    group_leave(t);
}

void queue_update(struct engine *e, struct turn *t)
{
    if (t->queue && t->queue == queue_of(e, t) && !t->group_changed) {
        t->queue->bytes += t->write.bytes - t->queue_bytes;
        t->queue_bytes = t->write.bytes;
        return;
    }
    queue_remove(t);
    make_ready(e, t, false);
}

void queues_resort(struct engine *e, size_t route)
{
    size_t n = e->limits.nroutes * OPERATIONS;
    for (size_t i = 0; i <= n; i++) {
        struct queue *q = i < n ? &e->queues[i] : &e->routes[route].held;
        struct turn *t, *next;
        DL_FOREACH_SAFE2(q->first, t, next, ready_next)
        {
            if (turn_route(t) != route || queue_of(e, t) == q)
                continue;
            queue_block(t);
            enqueue(e, t, false);
        }
    }
}

/* While the buffer is full no company can come. */
static bool is_hurried(const struct engine *e)
{
    return e->stopping || e->counts.pending >= e->limits.max_events || e->counts.pending_bytes >= e->limits.max_bytes;
}

static int64_t due_of(const struct engine *e, size_t i)
{
    const struct queue *q = &e->queues[i];
    if (q->n >= e->sizes[i / OPERATIONS].allowed || q->bytes >= e->limits.batch_bytes || is_hurried(e))
        return INT64_MIN;
    return q->first->ready_since + usage_linger(&e->usage, e->limits.linger_ms);
}

int64_t queues_due(const struct engine *e)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < e->limits.nroutes * OPERATIONS; i++)
        if (e->queues[i].n && due_of(e, i) < due)
            due = due_of(e, i);
    return due;
}

struct queue *queues_next(struct engine *e, int64_t now)
{
    struct queue *next = NULL;
    for (size_t i = 0; i < e->limits.nroutes * OPERATIONS; i++) {
        struct queue *q = &e->queues[i];
        if (q->n && due_of(e, i) <= now && (!next || q->first->ready_since < next->first->ready_since))
            next = q;
    }
    return next;
}
