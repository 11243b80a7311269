/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/send_order.h"

#include "common/memory.h"

#include <stdlib.h>

struct turn {
    int64_t when_ms;
    size_t entry;
};

static int earlier_first(const void *x, const void *y)
{
    const struct turn *a = x, *b = y;
    if (a->when_ms != b->when_ms)
        return a->when_ms < b->when_ms ? -1 : 1;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

/* The catalogue has each partition's entries together and in order: none may go before the one in front of it. */
static size_t give_turns(const struct plan *p, struct turn *turns)
{
    const struct entry *before = NULL;
    size_t n = 0;

    for (size_t i = 0; i < p->catalogue->n; i++) {
        const struct entry *e = &p->catalogue->entries[i];
        int64_t when_ms = e->timestamp_ms;
        if (p->verdicts[i] != GOES)
            continue;
        if (before && before->topic == e->topic && before->partition == e->partition && turns[n - 1].when_ms > when_ms)
            when_ms = turns[n - 1].when_ms;
        turns[n++] = (struct turn){when_ms, i};
        before = e;
    }
    return n;
}

size_t *send_order(const struct plan *p, size_t *n)
{
    size_t most = p->catalogue->n + 1;
    struct turn *turns = xcalloc(most, sizeof *turns);
    size_t *order = xcalloc(most, sizeof *order);

    *n = give_turns(p, turns);
    qsort(turns, *n, sizeof *turns, earlier_first);
    for (size_t i = 0; i < *n; i++)
        order[i] = turns[i].entry;
    free(turns);
    return order;
}
