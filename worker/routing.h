/* SPDX-License-Identifier: Apache-2.0 */
/* routing.h: which route an event belongs to: that of its topic; of a replayed one that of the topic where it first arrived, if one reads
 * that, so that dead letters of many topics can come back through one (dlq replay --to). Pure. */
#ifndef SFSINK_WORKER_ROUTING_H
#define SFSINK_WORKER_ROUTING_H

#include "config/config.h"
#include "worker/travel.h"

/* `of_topic`: the route of the topic that it lies in; NULL: none. */
const struct route *routing_find(const struct config *config, const struct message *m, const struct route *of_topic);

#endif
