/* SPDX-License-Identifier: Apache-2.0 */
/* backoff.h: the wait before attempt n.
 *
 * By chance between nothing and base, twice the base, four times …, at most `max` ("full jitter"): those who failed together do not
 * come back together. Pure: the random number is an argument. Milliseconds. */
#ifndef SFSINK_COMMON_BACKOFF_H
#define SFSINK_COMMON_BACKOFF_H

#include <stdint.h>

/* failures: how many there were, at least 1. random: any number. Result: 0 to max_ms. */
int64_t backoff_ms(int64_t base_ms, int64_t max_ms, unsigned failures, uint64_t random);

#endif
