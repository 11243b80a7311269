/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expression.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROW "{\"a\":1,\"b\":\"x\",\"n\":null,\"t\":\"\\u00fc\"}"
#define EVENT "{\"op\":\"create\",\"topic\":\"t1\"}"

static const struct run {
    const char *program;
    enum expression_kind kind;
    const char *says; /* the JSON, or a part of why */
} runs[] = {
    {".a", EXPRESSION_VALUE, "1"},
    {".b + \"y\" # a comment at the end", EXPRESSION_VALUE, "\"xy\""},
    {".n", EXPRESSION_VALUE, "null"},
    {".t", EXPRESSION_VALUE, "\"\303\274\""},
    {"$event.op", EXPRESSION_VALUE, "\"create\""},
    {"$event | .topic", EXPRESSION_VALUE, "\"t1\""},
    {"def f: .a + 1; f", EXPRESSION_VALUE, "2"},
    {"[.a, .b]", EXPRESSION_VALUE, "[1,\"x\"]"},
    {"empty", EXPRESSION_ABSENT, NULL},
    {"inputs", EXPRESSION_ABSENT, NULL},
    {"select(.a == 2)", EXPRESSION_ABSENT, NULL},
    {".a, .b", EXPRESSION_SEVERAL, NULL},
    {"range(1000000000000)", EXPRESSION_SEVERAL, NULL},
    {".a + .b", EXPRESSION_ERROR, "cannot be added"},
    {".a, error(\"late\")", EXPRESSION_ERROR, "late"},
    {"error({})", EXPRESSION_ERROR, "not a text"},
    {"error", EXPRESSION_ERROR, "not a text"},
    {"input", EXPRESSION_ERROR, "no further input"},
    {"halt", EXPRESSION_ERROR, "halt is not"},
    {"halt_error(3)", EXPRESSION_ERROR, "halt is not"},
    {"input_filename", EXPRESSION_VALUE, "null"},
    {"input_line_number", EXPRESSION_VALUE, "0"},
    {"\"m\" | modulemeta", EXPRESSION_ERROR, "no modules"},
    {"[limit(3; repeat(1))]", EXPRESSION_VALUE, "[1,1,1]"},
    {"\"x\" | halt_error", EXPRESSION_ERROR, "halt is not"},
    {"nan", EXPRESSION_ERROR, "not a number"},
    {"infinite", EXPRESSION_ERROR, "not a number"},
    {"reduce range(64) as $i (.; [.])", EXPRESSION_ERROR, "deeper than 64"},
    {"stderr | .a", EXPRESSION_VALUE, "1"},
    {"debug | .a", EXPRESSION_VALUE, "1"},
    {"0 | todate", EXPRESSION_VALUE, "\"1970-01-01T00:00:00Z\""},
    {"1e300 | todate", EXPRESSION_ERROR, "since epoch"},
    {"1e300 | strflocaltime(\"%Y\")", EXPRESSION_ERROR, "since epoch"},
    {".a | strftime(\"%Y\")", EXPRESSION_VALUE, "\"1970\""},
    {".b | strftime(\"%Y\")", EXPRESSION_ERROR, "parsed datetime"},
    {".b | index(\"\")", EXPRESSION_VALUE, "null"},
    {".b | [indices(\"x\"), rindex(\"x\")]", EXPRESSION_VALUE, "[[0],0]"},
    /* libjq 1.6 asserts when it is stopped in the middle of these */
    {"path(..)", EXPRESSION_SEVERAL, NULL},
    {"path(..), error(\"late\")", EXPRESSION_SEVERAL, NULL},
    {"path(.a), error(\"late\")", EXPRESSION_ERROR, "late"},
    {"first(path(..))", EXPRESSION_VALUE, "[]"},
    {"label $f | path(..) | ., break $f", EXPRESSION_VALUE, "[]"},
};

/* libjq 1.6 keeps the last name of a path that was not followed to its end: once, which is why growth is looked at, below. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libjq";
}

static void run_once(const struct run *r, struct expression *x, const struct expression_input *in)
{
    char *json = NULL, why[256] = "";
    assert_int_equal(expression_run(x, in, &json, why), r->kind);
    if (r->kind == EXPRESSION_VALUE)
        assert_string_equal(json, r->says);
    if (r->kind == EXPRESSION_ERROR && !strstr(why, r->says))
        fail_msg("%s", why);
    free(json);
}

static void runs_a_program(void **state)
{
    const struct run *r = *state;
    struct error e = {0};
    struct expression *x = expression_compile(r->program, &e);
    assert_string_equal(e.text, "");
    assert_non_null(x);

    struct expression_input *in = expression_input_new(text_of(ROW), text_of(EVENT));
    run_once(r, x, in);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 200; i++)
        run_once(r, x, in);
    assert_in_range(mallinfo2().uordblks, 0, before + 2000);
    expression_input_free(in);
    expression_free(x);
}

static const struct {
    const char *program, *says;
} wrong[] = {
    {".a |", "unexpected $end at <top-level>, line 1"},
    {".a) | (.b", "syntax error"},
    {"$evnt.op", "$evnt is not defined"},
    {"nosuch(.a)", "nosuch/1 is not defined"},
    {"include \"x\"; .a", ""},
};

static void refuses_what_does_not_compile(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error e = {0};
        assert_null(expression_compile(wrong[i].program, &e));
        assert_int_equal(e.status, STATUS_CONFIGURATION);
        if (!strstr(e.text, wrong[i].says) || strchr(e.text, '\n'))
            fail_msg("%s: %s", wrong[i].program, e.text);
    }
}

static void says_whether_it_wants_the_event(void **state)
{
    (void)state;
    struct expression *with = expression_compile("$event.key", NULL), *without = expression_compile(".a", NULL);
    assert_true(expression_wants_event(with));
    assert_false(expression_wants_event(without));
    expression_free(with);
    expression_free(without);
}

static void an_event_may_be_missing(void **state)
{
    (void)state;
    struct expression *x = expression_compile("$event", NULL);
    struct expression_input *in = expression_input_new(text_of("{}"), TEXT_NONE);
    char *json = NULL, why[256];
    assert_int_equal(expression_run(x, in, &json, why), EXPRESSION_VALUE);
    assert_string_equal(json, "null");
    free(json);
    expression_input_free(in);
    expression_free(x);
    assert_null(expression_input_new(text_of("{"), TEXT_NONE));
}

int main(void)
{
    enum { N = sizeof runs / sizeof *runs };
    struct CMUnitTest tests[N + 3];
    for (size_t i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){runs[i].program, runs_a_program, NULL, NULL, (void *)&runs[i]};
    tests[N] = (struct CMUnitTest)cmocka_unit_test(refuses_what_does_not_compile);
    tests[N + 1] = (struct CMUnitTest)cmocka_unit_test(says_whether_it_wants_the_event);
    tests[N + 2] = (struct CMUnitTest)cmocka_unit_test(an_event_may_be_missing);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
