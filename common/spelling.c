/* SPDX-License-Identifier: Apache-2.0 */
#include "common/spelling.h"

#include <string.h>

enum { LONGEST = 80 }; /* longer names are never suggested */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many letters to insert, delete, replace or swap with their neighbour; case does not count. */
static size_t distance(const char *a, size_t alen, const char *b, size_t blen)
{
    size_t rows[3][LONGEST + 1], *before = rows[0], *above = rows[1], *now = rows[2];

    for (size_t j = 0; j <= blen; j++)
        above[j] = before[j] = j;
    for (size_t i = 1; i <= alen; i++) {
        now[0] = i;
        for (size_t j = 1; j <= blen; j++) {
            char x = fold(a[i - 1]), y = fold(b[j - 1]);
            now[j] = least(above[j - 1] + (x != y), least(above[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && x == fold(b[j - 2]) && y == fold(a[i - 2]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = above;
        above = now;
        now = spare;
    }
    return above[blen];
}

const char *spelling_nearest(const char *given, const char *const *names, size_t n)
{
    size_t len = strlen(given),
           nearest_distance = len / 3 + 2; /* a third of the letters may be wrong, one in any case */
    const char *nearest = NULL;

    if (len == 0 || len > LONGEST)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t name_len = strlen(names[i]);
        if (name_len == 0 || name_len > LONGEST)
            continue;
        size_t d = distance(given, len, names[i], name_len);
        if (d < nearest_distance && d < name_len) { /* d == name_len: nothing in common */
            nearest = names[i];
            nearest_distance = d;
        }
    }
    return nearest;
}
