/* SPDX-License-Identifier: Apache-2.0 */
/* loop_trouble.h: which errors came how often and what to do about each, and the last dead letters, without a record's values.
 *
 * Bounded: TROUBLE_CODES codes (the one that came longest ago makes room) and TROUBLE_LETTERS letters. The loop's thread. */
#ifndef SFSINK_WORKER_LOOP_TROUBLE_H
#define SFSINK_WORKER_LOOP_TROUBLE_H

#include "worker/engine/engine.h"

#include <jansson.h>

struct trouble;

enum { TROUBLE_CODES = 32, TROUBLE_LETTERS = 10 };

struct trouble *trouble_new(void);
void trouble_free(struct trouble *t); /* NULL is fine */

/* Counts every error of an answer, those that are tried again too. wall_ms: the time of day. */
void trouble_answer(struct trouble *t, int64_t wall_ms, const struct answer *a);
void trouble_letter(struct trouble *t, int64_t wall_ms, const char *route, const struct letter *letter);

/* New references. [{"code","count","last_at","what_to_do"}], the latest first. */
json_t *trouble_errors(const struct trouble *t);
/* [{"at","route","topic","partition","offset","code","fields"}], the latest first. */
json_t *trouble_letters(const struct trouble *t);

#endif
