/* SPDX-License-Identifier: Apache-2.0 */
/* A lower version never replaces a higher one: in a merge, behind one on its way, after one that was applied. */
#include "tests/unit/engine_fixture.h"

static void test_what_the_newer_leaves_alone_is_wanted(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", NULL));
    feed(f, 0, versioned(OP_UPSERT, "a", 5, "5", "5"));
    const struct batch *b = next_batch(f, LINGER);
    assert_string_equal(text(b->writes[0]->slots[0]), "9");
    assert_string_equal(text(b->writes[0]->slots[1]), "5");
    assert_int_equal(b->writes[0]->record->version, 9);
    answer(f, LINGER, b->id, "a");
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), 2);
}

static void test_an_older_whole_row_is_superseded(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    feed(f, 0, versioned(OP_UPSERT, "a", 5, "5", "5"));
    answer(f, LINGER, next_batch(f, LINGER)->id, "a");
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), 1);
    assert_int_equal(disposed(f, DISPOSITION_SUPERSEDED), 1);
}

static void test_equal_versions_pass(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "1", "1"));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 9, "2", "2"));
    answer(f, 100, first, "a");
    assert_string_equal(text(next_batch(f, 300)->writes[0]->slots[0]), "2");
}

static void test_older_behind_one_on_its_way_is_not_sent(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 5, "5", "5"));
    feed(f, 100, versioned(OP_UPSERT, "A", 4, "4", "4"));
    assert_int_equal(disposed(f, DISPOSITION_SUPERSEDED), 0); /* it might yet fail */
    answer(f, 100, first, "a");
    assert_int_equal(disposed(f, DISPOSITION_SUPERSEDED), 1);
    assert_int_equal(next(f, 100)->kind, ACTION_COMMIT);
    assert_non_null(next_batch(f, 300)); /* the one of another record */
}

static void test_older_goes_out_where_the_newer_was_refused(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 5, "5", "5"));
    answer(f, 100, first, "x");
    assert_int_equal(next(f, 100)->kind, ACTION_DEAD_LETTER);
    assert_non_null(next_batch(f, 300));
}

static void test_only_what_was_written_later_is_left_out(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", NULL));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 5, "5", "5"));
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    const struct batch *b = next_batch(f, 300);
    assert_null(b->writes[0]->slots[0].at);
    assert_string_equal(text(b->writes[0]->slots[1]), "5");
}

static void test_remembered_while_the_record_is_held(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    answer(f, 2000, next_batch(f, 2000)->id, "a");
    feed(f, 2000, versioned(OP_UPSERT, "a", 5, "5", "5"));
    assert_int_equal(disposed(f, DISPOSITION_SUPERSEDED), 1);
    feed(f, 2000, versioned(OP_UPSERT, "a", 10, "10", "10")); /* a higher one need not wait */
    assert_non_null(next_batch(f, 2000 + LINGER));
}

/* The next batch, whatever is to be committed before it; NULL: none. */
static const struct batch *sent(struct fixture *f, int64_t now)
{
    const struct action *a = next(f, now);
    for (; a && a->kind == ACTION_COMMIT; a = next(f, now))
        engine_committed(f->engine, now, true);
    return a && a->kind == ACTION_SEND ? a->batch : NULL;
}

/* A higher version went out meanwhile and got no answer either: the end of the first hold is not that of the second. */
static void test_a_hold_is_prolonged(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    answer_whole(f, LINGER, sent(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    answer(f, 2000, sent(f, 2000)->id, "a");
    feed(f, 2000, versioned(OP_UPSERT, "a", 10, "10", "10"));
    answer_whole(f, 2000 + LINGER, sent(f, 2000 + LINGER)->id, ANSWER_UNKNOWN, -1);
    uint64_t again = sent(f, 5000)->id;
    assert_null(sent(f, LINGER + HOLD)); /* it is still under way */
    answer(f, 31000, again, "a");
    feed(f, 31000, record(OP_UPSERT, "a", "11", "11"));
    assert_null(sent(f, 2000 + LINGER + HOLD - 1));
    assert_non_null(sent(f, 2000 + LINGER + HOLD));
}

static void test_salesforce_holds_a_newer_one(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    answer(f, LINGER, next_batch(f, LINGER)->id, "s");
    assert_int_equal(disposed(f, DISPOSITION_SUPERSEDED), 1);
    assert_int_equal(next(f, LINGER)->kind, ACTION_COMMIT);
}

/* A value of version 5 must not ride along with one of 8 over what 7 has written. */
static void test_an_older_value_does_not_ride_over_a_newer_one(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 7, "7", NULL));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 8, NULL, "8"));
    feed(f, 100, versioned(OP_UPSERT, "a", 5, "5", NULL));
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    const struct batch *b = next_batch(f, 300);
    assert_null(b->writes[0]->slots[0].at);
    assert_string_equal(text(b->writes[0]->slots[1]), "8");
}

