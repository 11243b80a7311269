/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"
#include "worker/kafka/properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct config config_with(struct property *properties, size_t n)
{
    struct config c = {0};
    c.kafka.brokers = (char *)"broker:9092";
    c.kafka.group = (char *)"group";
    c.kafka.properties = properties;
    c.kafka.nproperties = n;
    c.buffer.max_mb = 16;
    return c;
}

static const char *value_of(rd_kafka_conf_t *conf, const char *name)
{
    static char value[256];
    size_t size = sizeof value;
    assert_int_equal(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
    return value;
}

static const struct owned_row {
    enum client_role role;
    const char *name, *value;
} owned_rows[] = {
    {CLIENT_CONSUMER, "bootstrap.servers", "broker:9092"},
    {CLIENT_CONSUMER, "group.id", "group"},
    {CLIENT_CONSUMER, "enable.auto.commit", "false"},
    {CLIENT_CONSUMER, "enable.auto.offset.store", "false"},
    {CLIENT_CONSUMER, "isolation.level", "read_committed"},
    {CLIENT_CONSUMER, "partition.assignment.strategy", "roundrobin"},
    {CLIENT_CONSUMER, "queued.max.messages.kbytes", "8192"},
    {CLIENT_PRODUCER, "bootstrap.servers", "broker:9092"},
    {CLIENT_PRODUCER, "enable.idempotence", "false"},
    {CLIENT_PRODUCER, "max.in.flight", "1"},
    {CLIENT_READER, "enable.auto.commit", "false"},
};

static void what_the_worker_relies_on(void **state)
{
    struct config config = config_with(NULL, 0);
    (void)state;
    for (size_t i = 0; i < COUNT(owned_rows); i++) {
        struct error e = {0};
        rd_kafka_conf_t *conf = properties_conf(&config, owned_rows[i].role, &e);
        assert_non_null(conf);
        assert_string_equal(value_of(conf, owned_rows[i].name), owned_rows[i].value);
        rd_kafka_conf_destroy(conf);
    }
}

static void users_override_what_is_only_preferred(void **state)
{
    struct property all[] = {{true, true, (char *)"client.id", (char *)"both"},
                             {true, false, (char *)"session.timeout.ms", (char *)"7000"},
                             {false, true, (char *)"linger.ms", (char *)"77"}};
    struct config config = config_with(all, COUNT(all));
    struct error e = {0};
    (void)state;

    rd_kafka_conf_t *consumer = properties_conf(&config, CLIENT_CONSUMER, &e);
    rd_kafka_conf_t *producer = properties_conf(&config, CLIENT_PRODUCER, &e);
    assert_string_equal(value_of(consumer, "client.id"), "both");
    assert_string_equal(value_of(consumer, "session.timeout.ms"), "7000");
    assert_string_equal(value_of(producer, "client.id"), "both");
    assert_string_not_equal(value_of(producer, "session.timeout.ms"), "7000");
    assert_string_equal(value_of(producer, "linger.ms"), "77");
    rd_kafka_conf_destroy(consumer);
    rd_kafka_conf_destroy(producer);
}

static const struct refused_row {
    const char *name, *value;
    const char *said;
} refused_rows[] = {
    {"no.such.property", "1", "kafka.properties[1]: no.such.property: no such property"},
    {"session.timeout.ms", "soon", "kafka.properties[1]: session.timeout.ms: "},
    {"security.protocol", "carrier-pigeon", "kafka.properties[1]: security.protocol: "},
    {"group.id", "mine", "kafka.properties[1]: group.id: sfsink sets this one itself"},
    {"bootstrap.servers", "x", "sets this one itself"},
    {"enable.auto.commit", "true", "sets this one itself"},
    {"enable.auto.offset.store", "true", "sets this one itself"},
    {"auto.offset.reset", "latest", "sets this one itself"},
    {"isolation.level", "read_uncommitted", "sets this one itself"},
    {"partition.assignment.strategy", "range", "sets this one itself"},
    {"acks", "1", "sets this one itself"},
    {"enable.idempotence", "true", "sets this one itself"},
};

static void refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused_rows); i++) {
        const struct refused_row *row = &refused_rows[i];
        struct property all[] = {{true, true, (char *)"client.id", (char *)"x"},
                                 {true, true, (char *)(uintptr_t)row->name, (char *)(uintptr_t)row->value}};
        struct config config = config_with(all, COUNT(all));
        struct error e = {0};
        assert_null(properties_conf(&config, CLIENT_CONSUMER, &e));
        assert_int_equal(e.status, STATUS_CONFIGURATION);
        assert_non_null(strstr(e.text, row->said));
    }
}

/* What fits each alone and not together is only seen when the client starts. */
static void contradiction(void **state)
{
    struct property all[] = {{true, true, (char *)"session.timeout.ms", (char *)"400000"}};
    struct config config = config_with(all, COUNT(all));
    struct error e = {0};
    (void)state;
    rd_kafka_conf_t *conf = properties_conf(&config, CLIENT_CONSUMER, &e);
    assert_non_null(conf);
    assert_null(properties_client(conf, CLIENT_CONSUMER, &e));
    assert_int_equal(e.status, STATUS_CONFIGURATION);
    assert_non_null(strstr(e.text, "max.poll.interval.ms"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_worker_relies_on),
        cmocka_unit_test(users_override_what_is_only_preferred),
        cmocka_unit_test(refused),
        cmocka_unit_test(contradiction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
