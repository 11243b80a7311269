/* SPDX-License-Identifier: Apache-2.0 */
/* mistakes.h: everything that is wrong with a configuration, collected and shown at once.
 *
 *     sfsink.cfg:12: batch.linger_ms: 70000 given, 0 to 60000 allowed
 *     FILE      LINE PATH             what was given, what is allowed
 *
 * One thread. Memory: MISTAKES_MAX lines; what comes after is counted only. */
#ifndef SFSINK_CONFIG_MISTAKES_H
#define SFSINK_CONFIG_MISTAKES_H

#include <stddef.h>

enum { MISTAKES_MAX = 200 };

struct mistake {
    char *file; /* its own copy */
    int line;   /* 0: none, the whole file */
    char *path; /* of the setting, or NULL */
    char *text;
};

struct mistakes {
    struct mistake *list;
    size_t n; /* all of them, also those beyond MISTAKES_MAX */
};

/* `path` is the setting's, or NULL. */
void mistakes_add(struct mistakes *m, const char *file, int line, const char *path, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* One line each, in the order of the lines in their files; free() it. */
char *mistakes_text(struct mistakes *m);
void mistakes_release(struct mistakes *m);

/* What was given, as a mistake shows it: in quotes, on one line, not too long; free() it. */
char *mistakes_quote(const char *given);

#endif
