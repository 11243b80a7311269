/* SPDX-License-Identifier: Apache-2.0 */
#include "config/route.h"
#include "worker/kafka/letter_headers.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct route route = {.name = (char *)"customers", .object = (char *)"Contact"};
static const struct letter_place place = {"worker-1", "group", "2026-11-23T10:15:30.000Z"};

static struct header header(const char *name, const char *value)
{
    return (struct header){text_of(name), text_of(value)};
}

static struct message *message(const struct header *headers, size_t n)
{
    return message_new(1, "topic", 3, 42, 1700000000000, text_of("key"), text_of("value"), headers, n);
}

/* The value of the only header of this name; NULL: there is none. */
static const char *value_of(const struct letter_headers *h, const char *name)
{
    static char value[16384];
    const struct header *found = NULL;
    for (size_t i = 0; i < h->n; i++) {
        if (!text_is(h->all[i].name, name))
            continue;
        assert_null(found);
        found = &h->all[i];
    }
    if (!found)
        return NULL;
    assert_true(found->value.len < sizeof value);
    memcpy(value, found->value.at, found->value.len);
    value[found->value.len] = '\0';
    return value;
}

static struct letter_headers make(struct message *m, struct failure *f, struct text key)
{
    struct dead_letter letter = {7, m, &route, OP_UPSERT, key, f};
    return letter_headers_make(&letter, &place);
}

static const struct row {
    const char *name, *value;
} written[] = {
    {"sfsink.route", "customers"},
    {"sfsink.topic", "topic"},
    {"sfsink.partition", "3"},
    {"sfsink.offset", "42"},
    {"sfsink.timestamp", "1700000000000"},
    {"sfsink.object", "Contact"},
    {"sfsink.mode", "upsert"},
    {"sfsink.record.key", "k-1"},
    {"sfsink.stage", "write"},
    {"sfsink.error.code", "REQUIRED_FIELD_MISSING"},
    {"sfsink.error.message", "Required fields are missing: [LastName]"},
    {"sfsink.error.fields", "LastName,Email"},
    {"sfsink.errors", "[{\"code\":\"REQUIRED_FIELD_MISSING\",\"message\":\"Required fields are missing: [LastName]\","
                      "\"fields\":[\"LastName\",\"Email\"]},{\"code\":\"OTHER\",\"message\":\"m\",\"fields\":[]}]"},
    {"sfsink.http.status", "200"},
    {"sfsink.attempts", "12"},
    {"sfsink.failed.at", "2026-11-23T10:15:30.000Z"},
    {"sfsink.worker", "worker-1"},
    {"sfsink.replays", "0"},
    {"__connect.errors.topic", "topic"},
    {"__connect.errors.partition", "3"},
    {"__connect.errors.offset", "42"},
    {"__connect.errors.connector.name", "group"},
    {"__connect.errors.task.id", "0"},
    {"__connect.errors.stage", "TASK_PUT"},
    {"__connect.errors.class.name", "sfsink"},
    {"__connect.errors.exception.class.name", "REQUIRED_FIELD_MISSING"},
    {"__connect.errors.exception.message", "Required fields are missing: [LastName]"},
};

