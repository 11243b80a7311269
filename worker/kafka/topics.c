/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/topics.h"

#include "common/clock.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/kafka/properties.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { ASK_AGAIN_MS = 100 };

/* What librdkafka said last about reaching the brokers: a time-out alone helps nobody. */
struct last_error {
    rd_kafka_resp_err_t err;
    char why[256];
};

static void keep_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct last_error *last = opaque;
    (void)rk;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && last->err)
        return; /* it says less than what came before */
    last->err = err;
    snprintf(last->why, sizeof last->why, "%s", reason);
}

static rd_kafka_t *reader(const struct config *config, struct last_error *last, struct error *e)
{
    rd_kafka_conf_t *conf = properties_conf(config, CLIENT_READER, e);
    if (!conf)
        return NULL;
    rd_kafka_conf_set_error_cb(conf, keep_error);
    rd_kafka_conf_set_opaque(conf, last);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
    rd_kafka_t *rk = properties_client(conf, CLIENT_READER, e);
    if (rk)
        rd_kafka_poll_set_consumer(rk);
    return rk;
}

static void finish(rd_kafka_t *rk)
{
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static bool denied(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
           err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
           err == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

static bool failed(rd_kafka_t *rk, const struct config *config, struct last_error *last, rd_kafka_resp_err_t err,
                   struct error *e)
{
    rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 0); /* serves keep_error(), too */
    if (m && denied(m->err))
        err = m->err; /* of the group: what was asked for has only timed out */
    if (m)
        rd_kafka_message_destroy(m);
    bool told = last->err && !denied(err);
    error_set(e, denied(err) || denied(last->err) ? STATUS_NOT_ALLOWED : STATUS_UNAVAILABLE, "Kafka at %s: %s",
              config->kafka.brokers, told ? last->why : rd_kafka_err2str(err));
    return error_hint(e, "kafka.brokers and kafka.properties say where it is and how to log in there");
}

bool kafka_reach(const struct config *config, int timeout_ms, struct error *e)
{
    struct last_error last = {0};
    const struct rd_kafka_metadata *brokers;
    rd_kafka_t *rk = reader(config, &last, e);
    if (!rk)
        return false;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, NULL, &brokers, timeout_ms);
    if (err)
        failed(rk, config, &last, err, e);
    else
        rd_kafka_metadata_destroy(brokers);
    finish(rk);
    return !err;
}

static bool fits(const struct config *config, const char *pattern, const char *topic)
{
    const struct route *route = config_route_of(config, topic);
    return route && strcmp(route->topic, pattern) == 0;
}

/* Of one topic, or of all: for a pattern. Asking for one does not create it: readers may not. */
static rd_kafka_resp_err_t look(rd_kafka_t *rk, const struct config *config, const char *topic, int timeout_ms,
                                bool *exists)
{
    bool pattern = topic[0] == '^';
    const struct rd_kafka_metadata *all;
    rd_kafka_topic_t *one = pattern ? NULL : rd_kafka_topic_new(rk, topic, NULL);
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, pattern, one, &all, timeout_ms);

    if (one)
        rd_kafka_topic_destroy(one);
    if (err)
        return err;
    *exists = false;
    for (int i = 0; i < all->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *t = &all->topics[i];
        if (pattern ? !fits(config, topic, t->topic) : strcmp(t->topic, topic) != 0)
            continue;
        if (denied(t->err))
            err = t->err;
        *exists = *exists || !t->err || t->err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    }
    rd_kafka_metadata_destroy(all);
    return *exists ? RD_KAFKA_RESP_ERR_NO_ERROR : err;
}

bool kafka_topic_exists(const struct config *config, const char *topic, int timeout_ms, bool *exists, struct error *e)
{
    struct last_error last = {0};
    rd_kafka_t *rk = reader(config, &last, e);
    if (!rk)
        return false;
    rd_kafka_resp_err_t err = look(rk, config, topic, timeout_ms, exists);
    if (err)
        failed(rk, config, &last, err, e);
    finish(rk);
    return !err;
}

