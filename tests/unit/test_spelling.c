/* SPDX-License-Identifier: Apache-2.0 */
#include "common/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const names[] = {"batch.max_records", "batch.linger_ms", "run", "check", "External_Id__c", ""};

static const struct {
    const char *given, *nearest;
} cases[] = {
    {"batch.max_recrods", "batch.max_records"}, /* neighbours swapped */
    {"batch.max_record", "batch.max_records"},  /* one missing */
    {"batch.lingerr_ms", "batch.linger_ms"},    /* one too many */
    {"batch.linger_mx", "batch.linger_ms"},     /* one wrong */
    {"CHECK", "check"},                         /* case */
    {"external_id__C", "External_Id__c"},
    {"chekc", "check"},
    {"rum", "run"},
    {"xyz", NULL}, /* nothing in common */
    {"zz", NULL},
    {"batch.something_else", NULL},
    {"", NULL},
    {"this is a very long text that nobody can have meant as one of the names, however long they may be", NULL},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = spelling_nearest(cases[i].given, names, sizeof names / sizeof *names);
        if (cases[i].nearest && nearest)
            assert_string_equal(nearest, cases[i].nearest);
        else if (nearest != cases[i].nearest)
            fail_msg("%s: %s instead of %s", cases[i].given, nearest ? nearest : "nothing",
                     cases[i].nearest ? cases[i].nearest : "nothing");
    }
    assert_null(spelling_nearest("run", names, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
