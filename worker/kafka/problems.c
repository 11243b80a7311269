/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/problems.h"

#include <stdio.h>
#include <string.h>

/* librdkafka repeats the error of a broker that stays away every 30 s. */
enum { SILENCE_MS = 40000 };

void problems_set(struct problems *p, enum problem which, int64_t now, const char *why)
{
    p->at[which] = now;
    if (strncmp(p->why[which], why, sizeof p->why[which] - 1) == 0)
        return;
    snprintf(p->why[which], sizeof p->why[which], "%s", why);
    p->changed = true;
}

void problems_end(struct problems *p, enum problem which)
{
    if (!p->why[which][0])
        return;
    p->why[which][0] = '\0';
    p->changed = true;
}

void problems_age(struct problems *p, int64_t now)
{
    for (int i = 0; i < PROBLEMS; i++)
        if (i != PROBLEM_TOPIC && now - p->at[i] > SILENCE_MS)
            problems_end(p, (enum problem)i);
}

bool problems_changed(struct problems *p, char *why, size_t size)
{
    if (!p->changed)
        return false;
    p->changed = false;
    why[0] = '\0';
    for (int i = 0; i < PROBLEMS && !why[0]; i++)
        snprintf(why, size, "%s", p->why[i]);
    return true;
}
