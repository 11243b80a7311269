/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/journal.h"

#include "common/buffer.h"
#include "common/memory.h"

#include <inttypes.h>
#include <stdlib.h>

struct entry {
    struct entry *next;
    uint64_t n;
    int64_t records;
    char *text;
};

struct journal {
    struct entry *first, **end;
    uint64_t last_n, order, dropped;
    int64_t records;
};

struct journal *journal_new(void)
{
    struct journal *j = xcalloc(1, sizeof *j);
    j->end = &j->first;
    return j;
}

static void drop_first(struct journal *j)
{
    struct entry *e = j->first;

    j->first = e->next;
    if (!j->first)
        j->end = &j->first;
    j->records -= e->records;
    free(e->text);
    free(e);
}

void journal_clear(struct journal *j)
{
    while (j->first)
        drop_first(j);
    j->dropped = 0;
}

void journal_free(struct journal *j)
{
    if (j)
        journal_clear(j);
    free(j);
}

uint64_t journal_next_order(struct journal *j)
{
    return ++j->order;
}

void journal_add(struct journal *j, json_t *entry, int64_t most_records)
{
    struct entry *e = xcalloc(1, sizeof *e);

    e->n = ++j->last_n;
    e->records = 1 + (int64_t)json_array_size(json_object_get(entry, "records"));
    json_object_set_new(entry, "n", json_integer((json_int_t)e->n));
    e->text = json_dumps(entry, JSON_COMPACT);
    *j->end = e;
    j->end = &e->next;
    j->records += e->records;
    for (; j->records > most_records && j->first->next; j->dropped++)
        drop_first(j);
}

char *journal_page(const struct journal *j, uint64_t after, uint64_t limit)
{
    struct buffer b = BUFFER_INIT((size_t)1 << 30);
    uint64_t n = 0, last = after;

    buffer_add_string(&b, "{\"entries\":[");
    for (const struct entry *e = j->first; e && n < limit; e = e->next) {
        if (e->n <= after)
            continue;
        if (n++)
            buffer_add_string(&b, ",\n");
        buffer_add_string(&b, e->text);
        last = e->n;
    }
    buffer_printf(&b, "],\"next\":%" PRIu64 ",\"dropped\":%" PRIu64 "}", last, j->dropped);
    return buffer_steal(&b);
}
