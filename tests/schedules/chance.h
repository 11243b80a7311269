/* SPDX-License-Identifier: Apache-2.0 */
/* chance.h: every decision of a world, in order: from a seed at first, on tape, and from an edited tape when a failure is
 * made short.
 *
 * 0 is always the dullest choice (no fault, the first one), so that a tape of zeros, or none, is a quiet world. */
#ifndef SFSINK_TESTS_SCHEDULES_CHANCE_H
#define SFSINK_TESTS_SCHEDULES_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chance {
    uint64_t state;
    uint32_t *tape;
    size_t n, room; /* on the tape */
    size_t at;
    bool replaying; /* the tape decides, and zeros after its end */
};

void chance_seed(struct chance *c, uint64_t seed);
void chance_replay(struct chance *c, const uint32_t *tape, size_t n);
void chance_release(struct chance *c);

int chance_of(struct chance *c, int n);             /* 0 to n-1 */
bool chance_percent(struct chance *c, int percent); /* false is the dull one */
bool chance_one_in(struct chance *c, int n);        /* so is it here */

#endif
