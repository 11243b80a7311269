/* SPDX-License-Identifier: Apache-2.0 */
/* One bad record among many: what it costs the others. */
#include "tests/unit/engine_fixture.h"

enum { MANY = 200 };

static void start_wide(struct fixture *f, unsigned collections)
{
    struct engine_limits limits = usual_limits;
    limits.max_events = 2000;
    limits.batch_records = MANY / collections;
    limits.collections = collections;
    limits.batch_bytes = 1 << 20;
    limits.linger_ms = 0;
    start_again(f, &limits);
}

static int index_of(const struct batch *b, const char *key)
{
    for (size_t i = 0; i < b->nwrites; i++)
        if (text_equal(b->writes[i]->record->key, text_of(key)))
            return (int)i;
    return -1;
}

/* Salesforce with poison in it: refuses a request whole, or the part of it, in which one of two keys is. Counts calls. */
struct poisoned {
    const char *first, *second;
    bool points; /* it says where */
};

static void answer_poisoned(struct fixture *f, const struct poisoned *p, const struct batch *b)
{
    int bad = index_of(b, p->first);
    if (bad < 0 && p->second)
        bad = index_of(b, p->second);
    if (bad >= 0)
        answer_whole(f, 10, b->id, ANSWER_REFUSED, p->points ? bad : -1);
    else
        answer_all(f, 10, b, 'a');
}

static int calls_until_done(struct fixture *f, const struct poisoned *p)
{
    int calls = 0;
    const struct action *a;
    while ((a = next(f, 10))) {
        if (a->kind == ACTION_DEAD_LETTER) {
            assert_true(text_equal(a->letter.key, text_of(p->first)) ||
                        (p->second && text_equal(a->letter.key, text_of(p->second))));
            engine_report(f->engine, 10, a->letter.id, true);
        } else if (a->kind == ACTION_SEND) {
            calls++;
            answer_poisoned(f, p, a->batch);
        }
    }
    assert_int_equal(engine_counts(f->engine)->pending, 0);
    return calls;
}

static void test_found_by_halves(void **state)
{
    struct fixture *f = *state;
    int most = 0, sum = 0;
    for (int i = 0; i < MANY; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        start_wide(f, 1);
        feed_many(f, 0, MANY);
        int calls = calls_until_done(f, &(struct poisoned){.first = key});
        assert_int_equal(disposed(f, DISPOSITION_DEAD_LETTERED), 1);
        assert_int_equal(disposed(f, DISPOSITION_APPLIED), MANY - 1);
        most = calls > most ? calls : most;
        sum += calls;
    }
    assert_true(most <= 1 + 2 * 8); /* 2 to the 8th is 256 */
    assert_true(sum <= MANY * 14);
}

static void test_found_at_once_where_salesforce_points(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 1);
    feed_many(f, 0, MANY);
    assert_int_equal(calls_until_done(f, &(struct poisoned){.first = "77", .points = true}), 1 + 2);
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), MANY - 1);
}

static void test_two_culprits(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 1);
    feed_many(f, 0, MANY);
    int calls = calls_until_done(f, &(struct poisoned){.first = "3", .second = "180"});
    assert_int_equal(disposed(f, DISPOSITION_DEAD_LETTERED), 2);
    assert_true(calls <= 1 + 2 * 2 * 8);
}

static void test_all_bad_is_still_finite(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 1);
    feed_many(f, 0, 64);
    int calls = 0;
    for (const struct action *a = next(f, 10); a; a = next(f, 10)) {
        if (a->kind == ACTION_DEAD_LETTER)
            engine_report(f->engine, 10, a->letter.id, true);
        if (a->kind != ACTION_SEND)
            continue;
        calls++;
        answer_whole(f, 10, a->batch->id, ANSWER_REFUSED, -1);
    }
    assert_int_equal(disposed(f, DISPOSITION_DEAD_LETTERED), 64);
    assert_true(calls < 2 * 64);
}

