/* SPDX-License-Identifier: Apache-2.0 */
#include "common/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_grows_to_its_ceiling(void **state)
{
    (void)state;
    for (unsigned failures = 1; failures < 200; failures++) {
        int64_t full = failures > 8 ? 60000 : 500LL << (failures - 1);
        if (full > 60000)
            full = 60000;
        for (uint64_t random = 0; random < 50; random++) {
            int64_t wait = backoff_ms(500, 60000, failures, random * 0x123456789abcdefu);
            assert_true(wait >= 0);
            assert_true(wait <= full);
        }
    }
}

static void test_spreads(void **state)
{
    (void)state;
    int64_t least = INT64_MAX, most = 0;
    for (uint64_t random = 0; random < 1000; random++) {
        int64_t wait = backoff_ms(1000, 60000, 4, random * 2654435761u);
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    assert_true(most - least > 7000);
}

static void test_none(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(0, 0, 3, 99), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_grows_to_its_ceiling), cmocka_unit_test(test_spreads),
                                       cmocka_unit_test(test_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
