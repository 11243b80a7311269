/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json_doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const good[] = {"null",
                                   "true",
                                   "false",
                                   "0",
                                   "-0",
                                   "1.10",
                                   "1e21",
                                   "-1E-7",
                                   "12345678901234567890123456789012345678",
                                   "\"\"",
                                   "\"a\"",
                                   "[]",
                                   "{}",
                                   " [ 1 , 2 ] ",
                                   "{\"a\":{\"b\":[]}}",
                                   "\xef\xbb\xbf{}",
                                   "\"\\u0000\"",
                                   "\"\\ud83d\\ude00\"",
                                   "\"\\ud800\"",
                                   "\"gr\xc3\xbc\xc3\x9f\"",
                                   "\"\xf0\x9f\x98\x80\"",
                                   "\"\x7f\"",
                                   "\t\r\n1",
                                   "{\"a\":1,\"a\":2}",
                                   "\"\\/\"",
                                   "\"a text that is longer than eight bytes, with \\\"quotes\\\"\""};

static const char *const bad[] = {"",
                                  "   ",
                                  "nul",
                                  "nullx",
                                  "tru",
                                  "+1",
                                  "01",
                                  "1.",
                                  ".5",
                                  "1e",
                                  "1e+",
                                  "-",
                                  "\"",
                                  "\"a",
                                  "\"\\x\"",
                                  "\"\\u12g4\"",
                                  "\"\\u12",
                                  "\"\\",
                                  "[",
                                  "[1",
                                  "[1,",
                                  "[1,]",
                                  "[,]",
                                  "[1 2]",
                                  "{",
                                  "{\"a\"",
                                  "{\"a\":",
                                  "{\"a\":1",
                                  "{\"a\":1,",
                                  "{\"a\":1,}",
                                  "{a:1}",
                                  "{1:1}",
                                  "{\"a\" 1}",
                                  "1 2",
                                  "{} {}",
                                  "]",
                                  "\"\n\"",
                                  "\"\x01\"",
                                  "\"\x1f\"",
                                  "\"12345678\x1f\"",
                                  "NaN",
                                  "'a'",
                                  "\"\xff\"",
                                  "\"\xc3\"",
                                  "\"\xc0\xaf\"",
                                  "\"\xe0\x80\xaf\"",
                                  "\"\xed\xa0\x80\"",
                                  "\"\xf4\x90\x80\x80\"",
                                  "\"\xf0\x80\x80\x80\"",
                                  "\"\xe2\x82",
                                  "\xff\xfe{}",
                                  "{} x",
                                  "// c\n1"};

static void reads_what_is_json(void **state)
{
    (void)state;
    struct json_doc d = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!json_doc_read(&d, text_of(good[i])))
            fail_msg("%s: %s at %zu", good[i], d.why, d.where);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (json_doc_read(&d, text_of(bad[i])))
            fail_msg("%s was read", bad[i]);
    assert_false(json_doc_read(&d, TEXT_NONE));
    assert_false(json_doc_read(&d, text_make("1\0", 2)));
    json_doc_release(&d);
}

/* Each text cut short at every byte, and with every byte replaced: either read or refused, never beyond the end. */
static void survives_cuts(void **state)
{
    (void)state;
    struct json_doc d = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t len = strlen(good[i]);
        for (size_t cut = 0; cut <= len; cut++) {
            char *copy = malloc(cut ? cut : 1); /* so that a sanitizer sees the end */
            memcpy(copy, good[i], cut);
            json_doc_read(&d, text_make(copy, cut));
            free(copy);
        }
    }
    json_doc_release(&d);
}

static void nests_to_a_limit(void **state)
{
    (void)state;
    char text[2 * JSON_DEEPEST + 3] = "";
    struct json_doc d = {0};
    for (int depth = JSON_DEEPEST; depth <= JSON_DEEPEST + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        assert_int_equal(json_doc_read(&d, text_make(text, 2 * (size_t)depth)), depth <= JSON_DEEPEST);
    }
    assert_string_equal(d.why, "nested too deep");
    json_doc_release(&d);
}

