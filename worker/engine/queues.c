/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/queues.h"

#include "config/route.h"

static struct queue *queue_of(struct engine *e, const struct turn *t)
{
    return &e->queues[t->write.record->route->target * OPERATIONS + t->op];
}

static void put_last(struct engine *e, struct turn *t)
{
    struct queue *q = queue_of(e, t);
    t->state = TURN_READY;
    t->queue = q;
    t->queue_bytes = t->write.bytes;
    DL_APPEND2(q->first, t, ready_prev, ready_next);
    q->n++;
    q->bytes += t->queue_bytes;
}

void queue_add(struct engine *e, int64_t now, struct turn *t)
{
    t->ready_since = now;
    put_last(e, t);
}

void queue_remove(struct turn *t)
{
    struct queue *q = t->queue;
    t->state = TURN_QUEUED;
    DL_DELETE2(q->first, t, ready_prev, ready_next);
    q->n--;
    q->bytes -= t->queue_bytes;
}

void queue_update(struct engine *e, struct turn *t)
{
    if (t->queue == queue_of(e, t)) {
        t->queue->bytes += t->write.bytes - t->queue_bytes;
        t->queue_bytes = t->write.bytes;
    } else {
        queue_remove(t);
        put_last(e, t);
    }
}

static int64_t due_of(const struct engine *e, const struct queue *q)
{
    if (e->stopping || q->n >= e->limits.batch_records || q->bytes >= e->limits.batch_bytes)
        return INT64_MIN;
    return q->first->ready_since + e->limits.linger_ms;
}

int64_t queues_due(const struct engine *e)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < e->limits.nroutes * OPERATIONS; i++)
        if (e->queues[i].n && due_of(e, &e->queues[i]) < due)
            due = due_of(e, &e->queues[i]);
    return due;
}

struct queue *queues_next(struct engine *e, int64_t now)
{
    struct queue *next = NULL;
    for (size_t i = 0; i < e->limits.nroutes * OPERATIONS; i++) {
        struct queue *q = &e->queues[i];
        if (q->n && due_of(e, q) <= now && (!next || q->first->ready_since < next->first->ready_since))
            next = q;
    }
    return next;
}
