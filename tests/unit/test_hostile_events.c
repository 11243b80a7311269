/* SPDX-License-Identifier: Apache-2.0 */
/* Events that mean harm, or that nobody thought of: each becomes exactly what it must, and the mapper serves the next one as before. */
#include "tests/unit/change_fixture.h"

#include "common/buffer.h"
#include "common/json_doc.h"
#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

#define BYTES(literal) text_make(literal, sizeof(literal) - 1)

enum { MEGABYTES_10 = 10 << 20 };

static struct route_fixture *f;

static int set_up(void **state)
{
    (void)state;
    f = route_fixture_new(ROUTE_ROW, "{ to = 'A__c'; from = 'a'; }, { to = 'J__c'; jq = '.j'; },"
                                     "{ to = 'S__c'; from = 's'; as = 'string'; },"
                                     "{ to = 'I__c'; from = 'i'; as = 'integer'; },"
                                     "{ to = 'M__c'; from = 'm'; as = 'multipicklist'; },");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    route_fixture_free(f);
    return 0;
}

static char *mapped(struct text value)
{
    return route_fixture_map(f, TEXT_NONE, value, NULL, 0);
}

static void expect(struct text value, const char *result)
{
    char *line = mapped(value);
    assert_string_equal(line, result);
    free(line);
}

/* head, then `unit` n times, then `middle`, then `back` n times, then tail; yours. */
static char *text_around(const char *head, const char *unit, size_t n, const char *middle, const char *back,
                         const char *tail)
{
    struct buffer b = BUFFER_INIT(1 << 28);
    buffer_add_string(&b, head);
    for (size_t i = 0; i < n; i++)
        buffer_add_string(&b, unit);
    buffer_add_string(&b, middle);
    for (size_t i = 0; i < n; i++)
        buffer_add_string(&b, back);
    buffer_add_string(&b, tail);
    assert_false(b.full);
    return buffer_steal(&b);
}

static void serves_the_next_one(void)
{
    expect(BYTES("{\"id\":1,\"a\":2,\"j\":3}"), "upsert 1 {'A__c':2,'J__c':3,'E__c':1}");
}

/* ---- depth --------------------------------------------------------------------------------------------------------------------- */

static void nested(size_t depth, const char *result)
{
    char *value = text_around("{\"id\":1,\"j\":1,\"x\":", "[", depth, "", "]", "}");
    char *line = mapped(text_of(value));
    assert_memory_equal(line, result, strlen(result));
    free(line);
    free(value);
}

static void as_deep_as_it_may_be(void **state)
{
    (void)state;
    nested(JSON_DEEPEST - 1, "upsert 1 {'J__c':1,'E__c':1}"); /* the row is one itself */
    nested(JSON_DEEPEST, "refuse DECODE_JSON the value is not JSON: nested too deep, at byte ");
    serves_the_next_one();
}

static void depth_bombs(void **state)
{
    static const char *const units[][2] = {{"[", "]"}, {"{\"a\":", "}"}, {"[{\"a\":", "}]"}};
    (void)state;

    for (size_t i = 0; i < N(units); i++) {
        char *closed = text_around("{\"id\":1,\"a\":", units[i][0], 1000000, "1", units[i][1], "}");
        char *open = text_around("{\"id\":1,\"a\":", units[i][0], 1000000, "", "", "");
        for (int j = 0; j < 2; j++) {
            static const char refusal[] = "refuse DECODE_JSON the value is not JSON: nested too deep, at byte ";
            char *line = mapped(text_of(j ? open : closed));
            assert_memory_equal(line, refusal, sizeof refusal - 1);
            free(line);
        }
        free(closed);
        free(open);
    }
    serves_the_next_one();
}

/* ---- many ---------------------------------------------------------------------------------------------------------------------- */

static void a_million_members(void **state)
{
    char *many = text_around("{\"id\":1,\"a\":2", ",\"x\":0", 500000, "", "", "}");
    char *too_many = text_around("{\"id\":1,\"a\":2", ",\"x\":0", 600000, "", "", "}");
    (void)state;

    /* jq keeps one of them */
    expect(text_of(many), "upsert 1 {'A__c':2,'J__c':null,'E__c':1}");
    char *line = mapped(text_of(too_many));
    static const char refusal[] =
        "refuse DECODE_JSON the value is not JSON: it has more than a million values, at byte ";
    assert_memory_equal(line, refusal, sizeof refusal - 1);
    free(line);
    free(many);
    free(too_many);
    serves_the_next_one();
}

