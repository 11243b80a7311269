/* SPDX-License-Identifier: Apache-2.0 */
/* partitions.h: the partitions that this member owns now, and how their messages flow.
 *
 *     partition's queue ──forward──► data queue ──► consumer          FLOWING
 *     partition's queue      |       data queue ──► overflow          PARKED: what was already under way waits here
 *     partition's queue      |       overflow ──► consumer            UNPARKED: first what waits, then forwarded again
 *
 * So a partition is held back without rd_kafka_pause_partitions(), whose resume rewinds (librdkafka 2.0.2). FETCH_STOP clears a forward
 * silently: partitions_forward() is repeated every second and moves what was stranded. One thread. Memory: what overflows was in the data
 * queue before, which is bounded. */
#ifndef SFSINK_WORKER_KAFKA_PARTITIONS_H
#define SFSINK_WORKER_KAFKA_PARTITIONS_H

#include "worker/travel.h"

#include <librdkafka/rdkafka.h>

struct config;

enum flow { FLOW_ON, FLOW_PARKED, FLOW_UNPARKED, FLOW_STALLED };

struct waiting_message; /* of an overflow */

struct partition {
    uint64_t lease;
    const struct route *route;
    const char *topic; /* lives as long as the table */
    int32_t id;
    enum flow flow;
    int64_t start;         /* where reading began */
    int64_t next_expected; /* offsets below are duplicates */
    int64_t committed;     /* -1: nothing is */
    char *metadata;        /* of the committed offset; never NULL */
    int64_t high;          /* cached high watermark; -1: unknown */
    int64_t
        stale; /* librdkafka's position when it was assigned: maybe of an earlier assignment, never to be believed */
    bool gone; /* the next offset is not in the log */
    struct waiting_message *first, **last;
};

struct partitions {
    struct partition *all; /* by topic and number */
    size_t n;
    struct partition *found; /* the last one found: messages come in runs */
    size_t unparked;         /* how many are FLOW_UNPARKED */
    uint64_t leases;         /* given so far */
    char **topics;           /* every topic ever owned */
    size_t ntopics;
};

void partitions_release(struct partitions *t); /* frees all, not the struct */

/* Takes over a new assignment, with new leases. Elements as starts_resolve() leaves them.
 * Those without a route, or that hold dead letters, are left out. */
void partitions_take(struct partitions *t, const struct config *config, const rd_kafka_topic_partition_list_t *list);
void partitions_clear(struct partitions *t);

struct partition *partitions_find(struct partitions *t, const char *topic, int32_t id); /* NULL: not owned */
struct partition *partitions_find_lease(struct partitions *t, uint64_t lease);

/* Each at its next offset, the stalled ones left out: for rd_kafka_assign(). Destroy it. */
rd_kafka_topic_partition_list_t *partitions_list(const struct partitions *t);

void partitions_forward(const struct partitions *t, rd_kafka_t *rk, rd_kafka_queue_t *data);

void partition_committed(struct partition *p, int64_t offset, const char *metadata);
/* The log begins anew at this offset: it gets a new lease, as if it were assigned again. What waits of the old log keeps the old one. */
void partition_begin_anew(struct partitions *t, struct partition *p, int64_t offset);
void partition_park(struct partitions *t, struct partition *p, rd_kafka_t *rk);
void partition_unpark(struct partitions *t, struct partition *p);
void partition_stall(struct partitions *t, struct partition *p, rd_kafka_t *rk);
void partition_wait(struct partition *p, struct message *m); /* takes it: a message of a parked partition */

/* The next message that waited and may come now; NULL: none. What has given its last one is forwarded again. */
struct message *partitions_next_waiting(struct partitions *t, rd_kafka_t *rk, rd_kafka_queue_t *data,
                                        const struct route **route);

#endif
