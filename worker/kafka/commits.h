/* SPDX-License-Identifier: Apache-2.0 */
/* commits.h: one commit at a time, answered in time.
 *
 * librdkafka may hold a commit back as long as the coordinator is away, and sends it then with whatever generation there is: so never a
 * second one beside it. A commit that comes meanwhile waits; one that has no answer after COMMITS_WAIT_MS is answered as failed, and what
 * it carried is forgotten unless librdkafka has it already. One thread. */
#ifndef SFSINK_WORKER_KAFKA_COMMITS_H
#define SFSINK_WORKER_KAFKA_COMMITS_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

enum { COMMITS_WAIT_MS = 10000 };

enum commit_kind {
    COMMIT_ASKED,  /* by the engine */
    COMMIT_IDLE,   /* our own: over what is never delivered, so that the lag gets to 0 */
    COMMIT_CONFIRM /* our own: the same offsets again, to see whether the group still knows us */
};

struct commits;

struct commits *commits_new(rd_kafka_t *rk, int wake_fd);
void commits_free(struct commits *c); /* NULL is fine */

bool commits_busy(const struct commits *c); /* one is with librdkafka, or waits to be */

/* Takes the list; opaque of its elements is the lease. Our own kinds only while not busy. */
void commits_start(struct commits *c, int64_t now, enum commit_kind kind, rd_kafka_topic_partition_list_t *list);

/* What is not with librdkafka yet is not sent any more, and answered as failed. */
void commits_drop_held(struct commits *c);

struct commit_result {
    enum commit_kind kind;
    bool ok;
    bool lost;    /* the group does not know this member, or this generation, any more */
    bool unasked; /* the late answer of a commit that was answered as failed already */
    char why[256];
    const rd_kafka_topic_partition_list_t
        *list; /* what was committed; NULL: it never got that far. Lent until the next call */
};

/* The next answer; false: none. Call until false, in each turn. */
bool commits_next_result(struct commits *c, int64_t now, struct commit_result *out);

#endif
