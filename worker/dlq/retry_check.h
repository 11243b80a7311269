/* SPDX-License-Identifier: Apache-2.0 */
/* retry_check.h: `dlq retry-check`: what the present mapping, and the org's describe, make of the letters. Sends nothing. */
#ifndef SFSINK_WORKER_DLQ_RETRY_CHECK_H
#define SFSINK_WORKER_DLQ_RETRY_CHECK_H

#include "worker/dlq/catalogue.h"
#include "worker/dlq/options.h"

/* *found: some would fail again. */
bool retry_check(struct catalogue *c, const struct dlq_options *o, bool *found, struct error *e);

#endif
