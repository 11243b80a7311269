/* SPDX-License-Identifier: Apache-2.0 */
/* consumer_state.h: what the files of the consumer share. For worker/kafka/ only.
 *
 *     consumer.c     life, events, messages           assignments.c  what Kafka gives and asks back
 *     committing.c   what is committed, and when      troubles.c     errors, and how they end                    */
#ifndef SFSINK_WORKER_KAFKA_CONSUMER_STATE_H
#define SFSINK_WORKER_KAFKA_CONSUMER_STATE_H

#include "worker/kafka/commits.h"
#include "worker/kafka/consumer.h"
#include "worker/kafka/inquiry.h"
#include "worker/kafka/partitions.h"
#include "worker/kafka/problems.h"

struct consumer {
    const struct config *config;
    rd_kafka_t *rk;
    rd_kafka_queue_t *control; /* rebalances, errors */
    rd_kafka_queue_t *data;    /* every partition that flows is forwarded to it */
    rd_kafka_queue_t *closing; /* NULL until consumer_close() */
    int wake_fd;
    struct commits *commits;
    struct partitions owned;
    struct problems problems;
    int64_t confirm_at, topics_at;
    int64_t since_ms; /* when it was made, in wall time: a partition that is younger is read from its beginning */

    struct consumer_event *events; /* to be taken: a ring would save nothing, they are few */
    size_t nevents, taken;
    struct assigned *assigned; /* lent with an event */

    rd_kafka_topic_partition_list_t *offered; /* an assignment whose start is not known yet */
    uint64_t offers;                          /* so many so far */
    struct inquiry *starts, *watermarks;      /* Kafka is being asked; NULL: it is not */
    uint64_t starts_of, watermarks_of;        /* of which offer */
    bool joined;                              /* holds an assignment */
    bool asked_back;                          /* Kafka waits for consumer_release() */
    bool gave_up;                             /* released what Kafka has not asked back yet, as it is lost */
    bool stood_still;                         /* max.poll.interval.ms was exceeded: whatever comes next is lost */
    bool misrouted;                           /* a message came through the control queue */
    enum { CONFIRM_NOT, CONFIRM_WANTED, CONFIRM_ASKED } confirm;
    uint64_t dropped;
};

/* ---- consumer.c ---- */
struct consumer_event *consumer_emit(struct consumer *c, enum consumer_event_kind kind, const char *why);

/* ---- assignments.c ---- */
void assignment_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list,
                          void *consumer);
void assignment_take_up(struct consumer *c); /* what is offered: asks where it begins, unless that is being asked */
void assignment_take_answers(struct consumer *c);
void assignment_withdraw_offer(struct consumer *c);
void assignment_look_for_gone(struct consumer *c); /* partitions whose next offset is not in the log */

/* ---- committing.c ---- */
void committing_take_answers(struct consumer *c);
void committing_of_our_own(struct consumer *c, int64_t now); /* once a second */

/* ---- troubles.c ---- */
void trouble_take(struct consumer *c, rd_kafka_resp_err_t err, const char *why);
void trouble_on_error(rd_kafka_t *rk, int err, const char *reason, void *consumer);
void trouble_look_at_topics(struct consumer *c, int64_t now);

#endif
