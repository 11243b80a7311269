/* SPDX-License-Identifier: Apache-2.0 */
#include "config/mistakes.h"

#include "common/buffer.h"
#include "common/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 2000, QUOTE_MAX = 80 };

/* A mistake is one line, whatever jq or a file name put into it. */
static void flatten(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 127)
            *s = ' ';
}

void mistakes_add(struct mistakes *m, const char *file, int line, const char *path, const char *format, ...)
{
    if (m->n++ >= MISTAKES_MAX)
        return;
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);

    m->list = xreallocarray(m->list, m->n, sizeof *m->list);
    struct mistake *new = &m->list[m->n - 1];
    new->file = xstrdup(file);
    new->line = line;
    new->path = path ? xstrdup(path) : NULL;
    new->text = xstrdup(text);
    flatten(new->text);
}

static size_t kept(const struct mistakes *m)
{
    return m->n < MISTAKES_MAX ? m->n : MISTAKES_MAX;
}

/* Stable, so that two mistakes of a line stay in the order of their finding. */
static void sort_by_line(struct mistakes *m)
{
    for (size_t i = 1; i < kept(m); i++) {
        struct mistake moving = m->list[i];
        size_t j = i;
        for (; j > 0 && strcmp(m->list[j - 1].file, moving.file) == 0 && m->list[j - 1].line > moving.line; j--)
            m->list[j] = m->list[j - 1];
        m->list[j] = moving;
    }
}

char *mistakes_text(struct mistakes *m)
{
    struct buffer out = BUFFER_INIT(1 << 20);

    sort_by_line(m);
    for (size_t i = 0; i < kept(m); i++) {
        const struct mistake *it = &m->list[i];
        buffer_add_string(&out, it->file);
        if (it->line)
            buffer_printf(&out, ":%d", it->line);
        buffer_printf(&out, ": %s%s%s\n", it->path ? it->path : "", it->path ? ": " : "", it->text);
    }
    if (m->n > MISTAKES_MAX)
        buffer_printf(&out, "and %zu more\n", m->n - MISTAKES_MAX);
    return buffer_steal(&out);
}

void mistakes_release(struct mistakes *m)
{
    for (size_t i = 0; i < kept(m); i++) {
        free(m->list[i].file);
        free(m->list[i].path);
        free(m->list[i].text);
    }
    free(m->list);
    *m = (struct mistakes){0};
}

char *mistakes_quote(const char *given)
{
    size_t len = strlen(given);
    char *quoted = len > QUOTE_MAX ? xasprintf("\"%.*s…\"", QUOTE_MAX, given) : xasprintf("\"%s\"", given);
    flatten(quoted);
    return quoted;
}