/* May the group be used? Its coordinator may be about to be chosen. */
static rd_kafka_resp_err_t ask_group(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int64_t until)
{
    rd_kafka_resp_err_t err;
    int64_t left;

    do {
        left = until - clock_ms();
        err = rd_kafka_committed(rk, list, left > 0 ? (int)left : 0);
    } while ((err == RD_KAFKA_RESP_ERR_NOT_COORDINATOR || err == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
              err == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS) &&
             left > 0 && poll(NULL, 0, ASK_AGAIN_MS) == 0);
    return err;
}

/* Reads the first partition from its end until Kafka says that this is the end. */
static rd_kafka_resp_err_t read_end(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
    int64_t until = clock_ms() + timeout_ms;
    rd_kafka_resp_err_t err = ask_group(rk, list, until);

    list->elems[0].offset = RD_KAFKA_OFFSET_END;
    if (!err)
        err = list->elems[0].err;
    if (!err)
        err = rd_kafka_assign(rk, list);
    while (!err) {
        int64_t left = until - clock_ms();
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, left > 0 ? (int)left : 0);
        if (!m)
            return RD_KAFKA_RESP_ERR__TIMED_OUT;
        err = m->err;
        rd_kafka_message_destroy(m);
        if (!err || err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return err;
}

bool kafka_topic_readable(const struct config *config, const char *topic, int timeout_ms, struct error *e)
{
    struct last_error last = {0};
    rd_kafka_t *rk = reader(config, &last, e);
    if (!rk)
        return false;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0);
    rd_kafka_resp_err_t err = read_end(rk, list, timeout_ms);
    rd_kafka_topic_partition_list_destroy(list);
    if (err)
        failed(rk, config, &last, err, e);
    rd_kafka_assign(rk, NULL);
    finish(rk);
    return !err || error_context(e, "%s", topic);
}

/* ---- writing ---- */

struct delivery {
    bool done;
    rd_kafka_resp_err_t err;
};

static void take_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct delivery *d = opaque;
    (void)rk;
    d->done = true;
    d->err = m->err;
}

static rd_kafka_t *two_acknowledgements(const struct config *config, int timeout_ms, struct delivery *d,
                                        struct error *e)
{
    char timeout[16];
    rd_kafka_conf_t *conf = properties_conf(config, CLIENT_PRODUCER, e);
    if (!conf)
        return NULL;
    snprintf(timeout, sizeof timeout, "%d", timeout_ms);
    rd_kafka_conf_set(conf, "acks", "2", NULL, 0);
    rd_kafka_conf_set(conf, "message.timeout.ms", timeout, NULL, 0);
    rd_kafka_conf_set_dr_msg_cb(conf, take_delivery);
    rd_kafka_conf_set_opaque(conf, d);
    return properties_client(conf, CLIENT_PRODUCER, e);
}

bool kafka_topic_writable(const struct config *config, const char *topic, int timeout_ms, struct error *e)
{
    struct delivery d = {0};
    int64_t until = clock_ms() + 2 * (int64_t)timeout_ms;
    rd_kafka_t *rk = two_acknowledgements(config, timeout_ms, &d, e);
    if (!rk)
        return false;
    const rd_kafka_vu_t parts[] = {{.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
                                   {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0}};
    rd_kafka_error_t *failed = rd_kafka_produceva(rk, parts, sizeof parts / sizeof *parts);
    d.err = failed ? rd_kafka_error_code(failed) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (failed)
        rd_kafka_error_destroy(failed);
    for (d.done = d.err != 0; !d.done && clock_ms() < until;)
        rd_kafka_poll(rk, 100);
    rd_kafka_destroy(rk);
    if (d.done && (!d.err || d.err == RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS))
        return true;
    return error_set(e, denied(d.err) ? STATUS_NOT_ALLOWED : STATUS_UNAVAILABLE, "%s: %s", topic,
                     d.done ? rd_kafka_err2str(d.err) : "no answer to a message");
}

const char *kafka_topic_command(const struct config *config, const char *topic)
{
    static char command[512];
    bool compacted = strcmp(topic, config->dead_letter.progress_topic) == 0;
    snprintf(command, sizeof command, "kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions 1%s",
             config->kafka.brokers, topic, compacted ? " --config cleanup.policy=compact" : "");
    return command;
}
