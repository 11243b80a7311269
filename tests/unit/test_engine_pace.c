/* SPDX-License-Identifier: Apache-2.0 */
/* How much is sent at once: groups, collections, congestion, the org's daily calls, waits. */
#include "tests/unit/engine_fixture.h"

static void start_wide(struct fixture *f, size_t records, unsigned in_flight)
{
    struct engine_limits limits = usual_limits;
    limits.max_events = 5000;
    limits.batch_records = records;
    limits.batch_bytes = 1 << 20;
    limits.in_flight = in_flight;
    limits.group = true;
    limits.usage_slow_at = 80;
    limits.usage_stop_at = 95;
    start_again(f, &limits);
}

static struct record *grouped(const char *key, const char *group)
{
    struct record *r = record(OP_UPSERT, key, "1", NULL);
    r->group = text_of(group);
    return r;
}

static void test_one_group_one_request(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 2, 4);
    feed(f, 0, grouped("1", "p"));
    feed(f, 0, grouped("2", "q"));
    feed(f, 0, grouped("3", "p"));
    feed(f, 0, grouped("4", "p"));
    const struct batch *b = next_batch(f, LINGER);
    assert_int_equal(b->nwrites, 2); /* of the same group together */
    assert_string_equal(text(b->writes[1]->record->key), "3");
    uint64_t first = b->id;
    b = next_batch(f, LINGER);
    assert_int_equal(b->nwrites, 1);
    assert_string_equal(text(b->writes[0]->record->key), "2");
    assert_null(next_batch(f, 1000)); /* the third of the group waits */
    answer(f, 1000, first, "aa");
    assert_string_equal(text(next_batch(f, 1000)->writes[0]->record->key), "4");
}

static void test_groups_of_two_objects_are_two(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 1, 4);
    feed(f, 0, grouped("1", "p"));
    feed_to(f, 0, 2, 1, grouped("2", "p"));
    assert_non_null(next_batch(f, LINGER));
    assert_non_null(next_batch(f, LINGER));
}

static void test_a_group_that_rests_is_not_doubled(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 1, 4);
    feed(f, 0, grouped("1", "p"));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_FAILED, -1);
    feed(f, LINGER, grouped("2", "p"));
    const struct batch *b = next_batch(f, 5000);
    assert_non_null(b);
    assert_null(next_batch(f, 5000));
    answer_all(f, 5000, b, 'a');
    assert_non_null(next_batch(f, 5000));
}

static void test_a_merged_change_changes_the_group(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 1, 4);
    feed(f, 0, grouped("1", "p"));
    feed(f, 0, grouped("1", "q"));
    feed(f, 0, grouped("2", "q"));
    assert_non_null(next_batch(f, LINGER));
    assert_null(next_batch(f, LINGER));
}

static void test_several_collections_in_one_call(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.collections = 5;
    start_again(f, &limits);
    feed_many(f, 0, 15);
    assert_int_equal(next_batch(f, 0)->nwrites, 15);
}

static void test_locks_make_batches_smaller_and_fewer(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    feed_many(f, 0, 200);
    const struct batch *a = next_batch(f, 0), *b = next_batch(f, 0);
    answer_all(f, 10, a, 'c');
    assert_int_equal(engine_counts(f->engine)->batch_sizes[0], 50);
    assert_int_equal(engine_counts(f->engine)->batch_sizes[1], 100); /* another object's affair */
    assert_int_equal(engine_counts(f->engine)->allowed_in_flight, 3);
    answer_all(f, 10, b, 'c'); /* sent before: says the same once more */
    assert_int_equal(engine_counts(f->engine)->batch_sizes[0], 50);
    assert_int_equal(engine_counts(f->engine)->allowed_in_flight, 3);
}

static void test_full_speed_comes_back(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    feed_many(f, 0, 100);
    answer_all(f, 10, next_batch(f, 0), 'c');
    int64_t now = 1000;
    for (int i = 0; i < 100; i++, now += 1000) {
        feed_many(f, now, 100);
        for (const struct action *a = next(f, now); a; a = next(f, now))
            if (a->kind == ACTION_SEND)
                answer_all(f, now, a->batch, 'a');
    }
    assert_int_equal(engine_counts(f->engine)->batch_sizes[0], 100);
    assert_int_equal(engine_counts(f->engine)->allowed_in_flight, 4);
}

static void test_a_lock_or_two_are_everyday_life(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    feed_many(f, 0, 100);
    char kinds[101] = "";
    memset(kinds, 'a', 100);
    kinds[3] = kinds[5] = 'c';
    answer(f, 10, next_batch(f, 0)->id, kinds);
    assert_int_equal(engine_counts(f->engine)->batch_sizes[0], 100);
    assert_int_equal(engine_counts(f->engine)->allowed_in_flight, 4);
}

static void test_slow_answers_are_congestion(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    feed_many(f, 0, 100);
    answer_all(f, 20001, next_batch(f, 0), 'a');
    assert_int_equal(engine_counts(f->engine)->batch_sizes[0], 50);
}

static void test_no_answer_makes_it_smaller_and_the_batch_too(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    feed_many(f, 0, 100);
    answer_whole(f, 10, next_batch(f, 0)->id, ANSWER_UNKNOWN, -1);
    assert_int_equal(engine_counts(f->engine)->batch_sizes[0], 50);
    assert_int_equal(engine_counts(f->engine)->allowed_in_flight, 2);
    assert_int_equal(next_batch(f, 5000)->nwrites, 50);
}

