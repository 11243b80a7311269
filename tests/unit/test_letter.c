/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define H(name, value)                                                                                                 \
    {                                                                                                                  \
        {(name), sizeof(name) - 1},                                                                                    \
        {                                                                                                              \
            (value), sizeof(value) - 1                                                                                 \
        }                                                                                                              \
    }

static struct message *message(const struct header *headers, size_t n)
{
    return message_new(0, "dlq", 0, 5, 1700000000000, text_of("k"), text_of("v"), headers, n);
}

static const struct header ours[] = {
    H("trace", "1"),
    H("sfsink.route", "customers"),
    H("sfsink.topic", "t"),
    H("sfsink.partition", "3"),
    H("sfsink.offset", "42"),
    H("sfsink.timestamp", "1600000000000"),
    H("sfsink.error.code", "X"),
    H("sfsink.failed.at", "2026-01-02T03:04:05.678Z"),
    H("sfsink.replays", "2"),
    H("__connect.errors.topic", "older"),
    H("trace", "2"),
    H("sfsink.snapshot", "begin"),
};
static const struct header connects[] = {
    H("trace", "1"),
    H("__connect.errors.topic", "t"),
    H("__connect.errors.partition", "3"),
    H("__connect.errors.offset", "42"),
    H("__connect.errors.exception.class.name", "X"),
    H("trace", "2"),
};
static const struct header springs[] = {
    H("trace", "1"),
    H("kafka_dlt-original-topic", "t"),
    H("kafka_dlt-original-partition", "\0\0\0\3"),
    H("kafka_dlt-original-offset", "\0\0\0\0\0\0\0\x2a"),
    H("kafka_dlt-original-timestamp", "\0\0\1\x74\x87\x6e\x80\0"),
    H("kafka_dlt-exception-fqcn", "X"),
    H("retry_topic-attempts", "\0\0\0\1"),
    H("trace", "2"),
};

static const struct {
    const char *name;
    const struct header *headers;
    size_t n;
    enum letter_family family;
    int64_t timestamp_ms;
    unsigned replays;
    size_t originals;
} families[] = {
    {"ours", ours, COUNT(ours), LETTER_OURS, 1600000000000, 2, 3},
    {"Connect's", connects, COUNT(connects), LETTER_CONNECT, 1700000000000, 0, 2},
    {"Spring's", springs, COUNT(springs), LETTER_SPRING, 1600000000000, 0, 2},
};

static void test_where_it_came_from_whoever_wrote_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(families); i++) {
        struct message *m = message(families[i].headers, families[i].n);
        struct letter l;
        letter_read(m, &l);
        assert_int_equal(l.family, families[i].family);
        assert_true(l.has_origin);
        assert_true(text_is(l.origin.topic, "t"));
        assert_int_equal(l.origin.partition, 3);
        assert_int_equal(l.origin.offset, 42);
        assert_int_equal(l.origin.timestamp_ms, families[i].timestamp_ms);
        assert_int_equal(l.origin.replays, families[i].replays);
        assert_true(text_is(l.code, "X"));
        free(m);
    }
}

static void test_revived_it_is_what_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(families); i++) {
        struct message *m = message(families[i].headers, families[i].n);
        struct letter l;
        letter_read(m, &l);
        struct message *event = letter_revive(&l, NULL);
        assert_int_equal(event->nheaders, families[i].originals + 5);
        assert_true(text_is(event->headers[0].value, "1") && text_is(event->headers[1].value, "2"));
        assert_true(text_is(event->key, "k") && text_is(event->value, "v"));
        assert_true(text_is(event->origin.topic, "t"));
        assert_int_equal(event->origin.partition, 3);
        assert_int_equal(event->origin.offset, 42);
        assert_int_equal(event->origin.timestamp_ms, families[i].timestamp_ms);
        assert_int_equal(event->origin.replays, families[i].replays + 1);
        free(event);
        free(m);
    }
}