static void test_a_part_is_taken_apart_and_the_rest_is_done(void **state)
{
    struct fixture *f = *state;
    start_wide(f, 5);
    feed_many(f, 0, MANY);
    const struct batch *b = next_batch(f, 0);
    assert_int_equal(b->nwrites, MANY);
    char kinds[MANY + 1] = "";
    for (int i = 0; i < MANY; i++)
        kinds[i] = i >= 40 && i < 80 ? '?' : 'a';
    answer(f, 10, b->id, kinds);
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), MANY - 40);
    int calls = calls_until_done(f, &(struct poisoned){.first = "55"});
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), MANY - 1);
    assert_true(calls <= 2 * 6);
}

static void test_a_part_of_one_is_refused(void **state)
{
    struct fixture *f = *state;
    feed_many(f, 0, 3);
    answer(f, 0, next_batch(f, 0)->id, "a?a");
    assert_int_equal(next(f, 0)->kind, ACTION_DEAD_LETTER);
    assert_int_equal(f->action.letter.failure->attempts, 1);
}

/* Fails whenever it is tried, while others get through: split, then given up. */
static void test_failing_alone_is_given_up(void **state)
{
    struct fixture *f = *state;
    int64_t now = LINGER;
    feed(f, 0, record(OP_UPSERT, "bad", "1", NULL));
    feed(f, 0, record(OP_UPSERT, "good", "1", NULL));
    for (int i = 0; i < 100 && disposed(f, DISPOSITION_DEAD_LETTERED) == 0; i++) {
        const struct action *a = next(f, now);
        if (!a) {
            feed(f, now, record(OP_DELETE, "other", NULL, NULL));
            now += 5000;
        } else if (a->kind == ACTION_DEAD_LETTER) {
            assert_string_equal(text(a->letter.key), "bad");
            engine_report(f->engine, now, a->letter.id, true);
        } else if (a->kind == ACTION_COMMIT) {
            engine_committed(f->engine, now, true);
        } else if (index_of(a->batch, "bad") >= 0) {
            answer_whole(f, now, a->batch->id, ANSWER_FAILED, -1);
        } else {
            answer_all(f, now, a->batch, 'a');
        }
    }
    assert_int_equal(disposed(f, DISPOSITION_DEAD_LETTERED), 1);
}

static void test_an_outage_gives_nothing_up(void **state)
{
    struct fixture *f = *state;
    int64_t now = LINGER;
    feed_many(f, 0, 5);
    for (int i = 0; i < 200; i++, now += 2000) {
        const struct batch *b = next_batch(f, now);
        if (b)
            answer_whole(f, now, b->id, i % 2 ? ANSWER_FAILED : ANSWER_UNKNOWN, -1);
    }
    assert_int_equal(engine_counts(f->engine)->pending, 5);
    assert_int_equal(engine_counts(f->engine)->dead_letters_waiting, 0);
}

/* Its partition is parked by what came behind it; without others nothing would tell it from an outage. */
static void test_a_few_are_let_in_behind_one_that_fails(void **state)
{
    struct fixture *f = *state;
    int64_t now = LINGER;
    bool unparked = false;
    feed(f, 0, record(OP_UPSERT, "bad", "1", NULL));
    uint64_t bad = next_batch(f, now)->id;
    for (int i = 0; i < 99; i++)
        engine_skip(f->engine, now, 0, message_new(1, "t", 0, f->offset++, -1, TEXT_NONE, TEXT_NONE, NULL, 0));
    assert_int_equal(next(f, now)->kind, ACTION_PARK);
    answer_whole(f, now, bad, ANSWER_FAILED, -1);
    for (const struct action *a = next(f, now); a; a = next(f, now))
        unparked = unparked || a->kind == ACTION_UNPARK;
    assert_true(unparked);
}

