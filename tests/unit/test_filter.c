/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NOW = 1767323045 }; /* 2026-01-02T03:04:05Z, in seconds */

static const struct {
    const char *text;
    bool good;
    int64_t ms;
} times[] = {
    {"2026-01-02T03:04:05Z", true, NOW * 1000LL},
    {"2026-01-02T03:04:05", true, NOW * 1000LL},
    {"2026-01-02t03:04:05z", true, NOW * 1000LL},
    {"2026-01-02 03:04:05Z", true, NOW * 1000LL},
    {"2026-01-02T03:04:05.25Z", true, NOW * 1000LL + 250},
    {"2026-01-02T03:04:05.123456789Z", true, NOW * 1000LL + 123},
    {"2026-01-02T05:34:05+02:30", true, NOW * 1000LL},
    {"2026-01-01T22:04:05-05:00", true, NOW * 1000LL},
    {"2026-01-02", true, 1767312000000LL},
    {"1s", true, (NOW - 1) * 1000LL},
    {"90m", true, (NOW - 5400) * 1000LL},
    {"2h", true, (NOW - 7200) * 1000LL},
    {"3d", true, (NOW - 3 * 86400) * 1000LL},
    {"1w", true, (NOW - 7 * 86400) * 1000LL},
    {"0h", true, NOW * 1000LL},
    {"", false, 0},
    {"h", false, 0},
    {"2", false, 0},
    {"2x", false, 0},
    {"2hh", false, 0},
    {"-2h", false, 0},
    {"99999999999999999999d", false, 0},
    {"2026-13-02", false, 0},
    {"2026-01-02T", false, 0},
    {"2026-01-02T25:00:00Z", false, 0},
    {"2026-01-02T03:04:05X", false, 0},
    {"2026-01-02T03:04:05+2", false, 0},
    {"2026-01-02T03:04:05+02:3x", false, 0},
    {"yesterday", false, 0},
};

static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t ms = 0;
        if (filter_read_time(times[i].text, NOW * 1000LL, &ms) != times[i].good || ms != times[i].ms)
            fail_msg("\"%s\": %lld", times[i].text, (long long)ms);
    }
}

static void test_places(void **state)
{
    static const char *const bad[] = {"",     "t",     "t/0",    "/0/1",   "t/0/",
                                      "t//1", "t/x/1", "t/-1/1", "t/0/1x", "t/99999999999/1"};
    struct place p;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (filter_read_place(bad[i], &p))
            fail_msg("\"%s\" is taken", bad[i]);
    assert_true(filter_read_place("a/b/3/9007199254740993", &p));
    assert_string_equal(p.topic, "a/b");
    assert_int_equal(p.partition, 3);
    assert_int_equal(p.offset, 9007199254740993);
    free(p.topic);
}

static void test_fitting(void **state)
{
    struct message m = {.topic = "dlq", .partition = 1, .offset = 7, .key = text_of("mk")};
    struct letter l = {.message = &m,
                       .route = text_of("r"),
                       .object = text_of("Contact"),
                       .code = text_of("C"),
                       .failed_at_ms = 100,
                       .has_origin = true,
                       .origin = {.topic = text_of("t"), .partition = 0, .offset = 3}};
    struct place letter = {(char *)(uintptr_t) "dlq", 1, 7}, event = {(char *)(uintptr_t) "t", 0, 3},
                 other = {(char *)(uintptr_t) "t", 1, 3};
    const struct {
        struct filter f;
        bool fits;
    } cases[] = {
        {FILTER_ALL, true},
        {{.since_ms = 100, .until_ms = 101}, true},
        {{.since_ms = 101, .until_ms = 200}, false},
        {{.since_ms = 0, .until_ms = 100}, false},
        {{.until_ms = INT64_MAX, .route = "r", .code = "C", .object = "CONTACT", .topic = "t", .key = "mk"}, true},
        {{.until_ms = INT64_MAX, .route = "R"}, false},
        {{.until_ms = INT64_MAX, .topic = "dlq"}, false},
        {{.until_ms = INT64_MAX, .ids = &letter, .nids = 1}, true},
        {{.until_ms = INT64_MAX, .ids = &event, .nids = 1}, true},
        {{.until_ms = INT64_MAX, .ids = &other, .nids = 1}, false},
        {{.until_ms = INT64_MAX, .route = "x", .ids = &event, .nids = 1}, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (filter_fits(&cases[i].f, &l) != cases[i].fits)
            fail_msg("case %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_fitting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
