/* SPDX-License-Identifier: Apache-2.0 */
/* A request without an answer may yet be carried out: which changes of its records wait for how long. */
#include "tests/unit/engine_fixture.h"

static void test_the_hold_is_not_for_the_same_change(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    answer(f, 2000, next_batch(f, 2000)->id, "r");
    assert_null(next(f, 3000));
    assert_non_null(next_batch(f, 3000 + LINGER));
}

/* It may yet be carried out, though nobody waits for its answer. */
static void test_an_aborted_request_is_waited_for(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    next_batch(f, LINGER);
    engine_lost(f->engine, LINGER);
    assert_int_equal(next(f, LINGER)->kind, ACTION_ABORT);
    assert_int_equal(next(f, LINGER)->kind, ACTION_RELEASE);
    engine_assign(f->engine, LINGER, 2, "t", 0, 0, "");
    f->offset = 0;
    feed_to(f, LINGER, 2, 0, record(OP_UPSERT, "a", "1", NULL));
    assert_null(next(f, LINGER + HOLD - 1));
    assert_null(next(f, LINGER + HOLD));
    assert_non_null(next_batch(f, LINGER + HOLD + LINGER));
}

static void test_a_version_does_not_pass_one_without(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    answer(f, 2000, next_batch(f, 2000)->id, "a");
    feed(f, 2000, versioned(OP_UPSERT, "a", 9, "2", NULL));
    assert_int_equal(next(f, 5000)->kind, ACTION_COMMIT);
    assert_null(next(f, 5000));
}

static void test_a_lower_version_is_held(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "1", NULL));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, LINGER, versioned(OP_UPSERT, "a", 5, NULL, "5"));
    answer_whole(f, LINGER, first, ANSWER_UNKNOWN, -1);
    answer(f, 2000, next_batch(f, 2000)->id, "a");
    assert_int_equal(next(f, 5000)->kind, ACTION_COMMIT);
    assert_null(next(f, 5000));
}

static void test_a_version_does_not_pass_one_of_another_route(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 1, "1", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    answer(f, 2000, next_batch(f, 2000)->id, "a");
    feed_to(f, 2000, 1, 1, versioned(OP_UPSERT, "a", 2, "2", NULL));
    assert_int_equal(next(f, 2000)->kind, ACTION_COMMIT);
    assert_null(next(f, LINGER + HOLD - 1));
    assert_null(next(f, LINGER + HOLD));
    assert_non_null(next_batch(f, LINGER + HOLD + LINGER));
}

static void test_a_delete_does_not_pass_a_version(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 1, "1", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    answer(f, 2000, next_batch(f, 2000)->id, "a");
    feed(f, 2000, record(OP_DELETE, "a", NULL, NULL));
    assert_int_equal(next(f, 2000)->kind, ACTION_COMMIT);
    assert_null(next(f, LINGER + HOLD - 1));
    assert_null(next(f, LINGER + HOLD));
    assert_int_equal(next_batch(f, LINGER + HOLD + LINGER)->op, OP_DELETE);
}

static void test_a_delete_does_not_pass_with_a_version_that_may(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 1, "1", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    answer(f, 2000, next_batch(f, 2000)->id, "a");
    assert_int_equal(next(f, 2000)->kind, ACTION_COMMIT);
    feed(f, 2000, versioned(OP_UPSERT, "a", 2, "2", NULL)); /* is ready */
    feed(f, 2000, record(OP_DELETE, "a", NULL, NULL));
    assert_null(next(f, LINGER + HOLD - 1));
    assert_null(next(f, LINGER + HOLD));
    assert_int_equal(next_batch(f, LINGER + HOLD + LINGER)->op, OP_DELETE);
}

static void test_the_hold_changes_too(void **state)
{
    struct fixture *f = *state;
    struct engine_limits fresh = usual_limits;
    fresh.linger_ms = 0;
    fresh.hold_ms = 5000;
    engine_tune(f->engine, &fresh);
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_UNKNOWN, -1);
    answer(f, 1000, next_batch(f, 1000)->id, "a");
    feed(f, 1000, record(OP_UPSERT, "a", "2", NULL));
    assert_int_equal(next(f, 1000)->kind, ACTION_COMMIT);
    assert_null(next(f, 4999));
    assert_non_null(next_batch(f, 5000));
}

static void test_a_shorter_hold_is_for_what_comes(void **state)
{
    struct fixture *f = *state;
    struct engine_limits fresh = usual_limits;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    fresh.hold_ms = 10;
    engine_tune(f->engine, &fresh);
    answer_whole(f, 2000, next_batch(f, 2000)->id, ANSWER_UNKNOWN, -1);
    answer(f, 4000, next_batch(f, 4000)->id, "a");
    feed(f, 4000, record(OP_UPSERT, "a", "2", NULL));
    assert_int_equal(next(f, 4000)->kind, ACTION_COMMIT);
    assert_null(next(f, LINGER + HOLD - 1));
    assert_null(next(f, LINGER + HOLD));
    assert_non_null(next_batch(f, LINGER + HOLD + LINGER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_hold_is_not_for_the_same_change),
        TEST(test_an_aborted_request_is_waited_for),
        TEST(test_a_version_does_not_pass_one_without),
        TEST(test_a_lower_version_is_held),
        TEST(test_a_version_does_not_pass_one_of_another_route),
        TEST(test_a_delete_does_not_pass_a_version),
        TEST(test_a_delete_does_not_pass_with_a_version_that_may),
        TEST(test_the_hold_changes_too),
        TEST(test_a_shorter_hold_is_for_what_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
