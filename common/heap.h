/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h: what is due next. A binary heap whose elements know their place, so that one can be taken out of the middle.
 *
 * The element is a struct of the caller's with a `struct heap_item` in it; the heap keeps pointers only. Equal times come out in the order in which
 * they went in, so that a schedule can be repeated exactly. Pure. Memory: 8 bytes an element. */
#ifndef SFSINK_COMMON_HEAP_H
#define SFSINK_COMMON_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_item {
    int64_t due;    /* set by heap_add() */
    uint64_t order; /* of insertion */
    size_t place;   /* 1-based; 0: in no heap */
};

struct heap {
    struct heap_item **items;
    size_t n, room;
    uint64_t added;
};

void heap_release(struct heap *h);                                  /* frees the array, not the elements */
void heap_add(struct heap *h, struct heap_item *item, int64_t due); /* an item that is in no heap */
void heap_remove(struct heap *h, struct heap_item *item);           /* one that is in no heap is left alone */

static inline bool heap_holds(const struct heap_item *item)
{
    return item->place != 0;
}

/* The earliest element, or NULL. */
static inline struct heap_item *heap_first(const struct heap *h)
{
    return h->n ? h->items[0] : NULL;
}

#endif
