/* SPDX-License-Identifier: Apache-2.0 */
/* text.h: bytes that somebody else owns.
 *
 * A pointer and a length; no NUL at the end is promised. `at` NULL is "none" (Kafka's null), which is not the same as the
 * empty text. Never freed through this type. */
#ifndef SFSINK_COMMON_TEXT_H
#define SFSINK_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct text {
    const char *at;
    size_t len;
};

#define TEXT_NONE ((struct text){NULL, 0})

/* The bytes of a C string, without its NUL; NULL gives TEXT_NONE. */
static inline struct text text_of(const char *s)
{
    return (struct text){s, s ? strlen(s) : 0};
}

static inline struct text text_make(const char *at, size_t len)
{
    return (struct text){at, len};
}

/* Same bytes; none equals only none. */
static inline bool text_equal(struct text a, struct text b)
{
    if (!a.at || !b.at)
        return a.at == b.at;
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* At most so many bytes of it, without half a UTF-8 character at the end. */
static inline struct text text_cut(struct text t, size_t max)
{
    if (t.len <= max)
        return t;
    t.len = max;
    while (t.len && ((unsigned char)t.at[t.len] & 0xC0) == 0x80)
        t.len--;
    return t;
}

static inline bool text_is(struct text a, const char *s)
{
    return text_equal(a, text_of(s));
}

#endif
