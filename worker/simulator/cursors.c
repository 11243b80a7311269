/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/cursors.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CURSORS = 10 };

struct cursors {
    struct cursor {
        char id[RECORD_ID_SIZE];
        json_t *rows;
        int64_t until_ms;
    } open[MOST_CURSORS];
    uint64_t count;
};

struct cursors *cursors_new(void)
{
    return xcalloc(1, sizeof(struct cursors));
}

void cursors_clear(struct cursors *c)
{
    for (size_t i = 0; i < MOST_CURSORS; i++) {
        json_decref(c->open[i].rows);
        c->open[i] = (struct cursor){.rows = NULL};
    }
}

void cursors_free(struct cursors *c)
{
    if (c)
        cursors_clear(c);
    free(c);
}

void cursors_open(struct cursors *c, json_t *rows, int64_t until_ms, char id[RECORD_ID_SIZE])
{
    struct cursor *to = &c->open[c->count % MOST_CURSORS];

    json_decref(to->rows);
    to->rows = rows;
    to->until_ms = until_ms;
    record_id_make("01g", ++c->count, to->id);
    memcpy(id, to->id, RECORD_ID_SIZE);
}

const json_t *cursors_rows(const struct cursors *c, const char *id, int64_t now_ms)
{
    for (size_t i = 0; i < MOST_CURSORS; i++)
        if (c->open[i].rows && strcmp(c->open[i].id, id) == 0)
            return now_ms < c->open[i].until_ms ? c->open[i].rows : NULL;
    return NULL;
}
