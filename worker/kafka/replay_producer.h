/* SPDX-License-Identifier: Apache-2.0 */
/* replay_producer.h: sends events back in transactions, each together with the record of what was replayed.
 *
 *     start (fences whoever replays the same letters) ──► begin ─► send, mark ─► flush ──► commit      all of it, or
 *                                                                                     └──► abort       nothing
 *
 * The transactional id is made of the group and the dead-letter topic. A producer that is killed leaves nothing that readers of committed
 * messages see. Every call waits for Kafka. One thread. */
#ifndef SFSINK_WORKER_KAFKA_REPLAY_PRODUCER_H
#define SFSINK_WORKER_KAFKA_REPLAY_PRODUCER_H

#include "common/error.h"
#include "worker/travel.h"

struct config;
struct replay_producer;

/* What became of one event; stays where it is until the flush is over. */
struct replay_report {
    int32_t partition;
    int64_t offset; /* that it got */
    bool failed;
    bool hopeless; /* for what it is: sending it again would not help */
    bool dropped;  /* with its transaction, which failed as a whole */
    char why[128];
};

struct replay_producer *replay_producer_new(const struct config *config, struct error *e);
void replay_producer_free(struct replay_producer *p); /* NULL is fine; an open transaction is given up */

bool replay_start(struct replay_producer *p, struct error *e); /* once, before the others */
bool replay_begin(struct replay_producer *p, struct error *e);

/* Key, value and headers of the message, to this partition, with the present time; copies. A failure is in the report. */
void replay_send(struct replay_producer *p, const char *topic, int32_t partition, const struct message *m,
                 struct replay_report *report);
void replay_mark(struct replay_producer *p, const char *topic, struct text key, struct text value,
                 struct replay_report *report);

/* Waits until every report is filled. False: Kafka did not answer; the transaction is to be aborted. */
bool replay_flush(struct replay_producer *p, struct error *e);

enum replay_end {
    REPLAY_DONE,
    REPLAY_AGAIN, /* nothing of it happened: abort, then try again */
    REPLAY_FENCED /* another replay has taken over, or the producer is beyond use */
};
enum replay_end replay_commit(struct replay_producer *p, struct error *e);
bool replay_abort(struct replay_producer *p, struct error *e);

/* After a report says `dropped`: is it that one of the transaction's topics may not be written? */
bool replay_was_denied(struct replay_producer *p);

/* Java's partitioner. */
int32_t replay_partition_of(struct text key, int32_t partitions);

#endif
