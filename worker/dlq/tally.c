/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/tally.h"

#include "common/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* So many different names; what is beyond is counted together: a name may come from a stranger. */
enum { MOST = 500, BAR = 30 };
#define OTHERS "(others)"

static bool count(struct tally *t, struct text name)
{
    for (size_t i = 0; i < t->n; i++)
        if (text_is(name, t->lines[i].name)) {
            t->lines[i].n++;
            return true;
        }
    return false;
}

void tally_add(struct tally *t, struct text name)
{
    char *safe = terminal_safe(name.at ? name.at : "-", name.at ? name.len : 1);
    bool known = count(t, text_of(safe));

    if (!known && t->n >= MOST && count(t, text_of(OTHERS)))
        known = true;
    if (!known) {
        char *line = xstrdup(t->n >= MOST ? OTHERS : safe);
        t->lines = xreallocarray(t->lines, t->n + 1, sizeof *t->lines);
        t->lines[t->n++] = (struct tally_line){line, 1};
    }
    free(safe);
}

static int more_first(const void *x, const void *y)
{
    const struct tally_line *a = x, *b = y;
    if (a->n != b->n)
        return a->n < b->n ? 1 : -1;
    return strcmp(a->name, b->name);
}

void tally_sort(struct tally *t)
{
    if (t->n)
        qsort(t->lines, t->n, sizeof *t->lines, more_first);
}

static uint64_t largest(const struct tally *t)
{
    uint64_t most = 1;
    for (size_t i = 0; i < t->n; i++)
        most = t->lines[i].n > most ? t->lines[i].n : most;
    return most;
}

void tally_print(const struct tally *t, const char *title, const struct terminal *to)
{
    if (!t->n)
        return;
    fputc('\n', to->out);
    char *heading = xasprintf("by %s", title);
    struct table *table = table_new(heading, ">letters", "", NULL);
    uint64_t most = largest(t);
    for (size_t i = 0; i < t->n; i++) {
        char n[24], bar[BAR + 1];
        size_t len = (size_t)((t->lines[i].n * BAR + most - 1) / most);
        memset(bar, '#', len);
        bar[len] = '\0';
        snprintf(n, sizeof n, "%" PRIu64, t->lines[i].n);
        table_row(table, t->lines[i].name, n, bar);
    }
    table_print(table, to);
    free(heading);
}

void tally_release(struct tally *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->lines[i].name);
    free(t->lines);
    *t = (struct tally){0};
}
