/* SPDX-License-Identifier: Apache-2.0 */
/* spelling.h: the nearest known name, for "did you mean". Pure. */
#ifndef SFSINK_COMMON_SPELLING_H
#define SFSINK_COMMON_SPELLING_H

#include <stddef.h>

/* The name nearest to `given` (case folded edit distance), or NULL if none is near enough to be meant. Lent from `names`. */
const char *spelling_nearest(const char *given, const char *const *names, size_t n);

#endif