/* Two events of one record, merged, in a request that gets no answer; the time after which it is tried again. */
static int64_t lose_a_merged_one(struct fixture *f)
{
    feed(f, 0, record(OP_UPSERT, "1", "old", NULL));
    feed(f, 0, record(OP_UPSERT, "1", "new", NULL));
    answer_whole(f, LINGER, next_batch(f, LINGER)->id, ANSWER_UNKNOWN, -1);
    return LINGER;
}

/* Each write that goes out until nothing does any more is answered so; the last one's value. */
static const char *last_value(struct fixture *f, int64_t now, char kind)
{
    static char value[32];
    for (int i = 0; i < 200 && engine_counts(f->engine)->dead_letters_waiting == 0; i++, now += 5000) {
        const struct batch *b = next_batch(f, now);
        if (!b)
            continue;
        snprintf(value, sizeof value, "%s", text(b->writes[0]->slots[0]));
        answer_all(f, now, b, kind);
    }
    return value;
}

/* It may have been carried out: its older event alone would be written over the newer one. */
static void test_maybe_written_and_locked_for_long_is_given_up_together(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(last_value(f, lose_a_merged_one(f), 'c'), "new");
    assert_int_equal(engine_counts(f->engine)->dead_letters_waiting, 2);
    assert_int_equal(next(f, HOLD)->kind, ACTION_DEAD_LETTER);
    assert_int_equal(f->action.letter.message->offset, 0);
    assert_string_equal(f->action.letter.failure->refusals[0].code, "CODE");
    assert_true(f->action.letter.failure->attempts > 1);
    assert_int_equal(next(f, HOLD)->letter.message->offset, 1);
}

/* What is refused for its data was not carried out the first time either. */
static void test_maybe_written_and_refused_for_long_is_taken_apart(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(last_value(f, lose_a_merged_one(f), 'r'), "old");
    assert_int_equal(engine_counts(f->engine)->dead_letters_waiting, 1);
}

/* Another record's success tells it from an outage. */
static void given_up_together_after(struct fixture *f, enum answer_kind kind)
{
    int64_t now = lose_a_merged_one(f);
    for (int i = 0; i < 200 && engine_counts(f->engine)->dead_letters_waiting == 0; i++) {
        const struct action *a = next(f, now);
        if (!a) {
            feed(f, now, record(OP_DELETE, "other", NULL, NULL));
            now += 5000;
        } else if (a->kind == ACTION_COMMIT) {
            engine_committed(f->engine, now, true);
        } else if (index_of(a->batch, "1") >= 0) {
            assert_string_equal(text(a->batch->writes[0]->slots[0]), "new");
            answer_whole(f, now, a->batch->id, kind, -1);
        } else {
            answer_all(f, now, a->batch, 'a');
        }
    }
    assert_int_equal(engine_counts(f->engine)->dead_letters_waiting, 2);
}

static void test_maybe_written_and_never_answered_is_given_up_together(void **state)
{
    given_up_together_after(*state, ANSWER_UNKNOWN);
}

static void test_maybe_written_and_failing_for_long_is_given_up_together(void **state)
{
    given_up_together_after(*state, ANSWER_FAILED);
}

/* The next batch, whatever is to be committed before it; NULL: none. */
static const struct batch *sent(struct fixture *f, int64_t now)
{
    const struct action *a = next(f, now);
    for (; a && a->kind == ACTION_COMMIT; a = next(f, now))
        engine_committed(f->engine, now, true);
    return a && a->kind == ACTION_SEND ? a->batch : NULL;
}

/* Two parts of two; the second got no answer. */
static const struct batch *lose_the_second_part(struct fixture *f)
{
    struct engine_limits limits = usual_limits;
    limits.batch_records = limits.collections = 2;
    start_again(f, &limits);
    feed_many(f, 0, 4);
    answer(f, 0, next_batch(f, 0)->id, "aruu");
    assert_int_equal(disposed(f, DISPOSITION_APPLIED), 1);
    const struct batch *b = sent(f, 5000); /* together, as soon as they may */
    assert_int_equal(b->nwrites, 2);
    return b;
}

