/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's rules one by one; that they hold together is what tests/schedules shows. */
#include "tests/unit/engine_fixture.h"
#include "worker/engine/commit_map.h"

static void test_lingers_for_company(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "\"A\"", NULL));
    assert_null(next(f, LINGER - 1));
    assert_int_equal(engine_due(f->engine), LINGER);
    const struct batch *b = next_batch(f, LINGER);
    assert_non_null(b);
    assert_int_equal(b->nwrites, 1);
}

static void test_goes_at_once_when_full(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "b", "1", NULL));
    assert_null(next(f, 0));
    feed(f, 0, record(OP_UPSERT, "c", "1", NULL));
    assert_int_equal(next_batch(f, 0)->nwrites, 3);
}

static void test_bytes_bound_a_batch(void **state)
{
    struct fixture *f = *state;
    char *big = xcalloc(1, 701);
    memset(big, '1', 700);
    feed(f, 0, record(OP_UPSERT, "a", big, NULL));
    feed(f, 0, record(OP_UPSERT, "b", big, NULL));
    assert_int_equal(next_batch(f, LINGER)->nwrites, 1);
    assert_int_equal(next_batch(f, LINGER)->nwrites, 1);
    free(big); /* lent to the records, as a message's bytes would be */
}

static void test_merges_slot_by_slot(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", "2"));
    feed(f, 1, record(OP_UPSERT, "a", "3", NULL));
    const struct batch *b = next_batch(f, LINGER);
    assert_int_equal(b->nwrites, 1);
    assert_string_equal(text(b->writes[0]->slots[0]), "3");
    assert_string_equal(text(b->writes[0]->slots[1]), "2");
    answer(f, 200, b->id, "a");
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), 2);
    assert_int_equal(engine_counts(f->engine)->merged, 1);
}

static void test_one_request_a_record(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    const struct batch *b = next_batch(f, LINGER);
    feed(f, 150, record(OP_UPSERT, "a", "2", NULL));
    feed(f, 150, record(OP_UPSERT, "a", "3", NULL));
    assert_null(next(f, 150 + LINGER));
    answer(f, 300, b->id, "a");
    b = next_batch(f, 300 + LINGER);
    assert_string_equal(text(b->writes[0]->slots[0]), "3");
}

static void test_other_case_waits_and_does_not_merge(void **state)
{
    struct fixture *f = *state;
    struct record *upper = record(OP_UPSERT, "a", "2", NULL);
    upper->key = text_of("A");
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, upper);
    const struct batch *b = next_batch(f, LINGER);
    assert_int_equal(b->nwrites, 1);
    assert_null(next(f, LINGER));
    answer(f, LINGER, b->id, "a");
    assert_string_equal(text(next_batch(f, 3 * LINGER)->writes[0]->record->key), "A");
}

static void test_operations_do_not_mix(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, record(OP_DELETE, "b", NULL, NULL));
    const struct batch *b = next_batch(f, LINGER);
    assert_int_equal(b->nwrites, 1);
    assert_int_equal(b->op, OP_UPSERT);
    b = next_batch(f, LINGER);
    assert_int_equal(b->op, OP_DELETE);
}

static void test_delete_takes_what_waits_along(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, record(OP_DELETE, "a", NULL, NULL));
    feed(f, 0, record(OP_UPSERT, "a", "2", NULL));
    const struct batch *b = next_batch(f, LINGER);
    assert_int_equal(b->op, OP_DELETE);
    assert_null(b->writes[0]->slots[0].at);
    answer(f, LINGER, b->id, "a");
    assert_string_equal(text(next_batch(f, 3 * LINGER)->writes[0]->slots[0]), "2");
}

static void test_higher_version_wins_in_any_order(void **state)
{
    struct fixture *f = *state;
    struct record *newer = record(OP_UPSERT, "a", "9", NULL), *older = record(OP_UPSERT, "a", "5", "5");
    newer->has_version = older->has_version = true;
    newer->version = 9;
    older->version = 5;
    feed(f, 0, newer);
    feed(f, 0, older);
    const struct batch *b = next_batch(f, LINGER);
    assert_string_equal(text(b->writes[0]->slots[0]), "9");
    assert_string_equal(text(b->writes[0]->slots[1]), "5");
    answer(f, LINGER, b->id, "a");
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), 2); /* its title was wanted */
    assert_int_equal(disposed(f, DISPOSITION_SUPERSEDED), 0);
}

