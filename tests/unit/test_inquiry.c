/* SPDX-License-Identifier: Apache-2.0 */
/* Kafka takes its time to say where reading begins, or what became of an offset: whoever calls the consumer never waits for it. */
#include "common/clock.h"
#include "tests/unit/config_text.h"
#include "tests/unit/mock_kafka.h"
#include "worker/kafka/consumer.h"
#include "worker/kafka/starts.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    SLOW_MS = 3500, /* an answer; less than STARTS_WAIT_MS */
    CALL_MS = 3000, /* a call of ours, on a busy machine; less than an answer takes */
    TICK_MS = 100,
    RUN_MS = 30000,
    EVENTS = 3
};

static struct mock_kafka *kafka;
static struct config *config;
static struct consumer *consumer;
static int wake_fd;
static size_t read_so_far;
static int64_t ticked_at;
static uint64_t lease;

/* ---- the loop ---- */

static void in_time(int64_t began)
{
    if (clock_ms() - began >= CALL_MS)
        fail_msg("a call took %d ms", (int)(clock_ms() - began));
}

static void read_messages(void)
{
    const struct route *route;
    for (struct message *m; (m = consumer_next_message(consumer, &route)); free(m))
        assert_int_equal(m->offset, read_so_far++);
}

/* One turn; the event that came, if any. */
static enum consumer_event_kind turn(void)
{
    struct pollfd woken = {.fd = wake_fd, .events = POLLIN};
    struct consumer_event event;
    eventfd_t count;

    poll(&woken, 1, TICK_MS);
    eventfd_read(wake_fd, &count);
    int64_t began = clock_ms();
    consumer_next_event(consumer, &event);
    in_time(began);
    if (event.kind == CONSUMER_ASSIGNED)
        lease = event.assigned[0].lease;
    read_messages();
    if (clock_ms() - ticked_at >= TICK_MS)
        consumer_tick(consumer, ticked_at = clock_ms());
    in_time(began);
    assert_int_not_equal(event.kind, CONSUMER_FATAL);
    return event.kind;
}

static void turn_until(enum consumer_event_kind wanted)
{
    int64_t until = clock_ms() + RUN_MS;
    while (turn() != wanted)
        assert_true(clock_ms() < until);
}

static void read_all(size_t n)
{
    int64_t until = clock_ms() + RUN_MS;
    while (read_so_far < n) {
        turn();
        assert_true(clock_ms() < until);
    }
}

/* ---- life ---- */

static void join(const char *start)
{
    char written[2048];
    struct error e = {0};

    snprintf(
        written, sizeof written,
        "kafka: { brokers = \"%s\"; group = \"g\"; start = \"%s\"; properties = [ "
        "\"consumer.session.timeout.ms=4050\", \"consumer.heartbeat.interval.ms=200\" ]; };\n"
        "salesforce: { auth: { client_id = \"c\"; }; };\n"
        "routes = ( { topic = \"in\"; format = \"row\"; object = \"Contact\"; external_id = \"Key__c\"; fields = ( "
        "{ to = \"Key__c\"; from = \"id\"; }, { to = \"LastName\"; from = \"name\"; } ); } );\n",
        mock_kafka_brokers(kafka), start);
    config = config_of_text(written);
    consumer = consumer_new(config, wake_fd, &e);
    if (!consumer)
        fail_msg("%s", e.text);
}

static void leave(void)
{
    consumer_free(consumer);
    config_free(config);
    consumer = NULL;
    config = NULL;
}

static int start(void **state)
{
    (void)state;
    read_so_far = 0;
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    kafka = mock_kafka_new();
    mock_kafka_topic(kafka, "in", 1, TOPIC_READ);
    mock_kafka_group(kafka, "g");
    for (int i = 0; i < EVENTS; i++)
        mock_kafka_write(kafka, "in", 0, "{}");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    leave();
    mock_kafka_free(kafka);
    return close(wake_fd);
}

/* ---- what is slow ---- */

static void what_was_committed(void **state)
{
    (void)state;
    mock_kafka_delay(kafka, REQUEST_OFFSET_FETCH, 1, SLOW_MS);
    join("earliest");
    turn_until(CONSUMER_ASSIGNED);
    assert_int_equal(mock_kafka_left(kafka, REQUEST_OFFSET_FETCH), 0);
    read_all(EVENTS);
}

/* Three questions, each answered in time, all together not. */
static void where_the_log_ends(void **state)
{
    (void)state;
    mock_kafka_delay(kafka, REQUEST_LIST_OFFSETS, 3, SLOW_MS);
    join("latest");
    turn_until(CONSUMER_PROBLEM);
    assert_false(consumer_joined(consumer));
    turn_until(CONSUMER_ASSIGNED);
    assert_int_equal(mock_kafka_left(kafka, REQUEST_LIST_OFFSETS), 0);
}

static void an_offset_that_is_not_in_the_log(void **state)
{
    (void)state;
    join("earliest");
    turn_until(CONSUMER_ASSIGNED);
    read_all(EVENTS);
    consumer_commit(consumer, &(struct consumer_offset){"in", 0, lease, 10 * EVENTS, NULL}, 1);
    turn_until(CONSUMER_COMMITTED);
    leave();
    mock_kafka_delay(kafka, REQUEST_LIST_OFFSETS, 2, SLOW_MS); /* the log's beginning, and its end */
    join("earliest");
    turn_until(CONSUMER_STALLED);
    assert_int_equal(mock_kafka_left(kafka, REQUEST_LIST_OFFSETS), 0);
}

/* Whoever leaves meanwhile does not wait for longer than the question may take. */
static void leaving_meanwhile(void **state)
{
    (void)state;
    mock_kafka_delay(kafka, REQUEST_OFFSET_FETCH, 1, SLOW_MS);
    join("earliest");
    while (mock_kafka_left(kafka, REQUEST_OFFSET_FETCH))
        turn();
    int64_t began = clock_ms();
    leave();
    assert_true(clock_ms() - began < STARTS_WAIT_MS + CALL_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_committed, start, stop),
        cmocka_unit_test_setup_teardown(where_the_log_ends, start, stop),
        cmocka_unit_test_setup_teardown(an_offset_that_is_not_in_the_log, start, stop),
        cmocka_unit_test_setup_teardown(leaving_meanwhile, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