static void test_repeated_it_keeps_its_first_arrival(void **state)
{
    static const struct header headers[] = {H("a", "1")};
    struct message *m = message(headers, 1), *again = letter_repeat(m), *third = letter_repeat(again);
    (void)state;
    assert_true(text_is(third->origin.topic, "dlq"));
    assert_int_equal(third->origin.offset, 5);
    assert_int_equal(third->origin.replays, 2);
    assert_int_equal(third->nheaders, 6);
    free(third);
    free(again);
    free(m);
}

static void test_time_and_stub(void **state)
{
    static const struct header stub[] = {H("sfsink.error.code", "X"), H("sfsink.failed.at", "2026-01-02T03:04:05.678Z"),
                                         H("sfsink.value.omitted", "9"), H("sfsink.value.sha256", "ab")};
    struct message *m = message_new(0, "dlq", 0, 5, 17, TEXT_NONE, text_of(""), stub, COUNT(stub));
    struct letter l;
    (void)state;
    letter_read(m, &l);
    assert_int_equal(l.failed_at_ms, 1767323045678);
    assert_true(l.stub && l.value_out.bytes == 9 && !l.has_origin);
    free(m);
    m = message(stub, COUNT(stub));
    letter_read(m, &l);
    assert_false(l.stub); /* a value is there */
    free(m);
}

static void test_what_a_stub_lacks_is_its_sources(void **state)
{
    static const struct header bare[] = {
        H("sfsink.error.code", "X"),    H("sfsink.topic", "t"),         H("sfsink.partition", "3"),
        H("sfsink.offset", "42"),       H("sfsink.key.omitted", "9"),   H("sfsink.key.sha256", "ab"),
        H("sfsink.value.omitted", "9"), H("sfsink.value.sha256", "cd"), H("sfsink.headers.omitted", "2")};
    static const struct header own[] = {H("trace", "1"), H("sfsink.error.code", "a lie"), H("trace", "2")};
    struct message *m = message_new(0, "dlq", 0, 5, 17, TEXT_NONE, text_of(""), bare, COUNT(bare)),
                   *source = message(own, COUNT(own));
    struct letter l;
    (void)state;
    letter_read(m, &l);
    assert_true(l.stub && l.key_out.bytes == 9 && l.headers_out == 2 && text_is(l.key_out.sha256, "ab"));
    struct message *event = letter_revive(&l, source);
    assert_true(text_is(event->key, "k") && text_is(event->value, "v"));
    assert_int_equal(event->nheaders, 2 + 4);
    assert_true(text_is(event->headers[0].value, "1") && text_is(event->headers[1].value, "2"));
    assert_int_equal(event->origin.offset, 42);
    free(event);
    free(source);
    free(m);
}

static void test_what_is_no_origin(void **state)
{
    static const struct {
        struct header headers[3];
    } bad[] = {
        {{H("sfsink.topic", "t"), H("sfsink.partition", "1"), H("other", "1")}},
        {{H("sfsink.topic", ""), H("sfsink.partition", "1"), H("sfsink.offset", "1")}},
        {{H("sfsink.topic", "t"), H("sfsink.partition", "-1"), H("sfsink.offset", "1")}},
        {{H("sfsink.topic", "t"), H("sfsink.partition", "2147483648"), H("sfsink.offset", "1")}},
        {{H("sfsink.topic", "t"), H("sfsink.partition", "1"), H("sfsink.offset", "1x")}},
        {{H("kafka_dlt-original-topic", "t"), H("kafka_dlt-original-partition", "1"),
          H("kafka_dlt-original-offset", "1")}},
        {{H("kafka_dlt-original-topic", "t"), H("kafka_dlt-original-partition", "\xff\0\0\0"),
          H("kafka_dlt-original-offset", "\0\0\0\0\0\0\0\1")}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct message *m = message(bad[i].headers, 3);
        struct letter l;
        letter_read(m, &l);
        if (l.has_origin)
            fail_msg("case %zu", i);
        free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_it_came_from_whoever_wrote_it), cmocka_unit_test(test_revived_it_is_what_it_was),
        cmocka_unit_test(test_repeated_it_keeps_its_first_arrival), cmocka_unit_test(test_time_and_stub),
        cmocka_unit_test(test_what_a_stub_lacks_is_its_sources),    cmocka_unit_test(test_what_is_no_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
