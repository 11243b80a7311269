/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/topic_policy.h"

#include "common/memory.h"
#include "config/config.h"
#include "worker/kafka/properties.h"
#include "worker/kafka/reach.h"

#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 30000 };

struct admin {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
    struct reach reach;
};

/* `a` stays where it is until admin_end(). */
static bool admin_begin(struct admin *a, const struct config *config, rd_kafka_admin_op_t op, struct error *e)
{
    char why[128];
    rd_kafka_conf_t *conf = properties_conf(config, CLIENT_PRODUCER, e);
    if (!conf)
        return false;
    reach_watch(&a->reach, conf);
    a->rk = properties_client(conf, CLIENT_PRODUCER, e);
    if (!a->rk)
        return false;
    a->queue = rd_kafka_queue_new(a->rk);
    a->options = rd_kafka_AdminOptions_new(a->rk, op);
    rd_kafka_AdminOptions_set_request_timeout(a->options, TIMEOUT_MS, why, sizeof why);
    return true;
}

static void admin_end(struct admin *a)
{
    rd_kafka_AdminOptions_destroy(a->options);
    rd_kafka_queue_destroy(a->queue);
    rd_kafka_destroy(a->rk);
}

static bool failed(struct admin *a, const struct config *config, const char *topic, rd_kafka_resp_err_t err,
                   struct error *e)
{
    rd_kafka_poll(a->rk, 0);
    reach_error(&a->reach, config, err, e);
    return error_context(e, "%s", topic);
}

static enum topic_policy policy_in(const rd_kafka_ConfigResource_t *resource)
{
    size_t n;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "cleanup.policy") == 0) {
            const char *value = rd_kafka_ConfigEntry_value(entries[i]);
            return value && strstr(value, "compact") ? POLICY_COMPACTED : POLICY_KEPT;
        }
    return POLICY_UNKNOWN;
}

/* The answer for one resource, or why there is none. */
static rd_kafka_resp_err_t read_answer(rd_kafka_event_t *answer, enum topic_policy *policy)
{
    size_t n;

    if (!answer)
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (rd_kafka_event_error(answer))
        return rd_kafka_event_error(answer);
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer), &n);
    rd_kafka_resp_err_t err = n == 1 ? rd_kafka_ConfigResource_error(resources[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
    *policy = POLICY_UNKNOWN;
    if (!err)
        *policy = policy_in(resources[0]);
    return err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ? RD_KAFKA_RESP_ERR_NO_ERROR : err;
}

bool topic_policy_read(const struct config *config, const char *topic, enum topic_policy *policy, struct error *e)
{
    struct admin a = {0};
    if (!admin_begin(&a, config, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, e))
        return false;
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_DescribeConfigs(a.rk, &resource, 1, a.options, a.queue);
    rd_kafka_event_t *answer = rd_kafka_queue_poll(a.queue, 2 * TIMEOUT_MS);
    rd_kafka_resp_err_t err = read_answer(answer, policy);
    rd_kafka_ConfigResource_destroy(resource);
    if (answer)
        rd_kafka_event_destroy(answer);
    bool good = !err || failed(&a, config, topic, err, e);
    admin_end(&a);
    return good;
}

static rd_kafka_resp_err_t created(rd_kafka_event_t *answer)
{
    size_t n;

    if (!answer)
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (rd_kafka_event_error(answer))
        return rd_kafka_event_error(answer);
    const rd_kafka_topic_result_t **topics =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &n);
    rd_kafka_resp_err_t err = n == 1 ? rd_kafka_topic_result_error(topics[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
    return err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? RD_KAFKA_RESP_ERR_NO_ERROR : err;
}

bool topic_make_compacted(const struct config *config, const char *topic, struct error *e)
{
    struct admin a = {0};
    char why[256];
    if (!admin_begin(&a, config, RD_KAFKA_ADMIN_OP_CREATETOPICS, e))
        return false;
    rd_kafka_AdminOptions_set_operation_timeout(a.options, TIMEOUT_MS, why, sizeof why);
    rd_kafka_NewTopic_t *wanted = rd_kafka_NewTopic_new(topic, 1, -1, why, sizeof why); /* -1: the brokers' default */
    rd_kafka_NewTopic_set_config(wanted, "cleanup.policy", "compact");
    rd_kafka_CreateTopics(a.rk, &wanted, 1, a.options, a.queue);
    rd_kafka_event_t *answer = rd_kafka_queue_poll(a.queue, 2 * TIMEOUT_MS);
    rd_kafka_resp_err_t err = created(answer);
    if (answer)
        rd_kafka_event_destroy(answer);
    rd_kafka_NewTopic_destroy(wanted);
    bool good = !err || failed(&a, config, topic, err, e);
    admin_end(&a);
    return good;
}
