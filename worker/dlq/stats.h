/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h: `dlq stats`: how many letters by route, code, object and age. */
#ifndef SFSINK_WORKER_DLQ_STATS_H
#define SFSINK_WORKER_DLQ_STATS_H

#include "worker/dlq/catalogue.h"
#include "worker/dlq/options.h"

bool stats_print(struct catalogue *c, const struct dlq_options *o, int64_t now_ms, struct error *e);

#endif
