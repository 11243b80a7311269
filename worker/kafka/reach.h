/* SPDX-License-Identifier: Apache-2.0 */
/* reach.h: why Kafka does not answer a short-lived client. librdkafka tells by callback what hinders it; the call itself only says that
 * time ran out. For worker/kafka/ only. */
#ifndef SFSINK_WORKER_KAFKA_REACH_H
#define SFSINK_WORKER_KAFKA_REACH_H

#include "common/error.h"

#include <librdkafka/rdkafka.h>

struct config;

struct reach { /* start with {0}; stays where it is while the client lives */
    rd_kafka_resp_err_t err;
    char why[256];
};

/* The client's opaque and error callback. */
void reach_watch(struct reach *r, rd_kafka_conf_t *conf);

/* Fills the error (not allowed, or unavailable) from a call's answer and what was heard before it. Returns false. */
bool reach_error(const struct reach *r, const struct config *config, rd_kafka_resp_err_t err, struct error *e);

#endif
