/* SPDX-License-Identifier: Apache-2.0 */
/* What merges with what, and what waits for what. */
#include "tests/unit/engine_fixture.h"
#include "worker/engine/commit_map.h"

static void test_not_across_partitions(void **state)
{
    struct fixture *f = *state;
    start_again(f, &usual_limits);
    feed_to(f, 0, 1, 0, record(OP_UPSERT, "a", "1", NULL));
    feed_to(f, 0, 2, 0, record(OP_UPSERT, "a", "2", NULL));
    assert_int_equal(engine_counts(f->engine)->cross_partition, 1);
    const struct batch *b = next_batch(f, LINGER);
    assert_string_equal(text(b->writes[0]->slots[0]), "1");
    assert_null(next(f, LINGER));
    answer_all(f, LINGER, b, 'a');
    assert_string_equal(text(next_batch(f, 2 * LINGER)->writes[0]->slots[0]), "2");
}

static void test_not_without_end(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.max_merge = 2;
    start_again(f, &limits);
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "a", "2", NULL));
    feed(f, 0, record(OP_UPSERT, "a", "3", NULL));
    assert_string_equal(text(next_batch(f, LINGER)->writes[0]->slots[0]), "2");
}

static void test_not_with_what_was_taken_apart(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "a", "2", NULL));
    answer(f, LINGER, next_batch(f, LINGER)->id, "x");
    answer(f, 300, next_batch(f, 300)->id, "a"); /* the first alone */
    feed(f, 300, record(OP_UPSERT, "a", "3", NULL));
    assert_string_equal(text(next_batch(f, 500)->writes[0]->slots[0]), "2");
}

static void test_not_with_what_may_have_been_carried_out(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_HALT, -1);
    int64_t due = engine_due(f->engine);
    answer_whole(f, due, next_batch(f, due)->id, ANSWER_UNKNOWN, -1);
    feed(f, due, record(OP_UPSERT, "a", "2", NULL));
    due = engine_due(f->engine);
    const struct batch *b = next_batch(f, due);
    assert_true(b->writes[0]->unanswered);
    assert_string_equal(text(b->writes[0]->slots[0]), "1");
}

static void test_later_of_equal_versions_wins(void **state)
{
    struct fixture *f = *state;
    struct record *later = versioned(OP_UPSERT, "a", 9, "2", "2");
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "1", "1"));
    feed(f, 0, later);
    const struct batch *b = next_batch(f, LINGER);
    assert_string_equal(text(b->writes[0]->slots[0]), "2");
    assert_ptr_equal(b->writes[0]->record, later);
}

static void test_a_delete_goes_whatever_the_version(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "1", "1"));
    feed(f, 0, record(OP_DELETE, "a", NULL, NULL));
    assert_int_equal(next_batch(f, LINGER)->op, OP_DELETE);
}

static void test_what_fails_while_draining_goes_back_at_once(void **state)
{
    static const char *const kinds[] = {"r", "i", "?", "h"};
    for (size_t i = 0; i < 4 + 5; i++) {
        struct fixture *f = *state;
        start_again(f, &usual_limits);
        feed_many(f, 0, 2);
        feed(f, 0, record(OP_UPSERT, "0", "2", NULL)); /* merged */
        uint64_t batch = next_batch(f, LINGER)->id;
        engine_revoke(f->engine, LINGER);
        if (i < 4)
            answer(f, 200, batch, (char[3]){kinds[i][0], i == 2 ? '?' : 'x', '\0'});
        else
            answer_whole(f, 200, batch, (enum answer_kind)(ANSWER_FAILED + (i - 4)), -1);
        const struct action *a = next(f, 200);
        while (a && a->kind != ACTION_COMMIT) {
            if (a->kind == ACTION_DEAD_LETTER)
                engine_report(f->engine, 200, a->letter.id, false);
            a = next(f, 200);
        }
        engine_committed(f->engine, 200, true);
        assert_int_equal(next(f, 200)->kind, ACTION_RELEASE);
        assert_int_equal(disposed(f, DISPOSITION_RETURNED), 3);
    }
}

static void test_a_failed_commit_is_repeated(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer(f, LINGER, next_batch(f, LINGER)->id, "a");
    assert_int_equal(next(f, LINGER)->kind, ACTION_COMMIT);
    engine_committed(f->engine, 200, false);
    assert_null(next(f, 200));
    assert_int_equal(next(f, LINGER + COMMIT_EVERY)->kind, ACTION_COMMIT);
    engine_committed(f->engine, 2000, true);
    assert_null(next(f, 100000));
}