static void test_an_older_value_does_not_join_one_that_is_ready(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 7, "7", NULL));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 8, NULL, "8"));
    answer(f, 100, first, "a");
    feed(f, 100, versioned(OP_UPSERT, "a", 5, "5", NULL));
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    assert_null(next_batch(f, 300)->writes[0]->slots[0].at);
}

static void test_a_newer_one_does_not_carry_an_older_value(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 7, "7", NULL));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 5, "5", NULL));
    feed(f, 100, versioned(OP_UPSERT, "a", 9, NULL, "9"));
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    const struct batch *b = next_batch(f, 300);
    assert_null(b->writes[0]->slots[0].at);
    assert_string_equal(text(b->writes[0]->slots[1]), "9");
}

static void test_of_two_older_values_the_newer_one_counts(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, NULL, "9"));
    feed(f, 0, versioned(OP_UPSERT, "a", 3, "3", NULL));
    feed(f, 0, versioned(OP_UPSERT, "a", 4, "4", NULL));
    feed(f, 0, versioned(OP_UPSERT, "a", 2, "2", "2"));
    const struct batch *b = next_batch(f, LINGER);
    assert_string_equal(text(b->writes[0]->slots[0]), "4");
    assert_string_equal(text(b->writes[0]->slots[1]), "9");
    uint64_t first = b->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 6, "6", NULL)); /* newer than what was written there */
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    assert_string_equal(text(next_batch(f, 300)->writes[0]->slots[0]), "6");
}

static void test_of_two_equal_older_values_the_later_one_counts(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, NULL, "9"));
    feed(f, 0, versioned(OP_UPSERT, "a", 5, "first", NULL));
    feed(f, 0, versioned(OP_UPSERT, "a", 5, "second", NULL));
    assert_string_equal(text(next_batch(f, LINGER)->writes[0]->slots[0]), "second");
}

static void test_what_names_the_record_stays(void **state)
{
    struct fixture *f = *state;
    contacts.key_field = 0;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "a", NULL));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 5, "a", "5"));
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    const struct batch *b = next_batch(f, 300);
    assert_string_equal(text(b->writes[0]->slots[0]), "a");
    assert_string_equal(text(b->writes[0]->slots[1]), "5");
    first = b->id;
    feed(f, 300, versioned(OP_UPSERT, "a", 4, "a", "4")); /* nothing but its name is left */
    answer(f, 300, first, "a");
    contacts.key_field = -1;
    assert_int_equal(disposed(f, DISPOSITION_SUPERSEDED), 1);
}

static void test_the_id_stays(void **state)
{
    struct fixture *f = *state;
    contacts.id_field = 1;
    feed(f, 0, versioned(OP_UPDATE, "a", 9, NULL, "a"));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPDATE, "a", 5, "5", "a"));
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    const struct batch *b = next_batch(f, 300);
    contacts.id_field = -1;
    assert_string_equal(text(b->writes[0]->slots[0]), "5");
    assert_string_equal(text(b->writes[0]->slots[1]), "a");
}

/* A constant of the route is the same bytes in all changes: it is of the highest version that has it. */
static void test_the_same_bytes_are_of_the_highest_version(void **state)
{
    static const char constant[] = "constant";
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, constant, "9"));
    feed(f, 0, versioned(OP_UPSERT, "a", 5, constant, NULL));
    feed(f, 0, versioned(OP_UPSERT, "a", 7, "7", NULL));
    assert_string_equal(text(next_batch(f, LINGER)->writes[0]->slots[0]), constant);
}

/* A row that is inserted again counts its versions from one; a delete has none. */
static void test_after_a_delete_versions_begin_anew(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, record(OP_DELETE, "a", NULL, NULL));
    feed(f, 100, versioned(OP_UPSERT, "a", 1, "1", "1"));
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    const struct batch *b = next_batch(f, 300);
    assert_int_equal(b->op, OP_DELETE);
    answer(f, 300, b->id, "a");
    b = next_batch(f, 500);
    assert_non_null(b);
    assert_string_equal(text(b->writes[0]->slots[0]), "1");
}

