/* SPDX-License-Identifier: Apache-2.0 */
/* A route that cannot be written waits; the others go on. */
#include "tests/unit/engine_fixture.h"

static void test_waits_asks_and_goes_on(void **state)
{
    struct fixture *f = *state;
    feed_many(f, 0, 3);
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_HALT, -1);
    assert_string_equal(engine_halted(f->engine, 0)->refusals[0].code, "TROUBLE");
    assert_null(engine_waiting(f->engine));
    assert_int_equal(engine_counts(f->engine)->halted, 1);
    feed(f, 0, record(OP_UPSERT, "later", "1", NULL));
    assert_null(next(f, 0));
    int64_t due = engine_due(f->engine);
    assert_true(due > 0 && due <= 1000);
    const struct batch *probe = next_batch(f, due);
    assert_non_null(probe);
    assert_null(next(f, due)); /* one at a time */
    assert_int_equal(probe->writes[0]->attempts, 0);
    answer_all(f, due, probe, 'a');
    assert_null(engine_halted(f->engine, 0));
    assert_int_equal(engine_counts(f->engine)->halted, 0);
    for (const struct batch *b = next_batch(f, due + LINGER); b; b = next_batch(f, due + LINGER))
        answer_all(f, due, b, 'a');
    assert_int_equal(engine_counts(f->engine)->pending, 0);
}

static void test_asks_at_least_once_a_minute(void **state)
{
    struct fixture *f = *state;
    int64_t now = 0;
    feed_many(f, 0, 3);
    for (int i = 0; i < 30; i++) {
        const struct batch *b = next_batch(f, now);
        assert_non_null(b);
        answer_whole(f, now, b->id, ANSWER_HALT, -1);
        assert_null(next(f, now));
        int64_t due = engine_due(f->engine);
        assert_true(due - now <= 60000);
        now = due;
    }
    assert_int_equal(engine_counts(f->engine)->dead_letters_waiting, 0);
    assert_true(now > 5 * 60000); /* it did grow */
}

static void test_others_go_on(void **state)
{
    struct fixture *f = *state;
    start_again(f, &usual_limits);
    feed_many(f, 0, 3);
    uint64_t halted = next_batch(f, 0)->id;
    feed_to(f, 0, 2, 1, record(OP_UPSERT, "a", "1", NULL));
    answer_whole(f, 0, halted, ANSWER_HALT, -1);
    const struct batch *b = next_batch(f, LINGER);
    assert_ptr_equal(b->route, &accounts);
    answer_all(f, LINGER, b, 'a');
    assert_non_null(engine_halted(f->engine, 0)); /* another route's success says nothing about this one */
    assert_null(engine_halted(f->engine, 1));
}

static void test_one_write_of_several(void **state)
{
    struct fixture *f = *state;
    feed_many(f, 0, 3);
    answer(f, 0, next_batch(f, 0)->id, "aha");
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), 2);
    assert_non_null(engine_halted(f->engine, 0));
    assert_int_equal(next(f, 0)->kind, ACTION_COMMIT);
    int64_t due = engine_due(f->engine);
    const struct batch *probe = next_batch(f, due);
    assert_int_equal(probe->nwrites, 1);
    answer(f, due, probe->id, "h");
    assert_non_null(engine_halted(f->engine, 0));
}

static void test_a_refusal_says_that_it_is_written_again(void **state)
{
    struct fixture *f = *state;
    feed_many(f, 0, 3);
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_HALT, -1);
    int64_t due = engine_due(f->engine);
    answer_whole(f, due, next_batch(f, due)->id, ANSWER_REFUSED, -1);
    assert_null(engine_halted(f->engine, 0));
}

static void test_a_failed_question_is_asked_with_less(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.batch_records = 8;
    start_again(f, &limits);
    feed_many(f, 0, 8);
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_HALT, -1);
    char first[64];
    size_t before = 8;
    for (int i = 0; i < 4; i++) {
        int64_t due = engine_due(f->engine);
        const struct batch *b = next_batch(f, due);
        assert_true(b->nwrites < before || b->nwrites == 1);
        if (i > 2)
            assert_string_not_equal(first, text(b->writes[0]->record->key));
        snprintf(first, sizeof first, "%s", text(b->writes[0]->record->key));
        before = b->nwrites;
        answer_whole(f, due, b->id, ANSWER_FAILED, -1);
        assert_non_null(engine_halted(f->engine, 0));
    }
}

