/* SPDX-License-Identifier: Apache-2.0 */
/* A letter as `sfsink dlq list` and `show --json` print it, with what its code means; and how often each name was met. */
#include "worker/dlq/letter_json.h"

#include "common/memory.h"
#include "worker/dlq/advice.h"
#include "worker/dlq/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define H(name, value)                                                                                                 \
    {                                                                                                                  \
        {(name), sizeof(name) - 1},                                                                                    \
        {                                                                                                              \
            (value), sizeof(value) - 1                                                                                 \
        }                                                                                                              \
    }

static const struct catalogue catalogue = {.sources = {"letters"}, .nsources = 1};
static const struct entry entry = {.letter_partition = 2, .letter_offset = 7, .state = LETTER_OPEN};

static const struct header ours[] = {
    H("trace", "\xff\x01"),
    H("sfsink.route", "customers"),
    H("sfsink.topic", "t"),
    H("sfsink.partition", "3"),
    H("sfsink.offset", "42"),
    H("sfsink.timestamp", "1600000000000"),
    H("sfsink.object", "Contact"),
    H("sfsink.mode", "upsert"),
    H("sfsink.record.key", "k\"1"),
    H("sfsink.stage", "write"),
    H("sfsink.error.code", "STRING_TOO_LONG"),
    H("sfsink.error.message", "too long"),
    H("sfsink.error.fields", "Title"),
    H("sfsink.errors", "[{\"code\":\"STRING_TOO_LONG\",\"message\":\"too long\",\"fields\":[\"Title\"]}]"),
    H("sfsink.http.status", "200"),
    H("sfsink.attempts", "1"),
    H("sfsink.failed.at", "2026-01-02T03:04:05.678Z"),
    H("sfsink.worker", "w1"),
    H("sfsink.replays", "2"),
};

static void expect(const struct header *headers, size_t n, struct text key, struct text value, bool whole,
                   const char *json)
{
    struct message *m = message_new(0, "letters", 2, 7, -1, key, value, headers, n);
    struct letter l;

    letter_read(m, &l);
    json_t *o = letter_json(&catalogue, &entry, &l, whole);
    char *text = json_dumps(o, JSON_COMPACT);
    assert_string_equal(text, json);
    free(text);
    json_decref(o);
    free(m);
}

#define LISTED                                                                                                         \
    "{\"id\":\"letters/2/7\",\"state\":\"open\",\"failed_at\":\"2026-01-02T03:04:05.678Z\",\"route\":\"customers\","   \
    "\"object\":\"Contact\",\"mode\":\"upsert\",\"record_key\":\"k\\\"1\",\"topic\":\"t\",\"partition\":3,\"offset\":" \
    "42,"                                                                                                              \
    "\"timestamp\":1600000000000,\"stage\":\"write\",\"code\":\"STRING_TOO_LONG\",\"message\":\"too long\","           \
    "\"fields\":\"Title\",\"errors\":[{\"code\":\"STRING_TOO_LONG\",\"message\":\"too long\",\"fields\":[\"Title\"]"
#define LISTED_END "}],\"http_status\":200,\"attempts\":1,\"replays\":2,\"worker\":\"w1\",\"written_by\":\"sfsink\""

static void a_letter_of_ours(void **state)
{
    (void)state;
    expect(ours, N(ours), text_of("k"), text_of("v"), false, LISTED LISTED_END "}");
}

static void a_whole_letter_has_bytes_and_advice(void **state)
{
    struct message *m = message_new(0, "letters", 2, 7, -1, text_of("k"), text_make("\xff\0", 2), ours, N(ours));
    struct letter l;
    (void)state;

    letter_read(m, &l);
    json_t *o = letter_json(&catalogue, &entry, &l, true);
    json_t *error = json_array_get(json_object_get(o, "errors"), 0),
           *header = json_array_get(json_object_get(o, "headers"), 0);
    assert_true(json_string_length(json_object_get(error, "todo")) > 0);
    assert_string_equal(json_string_value(json_object_get(o, "key")), "k");
    assert_string_equal(json_string_value(json_object_get(o, "value_base64")), "/wA=");
    assert_null(json_object_get(o, "value"));
    assert_int_equal(json_array_size(json_object_get(o, "headers")), 1);
    assert_string_equal(json_string_value(json_object_get(header, "name")), "trace");
    assert_string_equal(json_string_value(json_object_get(header, "value_base64")), "/wE=");
    json_decref(o);
    free(m);
}

static void a_strangers_message_has_an_error_too(void **state)
{
    (void)state;
    expect(NULL, 0, TEXT_NONE, TEXT_NONE, true,
           "{\"id\":\"letters/2/7\",\"state\":\"open\",\"errors\":[{\"code\":\"\",\"message\":\"\",\"fields\":[]}],"
           "\"replays\":0,\"written_by\":\"unknown\",\"key\":null,\"value\":null,\"headers\":[]}");
}

