/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/kafka/consumer_state.h"

#include <stdio.h>

enum { TOPICS_EVERY_MS = 5000, TOPIC_WAIT_MS = 500 };

/* librdkafka says it where it likes: in its callback, or as an error in a queue. */
static void take_fatal(struct consumer *c)
{
    char why[512] = "";

    rd_kafka_fatal_error(c->rk, why, sizeof why);
    consumer_emit(c, CONSUMER_FATAL, why);
}

void trouble_take(struct consumer *c, rd_kafka_resp_err_t err, const char *why)
{
    int64_t now = clock_ms();

    switch (err) {
    case RD_KAFKA_RESP_ERR__FATAL:
        take_fatal(c);
        break;
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
        c->stood_still = true;
        break;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
        /* of one broker; said in librdkafka's log. Only of interest while all are away */
        if (c->problems.why[PROBLEM_BROKERS][0])
            c->problems.at[PROBLEM_BROKERS] = now;
        break;
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
        problems_set(&c->problems, PROBLEM_BROKERS, now, why);
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        problems_set(&c->problems, PROBLEM_TOPIC, now, why);
        break;
    default:
        problems_set(&c->problems, PROBLEM_GROUP, now, why);
    }
}

void trouble_on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    (void)rk;
    trouble_take(opaque, (rd_kafka_resp_err_t)err, reason);
}

static rd_kafka_resp_err_t look_at_topic(struct consumer *c, const char *topic, int64_t wait_ms)
{
    const struct rd_kafka_metadata *found;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(c->rk, topic, NULL);
    rd_kafka_resp_err_t err = rd_kafka_metadata(c->rk, 0, handle, &found, wait_ms > 0 ? (int)wait_ms : 0);

    rd_kafka_topic_destroy(handle);
    if (err)
        return err;
    if (found->topic_cnt == 1)
        err = found->topics[0].err;
    rd_kafka_metadata_destroy(found);
    return err;
}

/* librdkafka says once that a topic is missing, never that it is there again. The loop waits for the answers: for all of them
 * together TOPIC_WAIT_MS. */
void trouble_look_at_topics(struct consumer *c, int64_t now)
{
    if (!c->problems.why[PROBLEM_TOPIC][0] || now < c->topics_at)
        return;
    c->topics_at = now + TOPICS_EVERY_MS;
    int64_t until = clock_ms() + TOPIC_WAIT_MS;
    for (size_t i = 0; i < c->config->nroutes; i++) {
        const struct route *route = c->config->routes[i];
        rd_kafka_resp_err_t err = route->topic_is_pattern ? 0 : look_at_topic(c, route->topic, until - clock_ms());
        if (!err)
            continue;
        char why[512];
        snprintf(why, sizeof why, "topic \"%s\": %s", route->topic, rd_kafka_err2str(err));
        problems_set(&c->problems, PROBLEM_TOPIC, now, why);
        return;
    }
    problems_end(&c->problems, PROBLEM_TOPIC);
}
