/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/offsets.h"

#include "common/memory.h"

#include <stdlib.h>

struct place {
    int64_t offset;
    bool finished, doubtful;
};

/* A ring: place number p lies at p & (room - 1). Places below `head` are finished and forgotten. */
struct offsets {
    struct place *ring;
    size_t room;
    uint64_t head, tail;
    int64_t last;
};

struct offsets *offsets_new(void)
{
    struct offsets *o = xcalloc(1, sizeof *o);

    o->last = -1;
    return o;
}

void offsets_free(struct offsets *o)
{
    if (!o)
        return;
    free(o->ring);
    free(o);
}

static struct place *at(const struct offsets *o, uint64_t place)
{
    return &o->ring[place & (o->room - 1)];
}

static void grow(struct offsets *o)
{
    struct offsets wider = *o;
    wider.room = o->room ? o->room * 2 : 64;
    wider.ring = xcalloc(wider.room, sizeof *wider.ring);
    for (uint64_t p = o->head; p < o->tail; p++)
        *at(&wider, p) = *at(o, p);
    free(o->ring);
    *o = wider;
}

uint64_t offsets_take(struct offsets *o, int64_t offset)
{
    if (offset <= o->last)
        bug("offset %lld taken after %lld", (long long)offset, (long long)o->last);
    if (o->tail - o->head == o->room)
        grow(o);
    *at(o, o->tail) = (struct place){.offset = offset};
    o->last = offset;
    return o->tail++;
}

void offsets_finish(struct offsets *o, uint64_t place)
{
    if (place < o->head || place >= o->tail || at(o, place)->finished)
        bug("place %llu finished twice or never taken", (unsigned long long)place);
    at(o, place)->finished = true;
    while (o->head < o->tail && at(o, o->head)->finished)
        o->head++;
}

void offsets_doubt(struct offsets *o, uint64_t place)
{
    at(o, place)->doubtful = true;
}

bool offsets_doubtful(const struct offsets *o)
{
    for (uint64_t p = o->head; p < o->tail; p++)
        if (at(o, p)->doubtful && !at(o, p)->finished)
            return true;
    return false;
}

bool offsets_next_run(const struct offsets *o, uint64_t *place, int64_t *from, int64_t *to)
{
    uint64_t p = *place < o->head ? o->head : *place;
    for (; p < o->tail && !at(o, p)->finished; p++)
        if (at(o, p)->doubtful)
            return false;
    if (p >= o->tail)
        return false;
    *from = *to = at(o, p)->offset;
    for (; p < o->tail && at(o, p)->finished && at(o, p)->offset == *to; p++)
        (*to)++;
    *place = p;
    return true;
}

int64_t offsets_commit_point(const struct offsets *o)
{
    if (o->last < 0)
        return -1;
    return o->head < o->tail ? at(o, o->head)->offset : o->last + 1;
}

size_t offsets_held(const struct offsets *o)
{
    return (size_t)(o->tail - o->head);
}

int64_t offsets_last(const struct offsets *o)
{
    return o->last;
}