static void test_a_halt_counts_no_attempt(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer(f, LINGER, next_batch(f, LINGER)->id, "h");
    int64_t due = engine_due(f->engine);
    answer(f, due, next_batch(f, due)->id, "x");
    assert_int_equal(next(f, due)->kind, ACTION_DEAD_LETTER);
    assert_int_equal(f->action.letter.failure->attempts, 1);
}

static void test_a_doubled_insert_is_counted(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_INSERT, NULL, "1", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    assert_non_null(next_batch(f, 2000));
    assert_int_equal(engine_counts(f->engine)->inserts_doubtful, 1);
}

static void test_stop_gives_back_what_is_too_late(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    next_batch(f, LINGER);
    engine_stop(f->engine, LINGER, 1000);
    engine_stop(f->engine, LINGER, 99999); /* said twice */
    assert_null(next(f, LINGER + 999));
    assert_int_equal(next(f, LINGER + 1000)->kind, ACTION_ABORT);
    assert_int_equal(disposed(f, DISPOSITION_RETURNED), 1);
    assert_null(next(f, LINGER + 1000));
    assert_true(engine_idle(f->engine));
}

static void test_how_old_they_were(void **state)
{
    struct fixture *f = *state;
    engine_time_of_day(f->engine, 5000000);
    static const int64_t stamps[] = {5000000, 4999000, 4000001, 6000000, -9000000, -1, 1};
    for (int i = 0; i < 7; i++) {
        struct record *r = record(OP_UPSERT, (char[2]){(char)('0' + i), '\0'}, "1", NULL);
        engine_record(f->engine, 0, 0, message_new(1, "t", 0, i, stamps[i], TEXT_NONE, TEXT_NONE, NULL, 0), r);
    }
    for (const struct batch *b = next_batch(f, LINGER); b; b = next_batch(f, LINGER))
        answer_all(f, LINGER, b, 'a');
    const struct engine_counts *c = engine_counts(f->engine);
    assert_int_equal(c->ages[0], 2); /* one of them from the future */
    assert_int_equal(c->ages[4], 1);
    assert_int_equal(c->ages[ENGINE_AGES - 2], 1);
    assert_int_equal(c->ages[ENGINE_AGES - 1], 1);                           /* -9000000 and -1: none */
    assert_memory_equal(engine_ages(f->engine, 1), c->ages, sizeof c->ages); /* all were of one partition */
    assert_null(engine_ages(f->engine, 99));
    assert_string_equal(disposition_name(DISPOSITION_RETURNED), "returned");
}

static void test_told_twice_to_give_back(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    next_batch(f, LINGER);
    engine_revoke(f->engine, LINGER);
    engine_revoke(f->engine, LINGER + 5000);
    assert_int_equal(engine_due(f->engine), LINGER + DRAIN);
    engine_lost(f->engine, 6000); /* and then it is too late */
    assert_int_equal(next(f, 6000)->kind, ACTION_ABORT);
    assert_int_equal(next(f, 6000)->kind, ACTION_RELEASE);
}

static void test_a_letter_too_late_is_fenced(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer(f, LINGER, next_batch(f, LINGER)->id, "x");
    assert_int_equal(next(f, LINGER)->kind, ACTION_DEAD_LETTER);
    uint64_t letter = f->action.letter.id;
    engine_lost(f->engine, LINGER);
    engine_report(f->engine, LINGER, letter, true);
    assert_int_equal(engine_counts(f->engine)->fenced, 1);
    assert_int_equal(disposed(f, DISPOSITION_DEAD_LETTERED), 0);
    assert_int_equal(next(f, LINGER)->kind, ACTION_RELEASE);
}

static void test_a_letter_not_published_yet_is_not_when_lost(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer(f, LINGER, next_batch(f, LINGER)->id, "x");
    engine_lost(f->engine, LINGER);
    assert_int_equal(next(f, LINGER)->kind, ACTION_RELEASE);
    assert_int_equal(disposed(f, DISPOSITION_RETURNED), 1);
}