static void test_failures_leave_the_size(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    feed_many(f, 0, 100);
    answer_whole(f, 10, next_batch(f, 0)->id, ANSWER_FAILED, -1);
    assert_int_equal(engine_counts(f->engine)->batch_sizes[0], 100);
    assert_int_equal(engine_counts(f->engine)->allowed_in_flight, 2);
}

/* ---- the daily calls ---- */

static void test_fewer_calls_make_fuller_batches(void **state)
{
    static const struct {
        int64_t used, linger;
    } rows[] = {{0, LINGER}, {799, LINGER}, {800, LINGER}, {875, LINGER + (30000 - LINGER) / 4}, {949, 29602}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start_wide(f, 100, 4);
        engine_usage(f->engine, 0, rows[i].used, 1000);
        feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
        assert_in_range(engine_due(f->engine), rows[i].linger - 10, rows[i].linger + 10);
    }
}

static void test_used_up_waits_and_asks_now_and_then(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    engine_usage(f->engine, 0, 950, 1000);
    assert_string_equal(engine_waiting(f->engine)->refusals[0].code, "API_USAGE");
    feed_many(f, 0, 150);
    int64_t due = engine_due(f->engine);
    assert_true(due >= 4 * 60000 && due <= 6 * 60000);
    assert_null(next(f, due - 1));
    const struct batch *b = next_batch(f, due);
    assert_non_null(b);
    assert_null(next(f, due));
    answer_all(f, due, b, 'a');
    engine_usage(f->engine, due, 951, 1000);
    assert_int_equal(next(f, due)->kind, ACTION_COMMIT);
    engine_committed(f->engine, due, true);
    assert_null(next(f, due + 60000));
    assert_non_null(engine_waiting(f->engine)); /* a success does not end it */
    engine_usage(f->engine, due + 60000, 100, 1000);
    assert_null(engine_waiting(f->engine));
    assert_non_null(next_batch(f, due + 60000));
}

/* Where nothing comes nothing asks: what was known then is not held to be true for ever. */
static void test_used_up_is_forgotten_where_nothing_comes(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    engine_usage(f->engine, 0, 950, 1000);
    assert_null(next(f, 4 * 60000 - 1));
    assert_non_null(engine_waiting(f->engine));
    assert_null(next(f, 6 * 60000));
    assert_null(engine_waiting(f->engine));
    assert_null(next(f, 6 * 60000 + 1));
    assert_null(engine_waiting(f->engine));
    feed_many(f, 7 * 60000, 150);
    const struct batch *b = next_batch(f, 7 * 60000);
    assert_int_equal(b->nwrites, 100);
    assert_null(next(f, 7 * 60000)); /* one asks */
    assert_non_null(engine_waiting(f->engine));
}

static void test_nonsense_about_usage_is_ignored(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    engine_usage(f->engine, 0, 5, 0);
    engine_usage(f->engine, 0, -5, 100);
    assert_null(engine_waiting(f->engine));
    engine_usage(f->engine, 0, 200, 100);
    assert_non_null(engine_waiting(f->engine));
}

static void test_used_up_and_stopping_gives_back(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 100, 4);
    feed_many(f, 0, 10);
    engine_usage(f->engine, 0, 99, 100);
    engine_stop(f->engine, 1, 5000);
    next(f, 1);
    assert_int_equal(disposed(f, DISPOSITION_RETURNED), 10);
}

/* ---- waits ---- */

static void answer_wait(struct fixture *f, int64_t now, uint64_t batch, enum answer_kind kind, int64_t wait_ms)
{
    struct answer a = {.batch = batch, .kind = kind, .wait_ms = wait_ms, .suspect = -1};
    a.failure = failure_new(STAGE_WRITE, "TROUBLE", "why", NULL);
    engine_answer(f->engine, now, &a);
}

static void test_waits_as_long_as_asked(void **state)
{
    static const struct {
        int64_t asked, waited;
    } rows[] = {{7000, 7000}, {24 * 3600 * 1000, 600000}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (enum answer_kind kind = ANSWER_FAILED; kind <= ANSWER_WAIT; kind++) {
            if (kind == ANSWER_REFUSED || kind == ANSWER_HALT)
                continue;
            start_wide(f, 100, 4);
            feed_many(f, 0, 100);
            answer_wait(f, 10, next_batch(f, 0)->id, kind, rows[i].asked);
            assert_null(next(f, 10 + rows[i].waited - 1));
            assert_non_null(next_batch(f, 10 + rows[i].waited));
        }
}

static void test_a_full_buffer_lingers_for_nobody(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.max_events = 2;
    start_again(f, &limits);
    feed_many(f, 0, 2);
    assert_int_equal(next(f, 0)->kind, ACTION_PARK);
    assert_int_equal(next_batch(f, 0)->nwrites, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_group_one_request),
        TEST(test_groups_of_two_objects_are_two),
        TEST(test_a_group_that_rests_is_not_doubled),
        TEST(test_a_merged_change_changes_the_group),
        TEST(test_several_collections_in_one_call),
        TEST(test_locks_make_batches_smaller_and_fewer),
        TEST(test_full_speed_comes_back),
        TEST(test_a_lock_or_two_are_everyday_life),
        TEST(test_slow_answers_are_congestion),
        TEST(test_no_answer_makes_it_smaller_and_the_batch_too),
        TEST(test_failures_leave_the_size),
        TEST(test_fewer_calls_make_fuller_batches),
        TEST(test_used_up_waits_and_asks_now_and_then),
        TEST(test_used_up_is_forgotten_where_nothing_comes),
        TEST(test_nonsense_about_usage_is_ignored),
        TEST(test_used_up_and_stopping_gives_back),
        TEST(test_waits_as_long_as_asked),
        TEST(test_a_full_buffer_lingers_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
