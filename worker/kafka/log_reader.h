/* SPDX-License-Identifier: Apache-2.0 */
/* log_reader.h: reads topics between two offsets, for a person's command: no group, nothing committed.
 *
 *     ends are asked for once, at the start ──► spans [from, to) ──► log_next() span by span, or one from each in turn
 *     log_fetch()                           ──► one message by its coordinates
 *
 * What is held unread is bounded (READ_AHEAD_KB), whatever the topics hold. Every call waits for Kafka, at most TIMEOUT_MS without a sign
 * of life. Messages are copies, yours: free(). One thread. */
#ifndef SFSINK_WORKER_KAFKA_LOG_READER_H
#define SFSINK_WORKER_KAFKA_LOG_READER_H

#include "common/error.h"
#include "worker/travel.h"

struct config;
struct log_reader;

/* Committed: what every reader of committed messages sees, no transaction that is open or was aborted. All: those too. */
enum log_view { LOG_COMMITTED, LOG_ALL };

struct log_reader *log_reader_new(const struct config *config, enum log_view view, struct error *e);
void log_reader_free(struct log_reader *r); /* NULL is fine */

/* How many partitions the topic has; 0: there is no such topic. */
bool log_partitions(struct log_reader *r, const char *topic, int32_t *n, struct error *e);

/* The first offset, and the one behind the last in this view. */
bool log_ends(struct log_reader *r, const char *topic, int32_t partition, int64_t *low, int64_t *high, struct error *e);

/* The first offset whose message is of that time or later; where there is none, the end. */
bool log_offset_at(struct log_reader *r, const char *topic, int32_t partition, int64_t timestamp_ms, int64_t *offset,
                   struct error *e);

/* Opens a span; *span is its number. A `from` below the log begins where the log does. A partition is opened once. */
bool log_open(struct log_reader *r, const char *topic, int32_t partition, int64_t from, int64_t to, size_t *span,
              struct error *e);

/* Every partition of a topic from its first offset to its present end. *n spans from *first on;
 * none where there is no such topic. */
bool log_open_topic(struct log_reader *r, const char *topic, size_t *first, size_t *n, struct error *e);

/* Moves the end of a span. */
void log_until(struct log_reader *r, size_t span, int64_t to);

/* The next message of the span; *m NULL: it is read to its end. */
bool log_next(struct log_reader *r, size_t span, struct message **m, struct error *e);

/* How many offsets of all spans lie before and behind the next message: for a progress bar. */
void log_progress(const struct log_reader *r, uint64_t *done, uint64_t *total);

/* One message; *m NULL: it is not (any longer) in the log. Cheap where the offsets of a partition ascend. The reader's spans are its own
 * then: not together with log_open(). */
bool log_fetch(struct log_reader *r, const char *topic, int32_t partition, int64_t offset, struct message **m,
               struct error *e);

#endif
