/* SPDX-License-Identifier: Apache-2.0 */
/* In which order letters go, and which later events count against them. */
#include "worker/dlq/send_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_order(void **state)
{
    struct entry entries[] = {
        {.partition = 0, .offset = 0, .timestamp_ms = 90}, /* the key is here since the topic has grown */
        {.partition = 0, .offset = 1, .timestamp_ms = 95},
        {.partition = 1, .offset = 3, .timestamp_ms = 50}, /* and was here before */
        {.partition = 1, .offset = 4, .timestamp_ms = 40}, /* a clock went back */
        {.partition = 1, .offset = 5, .timestamp_ms = 60},
        {.partition = 2, .offset = 7, .timestamp_ms = 45},
    };
    unsigned char verdicts[] = {GOES, GOES, GOES, GOES, OUT_SUPERSEDED, GOES};
    const size_t wanted[] = {5, 2, 3, 0, 1};
    struct catalogue c = {.entries = entries, .n = COUNT(entries)};
    struct plan p = {.catalogue = &c, .verdicts = verdicts};
    size_t n, *order = send_order(&p, &n);

    (void)state;
    assert_int_equal(n, COUNT(wanted));
    assert_memory_equal(order, wanted, sizeof wanted);
    free(order);
}

static void test_order_of_none(void **state)
{
    struct catalogue c = {0};
    struct plan p = {.catalogue = &c};
    size_t n, *order = send_order(&p, &n);

    (void)state;
    assert_int_equal(n, 0);
    free(order);
}

/* Letters at offsets 5 (open), 6 (replayed), 7 (failed, replayed, failed again), 8 (a copy alone failed: of one that went well). */
static const struct {
    const char *name;
    int64_t offset;
    unsigned replays;
    bool counts;
} stories[] = {
    {"no letter", 4, 0, true},
    {"no letter, a copy", 4, 1, true},
    {"an open letter's event", 5, 0, false},
    {"its copy, not committed", 5, 1, false},
    {"a copy of it from elsewhere", 5, 2, true},
    {"a replayed letter's event: it may have gone to another topic", 6, 0, true},
    {"its copy", 6, 1, true},
    {"failed twice: the event", 7, 0, false},
    {"failed twice: the copy", 7, 1, false},
    {"failed twice: the copy that is on its way", 7, 2, false},
    {"its first arrival went well", 8, 0, true},
    {"its copy failed", 8, 1, false},
};

static void test_what_counts(void **state)
{
    struct entry entries[] = {
        {.offset = 5},
        {.offset = 6, .state = LETTER_REPLAYED},
        {.offset = 7, .state = LETTER_REPLAYED},
        {.offset = 7, .replays = 1},
        {.offset = 8, .replays = 1},
    };
    char *topics[] = {(char[]){"t"}};
    struct catalogue c = {.entries = entries, .n = COUNT(entries), .topics = topics, .ntopics = 1};

    (void)state;
    for (size_t i = 0; i < COUNT(stories); i++) {
        struct origin origin = {text_of("t"), 0, stories[i].offset, 0, stories[i].replays};
        if (catalogue_counts(&c, &origin) != stories[i].counts)
            fail_msg("%s: counts %d", stories[i].name, !stories[i].counts);
    }
    assert_true(catalogue_counts(&c, &(struct origin){text_of("other"), 0, 5, 0, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_order_of_none),
        cmocka_unit_test(test_what_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
