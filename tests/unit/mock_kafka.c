/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mock_kafka.h"

#include "common/memory.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIRST = 1, SECOND = 2, WRITTEN_WITHIN_MS = 10000 };

struct mock_kafka {
    rd_kafka_t *writer; /* the cluster lives in it */
    rd_kafka_mock_cluster_t *cluster;
};

struct mock_kafka *mock_kafka_new(void)
{
    char why[256];
    struct mock_kafka *k = xcalloc(1, sizeof *k);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    assert_int_equal(rd_kafka_conf_set(conf, "test.mock.num.brokers", "2", why, sizeof why), RD_KAFKA_CONF_OK);
    assert_int_equal(rd_kafka_conf_set(conf, "linger.ms", "0", why, sizeof why), RD_KAFKA_CONF_OK);
    k->writer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    assert_non_null(k->writer);
    k->cluster = rd_kafka_handle_mock_cluster(k->writer);
    assert_non_null(k->cluster);
    return k;
}

void mock_kafka_free(struct mock_kafka *k)
{
    if (!k)
        return;
    rd_kafka_destroy(k->writer);
    free(k);
}

const char *mock_kafka_brokers(const struct mock_kafka *k)
{
    return rd_kafka_mock_cluster_bootstraps(k->cluster);
}

void mock_kafka_topic(struct mock_kafka *k, const char *topic, int partitions, enum topic_use use)
{
    assert_int_equal(rd_kafka_mock_topic_create(k->cluster, topic, partitions, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    for (int p = 0; p < partitions; p++)
        rd_kafka_mock_partition_set_leader(k->cluster, topic, p, use == TOPIC_READ ? SECOND : FIRST);
}

void mock_kafka_group(struct mock_kafka *k, const char *group)
{
    rd_kafka_mock_coordinator_set(k->cluster, "group", group, FIRST);
}

void mock_kafka_write(struct mock_kafka *k, const char *topic, int32_t partition, const char *value)
{
    rd_kafka_topic_t *to = rd_kafka_topic_new(k->writer, topic, NULL);
    assert_int_equal(
        rd_kafka_produce(to, partition, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value, strlen(value), NULL, 0, NULL),
        0);
    rd_kafka_topic_destroy(to);
    assert_int_equal(rd_kafka_flush(k->writer, WRITTEN_WITHIN_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static int32_t broker_of(enum request_kind kind)
{
    return kind == REQUEST_FETCH || kind == REQUEST_LIST_OFFSETS ? SECOND : FIRST;
}

void mock_kafka_fail_nth(struct mock_kafka *k, enum request_kind kind, int n, rd_kafka_resp_err_t err)
{
    for (int i = 1; i <= n; i++)
        rd_kafka_mock_broker_push_request_error_rtts(k->cluster, broker_of(kind), (int16_t)kind, 1,
                                                     i == n ? err : RD_KAFKA_RESP_ERR_NO_ERROR, 0);
}

void mock_kafka_delay(struct mock_kafka *k, enum request_kind kind, int n, int ms)
{
    for (int i = 0; i < n; i++)
        rd_kafka_mock_broker_push_request_error_rtts(k->cluster, broker_of(kind), (int16_t)kind, 1,
                                                     RD_KAFKA_RESP_ERR_NO_ERROR, ms);
}

size_t mock_kafka_left(const struct mock_kafka *k, enum request_kind kind)
{
    size_t left = 0;
    rd_kafka_mock_broker_error_stack_cnt(k->cluster, broker_of(kind), (int16_t)kind, &left);
    return left;
}
