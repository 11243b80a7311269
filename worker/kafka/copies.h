/* SPDX-License-Identifier: Apache-2.0 */
/* copies.h: librdkafka's message as ours. It pins the whole fetch buffer that it came in, so it is copied and given back at once. */
#ifndef SFSINK_WORKER_KAFKA_COPIES_H
#define SFSINK_WORKER_KAFKA_COPIES_H

#include "worker/travel.h"

#include <librdkafka/rdkafka.h>

/* Copies; rkm stays the caller's. Never NULL. */
struct message *copies_message(const rd_kafka_message_t *rkm, uint64_t lease, const char *topic);

/* The headers of a message, lent by it; free() the array. */
struct header *copies_headers(const rd_kafka_message_t *rkm, size_t *n);

#endif
