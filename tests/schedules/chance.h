/* SPDX-License-Identifier: Apache-2.0 */
/* chance.h: the same number gives the same schedule, on every machine. */
#ifndef SFSINK_TESTS_SCHEDULES_CHANCE_H
#define SFSINK_TESTS_SCHEDULES_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *c)
{
    uint64_t z = c->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 to n-1 */
static inline int chance_of(struct chance *c, int n)
{
    return (int)(chance_next(c) % (uint64_t)n);
}

static inline bool chance_percent(struct chance *c, int percent)
{
    return chance_of(c, 100) < percent;
}

#endif
