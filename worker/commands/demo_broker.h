/* SPDX-License-Identifier: Apache-2.0 */
/* demo_broker.h: librdkafka's own mock cluster, in this process: a Kafka for the demo that needs no Java. */
#ifndef SFSINK_WORKER_COMMANDS_DEMO_BROKER_H
#define SFSINK_WORKER_COMMANDS_DEMO_BROKER_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

enum { DEMO_PARTITIONS = 4 }; /* of each topic with events */

struct demo_broker;

struct demo_broker *demo_broker_start(struct error *e);
void demo_broker_stop(struct demo_broker *b); /* NULL is fine */
const char *demo_broker_address(const struct demo_broker *b);

bool demo_broker_create(struct demo_broker *b, const char *topic, int partitions, struct error *e);

/* Copies the texts. Waits while the producer's queue is full. */
bool demo_broker_produce(struct demo_broker *b, const char *topic, size_t key_hash, const char *key, const char *value,
                         struct error *e);
bool demo_broker_flush(struct demo_broker *b, struct error *e);

/* Messages of the topics that `group` has not committed yet; -1: not known now. */
int64_t demo_broker_lag(struct demo_broker *b, const char *group, const char *const *topics, size_t ntopics);

/* Reads a topic from its beginning to its present end and hands each message's header `header` to `each`. */
bool demo_broker_read_header(struct demo_broker *b, const char *topic, const char *header,
                             void (*each)(void *context, const char *value), void *context, struct error *e);

#endif
