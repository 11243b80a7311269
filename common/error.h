/* SPDX-License-Identifier: Apache-2.0 */
/* error.h: why something did not work, on its way to a person.
 *
 * A function that can fail in an expected way returns bool (or NULL) and fills a `struct error *`, which it leaves untouched on success.
 * The first error wins: a later error_set() on a filled error does nothing. The caller adds context in front.
 *
 *     sfsink: WHAT: WHY        error_print() writes this on standard error,
 *     what to do about it      and the hint below it, where there is one
 *
 * `status` is the exit status of product.md section 1. Plain struct: start with `struct error e = {0};`. Any thread. */
#ifndef SFSINK_COMMON_ERROR_H
#define SFSINK_COMMON_ERROR_H

#include <stdbool.h>

enum status {
    STATUS_OK = 0,
    STATUS_FOUND = 1,         /* done, but something was found or failed */
    STATUS_USAGE = 64,        /* wrong usage */
    STATUS_UNAVAILABLE = 69,  /* a service cannot be reached */
    STATUS_DEFECT = 70,       /* a defect */
    STATUS_NOT_ALLOWED = 77,  /* not authenticated or not allowed */
    STATUS_CONFIGURATION = 78 /* wrong configuration */
};

struct error {
    enum status status; /* STATUS_OK: no error */
    char text[1024];    /* "WHAT: WHY", cut to fit */
    char hint[512];     /* what to do; may be empty */
};

/* Fills an empty error (NULL is fine); text is "WHAT: WHY". Returns false, so that `return error_set(...)` reads well. */
bool error_set(struct error *e, enum status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Says what to do; only the first hint stays. Returns false. */
bool error_hint(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "CONTEXT: " in front of the text. Returns false. */
bool error_context(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes it to standard error as above and returns its status, for `return error_print(&e);` in a command. */
int error_print(const struct error *e);

#endif