static const struct header broken[] = {H("sfsink.error.code", "X"), H("sfsink.errors", "[{"),
                                       H("sfsink.attempts", "many"), H("sfsink.http.status", "")};

static void errors_that_are_none_are_made_of_the_code(void **state)
{
    (void)state;
    expect(broken, N(broken), TEXT_NONE, TEXT_NONE, false,
           "{\"id\":\"letters/2/7\",\"state\":\"open\",\"code\":\"X\",\"errors\":[{\"code\":\"X\",\"message\":\"\","
           "\"fields\":[]}],\"attempts\":0,\"replays\":0,\"written_by\":\"sfsink\"}");
}

static const struct header stub[] = {H("sfsink.error.code", "X"), H("sfsink.value.omitted", "5000000"),
                                     H("sfsink.value.sha256", "00")};

static void a_stub_says_what_it_lacks(void **state)
{
    (void)state;
    expect(stub, N(stub), text_of("k"), text_of(""), true,
           "{\"id\":\"letters/2/7\",\"state\":\"open\",\"code\":\"X\",\"errors\":[{\"code\":\"X\",\"message\":\"\","
           "\"fields\":[],\"todo\":\"the message says "
           "why\"}],\"replays\":0,\"written_by\":\"sfsink\",\"value_omitted\":5000000,\"key\":\"k\",\"value\":null,"
           "\"headers\":[]}");
}

/* ---- advice ---- */

static const struct {
    enum letter_family family;
    const char *code, *mode;
    bool meaning, todo;
} codes[] = {
    {LETTER_OURS, "MAP_REQUIRED", "upsert", true, true},       /* our own */
    {LETTER_CONNECT, "MAP_REQUIRED", "upsert", true, true},    /* whoever wrote it */
    {LETTER_OURS, "STRING_TOO_LONG", "upsert", false, true},   /* Salesforce's */
    {LETTER_OURS, "JSON_PARSER_ERROR", "insert", false, true}, /* of a whole request */
    {LETTER_OURS, "NOT_A_CODE", "nonsense", false, true},      /* the table's last row */
    {LETTER_CONNECT, "STRING_TOO_LONG", "upsert", false, false},
};

static void a_code_says_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(codes); i++) {
        struct letter l = {.family = codes[i].family, .mode = text_of(codes[i].mode)};
        struct advice a = advice_for(&l, codes[i].code, "");
        if (!a.meaning == codes[i].meaning || !a.todo == codes[i].todo)
            fail_msg("%s: %s; %s", codes[i].code, a.meaning ? a.meaning : "-", a.todo ? a.todo : "-");
    }
}

/* ---- tally ---- */

static void the_most_frequent_comes_first(void **state)
{
    static const char *const names[] = {"b", "a", "c", "c", NULL, "a\033[31m", "c"};
    struct tally t = {0};
    (void)state;

    tally_sort(&t);
    for (size_t i = 0; i < N(names); i++)
        tally_add(&t, text_of(names[i]));
    tally_sort(&t);
    assert_int_equal(t.n, 5);
    assert_string_equal(t.lines[0].name, "c");
    assert_int_equal(t.lines[0].n, 3);
    assert_string_equal(t.lines[1].name, "-"); /* then by name */
    for (size_t i = 0; i < t.n; i++)
        assert_null(strchr(t.lines[i].name, '\033'));

    char *out = NULL;
    size_t len;
    FILE *file = open_memstream(&out, &len);
    struct terminal to = {.out = file, .width = 80};
    tally_print(&t, "code", &to);
    fclose(file);
    assert_non_null(strstr(out, "by code"));
    assert_non_null(strstr(out, "##############################"));
    assert_non_null(strstr(out, "##########\n"));
    free(out);
    tally_release(&t);
}

static void names_beyond_the_most_are_counted_together(void **state)
{
    struct tally t = {0};
    (void)state;

    for (int i = 0; i < 600; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        tally_add(&t, text_of(name));
        tally_add(&t, text_of("n0"));
    }
    tally_sort(&t);
    assert_int_equal(t.n, 501);
    assert_int_equal(t.lines[0].n, 601);
    assert_string_equal(t.lines[1].name, "(others)");
    assert_int_equal(t.lines[1].n, 100);
    tally_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_of_ours),
        cmocka_unit_test(a_whole_letter_has_bytes_and_advice),
        cmocka_unit_test(a_strangers_message_has_an_error_too),
        cmocka_unit_test(errors_that_are_none_are_made_of_the_code),
        cmocka_unit_test(a_stub_says_what_it_lacks),
        cmocka_unit_test(a_code_says_what_to_do),
        cmocka_unit_test(the_most_frequent_comes_first),
        cmocka_unit_test(names_beyond_the_most_are_counted_together),
    };
    return cmocka_run_group_tests_name("letter_json", tests, NULL, NULL);
}
