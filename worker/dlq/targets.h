/* SPDX-License-Identifier: Apache-2.0 */
/* targets.h: the topics that events go back to, and which partition of them.
 *
 * The same partition, as long as the topic has as many as then. How many it had then is written nowhere, so it is inferred: the topic has grown
 * if the key's Java hash over some smaller number gives the partition of then, and each partition beyond that number began later than
 * the event. Then the hash over the present number says where the record's changes go now. */
#ifndef SFSINK_WORKER_DLQ_TARGETS_H
#define SFSINK_WORKER_DLQ_TARGETS_H

#include "worker/kafka/log_reader.h"
#include "worker/kafka/topic_policy.h"

struct target {
    char *topic;
    int32_t partitions; /* 0: there is no such topic */
    enum topic_policy policy;
    int64_t *begins_ms; /* of each partition the time of its first message; NULL: not asked yet */
    bool *from_zero;    /* and whether that is its first ever */
};

struct targets {
    const struct config *config;
    struct log_reader *reader;
    struct target **all;
    size_t n;
};

bool targets_begin(struct targets *t, const struct config *config, struct error *e);
void targets_release(struct targets *t);

/* Asks Kafka once for each topic. NULL: Kafka did not answer. */
struct target *targets_find(struct targets *t, const char *topic, struct error *e);

struct placing {
    int32_t partition; /* where the event goes */
    int32_t other;     /* where later changes of its record may lie, too; -1: nowhere else */
};
bool targets_place(struct targets *t, struct target *target, struct text key, const struct origin *origin,
                   struct placing *out, struct error *e);

#endif