static void test_its_partitions_are_parked_before_it_fills_the_buffer(void **state)
{
    struct fixture *f = *state;
    start_again(f, &usual_limits);
    feed_many(f, 0, 3);
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_HALT, -1);
    int fed = 3;
    const struct action *a = NULL;
    for (; fed < 100 && !a; fed++) {
        char key[16];
        snprintf(key, sizeof key, "%d", fed);
        feed(f, 0, record(OP_UPSERT, key, "1", NULL));
        a = next(f, 0);
    }
    assert_int_equal(a->kind, ACTION_PARK);
    assert_int_equal(a->lease, 1);
    assert_true(fed > 20 && fed < 30); /* a quarter of 100 */
    assert_true(engine_wants_more(f->engine));
    int64_t due = engine_due(f->engine);
    answer_all(f, due, next_batch(f, due), 'a');
    assert_int_equal(next(f, due)->kind, ACTION_UNPARK);
}

static void test_given_back_at_once_when_stopping(void **state)
{
    struct fixture *f = *state;
    start_again(f, &usual_limits);
    feed_many(f, 0, 3);
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_HALT, -1);
    feed_to(f, 0, 2, 1, record(OP_UPSERT, "a", "1", NULL));
    engine_stop(f->engine, 10, 5000);
    const struct batch *b = next_batch(f, 10);
    assert_int_equal(disposed(f, DISPOSITION_RETURNED), 3);
    assert_ptr_equal(b->route, &accounts);
    answer_all(f, 20, b, 'a');
    assert_int_equal(next(f, 20)->kind, ACTION_COMMIT);
    engine_committed(f->engine, 20, true);
    assert_true(engine_idle(f->engine));
}

/* Of one record, the halted route's first: whoever reads both again must not find the later one done. */
static void test_what_is_behind_goes_back_too(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_HALT, -1);
    feed_to(f, LINGER, 1, 1, record(OP_UPSERT, "a", "2", NULL));
    feed_to(f, LINGER, 1, 1, record(OP_UPSERT, "b", "3", NULL));
    engine_stop(f->engine, 200, 5000);
    const struct batch *b = next_batch(f, 200);
    assert_int_equal(b->nwrites, 1);
    assert_string_equal(text(b->writes[0]->record->key), "b");
    assert_int_equal(disposed(f, DISPOSITION_RETURNED), 1);
    assert_int_equal(engine_counts(f->engine)->events[1][DISPOSITION_RETURNED], 1);
    assert_int_equal(engine_counts(f->engine)->pending, 1);
}

/* ---- stop_above_percent ---- */

static void start_with_ceiling(struct fixture *f)
{
    struct engine_limits limits = usual_limits;
    limits.max_events = 5000;
    limits.batch_records = 1;
    limits.linger_ms = 0;
    limits.stop_above_percent = 2;
    start_again(f, &limits);
}

/* An event that fails for good, or not; true if it is published. */
static bool end_one(struct fixture *f, bool failed)
{
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    const struct action *a = next(f, 0);
    for (; a && a->kind == ACTION_COMMIT; a = next(f, 0))
        engine_committed(f->engine, 0, true);
    if (!a)
        return false;
    answer(f, 0, a->batch->id, failed ? "x" : "a");
    a = failed ? next(f, 0) : NULL;
    if (!a || a->kind != ACTION_DEAD_LETTER)
        return !failed;
    engine_report(f->engine, 0, a->letter.id, true);
    return true;
}

static void refuse_one(struct fixture *f)
{
    engine_refuse(f->engine, 0, 0, message_new(1, "t", 0, f->offset++, -1, TEXT_NONE, TEXT_NONE, NULL, 0), OP_UPSERT,
                  NULL, failure_new(STAGE_MAP, "BAD", "", NULL));
}

static void test_stops_above_a_share(void **state)
{
    struct fixture *f = *state;
    start_with_ceiling(f);
    for (int i = 0; i < 20; i++)
        assert_true(end_one(f, true));
    assert_null(engine_halted(f->engine, 0));
    assert_false(end_one(f, true)); /* more than 2 % of 1,000 */
    assert_string_equal(engine_halted(f->engine, 0)->refusals[0].code, "STOPPED_ABOVE_PERCENT");
    assert_int_equal(disposed(f, DISPOSITION_DEAD_LETTERED), 20);
    assert_false(end_one(f, false)); /* nothing of it is sent any more */
    assert_null(next_batch(f, 100000000));
    refuse_one(f);
    assert_null(next(f, 100000000));
    engine_stop(f->engine, 100000000, 1000);
    next(f, 100000000);
    assert_int_equal(disposed(f, DISPOSITION_RETURNED), 3);
}