/* ---- names twice --------------------------------------------------------------------------------------------------------------- */

static void of_names_that_are_there_twice_the_last_counts(void **state)
{
    (void)state;
    expect(BYTES("{\"id\":1,\"a\":1,\"j\":1,\"\\u0061\":2,\"j\":3,\"id\":2}"), "upsert 2 {'A__c':2,'J__c':3,'E__c':2}");
    expect(BYTES("{\"a\":{\"b\":1},\"id\":1,\"a\":null}"), "upsert 1 {'A__c':null,'J__c':null,'E__c':1}");
}

/* ---- text ---------------------------------------------------------------------------------------------------------------------- */

static void what_is_not_utf8_is_no_json(void **state)
{
    static const char *const bad[] = {"\xff",         "\xc3",         "\xc3\x28",         "\xc0\x80",
                                      "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
                                      "\xe2\x82",     "\x80",         "\xf0\x9f\x98"};
    (void)state;

    for (size_t i = 0; i < N(bad); i++) {
        static const char refusal[] = "refuse DECODE_JSON the value is not JSON: not UTF-8, at byte ";
        char value[64];
        /* in a name, in a value that is used, and in one that nobody asks for */
        static const char *const around[][2] = {
            {"{\"id\":1,\"a", "\":1}"}, {"{\"id\":1,\"a\":\"", "\"}"}, {"{\"id\":1,\"x\":\"", "\"}"}};
        for (size_t j = 0; j < N(around); j++) {
            snprintf(value, sizeof value, "%s%s%s", around[j][0], bad[i], around[j][1]);
            char *line = mapped(text_of(value));
            assert_memory_equal(line, refusal, sizeof refusal - 1);
            free(line);
        }
    }
    serves_the_next_one();
}

static void nuls(void **state)
{
    (void)state;
    expect(BYTES("{\"id\":1,\"a\":\"x\\u0000y\"}"), "upsert 1 {'A__c':'x\\u0000y','J__c':null,'E__c':1}");
    expect(BYTES("{\"id\":1,\"a\\u0000\":7,\"a\":2}"), "upsert 1 {'A__c':2,'J__c':null,'E__c':1}");
    expect(BYTES("{\"id\":1,\"a\":\"x\0y\"}"),
           "refuse DECODE_JSON the value is not JSON: a raw control character in a string, at byte 14 of 18");
    expect(BYTES("{\"id\":1}\0"),
           "refuse DECODE_JSON the value is not JSON: something stands behind the value, at byte 8 of 9");
    expect(BYTES("\0{\"id\":1}"),
           "refuse DECODE_MAGIC_BYTE the value begins with a zero byte and a schema id, as a schema registry's "
           "serializer writes it; sfsink reads plain JSON");
    expect(BYTES("{\"id\":1,\"m\":\"a,\\u0000,b\"}"), "upsert 1 {'J__c':null,'M__c':'a;b','E__c':1}");
    /* the key's bytes are kept, the NUL with them */
    char *line = mapped(BYTES("{\"id\":\"k\\u0000l\"}"));
    assert_memory_equal(line, "upsert k\0l {'J__c':null,'E__c':'k\\u0000l'}", 41);
    free(line);
}

static void half_a_surrogate_pair_is_no_text(void **state)
{
    (void)state;
    expect(BYTES("{\"id\":1,\"a\":\"\\ud83d\\ude00\"}"), "upsert 1 {'A__c':'\\ud83d\\ude00','J__c':null,'E__c':1}");
    expect(BYTES("{\"id\":1,\"a\":\"\\ud83d\"}"),
           "refuse MAP_TEXT A__c (from a): the text holds half a surrogate pair");
    expect(BYTES("{\"id\":1,\"a\":\"\\ude00\\ud83d\"}"),
           "refuse MAP_TEXT A__c (from a): the text holds half a surrogate pair");
    /* nobody asks for it, but jq gets the whole row */
    expect(BYTES("{\"id\":1,\"x\":\"\\ud83d\"}"),
           "refuse MAP_JQ J__c (jq): jq cannot read the event: a text in it holds half a surrogate pair");
    struct route_fixture *without_jq = route_fixture_new(ROUTE_ROW, NULL);
    char *line = route_fixture_map(without_jq, TEXT_NONE, BYTES("{\"id\":1,\"x\":\"\\ud83d\"}"), NULL, 0);
    assert_string_equal(line, "upsert 1 {'E__c':1}");
    free(line);
    route_fixture_free(without_jq);
}

