/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/problems.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void says_each_change_once(void **state)
{
    struct problems p = {0};
    char why[512];
    (void)state;
    assert_false(problems_changed(&p, why, sizeof why));
    problems_set(&p, PROBLEM_TOPIC, 0, "no topic");
    assert_true(problems_changed(&p, why, sizeof why));
    assert_string_equal(why, "no topic");
    problems_set(&p, PROBLEM_TOPIC, 10, "no topic");
    assert_false(problems_changed(&p, why, sizeof why));
    problems_end(&p, PROBLEM_TOPIC);
    assert_true(problems_changed(&p, why, sizeof why));
    assert_string_equal(why, "");
    problems_end(&p, PROBLEM_TOPIC);
    assert_false(problems_changed(&p, why, sizeof why));
}

static void the_worst_is_named(void **state)
{
    struct problems p = {0};
    char why[512];
    (void)state;
    problems_set(&p, PROBLEM_TOPIC, 0, "topic");
    problems_set(&p, PROBLEM_BROKERS, 0, "brokers");
    assert_true(problems_changed(&p, why, sizeof why));
    assert_string_equal(why, "brokers");
    problems_end(&p, PROBLEM_BROKERS);
    assert_true(problems_changed(&p, why, sizeof why));
    assert_string_equal(why, "topic");
}

static void silence_ends_all_but_a_missing_topic(void **state)
{
    struct problems p = {0};
    char why[512];
    (void)state;
    problems_set(&p, PROBLEM_BROKERS, 1000, "brokers");
    problems_set(&p, PROBLEM_GROUP, 1000, "group");
    problems_set(&p, PROBLEM_TOPIC, 1000, "topic");
    problems_set(&p, PROBLEM_BROKERS, 30000, "brokers"); /* heard of again */
    problems_age(&p, 50000);
    assert_true(problems_changed(&p, why, sizeof why));
    assert_string_equal(why, "brokers");
    assert_string_equal(p.why[PROBLEM_GROUP], "");
    problems_age(&p, 80000);
    assert_true(problems_changed(&p, why, sizeof why));
    assert_string_equal(why, "topic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_each_change_once),
        cmocka_unit_test(the_worst_is_named),
        cmocka_unit_test(silence_ends_all_but_a_missing_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
