/* SPDX-License-Identifier: Apache-2.0 */
/* retrieve.h: records read by their ids, and how a record looks when it is read. */
#ifndef SFSINK_WORKER_SIMULATOR_RETRIEVE_H
#define SFSINK_WORKER_SIMULATOR_RETRIEVE_H

#include "worker/simulator/answer.h"
#include "worker/simulator/call.h"
#include "worker/simulator/world.h"

/* GET and POST /composite/sobjects/{Object}: an array in the order of the ids, null for one that is not there. */
bool retrieve_call(struct world *w, const struct call *c, struct answer *a);

json_t *record_attributes(const struct record *r, int version);      /* new: type and url */
json_t *record_value(const struct record *r, const struct field *f); /* new; null where empty */
json_t *record_json(const struct record *r, int version);            /* new: all visible fields */

#endif
