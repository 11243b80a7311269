/* SPDX-License-Identifier: Apache-2.0 */
#include "common/repeats.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct repeats_line *l)
{
    free(l->line);
    *l = (struct repeats_line){0};
}

static struct repeats_line *find(struct repeats *r, struct text line)
{
    for (size_t i = 0; i < REPEATS_LINES; i++)
        if (r->lines[i].line && text_equal(text_make(r->lines[i].line, r->lines[i].len), line))
            return &r->lines[i];
    return NULL;
}

/* A free place; NULL: there is none. */
static struct repeats_line *vacancy(struct repeats *r)
{
    for (size_t i = 0; i < REPEATS_LINES; i++)
        if (!r->lines[i].line)
            return &r->lines[i];
    return NULL;
}

static struct repeats_line *oldest(struct repeats *r)
{
    struct repeats_line *old = &r->lines[0];
    for (size_t i = 1; i < REPEATS_LINES; i++)
        if (r->lines[i].since < old->since)
            old = &r->lines[i];
    return old;
}

void repeats_release(struct repeats *r)
{
    for (size_t i = 0; i < REPEATS_LINES; i++)
        forget(&r->lines[i]);
}

bool repeats_first(struct repeats *r, int64_t now, struct text line)
{
    struct repeats_line *l = find(r, line);
    if (l) {
        l->kept_back++;
        return false;
    }
    l = vacancy(r);
    if (!l)
        return true; /* repeats_over() was not called until false: say it rather than lose it */
    *l = (struct repeats_line){xstrndup(line.at, line.len), line.len, 0, now};
    return true;
}

bool repeats_over(struct repeats *r, int64_t now, struct repeated *out)
{
    for (size_t i = 0; i < REPEATS_LINES; i++) {
        struct repeats_line *l = &r->lines[i];
        if (!l->line || (now != INT64_MAX && now - l->since < REPEATS_WINDOW_MS))
            continue;
        if (l->kept_back) {
            *out = (struct repeated){l->line, l->kept_back};
            *l = (struct repeats_line){0};
            return true;
        }
        forget(l);
    }
    if (vacancy(r))
        return false;
    struct repeats_line *l = oldest(r);
    *out = (struct repeated){l->line, l->kept_back};
    *l = (struct repeats_line){0};
    if (out->times)
        return true;
    free(out->line);
    return false;
}
