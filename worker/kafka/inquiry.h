/* SPDX-License-Identifier: Apache-2.0 */
/* inquiry.h: a question of starts.h, asked by a thread of its own: librdkafka waits for the answers, and the loop must not.
 *
 *     loop: inquiry_starts() ─► thread asks, waits, wakes the loop ─► inquiry_done() ─► answer ─► inquiry_free()
 *
 * The thread touches only what the inquiry owns, and the client, which is made for that. It ends by itself within STARTS_WAIT_MS;
 * inquiry_free() before that waits for it, as rd_kafka_destroy() must. */
#ifndef SFSINK_WORKER_KAFKA_INQUIRY_H
#define SFSINK_WORKER_KAFKA_INQUIRY_H

#include "worker/kafka/starts.h"

struct inquiry;

/* Of these partitions; the list is copied. wake_fd is written to when the answer is there. */
struct inquiry *inquiry_starts(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list, enum start start,
                               int64_t since_ms, int wake_fd);
struct inquiry *inquiry_watermarks(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list, int wake_fd);
void inquiry_free(struct inquiry *q); /* NULL is fine */

bool inquiry_done(const struct inquiry *q); /* false for NULL */

/* What starts.h left in the list, lent until inquiry_free(); NULL and an error: there is no answer. Only when done. */
const rd_kafka_topic_partition_list_t *inquiry_answer(const struct inquiry *q, struct error *e);

#endif
