/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/partitions.h"

#include "common/log.h"
#include "common/memory.h"
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

struct waiting_message {
    struct message *message;
    struct waiting_message *next;
};

/* ---- the table ---- */

static const char *lasting_name(struct partitions *t, const char *topic)
{
    for (size_t i = 0; i < t->ntopics; i++)
        if (strcmp(t->topics[i], topic) == 0)
            return t->topics[i];
    t->topics = xreallocarray(t->topics, t->ntopics + 1, sizeof *t->topics);
    return t->topics[t->ntopics++] = xstrdup(topic);
}

static int compare(const void *a, const void *b)
{
    const struct partition *x = a, *y = b;
    int by_topic = strcmp(x->topic, y->topic);
    return by_topic ? by_topic : (x->id > y->id) - (x->id < y->id);
}

/* A pattern may match the topics that we write to ourselves; these are nobody's events. */
static const struct route *route_of(const struct config *config, const char *topic)
{
    if (strcmp(topic, config->dead_letter.topic) == 0 || strcmp(topic, config->dead_letter.parking_topic) == 0 ||
        strcmp(topic, config->dead_letter.progress_topic) == 0)
        return NULL;
    return config_route_of(config, topic);
}

static void add(struct partitions *t, const struct route *route, const rd_kafka_topic_partition_t *e)
{
    struct partition *p = &t->all[t->n++];
    *p = (struct partition){
        .lease = ++t->leases,
        .route = route,
        .topic = lasting_name(t, e->topic),
        .id = e->partition,
        .start = e->offset,
        .next_expected = e->offset,
        .committed = (int64_t)(intptr_t)e->opaque - 1,
        .metadata = e->metadata ? xstrndup(e->metadata, e->metadata_size) : xstrdup(""),
        .high = -1,
    };
}

void partitions_take(struct partitions *t, const struct config *config, const rd_kafka_topic_partition_list_t *list)
{
    partitions_clear(t);
    t->all = xcalloc((size_t)list->cnt + 1, sizeof *t->all);
    for (int i = 0; i < list->cnt; i++) {
        const struct route *route = route_of(config, list->elems[i].topic);
        if (route)
            add(t, route, &list->elems[i]);
        else
            log_event(LOG_LEVEL_WARN, "partition_left_alone", "topic", LOG_STR(list->elems[i].topic), "partition",
                      LOG_INT(list->elems[i].partition), "why", LOG_STR("no route reads this topic"), NULL);
    }
    qsort(t->all, t->n, sizeof *t->all, compare);
    for (size_t i = 0; i < t->n; i++)
        t->all[i].last = &t->all[i].first;
}

static struct message *pop(struct partition *p)
{
    struct waiting_message *w = p->first;
    struct message *m = w->message;
    p->first = w->next;
    if (!p->first)
        p->last = &p->first;
    free(w);
    return m;
}

void partitions_clear(struct partitions *t)
{
    for (size_t i = 0; i < t->n; i++) {
        while (t->all[i].first)
            free(pop(&t->all[i]));
        free(t->all[i].metadata);
    }
    free(t->all);
    t->all = t->found = NULL;
    t->n = t->unparked = 0;
}

void partitions_release(struct partitions *t)
{
    partitions_clear(t);
    for (size_t i = 0; i < t->ntopics; i++)
        free(t->topics[i]);
    free(t->topics);
    *t = (struct partitions){0};
}

struct partition *partitions_find(struct partitions *t, const char *topic, int32_t id)
{
    if (t->found && t->found->id == id && strcmp(t->found->topic, topic) == 0)
        return t->found;
    struct partition wanted = {.topic = topic, .id = id};
    struct partition *p = t->n ? bsearch(&wanted, t->all, t->n, sizeof *t->all, compare) : NULL;
    if (p)
        t->found = p;
    return p;
}

struct partition *partitions_find_lease(struct partitions *t, uint64_t lease)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->all[i].lease == lease)
            return &t->all[i];
    return NULL;
}

rd_kafka_topic_partition_list_t *partitions_list(const struct partitions *t)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)t->n);
    for (size_t i = 0; i < t->n; i++)
        if (t->all[i].flow != FLOW_STALLED)
            rd_kafka_topic_partition_list_add(list, t->all[i].topic, t->all[i].id)->offset = t->all[i].next_expected;
    return list;
}

void partition_committed(struct partition *p, int64_t offset, const char *metadata)
{
    p->committed = offset;
    free(p->metadata);
    p->metadata = xstrdup(metadata ? metadata : "");
}

/* ---- the flow ---- */

static void forward(const struct partition *p, rd_kafka_t *rk, rd_kafka_queue_t *to)
{
    rd_kafka_queue_t *own = rd_kafka_queue_get_partition(rk, p->topic, p->id);
    if (!own)
        return;
    rd_kafka_queue_forward(own, to);
    rd_kafka_queue_destroy(own);
}

void partitions_forward(const struct partitions *t, rd_kafka_t *rk, rd_kafka_queue_t *data)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->all[i].flow == FLOW_ON)
            forward(&t->all[i], rk, data);
}

static void hold(struct partitions *t, struct partition *p, rd_kafka_t *rk, enum flow flow)
{
    if (p->flow == FLOW_UNPARKED)
        t->unparked--;
    p->flow = flow;
    forward(p, rk, NULL);
}

void partition_park(struct partitions *t, struct partition *p, rd_kafka_t *rk)
{
    if (p->flow != FLOW_STALLED)
        hold(t, p, rk, FLOW_PARKED);
}

void partition_stall(struct partitions *t, struct partition *p, rd_kafka_t *rk)
{
    hold(t, p, rk, FLOW_STALLED);
}

void partition_unpark(struct partitions *t, struct partition *p)
{
    if (p->flow != FLOW_PARKED)
        return;
    p->flow = FLOW_UNPARKED;
    t->unparked++;
}

void partition_wait(struct partition *p, struct message *m)
{
    struct waiting_message *w = xmalloc(sizeof *w);
    *w = (struct waiting_message){m, NULL};
    *p->last = w;
    p->last = &w->next;
}

void partition_begin_anew(struct partitions *t, struct partition *p, int64_t offset)
{
    partition_unpark(t, p); /* it was the old lease that was parked */
    partition_committed(p, -1, NULL);
    p->lease = ++t->leases;
    p->start = p->next_expected = offset;
}

struct message *partitions_next_waiting(struct partitions *t, rd_kafka_t *rk, rd_kafka_queue_t *data,
                                        const struct route **route)
{
    for (size_t i = 0; i < t->n && t->unparked; i++) {
        struct partition *p = &t->all[i];
        if (p->flow != FLOW_UNPARKED)
            continue;
        if (p->first) {
            *route = p->route;
            return pop(p);
        }
        p->flow = FLOW_ON;
        t->unparked--;
        forward(p, rk, data);
    }
    return NULL;
}