static void test_a_suspect_that_is_none(void **state)
{
    struct fixture *f = *state;
    feed_many(f, 0, 3);
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_REFUSED, 3);
    assert_int_equal(next_batch(f, 0)->nwrites, 1); /* half of three */
}

/* A position that points at the wrong record costs one call, not one for each record. */
static void test_a_pointer_that_misleads_is_not_followed_again(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.batch_records = 8;
    start_again(f, &limits);
    feed_many(f, 0, 8);
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_REFUSED, 2);
    uint64_t others = next_batch(f, LINGER)->id;
    const struct batch *suspect = next_batch(f, LINGER);
    assert_int_equal(suspect->nwrites, 1);
    answer(f, LINGER, suspect->id, "a");
    answer_whole(f, LINGER, others, ANSWER_REFUSED, 2);
    assert_int_equal(next_batch(f, LINGER)->nwrites, 3); /* half of seven */
}

static void test_a_pointer_is_followed_after_others_were_written(void **state)
{
    struct fixture *f = *state;
    feed_many(f, 0, 3);
    answer(f, 0, next_batch(f, 0)->id, "aaa");
    feed_many(f, 0, 3);
    answer_whole(f, 0, next_batch(f, 0)->id, ANSWER_REFUSED, 0);
    assert_int_equal(next_batch(f, 0)->nwrites, 2);
    assert_int_equal(next_batch(f, 0)->nwrites, 1);
}

/* Usual commits have no map; the last one also tells of what was finished before them. */
static void test_the_last_commit_tells_what_earlier_ones_left_out(void **state)
{
    struct fixture *f = *state;
    feed_many(f, 0, 3);
    answer(f, 0, next_batch(f, 0)->id, "ara");
    const struct action *a = next(f, COMMIT_EVERY);
    assert_int_equal(a->kind, ACTION_COMMIT);
    assert_null(a->points[0].metadata);
    engine_committed(f->engine, COMMIT_EVERY, true);
    uint64_t again = next_batch(f, COMMIT_EVERY + LINGER)->id;
    engine_revoke(f->engine, 2000);
    answer(f, 2000, again, "r");
    a = next(f, 2000);
    assert_int_equal(a->kind, ACTION_COMMIT);
    struct commit_map *map = commit_map_parse(a->points[0].metadata, 1);
    assert_true(commit_map_holds(map, 2));
    commit_map_free(map);
}