static void test_a_part_without_an_answer_goes_again_alone(void **state)
{
    struct fixture *f = *state;
    const struct batch *b = lose_the_second_part(f);
    assert_true(index_of(b, "2") >= 0 && index_of(b, "3") >= 0);
    assert_true(b->writes[0]->unanswered && b->writes[1]->unanswered);
    assert_int_equal(b->writes[0]->attempts, 0);
    answer(f, 5000, b->id, "aa");
    b = sent(f, 5000 + LINGER);
    assert_int_equal(b->nwrites, 1); /* the refused one, as any other */
    assert_false(b->writes[0]->unanswered);
}

static void test_newer_changes_wait_for_a_part_without_an_answer(void **state)
{
    struct fixture *f = *state;
    answer(f, 5000, lose_the_second_part(f)->id, "aa");
    answer(f, 5000 + LINGER, sent(f, 5000 + LINGER)->id, "a");
    feed(f, 6000, record(OP_UPSERT, "0", "\"newer\"", NULL));
    feed(f, 6000, record(OP_UPSERT, "2", "\"newer\"", NULL));
    const struct batch *b = sent(f, 6000 + LINGER);
    assert_int_equal(b->nwrites, 1);
    assert_int_equal(index_of(b, "0"), 0);
    answer(f, 6000 + LINGER, b->id, "a");
    assert_null(sent(f, HOLD - 1));
    assert_null(sent(f, HOLD)); /* ready, and lingers */
    assert_int_equal(index_of(sent(f, HOLD + LINGER), "2"), 0);
}

/* It is the poison of its part: found as in any batch that fails while others succeed. */
static void test_what_never_gets_an_answer_in_its_part_is_found(void **state)
{
    struct fixture *f = *state;
    int64_t now = 5000;
    for (const struct batch *b = lose_the_second_part(f); b; b = sent(f, now += 5000)) {
        if (index_of(b, "3") >= 0)
            answer_whole(f, now, b->id, ANSWER_UNKNOWN, -1);
        else
            answer_all(f, now, b, 'a');
        feed(f, now, record(OP_DELETE, "other", NULL, NULL));
        if (engine_counts(f->engine)->dead_letters_waiting)
            break;
    }
    assert_int_equal(engine_counts(f->engine)->dead_letters_waiting, 1);
    assert_true(now < 200000);
}

static void test_a_part_without_an_answer_is_given_back(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.batch_records = limits.collections = 2;
    start_again(f, &limits);
    feed_many(f, 0, 4);
    const struct batch *b = next_batch(f, 0);
    engine_revoke(f->engine, 1);
    answer(f, 2, b->id, "aauu");
    assert_int_equal(disposed(f, DISPOSITION_RETURNED), 2);
    assert_int_equal(next(f, 2)->kind, ACTION_COMMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_found_by_halves),
        TEST(test_found_at_once_where_salesforce_points),
        TEST(test_two_culprits),
        TEST(test_all_bad_is_still_finite),
        TEST(test_a_part_is_taken_apart_and_the_rest_is_done),
        TEST(test_a_part_of_one_is_refused),
        TEST(test_failing_alone_is_given_up),
        TEST(test_an_outage_gives_nothing_up),
        TEST(test_maybe_written_and_locked_for_long_is_given_up_together),
        TEST(test_maybe_written_and_refused_for_long_is_taken_apart),
        TEST(test_maybe_written_and_never_answered_is_given_up_together),
        TEST(test_maybe_written_and_failing_for_long_is_given_up_together),
        TEST(test_a_part_without_an_answer_goes_again_alone),
        TEST(test_newer_changes_wait_for_a_part_without_an_answer),
        TEST(test_what_never_gets_an_answer_in_its_part_is_found),
        TEST(test_a_part_without_an_answer_is_given_back),
        TEST(test_a_few_are_let_in_behind_one_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
