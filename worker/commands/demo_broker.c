/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/demo_broker.h"

#include "common/clock.h"
#include "common/memory.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <string.h>

/* An answer takes so long. The mock refuses a member whose SyncGroup comes after that of the leader, who asks for metadata
 * before it: so the others are ahead by this time. */
enum { BROKER = 1, ANSWER_MS = 20 };

enum { PARTITIONS_MAX = 16, ASK_MS = 5000 };

struct demo_broker {
    rd_kafka_t *producer;
    rd_kafka_mock_cluster_t *cluster;
    const char *address;
    rd_kafka_resp_err_t failed; /* why a message was not delivered; 0: all were */
};

static void take_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct demo_broker *b = opaque;
    if (m->err)
        b->failed = m->err;
}

/* pairs: names and values, NULL at the end. b: whose producer this is, NULL for a consumer. */
static rd_kafka_t *client(struct demo_broker *b, const char *const *pairs, struct error *e)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (b) {
        rd_kafka_conf_set_opaque(conf, b);
        rd_kafka_conf_set_dr_msg_cb(conf, take_report);
    }
    for (; pairs[0]; pairs += 2)
        if (rd_kafka_conf_set(conf, pairs[0], pairs[1], why, sizeof why) != RD_KAFKA_CONF_OK)
            bug("the demo sets %s: %s", pairs[0], why);
    rd_kafka_t *rk = rd_kafka_new(b ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        error_set(e, STATUS_UNAVAILABLE, "the demo's Kafka client does not start: %s", why);
    }
    return rk;
}

struct demo_broker *demo_broker_start(struct error *e)
{
    struct demo_broker *b = xcalloc(1, sizeof *b);
    /* the number of brokers makes the client start the cluster; it then talks to it */
    const char *const pairs[] = {"test.mock.num.brokers",
                                 "1",
                                 "linger.ms",
                                 "5",
                                 "queue.buffering.max.messages",
                                 "20000",
                                 "log_level",
                                 "2",
                                 NULL};

    b->producer = client(b, pairs, e);
    if (!b->producer) {
        free(b);
        return NULL;
    }
    b->cluster = rd_kafka_handle_mock_cluster(b->producer);
    rd_kafka_mock_broker_set_rtt(b->cluster, BROKER, ANSWER_MS);
    b->address = rd_kafka_mock_cluster_bootstraps(b->cluster);
    return b;
}

void demo_broker_stop(struct demo_broker *b)
{
    if (!b)
        return;
    rd_kafka_destroy(b->producer);
    free(b);
}

const char *demo_broker_address(const struct demo_broker *b)
{
    return b->address;
}

bool demo_broker_create(struct demo_broker *b, const char *topic, int partitions, struct error *e)
{
    rd_kafka_resp_err_t err = rd_kafka_mock_topic_create(b->cluster, topic, partitions, 1);
    return !err || error_set(e, STATUS_UNAVAILABLE, "%s: the topic cannot be made: %s", topic, rd_kafka_err2str(err));
}

bool demo_broker_produce(struct demo_broker *b, const char *topic, size_t key_hash, const char *key, const char *value,
                         struct error *e)
{
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = (int32_t)(key_hash % DEMO_PARTITIONS)},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)key, strlen(key)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)(uintptr_t)value, strlen(value)}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    };
    for (;;) {
        rd_kafka_error_t *failed = rd_kafka_produceva(b->producer, parts, sizeof parts / sizeof *parts);
        rd_kafka_resp_err_t err = failed ? rd_kafka_error_code(failed) : RD_KAFKA_RESP_ERR_NO_ERROR;
        if (failed)
            rd_kafka_error_destroy(failed);
        if (!err)
            break;
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return error_set(e, STATUS_UNAVAILABLE, "%s: %s", topic, rd_kafka_err2str(err));
        rd_kafka_poll(b->producer, 100);
    }
    rd_kafka_poll(b->producer, 0);
    return true;
}

bool demo_broker_flush(struct demo_broker *b, struct error *e)
{
    rd_kafka_resp_err_t err = rd_kafka_flush(b->producer, 30000);
    if (!err)
        err = b->failed;
    return !err ||
           error_set(e, STATUS_UNAVAILABLE, "the events did not all reach the broker: %s", rd_kafka_err2str(err));
}

static int partitions_of(rd_kafka_t *rk, const char *topic)
{
    const struct rd_kafka_metadata *all = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    int n = -1;
    if (rd_kafka_metadata(rk, 0, handle, &all, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        n = all->topic_cnt == 1 ? all->topics[0].partition_cnt : -1;
        rd_kafka_metadata_destroy(all);
    }
    rd_kafka_topic_destroy(handle);
    return n;
}

static int64_t behind(rd_kafka_t *rk, const rd_kafka_topic_partition_t *p)
{
    int64_t low, high;
    if (rd_kafka_query_watermark_offsets(rk, p->topic, p->partition, &low, &high, ASK_MS))
        return -1;
    return high - (p->offset < 0 ? low : p->offset);
}

int64_t demo_broker_lag(struct demo_broker *b, const char *group, const char *const *topics, size_t ntopics)
{
    const char *const pairs[] = {"bootstrap.servers", b->address, "group.id", group, "log_level", "2", NULL};
    rd_kafka_t *rk = client(NULL, pairs, NULL);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS_MAX);
    int64_t lag = -1;

    if (!rk)
        goto out;
    for (size_t i = 0; i < ntopics; i++)
        for (int p = 0, n = partitions_of(rk, topics[i]); p < n; p++)
            rd_kafka_topic_partition_list_add(list, topics[i], p);
    if (list->cnt == 0 || rd_kafka_committed(rk, list, ASK_MS))
        goto out;
    lag = 0;
    for (int i = 0; i < list->cnt && lag >= 0; i++) {
        int64_t one = behind(rk, &list->elems[i]);
        lag = one < 0 ? -1 : lag + one;
    }
out:
    rd_kafka_topic_partition_list_destroy(list);
    if (rk)
        rd_kafka_destroy(rk);
    return lag;
}

static void hand_over(const rd_kafka_message_t *m, const char *header, void (*each)(void *context, const char *value),
                      void *context)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(m, &headers) || rd_kafka_header_get_last(headers, header, &value, &size))
        return;
    char *copy = xstrndup(value, size);
    each(context, copy);
    free(copy);
}

bool demo_broker_read_header(struct demo_broker *b, const char *topic, const char *header,
                             void (*each)(void *context, const char *value), void *context, struct error *e)
{
    const char *const pairs[] = {
        "bootstrap.servers", b->address, "group.id", "demo-reader", "enable.partition.eof", "true",
        "log_level",         "2",        NULL};
    rd_kafka_t *rk = client(NULL, pairs, e);
    if (!rk)
        return false;
    int left = partitions_of(rk, topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS_MAX);
    for (int p = 0; p < left; p++)
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk, list);
    for (int64_t until = clock_ms() + 20000; left > 0 && clock_ms() < until;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 200);
        if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            left--;
        else if (m && !m->err)
            hand_over(m, header, each, context);
        if (m)
            rd_kafka_message_destroy(m);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return left == 0 || error_set(e, STATUS_UNAVAILABLE, "%s: not readable to its end", topic);
}
