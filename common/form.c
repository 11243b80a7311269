/* SPDX-License-Identifier: Apache-2.0 */
#include "common/form.h"

#include "common/memory.h"

#include <stdlib.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *form_decode(const char *at, size_t len)
{
    char *out = xmalloc(len + 1), *to = out;

    for (size_t i = 0; i < len; i++) {
        if (at[i] == '%' && len - i > 2 && hex(at[i + 1]) >= 0 && hex(at[i + 2]) >= 0) {
            *to++ = (char)(hex(at[i + 1]) * 16 + hex(at[i + 2]));
            i += 2;
        } else {
            *to++ = at[i] == '+' ? ' ' : at[i];
        }
    }
    *to = '\0';
    return out;
}

char *form_value(struct text form, const char *name)
{
    const char *end = form.at + form.len;

    for (const char *p = form.at; p && p < end;) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        stop = stop ? stop : end;
        const char *equals = memchr(p, '=', (size_t)(stop - p));
        char *key = form_decode(p, (size_t)((equals ? equals : stop) - p));
        bool found = strcmp(key, name) == 0;
        free(key);
        if (found)
            return equals ? form_decode(equals + 1, (size_t)(stop - equals - 1)) : xstrdup("");
        p = stop + 1;
    }
    return NULL;
}
