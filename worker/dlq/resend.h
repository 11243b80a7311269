/* SPDX-License-Identifier: Apache-2.0 */
/* resend.h: sends what a plan lets go, some hundred events in one transaction with the record that they were sent.
 *
 *     load ─► begin ─► send each, repeats behind it, mark it ─► were they overtaken on the way? ─► commit ─► the next
 *                                                                └── yes: abort, again without them
 *
 * In the order of each partition of first arrival. Killed at any point, nothing is half sent. */
#ifndef SFSINK_WORKER_DLQ_RESEND_H
#define SFSINK_WORKER_DLQ_RESEND_H

#include "worker/dlq/plan.h"
#include "worker/kafka/replay_producer.h"

/* False: it has stopped, and the error says why; what was sent until then is sent, and counted in the plan's verdicts. */
bool resend_all(struct plan *p, struct replay_producer *producer, const struct terminal *show, struct error *e);

#endif
