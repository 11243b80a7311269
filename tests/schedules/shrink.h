/* SPDX-License-Identifier: Apache-2.0 */
/* shrink.h: makes a failing world as short as it can.
 *
 * The tape of its decisions is cut, thinned and zeroed as long as the same promise breaks; each try runs in a child
 * process, so that whatever happens there, bug() and abort() too, is only a status. */
#ifndef SFSINK_TESTS_SCHEDULES_SHRINK_H
#define SFSINK_TESTS_SCHEDULES_SHRINK_H

#include "tests/schedules/chance.h"

/* Runs the world of this seed in a child: its wait status, 0 if nothing was wrong. The tape is filled as far as it came. */
int shrink_first(uint64_t seed, struct chance *tape);

/* Shortens the tape that gave `status` for at most so many seconds; then runs it once more, with its trace. */
void shrink(struct chance *tape, int status, int seconds);

#endif
