/* SPDX-License-Identifier: Apache-2.0 */
/* composite.h: POST /composite: up to 25 calls in one, five of them collections or queries; later ones may refer to what earlier ones gave. */
#ifndef SFSINK_WORKER_SIMULATOR_COMPOSITE_H
#define SFSINK_WORKER_SIMULATOR_COMPOSITE_H

#include "worker/simulator/answer.h"
#include "worker/simulator/call.h"
#include "worker/simulator/world.h"

bool composite_call(struct world *w, const struct call *c, struct answer *a);

#endif