static void holds_a_million_values(void **state)
{
    (void)state;
    struct json_doc d = {0};
    size_t len = 2 * (size_t)JSON_MOST_NODES;
    char *text = malloc(len + 1);
    for (size_t i = 0; i < len; i += 2)
        memcpy(text + i, i ? ",0" : "[0", 2);
    text[len] = ']';
    assert_false(json_doc_read(&d, text_make(text, len + 1)));
    assert_string_equal(d.why, "it has more than a million values");
    text[len - 2] = ']'; /* one less, with the array itself */
    assert_true(json_doc_read(&d, text_make(text, len - 1)));
    assert_int_equal(d.nnodes, JSON_MOST_NODES);
    free(text);
    json_doc_release(&d);
}

static void keeps_each_text(void **state)
{
    (void)state;
    struct json_doc d = {0};
    assert_true(
        json_doc_read(&d, text_of("{\"n\": 1.10,\"o\":{\"x\":[1,\"2\",null]},\"e\":{},\"n\":9007199254740993}")));
    const struct json_node *root = d.nodes;
    assert_true(text_is(json_raw(json_member(root, text_of("n"))), "9007199254740993")); /* the last counts */
    assert_true(text_is(json_raw(json_member(root, text_of("o"))), "{\"x\":[1,\"2\",null]}"));
    const struct json_node *x = json_member(json_member(root, text_of("o")), text_of("x"));
    assert_int_equal(x->span, 4);
    assert_true(json_next(x) == json_end(json_member(root, text_of("o"))));
    assert_null(json_member(root, text_of("x")));
    assert_null(json_member(x, text_of("x")));
    assert_null(json_member(NULL, text_of("x")));
    assert_null(json_member(json_member(root, text_of("e")), text_of("")));
    json_doc_release(&d);
}

static const struct {
    const char *json, *value;
    size_t len;
    bool unpaired;
} strings[] = {
    {"\"plain\"", "plain", 5, false},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8, false},
    {"\"a\\u0000b\"", "a\0b", 3, false},
    {"\"\\u00fC\\u20ac\"", "\xc3\xbc\xe2\x82\xac", 5, false},
    {"\"\\ud83d\\ude00!\"", "\xf0\x9f\x98\x80!", 5, false},
    {"\"\\ud83d\"", "\xef\xbf\xbd", 3, true},
    {"\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd", 6, true},
    {"\"\\ud83dx\"", "\xef\xbf\xbdx", 4, true},
    {"\"\\ud83d\\u0041\"",
     "\xef\xbf\xbd"
     "A",
     4, true},
};

static void decodes_strings(void **state)
{
    (void)state;
    struct json_doc d = {0};
    struct buffer b = BUFFER_INIT(100);
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        assert_true(json_doc_read(&d, text_of(strings[i].json)));
        buffer_clear(&b);
        json_decode(d.nodes, &b);
        assert_int_equal(b.len, strings[i].len);
        assert_memory_equal(b.bytes, strings[i].value, b.len);
        assert_int_equal(d.nodes->unpaired, strings[i].unpaired);
        assert_true(json_string_is(d.nodes, text_make(strings[i].value, strings[i].len)));
        assert_false(json_string_is(d.nodes, text_of("other")));
    }
    buffer_release(&b);
    json_doc_release(&d);
}

static void quotes_what_it_reads_again(void **state)
{
    (void)state;
    char all[128];
    struct json_doc d = {0};
    struct buffer b = BUFFER_INIT(2000), back = BUFFER_INIT(2000);
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)i;
    json_quote(text_make(all, sizeof all), &b);
    assert_true(json_doc_read(&d, buffer_text(&b)));
    json_decode(d.nodes, &back);
    assert_int_equal(back.len, sizeof all);
    assert_memory_equal(back.bytes, all, sizeof all);
    buffer_release(&b);
    buffer_release(&back);
    json_doc_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_json),
        cmocka_unit_test(survives_cuts),
        cmocka_unit_test(nests_to_a_limit),
        cmocka_unit_test(holds_a_million_values),
        cmocka_unit_test(keeps_each_text),
        cmocka_unit_test(decodes_strings),
        cmocka_unit_test(quotes_what_it_reads_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