/* Two routes may write one record; what their versions mean is not comparable. */
static void test_versions_of_two_routes(void **state)
{
    struct fixture *f = *state;
    start_again(f, &usual_limits);
    feed_to(f, 0, 1, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    uint64_t first = next_batch(f, LINGER)->id;
    feed_to(f, LINGER, 2, 1, versioned(OP_UPSERT, "a", 5, "5", "5"));
    answer(f, LINGER, first, "a");
    assert_string_equal(text(next_batch(f, 300)->writes[0]->slots[0]), "5");
}

static void test_an_older_insert_is_left_to_salesforce(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", NULL));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, LINGER, versioned(OP_INSERT, "a", 5, "5", "5"));
    feed(f, LINGER, versioned(OP_UPSERT, "a", 10, "10", NULL));
    answer(f, LINGER, first, "a");
    const struct batch *b = next_batch(f, 300);
    assert_int_equal(b->op, OP_INSERT);
    answer(f, 300, b->id, "a");
    assert_string_equal(text(next_batch(f, 500)->writes[0]->slots[0]), "10");
}

/* A replayed letter has the route of the topic that it first came from: one partition, two routes. */
static void test_what_is_of_another_route_does_not_merge(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    feed_to(f, 0, 1, 1, record(OP_UPSERT, "a", NULL, "2"));
    const struct batch *b = next_batch(f, LINGER);
    assert_ptr_equal(b->route, &contacts);
    assert_null(b->writes[0]->slots[1].at);
    answer(f, LINGER, b->id, "a");
    assert_int_equal(next(f, LINGER)->kind, ACTION_COMMIT);
    b = next_batch(f, LINGER + LINGER);
    assert_ptr_equal(b->route, &accounts);
    assert_null(b->writes[0]->slots[0].at);
}

/* Versions of two routes are not of one kind: those of the route that wrote last are remembered. */
static void test_another_route_ends_what_is_known_of_versions(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", NULL));
    uint64_t id = next_batch(f, LINGER)->id;
    feed_to(f, LINGER, 1, 1, versioned(OP_UPSERT, "a", 5, "5", NULL));
    feed(f, LINGER, versioned(OP_UPSERT, "a", 7, "7", NULL));
    answer(f, LINGER, id, "a");
    assert_int_equal(next(f, LINGER)->kind, ACTION_COMMIT);
    const struct batch *b = next_batch(f, 300);
    assert_ptr_equal(b->route, &accounts);
    answer(f, 300, b->id, "a");
    b = next_batch(f, 500);
    assert_ptr_equal(b->route, &contacts);
    assert_string_equal(text(b->writes[0]->slots[0]), "7");
}

static void test_a_second_report_of_a_letter_is_fenced(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer(f, LINGER, next_batch(f, LINGER)->id, "x");
    assert_int_equal(next(f, LINGER)->kind, ACTION_DEAD_LETTER);
    uint64_t letter = f->action.letter.id;
    engine_report(f->engine, LINGER, letter, false);
    engine_report(f->engine, LINGER, letter, true); /* of the same try: it is published again none the less */
    assert_int_equal(engine_counts(f->engine)->fenced, 1);
    assert_int_equal(disposed(f, DISPOSITION_DEAD_LETTERED), 0);
    assert_int_equal(next(f, LINGER + 1000)->kind, ACTION_DEAD_LETTER);
    assert_true(f->action.letter.again);
}

static void test_a_second_answer_to_a_commit_says_nothing(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    answer(f, LINGER, next_batch(f, LINGER)->id, "a");
    assert_int_equal(next(f, LINGER)->kind, ACTION_COMMIT);
    engine_committed(f->engine, LINGER, true);
    engine_committed(f->engine, LINGER, false);
    assert_int_equal(engine_due(f->engine), INT64_MAX);
    assert_null(next(f, LINGER + COMMIT_EVERY));
}

/* The time to stop is over, and Kafka takes no commit: it is left at that. */
static void test_a_last_commit_is_given_up_when_the_time_is_over(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, record(OP_UPSERT, "a", "1", NULL));
    uint64_t id = next_batch(f, LINGER)->id;
    engine_stop(f->engine, LINGER, 1000);
    assert_false(engine_idle(f->engine));
    answer(f, LINGER, id, "a");
    assert_int_equal(next(f, LINGER)->kind, ACTION_COMMIT);
    engine_committed(f->engine, LINGER, false);
    assert_false(engine_idle(f->engine));
    assert_int_equal(next(f, LINGER + COMMIT_EVERY)->kind, ACTION_COMMIT);
    engine_committed(f->engine, LINGER + COMMIT_EVERY, false);
    assert_true(engine_idle(f->engine));
    assert_null(next(f, LINGER + 10 * COMMIT_EVERY));
    assert_int_equal(engine_due(f->engine), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_not_across_partitions),
        TEST(test_not_without_end),
        TEST(test_not_with_what_was_taken_apart),
        TEST(test_not_with_what_may_have_been_carried_out),
        TEST(test_later_of_equal_versions_wins),
        TEST(test_a_delete_goes_whatever_the_version),
        TEST(test_what_fails_while_draining_goes_back_at_once),
        TEST(test_a_failed_commit_is_repeated),
        TEST(test_a_halt_counts_no_attempt),
        TEST(test_a_doubled_insert_is_counted),
        TEST(test_stop_gives_back_what_is_too_late),
        TEST(test_how_old_they_were),
        TEST(test_told_twice_to_give_back),
        TEST(test_a_letter_too_late_is_fenced),
        TEST(test_a_letter_not_published_yet_is_not_when_lost),
        TEST(test_a_suspect_that_is_none),
        TEST(test_a_pointer_that_misleads_is_not_followed_again),
        TEST(test_a_pointer_is_followed_after_others_were_written),
        TEST(test_the_last_commit_tells_what_earlier_ones_left_out),
        TEST(test_versions_of_two_routes),
        TEST(test_an_older_insert_is_left_to_salesforce),
        TEST(test_what_is_of_another_route_does_not_merge),
        TEST(test_another_route_ends_what_is_known_of_versions),
        TEST(test_a_second_report_of_a_letter_is_fenced),
        TEST(test_a_second_answer_to_a_commit_says_nothing),
        TEST(test_a_last_commit_is_given_up_when_the_time_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
