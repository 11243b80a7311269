/* SPDX-License-Identifier: Apache-2.0 */
/* api.h: /services/data: which resource a call means. */
#ifndef SFSINK_WORKER_SIMULATOR_API_H
#define SFSINK_WORKER_SIMULATOR_API_H

#include "worker/simulator/answer.h"
#include "worker/simulator/call.h"
#include "worker/simulator/world.h"

/* Carries out a call that was admitted. False where something in it failed: a composite request that is all or none then undoes
 * everything. */
bool api_call(struct world *w, const struct call *c, struct answer *a);
/* The object that a call is about, as it was spelled; "" for none. Lent. */
const char *api_object(const struct call *c);
/* GET /services/data: needs no login and is not counted. */
bool api_is_versions(const struct call *c);

#endif
