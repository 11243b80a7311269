/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h: /sobjects/{Object}/…: one record, by its id or by a key field. The same mistakes as in a collection are here the call's status. */
#ifndef SFSINK_WORKER_SIMULATOR_ROWS_H
#define SFSINK_WORKER_SIMULATOR_ROWS_H

#include "worker/simulator/answer.h"
#include "worker/simulator/write.h"

/* segments: sobjects, X | sobjects, X, id | sobjects, X, field, value. False where the call failed. */
bool rows_call(struct world *w, const struct call *c, struct answer *a);

#endif
