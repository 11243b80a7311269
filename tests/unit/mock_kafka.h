/* SPDX-License-Identifier: Apache-2.0 */
/* mock_kafka.h: librdkafka's own mock of a cluster, whose n-th request of a kind can be made to fail.
 *
 *     broker 1   topics that are written, the group's coordinator  ◄── those fail
 *     broker 2   topics that are read                              ◄── of these, what fetches
 *
 * So a test can write events while the writes of others fail. Different from Kafka: a group is dealt out after 3 s at the
 * earliest, and a request that is answered with an error is never half carried out. One thread. */
#ifndef SFSINK_TESTS_UNIT_MOCK_KAFKA_H
#define SFSINK_TESTS_UNIT_MOCK_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds of requests, by their numbers in Kafka's protocol. */
enum request_kind {
    REQUEST_PRODUCE = 0,
    REQUEST_FETCH = 1,
    REQUEST_LIST_OFFSETS = 2,
    REQUEST_OFFSET_COMMIT = 8,
    REQUEST_OFFSET_FETCH = 9,
    REQUEST_JOIN_GROUP = 11,
    REQUEST_HEARTBEAT = 12,
    REQUEST_SYNC_GROUP = 14
};

struct mock_kafka;

struct mock_kafka *mock_kafka_new(void);
void mock_kafka_free(struct mock_kafka *k); /* NULL is fine; after the clients */
const char *mock_kafka_brokers(const struct mock_kafka *k);

enum topic_use { TOPIC_READ, TOPIC_WRITTEN };
void mock_kafka_topic(struct mock_kafka *k, const char *topic, int partitions, enum topic_use use);
void mock_kafka_group(struct mock_kafka *k, const char *group);

/* Waits until the topic has it. */
void mock_kafka_write(struct mock_kafka *k, const char *topic, int32_t partition, const char *value);

/* Of those that come from now on; RD_KAFKA_RESP_ERR__TRANSPORT cuts the connection instead of answering. */
void mock_kafka_fail_nth(struct mock_kafka *k, enum request_kind kind, int n, rd_kafka_resp_err_t err);

/* The next n of those that come from now on are answered so much later. */
void mock_kafka_delay(struct mock_kafka *k, enum request_kind kind, int n, int ms);

/* Up to the one that is to fail; 0: it has failed. */
size_t mock_kafka_left(const struct mock_kafka *k, enum request_kind kind);

#endif
