/* SPDX-License-Identifier: Apache-2.0 */
/* repeats.h: which lines were said lately, so that a storm of equal ones is one line and a number.
 *
 *     first time ─────► said          again within the window ─────► counted
 *     window over ────► repeats_over() hands the line out once more, with the number that was kept back
 *
 * A window begins when a line is said. Pure: the time is an argument (milliseconds that never go back). Memory:
 * REPEATS_LINES lines; when that is full the one whose window began first makes room and is due at once. The owner
 * locks. */
#ifndef SFSINK_COMMON_REPEATS_H
#define SFSINK_COMMON_REPEATS_H

#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { REPEATS_LINES = 64, REPEATS_WINDOW_MS = 10000 };

struct repeats {
    struct repeats_line {
        char *line; /* NULL: free place */
        size_t len;
        uint64_t kept_back;
        int64_t since;
    } lines[REPEATS_LINES];
};

/* A line that was kept back. */
struct repeated {
    char *line; /* yours to free() */
    uint64_t times;
};

void repeats_release(struct repeats *r);

/* Call repeats_over() until false first, then this. True: say it. False: it was said lately and is counted. */
bool repeats_first(struct repeats *r, int64_t now, struct text line);

/* The next line whose window is over, or that has to make room, and that was kept back at least once. INT64_MAX for
 * now: all. */
bool repeats_over(struct repeats *r, int64_t now, struct repeated *out);

#endif
