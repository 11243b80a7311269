/* SPDX-License-Identifier: Apache-2.0 */
/* topic_policy.h: is a topic compacted? And the one topic that sfsink makes itself: the record of what was replayed. Short-lived clients
 * of their own; each call waits for Kafka. */
#ifndef SFSINK_WORKER_KAFKA_TOPIC_POLICY_H
#define SFSINK_WORKER_KAFKA_TOPIC_POLICY_H

#include "common/error.h"

struct config;

enum topic_policy { POLICY_KEPT, POLICY_COMPACTED, POLICY_UNKNOWN /* Kafka does not let us ask */ };

bool topic_policy_read(const struct config *config, const char *topic, enum topic_policy *policy, struct error *e);

/* Makes a compacted topic of one partition; being there already is fine. */
bool topic_make_compacted(const struct config *config, const char *topic, struct error *e);

#endif