/* ---- numbers ------------------------------------------------------------------------------------------------------------------- */

static void numbers_keep_their_digits(void **state)
{
    (void)state;
    expect(BYTES("{\"id\":9007199254740993,\"a\":-9007199254740993.10,\"s\":9007199254740993,\"i\":9007199254740993}"),
           "upsert 9007199254740993 {'A__c':-9007199254740993.10,'J__c':null,'S__c':'9007199254740993',"
           "'I__c':9007199254740993,'E__c':9007199254740993}");
    expect(BYTES("{\"id\":1,\"a\":1e400,\"i\":\"184467440737095516160\"}"),
           "upsert 1 {'A__c':1e400,'J__c':null,'I__c':184467440737095516160,'E__c':1}");
    expect(BYTES("{\"id\":1,\"i\":1e999999999}"), "refuse MAP_CONVERT I__c (from i): the value is no whole number");
    expect(BYTES("{\"id\":1,\"i\":1e-999999999}"), "refuse MAP_CONVERT I__c (from i): the value is no whole number");
    expect(BYTES("{\"id\":1,\"i\":0e999999999999999999999}"), "upsert 1 {'J__c':null,'I__c':0,'E__c':1}");
    expect(BYTES("{\"id\":1,\"s\":1e999999999}"),
           "refuse MAP_CONVERT S__c (from s): the value is a number with too many digits");
    /* jq computes in doubles */
    expect(BYTES("{\"id\":1,\"j\":9007199254740993}"), "upsert 1 {'J__c':9007199254740992,'E__c':1}");
    expect(BYTES("{\"id\":NaN}"),
           "refuse DECODE_JSON the value is not JSON: no JSON value begins like this, at byte 6 of 10");
}

/* ---- large --------------------------------------------------------------------------------------------------------------------- */

static void a_text_of_10_megabytes(void **state)
{
    char *value = text_around("{\"id\":1,\"j\":2,\"a\":\"", "x", MEGABYTES_10, "\"}", "", "");
    char *escaped = text_around("{\"id\":1,\"j\":2,\"m\":\"", "\\u0020", MEGABYTES_10 / 6, "a\"}", "", "");
    (void)state;

    char *line = mapped(text_of(value));
    assert_int_equal(strlen(line), MEGABYTES_10 + strlen("upsert 1 {'A__c':'','J__c':2,'E__c':1}"));
    assert_memory_equal(line, "upsert 1 {'A__c':'xxx", 21);
    free(line);
    expect(text_of(escaped), "upsert 1 {'J__c':2,'M__c':'a','E__c':1}");
    free(value);
    free(escaped);
    serves_the_next_one();
}

static void a_number_of_10_megabytes(void **state)
{
    char *value = text_around("{\"id\":1,\"j\":2,\"i\":-", "9", MEGABYTES_10, "}", "", "");
    char *zeros = text_around("{\"id\":1,\"j\":2,\"i\":0.", "0", MEGABYTES_10, "}", "", "");
    char *line = mapped(text_of(value));
    (void)state;

    assert_int_equal(strlen(line), MEGABYTES_10 + strlen("upsert 1 {'J__c':2,'I__c':-,'E__c':1}"));
    free(line);
    expect(text_of(zeros), "upsert 1 {'J__c':2,'I__c':0,'E__c':1}");
    free(value);
    free(zeros);
    serves_the_next_one();
}

static void a_key_of_10_megabytes(void **state)
{
    char *value = text_around("{\"id\":\"", "K", MEGABYTES_10, "\"}", "", "");
    char *line = mapped(text_of(value));
    (void)state;

    assert_int_equal(strlen(line), 2 * MEGABYTES_10 + strlen("upsert  {'J__c':null,'E__c':''}"));
    free(line);
    free(value);
    serves_the_next_one();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_deep_as_it_may_be),
        cmocka_unit_test(depth_bombs),
        cmocka_unit_test(a_million_members),
        cmocka_unit_test(of_names_that_are_there_twice_the_last_counts),
        cmocka_unit_test(what_is_not_utf8_is_no_json),
        cmocka_unit_test(nuls),
        cmocka_unit_test(half_a_surrogate_pair_is_no_text),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(a_text_of_10_megabytes),
        cmocka_unit_test(a_number_of_10_megabytes),
        cmocka_unit_test(a_key_of_10_megabytes),
    };
    return cmocka_run_group_tests_name("hostile_events", tests, set_up, tear_down);
}
