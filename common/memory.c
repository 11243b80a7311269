/* SPDX-License-Identifier: Apache-2.0 */
#include "common/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DEFECT = 70 };

_Noreturn void memory_exhausted(void)
{
    static const char words[] =
        "sfsink: memory: exhausted\n"
        "Nothing unsettled was committed; give the process more memory or lower buffer.max_mb.\n";

    fwrite(words, 1, sizeof words - 1, stderr);
    _Exit(EXIT_DEFECT);
}

_Noreturn void bug_at(const char *file, int line, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "sfsink: defect at %s:%d: ", file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);

    if (!p)
        memory_exhausted();
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);

    if (!p)
        memory_exhausted();
    return p;
}

void *xrealloc(void *p, size_t size)
{
    p = realloc(p, size ? size : 1);
    if (!p)
        memory_exhausted();
    return p;
}

void *xreallocarray(void *p, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size)
        memory_exhausted();
    return xrealloc(p, n * size);
}

char *xstrndup(const char *s, size_t len)
{
    char *copy = xmalloc(len + 1);

    if (len)
        memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *xasprintf(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        memory_exhausted();
    va_end(args);
    return text;
}
