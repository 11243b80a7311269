/* SPDX-License-Identifier: Apache-2.0 */
/* replay.h: `dlq replay`: says what it will do, asks, does it, says what it did. */
#ifndef SFSINK_WORKER_DLQ_REPLAY_H
#define SFSINK_WORKER_DLQ_REPLAY_H

#include "worker/dlq/catalogue.h"
#include "worker/dlq/options.h"

/* The exit status; an error is printed. */
int replay_run(struct catalogue *c, const struct dlq_options *o);

#endif
