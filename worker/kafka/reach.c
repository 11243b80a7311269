/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/reach.h"

#include "config/config.h"

#include <stdio.h>

static void keep_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct reach *r = opaque;
    (void)rk;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && r->err)
        return; /* it says less than what came before */
    r->err = err;
    snprintf(r->why, sizeof r->why, "%s", reason);
}

void reach_watch(struct reach *r, rd_kafka_conf_t *conf)
{
    rd_kafka_conf_set_opaque(conf, r);
    rd_kafka_conf_set_error_cb(conf, keep_error);
}

static bool denied(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        return true;
    default:
        return false;
    }
}

bool reach_error(const struct reach *r, const struct config *config, rd_kafka_resp_err_t err, struct error *e)
{
    bool told = r->err && !denied(err);

    error_set(e, denied(err) || denied(r->err) ? STATUS_NOT_ALLOWED : STATUS_UNAVAILABLE, "Kafka at %s: %s",
              config->kafka.brokers, told ? r->why : rd_kafka_err2str(err));
    return error_hint(e, "kafka.brokers and kafka.properties say where it is and how to log in there");
}
