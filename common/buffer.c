/* SPDX-License-Identifier: Apache-2.0 */
#include "common/buffer.h"

#include "common/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Makes room for `more` bytes and a NUL, as far as the ceiling allows; returns how many of them fit. */
static size_t reserve(struct buffer *b, size_t more)
{
    size_t left = b->ceiling - b->len;
    if (more > left) {
        b->full = true;
        more = left;
    }
    size_t want = b->len + more + 1;
    if (want > b->room) {
        size_t room = b->room ? b->room : 64;
        while (room < want)
            room *= 2;
        if (room > b->ceiling + 1)
            room = b->ceiling + 1;
        b->bytes = xrealloc(b->bytes, room);
        b->room = room;
    }
    return more;
}

void buffer_release(struct buffer *b)
{
    free(b->bytes);
    *b = BUFFER_INIT(b->ceiling);
}

void buffer_clear(struct buffer *b)
{
    b->len = 0;
    b->full = false;
    if (b->bytes)
        b->bytes[0] = '\0';
}

void buffer_add(struct buffer *b, const void *bytes, size_t len)
{
    len = reserve(b, len);
    if (len)
        memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
    b->bytes[b->len] = '\0';
}

void buffer_add_text(struct buffer *b, struct text t)
{
    buffer_add(b, t.at, t.len);
}

void buffer_add_string(struct buffer *b, const char *s)
{
    buffer_add(b, s, strlen(s));
}

void buffer_add_char(struct buffer *b, char c)
{
    buffer_add(b, &c, 1);
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        bug("format %s", format);

    if ((size_t)len > b->ceiling - b->len) {
        b->full = true;
        return;
    }
    reserve(b, (size_t)len);
    va_start(args, format);
    vsnprintf(b->bytes + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

char *buffer_steal(struct buffer *b)
{
    char *bytes = b->bytes ? b->bytes : xstrdup("");
    *b = BUFFER_INIT(b->ceiling);
    return bytes;
}
