/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: the only file that asks the system for the time.
 *
 * Decisions use monotonic milliseconds, which never jump; the time of day is only for what people read and for protocols that want it.
 * The loop reads the clock once a turn and passes `now` on. Any thread. */
#ifndef SFSINK_COMMON_CLOCK_H
#define SFSINK_COMMON_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_ms(void);      /* monotonic, milliseconds since some fixed point */
int64_t clock_wall_ms(void); /* time of day, milliseconds since 1970-01-01 UTC */

enum { CLOCK_TEXT_SIZE = 32 };
/* Writes a time of day (ms since 1970, UTC) as RFC 3339 with milliseconds: 2026-11-23T10:15:30.000Z. */
void clock_text(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);

#endif
