/* SPDX-License-Identifier: Apache-2.0 */
/* The limits that an engine is given: bytes, the org's calls, and those that may change while it works. */
#include "tests/unit/engine_fixture.h"

static struct record *heavy(const char *key, size_t bytes)
{
    struct record *r = record(OP_UPSERT, key, "1", NULL);
    r->bytes = bytes;
    return r;
}

static void test_a_buffer_full_of_bytes_is_full(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.max_bytes = 10000;
    start_again(f, &limits);
    feed(f, 0, heavy("a", 10));
    assert_true(engine_wants_more(f->engine));
    assert_null(next(f, 0)); /* it waits for company */
    feed(f, 0, heavy("b", 10000));
    assert_false(engine_wants_more(f->engine));
    const struct batch *b = next_batch(f, 0); /* none can come */
    assert_int_equal(b->nwrites, 2);
    answer_all(f, 0, b, 'a');
    assert_true(engine_wants_more(f->engine));
}

static void test_a_halted_route_heavy_with_bytes_is_parked(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.max_bytes = 100000;
    start_again(f, &limits);
    feed(f, 0, heavy("a", 20000));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_HALT, -1);
    assert_null(next(f, LINGER));
    feed(f, LINGER, heavy("b", 20000));
    assert_int_equal(next(f, LINGER)->kind, ACTION_PARK);
    assert_int_equal(f->action.lease, 1);
}

static void test_nothing_is_read_while_partitions_are_given_back(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    next_batch(f, LINGER);
    engine_revoke(f->engine, LINGER);
    assert_false(engine_wants_more(f->engine));
    assert_false(engine_idle(f->engine));
}

static void test_no_limit_of_calls_is_no_limit(void **state)
{
    struct fixture *f = *state; /* usual_limits: both 0 */
    engine_usage(f->engine, 0, 100, 100);
    assert_null(engine_waiting(f->engine));
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    assert_int_equal(engine_due(f->engine), LINGER);
}

static void test_fuller_batches_without_a_stop(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.usage_slow_at = 80;
    start_again(f, &limits);
    engine_usage(f->engine, 0, 81, 100);
    assert_null(engine_waiting(f->engine));
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    assert_int_equal(engine_due(f->engine), 30000);
}

static void test_a_longer_linger_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.usage_slow_at = 80;
    limits.linger_ms = 40000;
    start_again(f, &limits);
    engine_usage(f->engine, 0, 90, 100);
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    assert_int_equal(engine_due(f->engine), 40000);
}

/* With the calls used up one batch asks, not one more beside another. */
static void test_used_up_asks_when_nothing_is_out(void **state)
{
    enum { LATER = 10 * 60 * 1000 };
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.usage_stop_at = 95;
    start_again(f, &limits);
    feed_many(f, 0, 3);
    uint64_t out = next_batch(f, 0)->id;
    feed(f, 0, record(OP_UPSERT, "more", "1", NULL));
    engine_usage(f->engine, 0, 96, 100);
    assert_null(next(f, LATER));
    assert_int_equal(engine_due(f->engine), INT64_MAX);
    answer(f, LATER, out, "aaa");
    assert_non_null(next_batch(f, LATER));
}

static void test_what_may_change_changes(void **state)
{
    struct fixture *f = *state;
    struct engine_limits fresh = usual_limits;
    fresh.max_events = 2;
    fresh.linger_ms = 0;
    fresh.max_attempts = 2;
    fresh.backoff_ms = fresh.backoff_max_ms = 10;
    fresh.hold_ms = 50;
    engine_tune(f->engine, &fresh);
    feed_many(f, 0, 2);
    assert_false(engine_wants_more(f->engine));
    assert_int_equal(next(f, 0)->kind, ACTION_PARK);
    const struct batch *b = next_batch(f, 0);
    assert_int_equal(b->nwrites, 2);
    answer(f, 0, b->id, "rr");
    assert_int_equal(engine_due(f->engine) <= 10, true);
    b = next_batch(f, 10);
    assert_int_equal(b->nwrites, 2);
    answer(f, 10, b->id, "ra");
    assert_int_equal(next(f, 10)->kind, ACTION_UNPARK);
    assert_int_equal(next(f, 10)->kind, ACTION_DEAD_LETTER);
    fresh.max_bytes = 1;
    engine_tune(f->engine, &fresh);
    assert_false(engine_wants_more(f->engine));
}

int main(void)
{
    engine_free(NULL); /* is fine */
    const struct CMUnitTest tests[] = {
        TEST(test_a_buffer_full_of_bytes_is_full),
        TEST(test_a_halted_route_heavy_with_bytes_is_parked),
        TEST(test_nothing_is_read_while_partitions_are_given_back),
        TEST(test_no_limit_of_calls_is_no_limit),
        TEST(test_fuller_batches_without_a_stop),
        TEST(test_a_longer_linger_stays_as_it_is),
        TEST(test_used_up_asks_when_nothing_is_out),
        TEST(test_what_may_change_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
