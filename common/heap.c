/* SPDX-License-Identifier: Apache-2.0 */
#include "common/heap.h"

#include "common/memory.h"

#include <stdlib.h>

static bool before(const struct heap_item *a, const struct heap_item *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put(struct heap *h, size_t place, struct heap_item *item)
{
    h->items[place - 1] = item;
    item->place = place;
}

static void rise(struct heap *h, struct heap_item *item)
{
    size_t place = item->place;
    for (; place > 1 && before(item, h->items[place / 2 - 1]); place /= 2)
        put(h, place, h->items[place / 2 - 1]);
    put(h, place, item);
}

static void sink(struct heap *h, struct heap_item *item)
{
    size_t place = item->place;
    for (;;) {
        size_t child = place * 2;
        if (child > h->n)
            break;
        if (child < h->n && before(h->items[child], h->items[child - 1]))
            child++;
        if (!before(h->items[child - 1], item))
            break;
        put(h, place, h->items[child - 1]);
        place = child;
    }
    put(h, place, item);
}

void heap_release(struct heap *h)
{
    free(h->items);
    *h = (struct heap){0};
}

void heap_add(struct heap *h, struct heap_item *item, int64_t due)
{
    if (heap_holds(item))
        bug("heap: element added twice");
    if (h->n == h->room) {
        h->room = h->room ? h->room * 2 : 16;
        h->items = xreallocarray(h->items, h->room, sizeof *h->items);
    }
    item->due = due;
    item->order = ++h->added;
    put(h, ++h->n, item);
    rise(h, item);
}

void heap_remove(struct heap *h, struct heap_item *item)
{
    if (!heap_holds(item))
        return;
    size_t place = item->place;
    struct heap_item *last = h->items[--h->n];
    item->place = 0;
    if (last == item)
        return;
    put(h, place, last);
    rise(h, last);
    sink(h, last);
}
