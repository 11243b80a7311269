/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h: allocation that does not fail.
 *
 * Out of memory ends the process with a message (exit status 70): Kafka delivers again what was not committed, so a clean death is safe
 * and a thousand untested branches disappear. Memory is therefore bounded by us, not by malloc: each buffer has a ceiling.
 * All results are never NULL and go to free(). Any thread. */
#ifndef SFSINK_COMMON_MEMORY_H
#define SFSINK_COMMON_MEMORY_H

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed; n * size is checked */
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
void *xreallocarray(void *p, size_t n, size_t size) __attribute__((returns_nonnull)); /* n * size is checked */
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull)); /* len bytes and a NUL */
char *xasprintf(const char *format, ...) __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* Says that memory is exhausted and ends the process. Also the answer of uthash, jansson, libcurl and libjq to a failed allocation. */
_Noreturn void memory_exhausted(void);

/* A defect of ours: says where and what, and aborts. Stays on in production. */
#define bug(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
