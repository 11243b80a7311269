/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h: what the org says about its objects and fields. Hidden fields and removed objects are not there. */
#ifndef SFSINK_WORKER_SIMULATOR_DESCRIBE_H
#define SFSINK_WORKER_SIMULATOR_DESCRIBE_H

#include "worker/simulator/answer.h"
#include "worker/simulator/call.h"
#include "worker/simulator/world.h"

bool describe_global(struct world *w, const struct call *c, struct answer *a); /* /sobjects */
bool describe_basic(struct world *w, const struct call *c, struct answer *a);  /* /sobjects/{X} */
bool describe_full(struct world *w, const struct call *c, struct answer *a);   /* /sobjects/{X}/describe */

#endif
