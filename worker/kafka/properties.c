/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/properties.h"

#include "common/log.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/kafka/property_check.h"

#include <stdio.h>
#include <string.h>

struct pair {
    const char *name, *value;
};

/* ---- what is preferred ---- */

/* Nagle's algorithm and TLS make 40 ms of each small request. No statistics: their JSON grows with the partitions. */
static const struct pair preferred[] = {
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"statistics.interval.ms", "0"},
    {"topic.metadata.refresh.interval.ms", "30000"},
};

static const struct pair preferred_by_consumers[] = {
    {"session.timeout.ms", "45000"},
    {"heartbeat.interval.ms", "3000"},
    {"max.poll.interval.ms", "300000"},
    {"fetch.wait.max.ms", "100"},
    {"check.crcs", "true"},
    /* when the local queue is full, the fetcher of librdkafka 2.0 sleeps for a second: bytes are the bound, not messages */
    {"queued.min.messages", "100000"},
};

/* Letters keep their order by having one request in flight: the idempotent producer of librdkafka 2.0 can end in a fatal error after a
 * plain time-out. The partitioner is Java's, so that a key lands where other producers put it. */
static const struct pair preferred_by_producers[] = {
    {"message.timeout.ms", "30000"},
    {"linger.ms", "5"},
    {"message.max.bytes", "100000000"},
    {"queue.buffering.max.kbytes", "131072"},
};

/* ---- what is owned ---- */

static const struct pair owned_by_consumers[] = {
    {"enable.auto.commit", "false"},       {"enable.auto.offset.store", "false"}, {"auto.offset.reset", "error"},
    {"isolation.level", "read_committed"}, {"enable.partition.eof", "false"},
};

static const struct pair owned_by_producers[] = {
    {"acks", "all"},
    {"enable.idempotence", "false"},
    {"max.in.flight", "1"},
    {"partitioner", "murmur2_random"},
    {"delivery.report.only.error", "false"},
};

/* Beside those above: other names of the same, and what the configuration has a setting for. */
static const char *const owned[] = {
    "bootstrap.servers",  "metadata.broker.list",    "group.id",
    "auto.commit.enable", "auto.commit.interval.ms", "partition.assignment.strategy",
    "group.protocol",     "request.required.acks",   "max.in.flight.requests.per.connection",
    "transactional.id",   "offset.store.method",     "log.queue",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool among(const struct pair *pairs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return true;
    return false;
}

bool properties_owned(const char *name)
{
    for (size_t i = 0; i < COUNT(owned); i++)
        if (strcmp(owned[i], name) == 0)
            return true;
    return strncmp(name, "enable.auto.", 12) == 0 || among(owned_by_consumers, COUNT(owned_by_consumers), name) ||
           among(owned_by_producers, COUNT(owned_by_producers), name);
}

/* ---- setting them ---- */

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
        bug("librdkafka does not take %s: %s", name, why);
}

static void set_all(rd_kafka_conf_t *conf, const struct pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        set(conf, pairs[i].name, pairs[i].value);
}

/* What librdkafka holds unread is bounded in bytes: half of what the worker may hold. It counts the messages' own bytes only. */
static void bound_queue(rd_kafka_conf_t *conf, int max_mb)
{
    char kbytes[32];
    snprintf(kbytes, sizeof kbytes, "%d", max_mb > 2 ? (max_mb < 2048 ? max_mb * 512 : 1048576) : 1024);
    set(conf, "queued.max.messages.kbytes", kbytes);
}

static bool set_by_user(rd_kafka_conf_t *conf, const struct property *p, struct error *e)
{
    char why[256];

    if (properties_owned(p->name)) {
        error_set(e, STATUS_CONFIGURATION, "%s: sfsink sets this one itself", p->name);
        return error_hint(e, "remove it; what can be chosen has a setting of its own: sfsink help config");
    }
    switch (rd_kafka_conf_set(conf, p->name, p->value, why, sizeof why)) {
    case RD_KAFKA_CONF_OK:
        return true;
    case RD_KAFKA_CONF_UNKNOWN:
        error_set(e, STATUS_CONFIGURATION, "%s: no such property of librdkafka", p->name);
        return error_hint(e, "its CONFIGURATION.md lists them; they go as \"NAME=VALUE\"");
    case RD_KAFKA_CONF_INVALID:
        break;
    }
    return error_set(e, STATUS_CONFIGURATION, "%s: %s", p->name, why);
}

bool kafka_property_usable(const struct config *config, size_t i, struct error *e)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool usable = set_by_user(conf, &config->kafka.properties[i], e);

    rd_kafka_conf_destroy(conf);
    return usable;
}

static bool set_by_users(rd_kafka_conf_t *conf, const struct config *config, bool producer, struct error *e)
{
    for (size_t i = 0; i < config->kafka.nproperties; i++) {
        const struct property *p = &config->kafka.properties[i];
        if ((producer ? p->producer : p->consumer) && !set_by_user(conf, p, e))
            return error_context(e, "kafka.properties[%zu]", i);
    }
    return true;
}

/* Called on librdkafka's threads too. That a property is one of the other kind of client is our doing: both get all. */
static void write_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    enum log_level as = level <= 4 ? LOG_LEVEL_WARN : level <= 6 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
    (void)rk;
    if (strcmp(facility, "CONFWARN") == 0)
        as = LOG_LEVEL_DEBUG;
    log_event(as, "kafka_client", "facility", LOG_STR(facility), "text", LOG_STR(text), NULL);
}

static void set_for_consumer(rd_kafka_conf_t *conf, const struct config *config)
{
    set_all(conf, owned_by_consumers, COUNT(owned_by_consumers));
    set(conf, "group.id", config->kafka.group);
    set(conf, "partition.assignment.strategy", config->kafka.assignment == ASSIGNMENT_RANGE ? "range" : "roundrobin");
}

rd_kafka_conf_t *properties_conf(const struct config *config, enum client_role role, struct error *e)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool producer = role == CLIENT_PRODUCER;

    set_all(conf, preferred, COUNT(preferred));
    if (producer)
        set_all(conf, preferred_by_producers, COUNT(preferred_by_producers));
    else
        set_all(conf, preferred_by_consumers, COUNT(preferred_by_consumers));
    if (role == CLIENT_CONSUMER)
        bound_queue(conf, config->buffer.max_mb);
    if (!set_by_users(conf, config, producer, e)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    set(conf, "bootstrap.servers", config->kafka.brokers);
    if (producer)
        set_all(conf, owned_by_producers, COUNT(owned_by_producers));
    else
        set_for_consumer(conf, config);
    rd_kafka_conf_set_log_cb(conf, write_log);
    return conf;
}

rd_kafka_t *properties_client(rd_kafka_conf_t *conf, enum client_role role, struct error *e)
{
    char why[512];
    rd_kafka_t *rk =
        rd_kafka_new(role == CLIENT_PRODUCER ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf, why, sizeof why);

    if (rk)
        return rk;
    rd_kafka_conf_destroy(conf);
    error_set(e, STATUS_CONFIGURATION, "kafka.properties: the Kafka client does not start: %s", why);
    return NULL;
}