static void test_refused_is_a_dead_letter_and_the_rest_is_done(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "b", "1", NULL));
    const struct batch *b = next_batch(f, LINGER);
    answer(f, LINGER, b->id, "ax");
    const struct action *a = next(f, COMMIT_EVERY);
    assert_int_equal(a->kind, ACTION_DEAD_LETTER);
    assert_string_equal(a->letter.failure->refusals[0].code, "CODE");
    assert_int_equal(a->letter.failure->attempts, 1);
    uint64_t letter = a->letter.id;
    a = next(f, COMMIT_EVERY);
    assert_int_equal(a->kind, ACTION_COMMIT);
    assert_int_equal(a->points[0].offset, 1); /* not over the letter that is not acknowledged */
    engine_committed(f->engine, COMMIT_EVERY, true);
    engine_report(f->engine, COMMIT_EVERY, letter, true);
    a = next(f, 2 * COMMIT_EVERY);
    assert_int_equal(a->points[0].offset, 2);
    assert_int_equal(disposed(f, DISPOSITION_DEAD_LETTERED), 1);
}

static void test_letter_is_published_again(void **state)
{
    struct fixture *f = *state;
    engine_refuse(f->engine, 0, 0, message_new(1, "t", 0, 0, -1, TEXT_NONE, TEXT_NONE, NULL, 0), OP_UPSERT, "k",
                  failure_new(STAGE_MAP, "MISSING", "", NULL));
    const struct action *a = next(f, 0);
    assert_int_equal(a->kind, ACTION_DEAD_LETTER);
    assert_false(a->letter.again);
    engine_report(f->engine, 0, a->letter.id, false);
    assert_int_equal(engine_counts(f->engine)->dead_letters_failing, 1);
    assert_null(next(f, 10));
    a = next(f, 200);
    assert_int_equal(a->kind, ACTION_DEAD_LETTER);
    assert_true(a->letter.again);
    engine_report(f->engine, 200, a->letter.id, true);
    assert_int_equal(engine_counts(f->engine)->pending, 0);
}

static void test_merged_and_refused_is_taken_apart(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "a", "2", NULL));
    const struct batch *b = next_batch(f, LINGER);
    answer(f, LINGER, b->id, "x");
    b = next_batch(f, 2 * LINGER);
    assert_string_equal(text(b->writes[0]->slots[0]), "1");
    answer(f, 2 * LINGER, b->id, "a");
    b = next_batch(f, 3 * LINGER);
    assert_string_equal(text(b->writes[0]->slots[0]), "2");
    answer(f, 3 * LINGER, b->id, "x");
    assert_int_equal(next(f, 3 * LINGER)->kind, ACTION_DEAD_LETTER);
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), 1);
}

static void test_refusals_for_now_are_counted(void **state)
{
    struct fixture *f = *state;
    int64_t now = LINGER;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    for (int i = 0; i < 3; i++, now += 2000) {
        const struct batch *b = next_batch(f, now);
        if (!b) /* it is ready again, and lingers */
            b = next_batch(f, now += LINGER);
        assert_non_null(b);
        answer(f, now, b->id, "r");
    }
    const struct action *a = next(f, now);
    assert_int_equal(a->kind, ACTION_DEAD_LETTER);
    assert_int_equal(a->letter.failure->attempts, 3);
}

static void test_unanswered_holds_newer_changes(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    const struct batch *b = next_batch(f, LINGER);
    feed(f, 150, record(OP_UPSERT, "a", "2", NULL));
    answer_whole(f, 200, b->id, ANSWER_UNKNOWN, -1);
    b = next_batch(f, 2000); /* the same once more, at once */
    assert_true(b->writes[0]->unanswered);
    assert_string_equal(text(b->writes[0]->slots[0]), "1");
    answer(f, 2000, b->id, "a");
    assert_int_equal(next(f, 2000 + LINGER)->kind, ACTION_COMMIT);
    engine_committed(f->engine, 2000 + LINGER, true);
    assert_null(next(f, 200 + HOLD - 1));
    assert_null(next(f, 200 + HOLD)); /* ready, and lingers */
    assert_string_equal(text(next_batch(f, 200 + HOLD + LINGER)->writes[0]->slots[0]), "2");
}

static void test_outage_pauses_and_halves(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 6; i++) {
        static const char *const keys[] = {"a", "b", "c", "d", "e", "f"};
        feed(f, 0, record(OP_UPSERT, keys[i], "1", NULL));
    }
    uint64_t first = next_batch(f, 0)->id, second = next_batch(f, 0)->id;
    answer_whole(f, 10, first, ANSWER_FAILED, -1);
    answer_whole(f, 10, second, ANSWER_FAILED, -1);
    assert_null(next(f, 20));
    assert_int_equal(next_batch(f, 5000)->nwrites, 3);
    assert_null(next_batch(f, 5000)); /* one at a time now */
    assert_int_equal(engine_counts(f->engine)->dead_letters_waiting, 0);
}