static void everything_that_is_known(void **state)
{
    struct message *m = message(NULL, 0);
    struct failure *f =
        failure_new(STAGE_WRITE, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName,Email");
    (void)state;
    failure_add(f, "OTHER", "m", NULL);
    f->http_status = 200;
    f->attempts = 12;
    struct letter_headers h = make(m, f, text_of("k-1"));
    for (size_t i = 0; i < COUNT(written); i++) {
        assert_non_null(value_of(&h, written[i].name));
        assert_string_equal(value_of(&h, written[i].name), written[i].value);
    }
    assert_int_equal(h.n, COUNT(written));
    letter_headers_release(&h);
    failure_free(f);
    free(m);
}

static void what_is_unknown_is_absent(void **state)
{
    static const char *const absent[] = {"sfsink.record.key", "sfsink.error.fields", "sfsink.http.status",
                                         "sfsink.timestamp"};
    /* an earlier failure knew them: they would be lies now */
    const struct header old[] = {header("sfsink.http.status", "400"), header("sfsink.error.fields", "A"),
                                 header("sfsink.record.key", "old"), header("sfsink.value.sha256", "00")};
    struct message *m = message_new(1, "t", 0, 0, -1, TEXT_NONE, TEXT_NONE, old, COUNT(old));
    struct failure *f = failure_new(STAGE_DECODE, "NOT_JSON", "no JSON", NULL);
    (void)state;
    struct letter_headers h = make(m, f, TEXT_NONE);
    for (size_t i = 0; i < COUNT(absent); i++)
        assert_null(value_of(&h, absent[i]));
    assert_null(value_of(&h, "sfsink.value.sha256"));
    assert_string_equal(value_of(&h, "__connect.errors.stage"), "VALUE_CONVERTER");
    letter_headers_release(&h);
    failure_free(f);
    free(m);
}

static void the_events_own_come_first_in_their_order(void **state)
{
    const struct header own[] = {header("b", "1"), header("sfsink.snapshot", "begin"), header("a", NULL),
                                 header("b", "2"), header("sfsink.errorsome", "x")};
    struct message *m = message(own, COUNT(own));
    struct failure *f = failure_new(STAGE_MAP, "C", "m", NULL);
    (void)state;
    struct letter_headers h = make(m, f, TEXT_NONE);
    for (size_t i = 0; i < COUNT(own); i++) {
        assert_true(text_equal(h.all[i].name, own[i].name));
        assert_true(text_equal(h.all[i].value, own[i].value));
    }
    letter_headers_release(&h);
    failure_free(f);
    free(m);
}

static void a_second_failure_replaces_the_first(void **state)
{
    const struct header old[] = {header("x", "1"),
                                 header("sfsink.topic", "first"),
                                 header("sfsink.partition", "9"),
                                 header("sfsink.offset", "1000"),
                                 header("sfsink.timestamp", "1600000000000"),
                                 header("sfsink.replays", "2"),
                                 header("sfsink.error.code", "OLD"),
                                 header("__connect.errors.topic", "first"),
                                 header("__connect.errors.exception.stacktrace", "at line 1")};
    struct message *m = message(old, COUNT(old));
    struct failure *f = failure_new(STAGE_WRITE, "NEW", "m", NULL);
    (void)state;
    struct letter_headers h = make(m, f, text_of("k"));
    assert_string_equal(value_of(&h, "sfsink.topic"), "first");
    assert_string_equal(value_of(&h, "sfsink.partition"), "9");
    assert_string_equal(value_of(&h, "sfsink.offset"), "1000");
    assert_string_equal(value_of(&h, "sfsink.timestamp"), "1600000000000");
    assert_string_equal(value_of(&h, "sfsink.replays"), "2");
    assert_string_equal(value_of(&h, "sfsink.error.code"), "NEW");
    assert_string_equal(value_of(&h, "__connect.errors.topic"), "first");
    assert_null(value_of(&h, "__connect.errors.exception.stacktrace"));
    assert_string_equal(value_of(&h, "x"), "1");
    letter_headers_release(&h);
    failure_free(f);
    free(m);
}

static void long_words_are_cut_between_characters(void **state)
{
    char *words = calloc(1, 9001);
    struct message *m = message(NULL, 0);
    (void)state;
    words[0] = 'x';
    for (size_t i = 0; i < 4500; i++)
        memcpy(words + 1 + 2 * i, "\xC3\xA4", i < 4499 ? 2 : 1); /* and half a character at the end */
    struct failure *f = failure_new(STAGE_WRITE, "C", words, NULL);
    struct letter_headers h = make(m, f, TEXT_NONE);
    assert_int_equal(strlen(value_of(&h, "sfsink.error.message")), 4095);
    json_t *errors = json_loads(value_of(&h, "sfsink.errors"), 0, NULL);
    assert_int_equal(json_string_length(json_object_get(json_array_get(errors, 0), "message")), 4095);
    json_decref(errors);
    letter_headers_release(&h);
    failure_free(f);
    free(m);
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_that_is_known),
        cmocka_unit_test(what_is_unknown_is_absent),
        cmocka_unit_test(the_events_own_come_first_in_their_order),
        cmocka_unit_test(a_second_failure_replaces_the_first),
        cmocka_unit_test(long_words_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
