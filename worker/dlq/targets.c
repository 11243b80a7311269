/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/targets.h"

#include "common/memory.h"
#include "worker/kafka/replay_producer.h"

#include <stdlib.h>

bool targets_begin(struct targets *t, const struct config *config, struct error *e)
{
    *t = (struct targets){.config = config, .reader = log_reader_new(config, LOG_COMMITTED, e)};
    return t->reader != NULL;
}

void targets_release(struct targets *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->all[i]->topic);
        free(t->all[i]->begins_ms);
        free(t->all[i]->from_zero);
        free(t->all[i]);
    }
    free(t->all);
    log_reader_free(t->reader);
    *t = (struct targets){0};
}

struct target *targets_find(struct targets *t, const char *topic, struct error *e)
{
    struct target target = {.policy = POLICY_UNKNOWN};

    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->all[i]->topic, topic) == 0)
            return t->all[i];
    if (!log_partitions(t->reader, topic, &target.partitions, e) ||
        (target.partitions && !topic_policy_read(t->config, topic, &target.policy, e)))
        return NULL;
    target.topic = xstrdup(topic);
    t->all = xreallocarray(t->all, t->n + 1, sizeof(struct target *));
    t->all[t->n] = xmalloc(sizeof target);
    *t->all[t->n] = target;
    return t->all[t->n++];
}

/* When each partition began: the time of its first message; INT64_MAX: it has none. */
static bool find_beginnings(struct targets *t, struct target *target, struct error *e)
{
    if (target->begins_ms)
        return true;
    target->begins_ms = xcalloc((size_t)target->partitions, sizeof *target->begins_ms);
    target->from_zero = xcalloc((size_t)target->partitions, sizeof *target->from_zero);
    for (int32_t p = 0; p < target->partitions; p++) {
        struct message *first = NULL;
        int64_t low, high;
        if (!log_ends(t->reader, target->topic, p, &low, &high, e) ||
            (low < high && !log_fetch(t->reader, target->topic, p, low, &first, e)))
            return false;
        target->begins_ms[p] = first ? first->timestamp_ms : low < high ? INT64_MIN : INT64_MAX;
        target->from_zero[p] = low == 0;
        free(first);
    }
    return true;
}

static bool has_grown_from(const struct target *t, int32_t n, int64_t event_ms)
{
    for (int32_t p = n; p < t->partitions; p++)
        if (!t->from_zero[p] || t->begins_ms[p] <= event_ms)
            return false;
    return true;
}

static bool has_grown(const struct target *t, struct text key, const struct origin *origin)
{
    for (int32_t n = origin->partition + 1; n < t->partitions; n++)
        if (replay_partition_of(key, n) == origin->partition && has_grown_from(t, n, origin->timestamp_ms))
            return true;
    return false;
}

bool targets_place(struct targets *t, struct target *target, struct text key, const struct origin *origin,
                   struct placing *out, struct error *e)
{
    int32_t hashed = key.at ? replay_partition_of(key, target->partitions) : origin->partition % target->partitions;

    *out = (struct placing){origin->partition, -1};
    if (hashed == origin->partition)
        return true;
    if (origin->partition >= target->partitions) {
        *out = (struct placing){hashed, -1};
        return true;
    }
    if (!key.at)
        return true;
    if (!find_beginnings(t, target, e))
        return false;
    if (has_grown(target, key, origin))
        *out = (struct placing){hashed, origin->partition};
    else if (target->begins_ms[hashed] > origin->timestamp_ms && target->begins_ms[hashed] < INT64_MAX)
        out->other = hashed;
    return true;
}