/* Its events went away: only those that come could tell whether it still has its trouble. */
static void test_released_partitions_take_the_halt_along(void **state)
{
    struct fixture *f = *state;
    feed_many(f, 0, 2);
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_HALT, -1);
    assert_non_null(engine_halted(f->engine, 0));
    engine_lost(f->engine, LINGER);
    assert_int_equal(next(f, LINGER)->kind, ACTION_RELEASE);
    assert_null(engine_halted(f->engine, 0));
    assert_int_equal(engine_counts(f->engine)->halted, 0);
    engine_assign(f->engine, LINGER, 7, "t", 0, 0, "");
    feed_to(f, LINGER, 7, 0, record(OP_UPSERT, "1", "x", NULL));
    assert_non_null(next_batch(f, 2 * LINGER));
}

/* What was on its way when it stopped may say what it likes. */
static void test_a_halt_after_the_stop_changes_nothing(void **state)
{
    struct fixture *f = *state;
    start_with_ceiling(f);
    for (int i = 0; i < 20; i++)
        end_one(f, true);
    feed(f, 0, record(OP_UPSERT, "b", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "c", "1", NULL));
    uint64_t bad = next_batch(f, 0)->id, halted = next_batch(f, 0)->id;
    answer(f, 0, bad, "x");
    answer(f, 0, halted, "h");
    assert_string_equal(engine_halted(f->engine, 0)->refusals[0].code, "STOPPED_ABOVE_PERCENT");
    assert_null(next_batch(f, 100000000));
}

static void test_an_answer_to_its_question_does_not_end_the_stop(void **state)
{
    struct fixture *f = *state;
    start_with_ceiling(f);
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_HALT, -1);
    uint64_t question = next_batch(f, 100000)->id;
    for (int i = 0; i < 21; i++)
        refuse_one(f);
    assert_string_equal(engine_halted(f->engine, 0)->refusals[0].code, "STOPPED_ABOVE_PERCENT");
    answer(f, 100000, question, "a");
    assert_string_equal(engine_halted(f->engine, 0)->refusals[0].code, "STOPPED_ABOVE_PERCENT");
}

static void test_only_the_last_thousand_count(void **state)
{
    struct fixture *f = *state;
    start_with_ceiling(f);
    for (int i = 0; i < 20; i++)
        assert_true(end_one(f, true));
    for (int i = 0; i < 990; i++)
        assert_true(end_one(f, false));
    for (int i = 0; i < 10; i++)
        assert_true(end_one(f, true));
    assert_null(engine_halted(f->engine, 0));
}

/* Nobody waits for letters that are not sent: neither for those held before, nor for one of what was on its way. */
static void test_a_stopped_route_is_given_back_at_once(void **state)
{
    struct fixture *f = *state;
    start_with_ceiling(f);
    feed(f, 0, record(OP_UPSERT, "b", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "c", "1", NULL));
    uint64_t bad = next_batch(f, 0)->id, good = next_batch(f, 0)->id;
    for (int i = 0; i < 22; i++)
        refuse_one(f);
    assert_string_equal(engine_halted(f->engine, 0)->refusals[0].code, "STOPPED_ABOVE_PERCENT");
    for (const struct action *a = next(f, 0); a; a = next(f, 0)) {
        if (a->kind == ACTION_DEAD_LETTER)
            engine_report(f->engine, 0, a->letter.id, true);
        else
            engine_committed(f->engine, 0, true);
    }
    assert_int_equal(engine_counts(f->engine)->pending, 4);
    engine_revoke(f->engine, 0);
    assert_int_equal(engine_counts(f->engine)->pending, 2);
    answer(f, 0, bad, "x");
    answer(f, 0, good, "a");
    assert_int_equal(next(f, 0)->kind, ACTION_COMMIT);
    assert_int_equal(disposed(f, DISPOSITION_RETURNED), 3);
    engine_committed(f->engine, 0, true);
    assert_int_equal(next(f, 0)->kind, ACTION_RELEASE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_waits_asks_and_goes_on),
        TEST(test_asks_at_least_once_a_minute),
        TEST(test_others_go_on),
        TEST(test_one_write_of_several),
        TEST(test_a_refusal_says_that_it_is_written_again),
        TEST(test_a_failed_question_is_asked_with_less),
        TEST(test_its_partitions_are_parked_before_it_fills_the_buffer),
        TEST(test_given_back_at_once_when_stopping),
        TEST(test_what_is_behind_goes_back_too),
        TEST(test_stops_above_a_share),
        TEST(test_released_partitions_take_the_halt_along),
        TEST(test_a_halt_after_the_stop_changes_nothing),
        TEST(test_an_answer_to_its_question_does_not_end_the_stop),
        TEST(test_a_stopped_route_is_given_back_at_once),
        TEST(test_only_the_last_thousand_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
