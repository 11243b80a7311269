/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h: the org's allowances of API calls. */
#ifndef SFSINK_WORKER_SIMULATOR_LIMITS_H
#define SFSINK_WORKER_SIMULATOR_LIMITS_H

#include "worker/simulator/answer.h"
#include "worker/simulator/world.h"

/* Counts the call; false, with the answer, if there is no allowance for it. */
bool limits_admit(struct world *w, struct answer *a);
json_t *limits_show(const struct world *w); /* new: GET /limits */

#endif
