/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/substitution.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static const char answers_text[] = "{\"a\":{\"id\":\"001\",\"n\":5,\"ok\":true},\"q\":{\"records\":[{\"Id\":\"003\"},{"
                                   "\"Id\":\"004\"}]},\"c\":[{\"id\":\"x\"}]}";

static const struct row {
    const char *name, *text, *filled, *why;
} rows[] = {
    {"no reference", "plain @ {text}", "plain @ {text}", NULL},
    {"a field", "id=@{a.id}", "id=001", NULL},
    {"a number and a flag", "@{a.n} @{a.ok}", "5 true", NULL},
    {"in a list", "@{q.records[1].Id}", "004", NULL},
    {"of a collection", "@{c[0].id}", "x", NULL},
    {"two at once", "@{a.id}@{a.id}", "001001", NULL},
    {"not closed is text", "@{a.id", "@{a.id", NULL},
    {"no such field", "@{a.nope}", NULL, "Invalid reference specified. No value for a.nope found in a"},
    {"no such subrequest", "@{b.id}", NULL, "Invalid reference specified. No value for b.id found in b"},
    {"beyond the list", "@{q.records[2].Id}", NULL,
     "Invalid reference specified. No value for q.records[2].Id found in q"},
    {"an object is no value", "@{q.records[0]}", NULL,
     "Invalid reference specified. No value for q.records[0] found in q"},
    {"a bracket that stays open", "@{q.records[0}", NULL,
     "Invalid reference specified. No value for q.records[0 found in q"},
    {"nothing", "@{}", NULL, "Invalid reference specified. No value for  found in "},
};

static void fills(void **state)
{
    const struct row *row = *state;
    json_t *answers = json_loads(answers_text, 0, NULL);
    char why[512] = "", *filled = substitute_text(row->text, answers, why);

    if (row->filled)
        assert_string_equal(filled, row->filled);
    else {
        assert_null(filled);
        assert_string_equal(why, row->why);
    }
    free(filled);
    json_decref(answers);
}

static void fills_everywhere(void **state)
{
    (void)state;
    json_t *answers = json_loads(answers_text, 0, NULL), *given, *filled, *wanted;
    char why[512] = "";

    given = json_loads("{\"x\":[\"@{a.id}\",1,null],\"y\":{\"z\":\"@{a.n}\"}}", 0, NULL);
    wanted = json_loads("{\"x\":[\"001\",1,null],\"y\":{\"z\":\"5\"}}", 0, NULL);
    filled = substitute_json(given, answers, why);
    assert_true(json_equal(filled, wanted));
    json_object_set_new(given, "bad", json_string("@{no.id}"));
    assert_null(substitute_json(given, answers, why));
    json_decref(filled);
    json_decref(wanted);
    json_decref(given);
    json_decref(answers);
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + 1] = {cmocka_unit_test(fills_everywhere)};

    for (size_t i = 0; i < N(rows); i++)
        tests[i + 1] = (struct CMUnitTest){rows[i].name, fills, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
