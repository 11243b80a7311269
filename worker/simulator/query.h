/* SPDX-License-Identifier: Apache-2.0 */
/* query.h: /query, /queryAll and the pages of their answers. */
#ifndef SFSINK_WORKER_SIMULATOR_QUERY_H
#define SFSINK_WORKER_SIMULATOR_QUERY_H

#include "worker/simulator/answer.h"
#include "worker/simulator/call.h"
#include "worker/simulator/world.h"

bool query_call(struct world *w, const struct call *c, struct answer *a);

#endif
