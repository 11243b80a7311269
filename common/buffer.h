/* SPDX-License-Identifier: Apache-2.0 */
/* buffer.h: bytes that grow, up to a ceiling that must be named.
 *
 * `bytes` always ends in a NUL that `len` does not count, once something was added. Appending beyond the ceiling drops what does not
 * fit and sets `full`; nothing else happens, so a caller may check once at the end. Owner: whoever holds the struct. */
#ifndef SFSINK_COMMON_BUFFER_H
#define SFSINK_COMMON_BUFFER_H

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *bytes;
    size_t len, room, ceiling;
    bool full; /* something did not fit */
};

#define BUFFER_INIT(max) ((struct buffer){NULL, 0, 0, (max), false})

void buffer_release(struct buffer *b); /* frees the bytes; the struct can be used again with the same ceiling */
void buffer_clear(struct buffer *b);   /* forgets the bytes and keeps the memory */
void buffer_add(struct buffer *b, const void *bytes, size_t len);
void buffer_add_text(struct buffer *b, struct text t);
void buffer_add_string(struct buffer *b, const char *s);
void buffer_add_char(struct buffer *b, char c);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *
buffer_steal(struct buffer *b); /* hands over the bytes, NUL-terminated, never NULL; free() them; the buffer is empty */

static inline struct text buffer_text(const struct buffer *b)
{
    return text_make(b->bytes ? b->bytes : "", b->len);
}

#endif
