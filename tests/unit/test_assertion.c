/* SPDX-License-Identifier: Apache-2.0 */
#include "common/assertion.h"

#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int steps;

static void work(void *context)
{
    const int *limit = context;
    for (steps = 0; steps < 10; steps++)
        assert(steps < *limit);
}

static void a_failed_assertion_comes_back_as_words(void **state)
{
    char why[256] = "";
    (void)state;
    for (int limit = 0; limit < 10; limit++) {
        assert_false(assertion_guard(work, &limit, why));
        assert_int_equal(steps, limit);
        assert_string_equal(why, "work gave up: steps < *limit");
    }
}

static void work_that_is_whole_leaves_no_words(void **state)
{
    char why[256] = "";
    int limit = 10;
    (void)state;
    assert_true(assertion_guard(work, &limit, why));
    assert_string_equal(why, "");
}

static void outside_it_ends_the_process(void **state)
{
    int status = 0, limit = 0;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        work(&limit);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_assertion_comes_back_as_words),
        cmocka_unit_test(work_that_is_whole_leaves_no_words),
        cmocka_unit_test(outside_it_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
