/* SPDX-License-Identifier: Apache-2.0 */
#include "common/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct job {
    struct heap_item item;
    int name;
};

static int take(struct heap *h)
{
    struct job *job = (struct job *)heap_first(h);
    heap_remove(h, &job->item);
    return job->name;
}

static void test_order(void **state)
{
    (void)state;
    static const int64_t due[] = {50, 10, 40, 10, 30, 10};
    static const int expected[] = {1, 3, 5, 4, 2, 0}; /* equal times: as they went in */
    struct job jobs[6] = {{{0}, 0}};
    struct heap h = {0};

    for (int i = 0; i < 6; i++) {
        jobs[i].name = i;
        heap_add(&h, &jobs[i].item, due[i]);
    }
    for (int i = 0; i < 6; i++)
        assert_int_equal(take(&h), expected[i]);
    assert_null(heap_first(&h));
    heap_release(&h);
}

static void test_remove_from_the_middle(void **state)
{
    (void)state;
    enum { N = 500 };
    static struct job jobs[N];
    struct heap h = {0};
    unsigned random = 7;

    for (int i = 0; i < N; i++) {
        random = random * 1103515245u + 12345u;
        jobs[i].name = (int)(random >> 16) % 100;
        heap_add(&h, &jobs[i].item, jobs[i].name);
    }
    for (int i = 0; i < N; i += 3) {
        heap_remove(&h, &jobs[i].item);
        assert_false(heap_holds(&jobs[i].item));
        heap_remove(&h, &jobs[i].item); /* twice does no harm */
    }
    int last = -1, n = 0;
    for (; heap_first(&h); n++) {
        int name = take(&h);
        assert_true(name >= last);
        last = name;
    }
    assert_int_equal(n, N - (N + 2) / 3);
    heap_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_remove_from_the_middle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
