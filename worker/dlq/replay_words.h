/* SPDX-License-Identifier: Apache-2.0 */
/* replay_words.h: what a replay says: before it starts, at its end, as JSON. */
#ifndef SFSINK_WORKER_DLQ_REPLAY_WORDS_H
#define SFSINK_WORKER_DLQ_REPLAY_WORDS_H

#include "worker/dlq/plan.h"

void words_intent(const struct plan *p); /* what goes where, and who is left out why */
void words_result(const struct plan *p); /* what was sent, and who was left out since */
void words_json(const struct plan *p);   /* both, in one line */

/* Is anyone left out for a reason that somebody should look at? */
bool words_trouble(const struct plan *p);

#endif
