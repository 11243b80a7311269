/* SPDX-License-Identifier: Apache-2.0 */
/* send_order.h: in which order the letters of a plan go.
 *
 * A record's events are in the order of their partition. They are in two where the topic has grown, or where its key moved: there only the
 * time tells. So: by time, but in a partition never against its offsets, however the clocks went. */
#ifndef SFSINK_WORKER_DLQ_SEND_ORDER_H
#define SFSINK_WORKER_DLQ_SEND_ORDER_H

#include "worker/dlq/plan.h"

/* The entries that go, *n of them; free() it. */
size_t *send_order(const struct plan *p, size_t *n);

#endif
