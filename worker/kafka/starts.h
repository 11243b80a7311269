/* SPDX-License-Identifier: Apache-2.0 */
/* starts.h: where reading begins, and what became of an offset that is not in the log. Asks Kafka and waits for it, at most STARTS_WAIT_MS
 * in all: inquiry.h does it beside the loop. */
#ifndef SFSINK_WORKER_KAFKA_STARTS_H
#define SFSINK_WORKER_KAFKA_STARTS_H

#include "common/error.h"
#include "config/config.h"

#include <librdkafka/rdkafka.h>

enum { STARTS_WAIT_MS = 5000 };

/* Sets each element's offset to where reading begins: what the group has committed, else the beginning or the end of the log, as a number.
 * With START_LATEST a partition that appeared after `since_ms` (all its messages are younger) is read from its beginning: the end is that
 * of a group's first start, and what came into a new partition before anybody knew of it is not to be lost.
 * metadata: that of the committed offset; opaque: the committed offset + 1, or NULL. */
bool starts_resolve(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, enum start start, int64_t since_ms,
                    struct error *e);

/* Sets each element's offset to the first in its log, and its opaque to the one behind the last. Where its leader does not answer: err. */
void starts_watermarks(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list);

#endif
