/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/offsets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_moves_over_what_is_finished(void **state)
{
    (void)state;
    struct offsets *o = offsets_new();
    assert_int_equal(offsets_commit_point(o), -1);

    uint64_t a = offsets_take(o, 40), b = offsets_take(o, 41), c = offsets_take(o, 42), d = offsets_take(o, 47);
    assert_int_equal(offsets_commit_point(o), 40);
    offsets_finish(o, c);
    offsets_finish(o, a);
    assert_int_equal(offsets_commit_point(o), 41);
    offsets_finish(o, b);
    assert_int_equal(offsets_commit_point(o), 47); /* 43 to 46 are not there and will not come */
    assert_int_equal(offsets_held(o), 1);
    offsets_finish(o, d);
    assert_int_equal(offsets_commit_point(o), 48);
    assert_int_equal(offsets_held(o), 0);
    assert_int_equal(offsets_last(o), 47);
    offsets_free(o);
}

static void test_grows_while_the_first_is_stuck(void **state)
{
    (void)state;
    enum { N = 10000 };
    static uint64_t places[N];
    struct offsets *o = offsets_new();

    for (int i = 0; i < N; i++)
        places[i] = offsets_take(o, i * 2);
    for (int i = N - 1; i > 0; i--)
        offsets_finish(o, places[i]);
    assert_int_equal(offsets_commit_point(o), 0);
    assert_int_equal(offsets_held(o), N);
    offsets_finish(o, places[0]);
    assert_int_equal(offsets_commit_point(o), (N - 1) * 2 + 1);
    assert_int_equal(offsets_held(o), 0);
    offsets_free(o);
    offsets_free(NULL); /* is fine */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_moves_over_what_is_finished),
                                       cmocka_unit_test(test_grows_while_the_first_is_stuck)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
