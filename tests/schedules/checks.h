/* SPDX-License-Identifier: Apache-2.0 */
/* checks.h: the promises of product.md section 4, as far as they can be seen after each step, and at the end. */
#ifndef SFSINK_TESTS_SCHEDULES_CHECKS_H
#define SFSINK_TESTS_SCHEDULES_CHECKS_H

#include "tests/schedules/actor.h"

/* consumed = all dispositions + pending; what is held is bounded. */
void check_books(const struct actor *a);

/* Before a batch is taken: its size, and that it may go at all: partitions ours, org open, calls left, route not halted,
 * group not on its way, no event older than what was applied. */
void check_send(struct actor *a, int64_t now, const struct batch *batch);

void check_commit(const struct actor *a, const struct action *action);
void check_letter(const struct actor *a, const struct letter *letter);
void check_released(const struct actor *a);

/* An answer that this engine is about to see: which events it settles. */
void note_answer(struct actor *a, int64_t now, const struct request *r, const struct answer *answer);

/* Every record as if the events had been applied one by one; dead letters exactly those due. */
void check_end(const struct stream *s, const struct org *org);

/* Where nothing was ever read again: what was inserted twice has been counted. */
void check_doubled(const struct stream *s, const struct actor *a);

#endif
