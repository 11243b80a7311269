/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that come again within the window are counted; none is lost, none is said twice. */
#include "common/repeats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

/* One line at a time: what is said, and what comes out as "repeated" before it. */
static const struct row {
    const char *name;
    struct step {
        int64_t at;
        const char *line;
        bool said;
        unsigned repeated; /* handed out before this step; 0: nothing */
    } steps[6];
} rows[] = {
    {"a line is said once", {{0, "a", true, 0}}},
    {"again at once is kept back", {{0, "a", true, 0}, {0, "a", false, 0}, {9999, "a", false, 0}}},
    {"after the window it is said again with the number",
     {{0, "a", true, 0}, {5, "a", false, 0}, {6, "a", false, 0}, {10000, "a", true, 2}}},
    {"a window that kept nothing back ends in silence", {{0, "a", true, 0}, {10000, "a", true, 0}}},
    {"another line hands the kept one out", {{0, "a", true, 0}, {1, "a", false, 0}, {10000, "b", true, 1}}},
    {"lines do not disturb each other", {{0, "a", true, 0}, {1, "b", true, 0}, {2, "a", false, 0}, {3, "b", false, 0}}},
    {"a longer line with the same beginning is another", {{0, "a", true, 0}, {0, "aa", true, 0}}},
    {"the window does not move on with repeats",
     {{0, "a", true, 0}, {9000, "a", false, 0}, {10000, "a", true, 1}, {19000, "a", false, 0}}},
};

static void steps(void **state)
{
    const struct row *row = *state;
    struct repeats r = {0};

    for (size_t i = 0; i < N(row->steps) && row->steps[i].line; i++) {
        const struct step *s = &row->steps[i];
        uint64_t times = 0;
        struct repeated over;
        while (repeats_over(&r, s->at, &over)) {
            times += over.times;
            free(over.line);
        }
        assert_int_equal(times, s->repeated);
        assert_int_equal(repeats_first(&r, s->at, text_of(s->line)), s->said);
    }
    repeats_release(&r);
}

static void the_end_hands_out_all(void **state)
{
    (void)state;
    struct repeats r = {0};
    struct repeated over;

    assert_true(repeats_first(&r, 0, text_of("quiet")));
    assert_true(repeats_first(&r, 0, text_of("loud")));
    assert_false(repeats_first(&r, 0, text_of("loud")));
    assert_true(repeats_over(&r, INT64_MAX, &over));
    assert_string_equal(over.line, "loud");
    assert_int_equal(over.times, 1);
    free(over.line);
    assert_false(repeats_over(&r, INT64_MAX, &over));
    repeats_release(&r);
}

/* Twice as many lines as there are places, each said and repeated: every repeat comes out once. */
static void a_full_table_loses_nothing(void **state)
{
    (void)state;
    struct repeats r = {0};
    struct repeated over;
    unsigned out = 0;

    for (int i = 0; i < 2 * REPEATS_LINES; i++) {
        char line[16];
        snprintf(line, sizeof line, "line %d", i);
        for (; repeats_over(&r, i, &over); free(over.line))
            out++;
        assert_true(repeats_first(&r, i, text_of(line)));
        assert_false(repeats_first(&r, i, text_of(line)));
    }
    for (; repeats_over(&r, INT64_MAX, &over); free(over.line))
        out++;
    assert_int_equal(out, 2 * REPEATS_LINES);
    repeats_release(&r);
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + 2];
    for (size_t i = 0; i < N(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, steps, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    tests[N(rows)] = (struct CMUnitTest)cmocka_unit_test(the_end_hands_out_all);
    tests[N(rows) + 1] = (struct CMUnitTest)cmocka_unit_test(a_full_table_loses_nothing);
    return cmocka_run_group_tests_name("repeats", tests, NULL, NULL);
}
