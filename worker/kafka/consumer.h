/* SPDX-License-Identifier: Apache-2.0 */
/* consumer.h: the group member: assignments, messages, commits. The only file with librdkafka's consumer calls.
 *
 * Rebalances come as events and wait for consumer_release(): nothing is decided in a callback. Control and data come through two
 * queues, so that a full buffer never stops rebalances (polling one queue would mean: no room, no poll, no rebalance). One thread. Nothing
 * blocks: what Kafka is asked about an assignment, or an offset that is not in the log, a thread waits for.
 *
 * Memory: what librdkafka holds unread is bounded by queued.max.messages.kbytes, half of buffer.max_mb unless it is set. */
#ifndef SFSINK_WORKER_KAFKA_CONSUMER_H
#define SFSINK_WORKER_KAFKA_CONSUMER_H

#include "common/error.h"
#include "worker/travel.h"

struct config;
struct consumer;

/* wake_fd: an eventfd (non-blocking) that is written to when something arrives. NULL and an error if it cannot start. */
struct consumer *consumer_new(const struct config *config, int wake_fd, struct error *e);
void consumer_free(struct consumer *c); /* after consumer_closed(), or without a goodbye; NULL is fine */

struct assigned {
    uint64_t lease;
    const struct route *route;
    const char *topic; /* lent as long as the consumer lives */
    int32_t partition;
    int64_t offset; /* where reading begins */
    const char *
        metadata; /* of the committed offset, as it was committed; "": none; NULL: nothing is committed. Lent until the next call */
};

enum consumer_event_kind {
    CONSUMER_NOTHING,
    CONSUMER_ASSIGNED,  /* `assigned`: already taken up; its messages follow */
    CONSUMER_REVOKED,   /* to be given back: consumer_release() when ready, within max.poll.interval.ms */
    CONSUMER_LOST,      /* already somebody else's: consumer_release() at once, no commit */
    CONSUMER_COMMITTED, /* `ok`, else why: the answer to consumer_commit() */
    CONSUMER_CONFIRMED, /* the answer to consumer_confirm(): still a member. (Else: LOST) */
    CONSUMER_STALLED,   /* `why`: this partition stops: offsets gone (on_data_loss "stop"); `lease` */
    CONSUMER_DATA_LOSS, /* `why`: offsets gone, it goes on (on_data_loss "continue"); `lease`. Where the log begins anew, that is a new
                         * one in place of the partition's old one, in `assigned` */
    CONSUMER_PROBLEM, /* `why`: worth a log line and, while it lasts, not ready: brokers away, topic missing, not allowed; "": it is over */
    CONSUMER_FATAL /* `why`: this member can never go on */
};

struct consumer_event {
    enum consumer_event_kind kind;
    const struct assigned *assigned; /* ASSIGNED, DATA_LOSS: lent until the next call */
    size_t nassigned;
    bool ok, anew;
    uint64_t lease;
    char why[512];
};

/* The next event of the control side; kind NOTHING: none. Call until nothing, in every turn, however full the buffer is. */
void consumer_next_event(struct consumer *c, struct consumer_event *out);

/* The next message, or NULL. *route is its route. Messages of partitions not owned, and those seen before, are dropped inside and
 * counted. Call only while there is room for what comes. */
struct message *consumer_next_message(struct consumer *c, const struct route **route);

struct consumer_offset {
    const char *topic;
    int32_t partition;
    uint64_t lease;
    int64_t offset;
    const char *metadata; /* text, at most 4096 bytes; NULL: none */
};
/* Commits asynchronously; the answer comes as CONSUMER_COMMITTED, within 10 s in any case (as not ok). Offsets of leases that are gone
 * are left out. One at a time. */
void consumer_commit(struct consumer *c, const struct consumer_offset *offsets, size_t n);

/* After so long without a heartbeat the group gives its partitions to others. */
int64_t consumer_session_ms(const struct consumer *c);

/* Asks the group whether it still knows this member, by committing once more what is committed: after the process stood still, others may
 * have its partitions. Answered by CONSUMER_CONFIRMED or CONSUMER_LOST, as soon as Kafka answers. */
void consumer_confirm(struct consumer *c);

/* Gives the assignment back after REVOKED or LOST; the leases are gone. */
void consumer_release(struct consumer *c);

/* Holds one partition's messages back, and lets them come again, without loss or reordering. */
void consumer_park(struct consumer *c, uint64_t lease);
void consumer_unpark(struct consumer *c, uint64_t lease);

/* Housekeeping, about once a second: forwards again what librdkafka forgot, reads the cached high watermarks. */
void consumer_tick(struct consumer *c, int64_t now);

/* Leaves the group: events go on coming (a REVOKED to be released) until consumer_closed(). */
void consumer_close(struct consumer *c);
bool consumer_closed(const struct consumer *c);

bool consumer_joined(const struct consumer *c); /* has been given an assignment, even an empty one, and holds it */
uint64_t consumer_dropped(const struct consumer *c);

/* Lag of one owned partition: high watermark minus what is committed (or the position where nothing is); -1: unknown yet. */
struct consumer_lag {
    uint64_t lease;
    const char *topic;
    int32_t partition;
    int64_t lag;
    int64_t committed; /* its offset, or where reading began while nothing is committed */
};
size_t consumer_lags(const struct consumer *c, struct consumer_lag *out, size_t room); /* returns how many there are */

#endif