static void test_refused_whole_is_taken_apart_at_the_suspect(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "b", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "c", "1", NULL));
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_REFUSED, 1);
    const struct batch *others = next_batch(f, 0), *suspect = next_batch(f, 0);
    assert_int_equal(others->nwrites, 2);
    assert_int_equal(suspect->nwrites, 1);
    assert_string_equal(text(suspect->writes[0]->record->key), "b");
    answer_whole(f, 0, suspect->id, ANSWER_REFUSED, -1);
    assert_int_equal(next(f, 0)->kind, ACTION_DEAD_LETTER);
}

static void test_waiting_asks_with_one(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    const struct batch *b = next_batch(f, LINGER);
    answer_whole(f, 200, b->id, ANSWER_WAIT, -1);
    assert_string_equal(engine_waiting(f->engine)->refusals[0].code, "TROUBLE");
    feed(f, 200, record(OP_DELETE, "b", NULL, NULL));
    b = next_batch(f, 5000);
    assert_non_null(b);
    assert_null(next(f, 5000));
    answer(f, 5000, b->id, "a");
    assert_null(engine_waiting(f->engine));
    assert_non_null(next_batch(f, 5000));
}

/* Nothing would ever go out and tell that the trouble is over. */
static void test_trouble_goes_with_the_events(void **state)
{
    struct fixture *f = *state;
    int64_t now = LINGER;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    for (int i = 0; i < 3; i++, now += 60000)
        answer_whole(f, now, next_batch(f, now)->id, ANSWER_FAILED, -1);
    assert_non_null(engine_outage(f->engine));
    answer_whole(f, now, next_batch(f, now)->id, ANSWER_WAIT, -1);
    assert_non_null(engine_waiting(f->engine));
    engine_lost(f->engine, now);
    assert_int_equal(next(f, now)->kind, ACTION_RELEASE);
    assert_null(engine_outage(f->engine));
    assert_null(engine_waiting(f->engine));
}

static void test_three_failures_in_a_row_are_an_outage(void **state)
{
    struct fixture *f = *state;
    int64_t now = LINGER;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    for (int i = 1; i <= 3; i++, now += 60000) {
        assert_null(engine_outage(f->engine));
        answer_whole(f, now, next_batch(f, now)->id, i % 2 ? ANSWER_UNKNOWN : ANSWER_FAILED, -1);
    }
    assert_string_equal(engine_outage(f->engine)->refusals[0].code, "TROUBLE");
    assert_null(engine_waiting(f->engine));
    answer(f, now, next_batch(f, now)->id, "a");
    assert_null(engine_outage(f->engine));
}

static void test_revoked_drains_then_commits_then_releases(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    const struct batch *b = next_batch(f, LINGER);
    feed(f, 110, record(OP_UPSERT, "z", "1", NULL));
    engine_revoke(f->engine, 120);
    assert_int_equal(disposed(f, DISPOSITION_RETURNED), 1);
    assert_null(next(f, 120));
    answer(f, 130, b->id, "a");
    const struct action *a = next(f, 130);
    assert_int_equal(a->kind, ACTION_COMMIT);
    assert_int_equal(a->points[0].offset, 1);
    assert_null(next(f, 130));
    engine_committed(f->engine, 140, true);
    assert_int_equal(next(f, 140)->kind, ACTION_RELEASE);
    assert_int_equal(engine_counts(f->engine)->pending, 0);
}

/* Its next owner begins at the returned one, and must not write what was finished above it again: an older state could
 * follow a newer one. */
static void test_revoked_tells_what_is_finished_above(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "b", "1", NULL));
    answer(f, LINGER, next_batch(f, LINGER)->id, "ra");
    engine_revoke(f->engine, LINGER);
    const struct action *a = next(f, LINGER);
    assert_int_equal(a->kind, ACTION_COMMIT);
    assert_int_equal(a->points[0].offset, 0);
    struct commit_map *map = commit_map_parse(a->points[0].metadata, 0);
    assert_true(commit_map_holds(map, 1));
    assert_false(commit_map_holds(map, 0));
    commit_map_free(map);
    engine_committed(f->engine, LINGER, true);
    assert_int_equal(next(f, LINGER)->kind, ACTION_RELEASE);
}

