/* SPDX-License-Identifier: Apache-2.0 */
/* collections.h: /composite/sobjects: up to 200 records created, updated, upserted, deleted or read in one call.
 *
 * 200 with one result a record, in the order of the request, whatever becomes of the records; only what is wrong with the request itself
 * fails it whole. The records of a call are carried out one after the other, alone. */
#ifndef SFSINK_WORKER_SIMULATOR_COLLECTIONS_H
#define SFSINK_WORKER_SIMULATOR_COLLECTIONS_H

#include "worker/simulator/answer.h"
#include "worker/simulator/write.h"

/* The call's segments begin with composite, sobjects. False: at least one record failed and the caller asked for all or none. */
bool collections_call(struct world *w, const struct call *c, struct answer *a);

#endif
