/* SPDX-License-Identifier: Apache-2.0 */
/* What the answer to a commit means for the partitions that are held when it comes. commits.c is replaced here by answers from a table:
 * how it orders real ones, against Kafka, is for test_nth_kafka.c. */
#include "tests/unit/config_text.h"
#include "worker/kafka/consumer_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- in place of commits.c ---- */

static const struct commit_result *coming; /* NULL: no answer */

struct commits *commits_new(rd_kafka_t *rk, int wake_fd)
{
    (void)rk;
    (void)wake_fd;
    return NULL;
}

void commits_free(struct commits *c)
{
    (void)c;
}

bool commits_busy(const struct commits *c)
{
    (void)c;
    return false;
}

void commits_start(struct commits *c, int64_t now, enum commit_kind kind, rd_kafka_topic_partition_list_t *list)
{
    (void)c;
    (void)now;
    (void)kind;
    rd_kafka_topic_partition_list_destroy(list);
}

void commits_drop_held(struct commits *c)
{
    (void)c;
}

bool commits_next_result(struct commits *c, int64_t now, struct commit_result *out)
{
    (void)c;
    (void)now;
    if (!coming)
        return false;
    *out = *coming;
    coming = NULL;
    return true;
}

/* ---- answers ---- */

enum lease { NO_LIST, EARLIER, OF_NOW };

static const struct row {
    const char *name;
    enum commit_kind kind;
    bool ok, lost, unasked;
    enum lease lease;  /* of what was to be committed */
    bool tells, loses; /* the engine has its answer; the partitions are given up */
    int64_t committed;
} rows[] = {
    {"committed", COMMIT_ASKED, true, false, false, OF_NOW, true, false, 7},
    {"committed late: it was answered as failed", COMMIT_ASKED, true, false, true, OF_NOW, false, false, 7},
    {"committed for an earlier membership", COMMIT_ASKED, true, false, false, EARLIER, true, false, -1},
    {"refused", COMMIT_ASKED, false, false, false, OF_NOW, true, false, -1},
    {"the group does not know us", COMMIT_ASKED, false, true, false, OF_NOW, true, true, -1},
    {"it did not know us, in an earlier membership", COMMIT_ASKED, false, true, false, EARLIER, true, false, -1},
    {"it did not know us then, and says so late", COMMIT_ASKED, false, true, true, EARLIER, false, false, -1},
    {"it does not know us, and says so late", COMMIT_ASKED, false, true, true, OF_NOW, false, true, -1},
    {"our own, refused to an earlier membership", COMMIT_IDLE, false, true, false, EARLIER, false, false, -1},
    {"our own, refused", COMMIT_CONFIRM, false, true, false, OF_NOW, false, true, -1},
    {"it never left", COMMIT_ASKED, false, true, false, NO_LIST, true, false, -1},
};

static rd_kafka_topic_partition_list_t *list_with(uint64_t lease)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *e = rd_kafka_topic_partition_list_add(list, "t", 0);
    e->offset = 7;
    e->opaque = (void *)(uintptr_t)lease;
    return list;
}

/* Two memberships, one after the other, with the same partition: leases 1 and 2. */
static void take_twice(struct consumer *c)
{
    rd_kafka_topic_partition_list_t *offered = list_with(0); /* nothing is committed */
    partitions_take(&c->owned, c->config, offered);
    partitions_take(&c->owned, c->config, offered);
    rd_kafka_topic_partition_list_destroy(offered);
    c->joined = true;
}

static size_t count(const struct consumer *c, enum consumer_event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < c->nevents; i++)
        n += c->events[i].kind == kind;
    return n;
}

static void answered(void **state)
{
    const struct row *row = *state;
    struct config *config = config_of_text("kafka: { brokers = \"b\"; group = \"g\"; };\n"
                                           "salesforce: { auth: { client_id = \"c\"; }; };\n"
                                           "routes = ( { topic = \"t\"; object = \"Custom Object\"; custom_object = "
                                           "\"Thing__c\"; external_id = \"Key__c\"; "
                                           "fields = ( { to = \"Key__c\"; from = \"id\"; } ); } );\n");
    struct consumer c = {.config = config};
    rd_kafka_topic_partition_list_t *list = row->lease == NO_LIST ? NULL : list_with(row->lease == OF_NOW ? 2 : 1);
    const struct commit_result result = {row->kind, row->ok, row->lost, row->unasked, "why", list};

    take_twice(&c);
    coming = &result;
    committing_take_answers(&c);
    assert_int_equal(count(&c, CONSUMER_COMMITTED), row->tells);
    assert_int_equal(count(&c, CONSUMER_LOST), row->loses);
    assert_int_equal(c.nevents, (size_t)row->tells + row->loses);
    assert_int_equal(c.owned.all[0].committed, row->committed);
    if (list)
        rd_kafka_topic_partition_list_destroy(list);
    partitions_release(&c.owned);
    free(c.events);
    config_free(config);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, answered, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
