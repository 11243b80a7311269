/* SPDX-License-Identifier: Apache-2.0 */
/* properties.h: how librdkafka is set up: what the worker relies on, what it prefers, what the user adds.
 *
 *     preferred (can be overridden)  <  kafka.properties  <  owned (refused in kafka.properties)
 *
 * Also where librdkafka's own log goes. For worker/kafka/ only. */
#ifndef SFSINK_WORKER_KAFKA_PROPERTIES_H
#define SFSINK_WORKER_KAFKA_PROPERTIES_H

#include "common/error.h"

#include <librdkafka/rdkafka.h>

struct config;

/* Consumer: a member of the group. Producer: acknowledged by all replicas, in order. Reader: a consumer for a look, without a group's
 * duties: it is assigned by hand and never commits. */
enum client_role { CLIENT_CONSUMER, CLIENT_PRODUCER, CLIENT_READER };

/* The client's configuration, to be given to rd_kafka_new() or destroyed. NULL and an error (STATUS_CONFIGURATION) that names
 * kafka.properties[i] if one is unknown, has a value that cannot be, or belongs to the worker. */
rd_kafka_conf_t *properties_conf(const struct config *config, enum client_role role, struct error *e);

/* rd_kafka_new() that takes `conf` in any case and says why not. */
rd_kafka_t *properties_client(rd_kafka_conf_t *conf, enum client_role role, struct error *e);

/* May a user not set this one? */
bool properties_owned(const char *name);

#endif