static void test_revoked_does_not_wait_for_ever(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    uint64_t id = next_batch(f, LINGER)->id;
    engine_revoke(f->engine, 120);
    assert_int_equal(engine_due(f->engine), 120 + DRAIN);
    const struct action *a = next(f, 120 + DRAIN);
    assert_int_equal(a->kind, ACTION_ABORT);
    assert_int_equal(a->batch_id, id);
    a = next(f, 120 + DRAIN);
    assert_int_equal(a->kind,
                     ACTION_COMMIT); /* where it began: whoever comes next begins there, even with start = "latest" */
    assert_int_equal(a->points[0].offset, 0);
    engine_committed(f->engine, 121 + DRAIN, true);
    assert_int_equal(next(f, 121 + DRAIN)->kind, ACTION_RELEASE);
    answer(f, 200 + DRAIN, id, "a");
    assert_int_equal(engine_counts(f->engine)->fenced, 1);
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), 0);
}

static void test_lost_sends_and_commits_nothing(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer(f, LINGER, next_batch(f, LINGER)->id, "a");
    feed(f, 200, record(OP_UPSERT, "b", "1", NULL));
    assert_non_null(next_batch(f, 200 + LINGER));
    engine_lost(f->engine, 400);
    assert_int_equal(next(f, 400)->kind, ACTION_ABORT);
    assert_int_equal(next(f, 400)->kind, ACTION_RELEASE);
    assert_null(next(f, 100000));
}

static void test_stop_does_not_linger(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    engine_stop(f->engine, 1, 1000);
    assert_false(engine_wants_more(f->engine));
    const struct batch *b = next_batch(f, 1);
    assert_non_null(b);
    assert_false(engine_idle(f->engine));
    answer(f, 2, b->id, "a");
    assert_int_equal(next(f, 2)->kind, ACTION_COMMIT);
    engine_committed(f->engine, 3, true);
    assert_true(engine_idle(f->engine));
}

static void test_buffer_is_bounded(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 100; i++) {
        assert_true(engine_wants_more(f->engine));
        feed(f, 0, record(OP_UPSERT, NULL, "1", NULL));
    }
    assert_false(engine_wants_more(f->engine));
}

static void test_stuck_partition_is_parked(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "stuck", "1", NULL));
    uint64_t stuck = next_batch(f, LINGER)->id;
    for (int i = 0; i < 99; i++)
        engine_skip(f->engine, 200, 0, message_new(1, "t", 0, f->offset++, -1, TEXT_NONE, TEXT_NONE, NULL, 0));
    const struct action *a = next(f, 200);
    assert_int_equal(a->kind, ACTION_PARK);
    assert_int_equal(a->lease, 1);
    answer(f, 300, stuck, "a");
    assert_int_equal(next(f, 300)->kind, ACTION_UNPARK);
}

/* Matrix 17. */
static void test_seen_before_is_dropped(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    f->offset = 0;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    assert_int_equal(engine_counts(f->engine)->dropped, 1);
    assert_int_equal(engine_counts(f->engine)->consumed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lingers_for_company),
        TEST(test_goes_at_once_when_full),
        TEST(test_bytes_bound_a_batch),
        TEST(test_merges_slot_by_slot),
        TEST(test_one_request_a_record),
        TEST(test_other_case_waits_and_does_not_merge),
        TEST(test_operations_do_not_mix),
        TEST(test_delete_takes_what_waits_along),
        TEST(test_higher_version_wins_in_any_order),
        TEST(test_refused_is_a_dead_letter_and_the_rest_is_done),
        TEST(test_letter_is_published_again),
        TEST(test_merged_and_refused_is_taken_apart),
        TEST(test_refusals_for_now_are_counted),
        TEST(test_unanswered_holds_newer_changes),
        TEST(test_outage_pauses_and_halves),
        TEST(test_refused_whole_is_taken_apart_at_the_suspect),
        TEST(test_waiting_asks_with_one),
        TEST(test_trouble_goes_with_the_events),
        TEST(test_three_failures_in_a_row_are_an_outage),
        TEST(test_revoked_drains_then_commits_then_releases),
        TEST(test_revoked_tells_what_is_finished_above),
        TEST(test_revoked_does_not_wait_for_ever),
        TEST(test_lost_sends_and_commits_nothing),
        TEST(test_stop_does_not_linger),
        TEST(test_buffer_is_bounded),
        TEST(test_stuck_partition_is_parked),
        TEST(test_seen_before_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
