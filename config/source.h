/* SPDX-License-Identifier: Apache-2.0 */
/* source.h: the text that libconfig gets: the file with its @includes put in, and a memory of where each line came from.
 *
 * libconfig 1.5 knows one directory for all includes, and takes numbers that do not fit modulo 2^32. So this reads over strings and
 * comments just far enough to put the included files in itself, relative to the file that includes, and to turn a number that
 * is too large into a string that document.h recognises. */
#ifndef SFSINK_CONFIG_SOURCE_H
#define SFSINK_CONFIG_SOURCE_H

#include "common/buffer.h"
#include "config/mistakes.h"

#include <stdbool.h>

#define SOURCE_TOO_LARGE '\x01' /* first byte of a string that was such a number */

struct place {
    const char *file;
    int line;
};

struct source {
    struct buffer text;
    struct place *lines; /* of each line of the text */
    size_t nlines;
    char **files; /* names that the places lend */
    size_t nfiles;
};

/* False and a mistake if a file cannot be read. Give the source to source_release() in any case. */
bool source_read(struct source *s, const char *file, struct mistakes *m);
void source_release(struct source *s);

/* Where line `line` (from 1) of the text came from. */
struct place source_place(const struct source *s, int line);

#endif
