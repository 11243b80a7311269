/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/schedules/chance.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

void chance_seed(struct chance *c, uint64_t seed)
{
    c->state = seed * 0x2545f4914f6cdd1du + 1;
    c->n = c->at = 0;
    c->replaying = false;
}

void chance_replay(struct chance *c, const uint32_t *tape, size_t n)
{
    c->n = c->room = n;
    c->tape = xcalloc(n + 1, sizeof *tape);
    memcpy(c->tape, tape, n * sizeof *tape);
    c->at = 0;
    c->replaying = true;
}

void chance_release(struct chance *c)
{
    free(c->tape);
}

static uint64_t splitmix(struct chance *c)
{
    uint64_t z = c->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int chance_of(struct chance *c, int n)
{
    if (c->replaying)
        return c->at < c->n ? (int)(c->tape[c->at++] % (uint32_t)n) : 0;
    if (c->n == c->room) {
        c->room = c->room ? c->room * 2 : 4096;
        c->tape = xreallocarray(c->tape, c->room, sizeof *c->tape);
    }
    uint32_t choice = (uint32_t)(splitmix(c) % (uint64_t)n);
    c->tape[c->n++] = choice;
    return (int)choice;
}

bool chance_percent(struct chance *c, int percent)
{
    return chance_of(c, 100) >= 100 - percent;
}

bool chance_one_in(struct chance *c, int n)
{
    return chance_of(c, n) == n - 1;
}