static void test_what_merges_behind_a_delete_begins_anew(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, record(OP_DELETE, "a", NULL, NULL));
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    first = next_batch(f, 300)->id;
    feed(f, 300, versioned(OP_UPSERT, "a", 1, "1", "1"));
    feed(f, 300, versioned(OP_UPSERT, "a", 2, NULL, "2"));
    answer(f, 300, first, "a");
    const struct batch *b = next_batch(f, 500);
    assert_string_equal(text(b->writes[0]->slots[0]), "1");
    assert_string_equal(text(b->writes[0]->slots[1]), "2");
}

static void test_versions_begin_anew_after_a_delete_that_took_changes_in(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, versioned(OP_UPSERT, "a", 10, "10", "10"));
    feed(f, 100, record(OP_DELETE, "a", NULL, NULL));
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    const struct batch *b = next_batch(f, 300);
    assert_int_equal(b->op, OP_DELETE);
    assert_null(b->writes[0]->slots[0].at);
    first = b->id;
    feed(f, 300, versioned(OP_UPSERT, "a", 1, "1", "1"));
    answer(f, 300, first, "a");
    assert_string_equal(text(next_batch(f, 500)->writes[0]->slots[0]), "1");
}

/* It may have been carried out, whatever is said of it in the end. */
static void test_versions_begin_anew_after_a_delete_without_answer(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    uint64_t first = next_batch(f, LINGER)->id;
    feed(f, 100, record(OP_DELETE, "a", NULL, NULL));
    answer(f, 100, first, "a");
    assert_int_equal(next(f, 110)->kind, ACTION_COMMIT);
    answer_whole(f, 300, next_batch(f, 300)->id, ANSWER_UNKNOWN, -1);
    answer(f, 2000, next_batch(f, 2000)->id, "x");
    assert_int_equal(next(f, 2000)->kind, ACTION_DEAD_LETTER);
    feed(f, 2000, versioned(OP_UPSERT, "a", 1, "1", "1"));
    assert_null(next(f, 299 + HOLD)); /* the delete may come yet */
    assert_null(next(f, 300 + HOLD));
    assert_string_equal(text(next_batch(f, 300 + HOLD + LINGER)->writes[0]->slots[0]), "1");
}

/* Another worker had the partition meanwhile: it may have deleted the record and made it anew. */
static void test_versions_begin_anew_with_the_assignment(void **state)
{
    struct fixture *f = *state;
    feed(f, 0, versioned(OP_UPSERT, "a", 9, "9", "9"));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    answer(f, 2000, next_batch(f, 2000)->id, "a"); /* the record is held still */
    engine_lost(f->engine, 2000);
    assert_int_equal(next(f, 2000)->kind, ACTION_RELEASE);
    engine_assign(f->engine, 2000, 2, "t", 0, 1, "");
    feed_to(f, 2000, 2, 0, versioned(OP_UPSERT, "a", 1, "1", "1"));
    assert_int_equal(disposed(f, DISPOSITION_SUPERSEDED), 0);
    assert_null(next(f, LINGER + HOLD));
    assert_string_equal(text(next_batch(f, LINGER + HOLD + LINGER)->writes[0]->slots[0]), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_the_newer_leaves_alone_is_wanted),
        TEST(test_an_older_whole_row_is_superseded),
        TEST(test_equal_versions_pass),
        TEST(test_older_behind_one_on_its_way_is_not_sent),
        TEST(test_older_goes_out_where_the_newer_was_refused),
        TEST(test_only_what_was_written_later_is_left_out),
        TEST(test_remembered_while_the_record_is_held),
        TEST(test_a_hold_is_prolonged),
        TEST(test_salesforce_holds_a_newer_one),
        TEST(test_an_older_value_does_not_ride_over_a_newer_one),
        TEST(test_an_older_value_does_not_join_one_that_is_ready),
        TEST(test_a_newer_one_does_not_carry_an_older_value),
        TEST(test_of_two_older_values_the_newer_one_counts),
        TEST(test_of_two_equal_older_values_the_later_one_counts),
        TEST(test_what_names_the_record_stays),
        TEST(test_the_id_stays),
        TEST(test_the_same_bytes_are_of_the_highest_version),
        TEST(test_after_a_delete_versions_begin_anew),
        TEST(test_what_merges_behind_a_delete_begins_anew),
        TEST(test_versions_begin_anew_after_a_delete_that_took_changes_in),
        TEST(test_versions_begin_anew_after_a_delete_without_answer),
        TEST(test_versions_begin_anew_with_the_assignment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
