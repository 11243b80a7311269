/* SPDX-License-Identifier: Apache-2.0 */
/* loop_history.h: the last five minutes of this worker, a sample every five seconds, for the charts of its page.
 *
 * Kept as JSON, since it is read far more often than it changes: a snapshot only counts one more reference. Bounded by HISTORY_STEPS
 * samples of the worker and of HISTORY_PARTITIONS partitions; partitions that are given up are forgotten. The loop's thread. */
#ifndef SFSINK_WORKER_LOOP_HISTORY_H
#define SFSINK_WORKER_LOOP_HISTORY_H

#include <jansson.h>

struct loop;
struct loop_history;

enum { HISTORY_EVERY_MS = 5000, HISTORY_STEPS = 60, HISTORY_PARTITIONS = 128 };

struct loop_history *loop_history_new(void);
void loop_history_free(struct loop_history *h); /* NULL is fine */

/* Takes a sample if one is due. */
void loop_history_take(struct loop *l);

/* New references, or NULL before the first sample. {"every_s":5,"settled_per_s":[…],"p95_s":[…],"lag":[…],"in_flight":[…]}, oldest first,
 * null: not known. */
json_t *loop_history_json(const struct loop_history *h);
/* [{"topic":…,"partition":…,"lag":…,"lags":[…],"rates":[…],"p95_s":[…]}], the largest lag first. */
json_t *loop_history_partitions(const struct loop_history *h);

#endif
