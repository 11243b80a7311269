/* SPDX-License-Identifier: Apache-2.0 */
/* Inserts by a key that an earlier owner of the partition may have sent: which ones are they, and what does the last commit of a hand-over
 * say so that the next owner need not ask? */
#include "tests/unit/engine_fixture.h"

enum { TAKEN_OVER = 5000, OLD = -1, YOUNG = 2 * TAKEN_OVER };

static struct message *message_of(struct fixture *f, int64_t timestamp_ms)
{
    return message_new(7, "t", 3, f->offset++, timestamp_ms, text_of("k"), text_of("v"), NULL, 0);
}

static const char *last_metadata(struct fixture *f, int64_t now)
{
    const struct action *a = next(f, now);
    assert_int_equal(a->kind, ACTION_COMMIT);
    for (size_t i = 0; i < a->npoints; i++)
        if (a->points[i].partition == 3)
            return a->points[i].metadata;
    return NULL;
}

static const struct batch *batch_of(struct fixture *f, const char *metadata, struct record *r, int64_t timestamp_ms)
{
    f->offset = 40;
    engine_assign(f->engine, TAKEN_OVER, 7, "t", 3, 40, metadata);
    bool announces = (!metadata || strcmp(metadata, "clean ") == 0) && r->op == OP_INSERT && r->key.at;
    engine_record(f->engine, TAKEN_OVER, 0, message_of(f, timestamp_ms), r);
    if (announces) { /* whoever comes after us must not believe that nothing was sent */
        assert_null(last_metadata(f, TAKEN_OVER));
        assert_int_equal(f->action.points[0].offset, 40);
        engine_committed(f->engine, TAKEN_OVER, true);
    }
    return next_batch(f, TAKEN_OVER + LINGER);
}

static const struct row {
    const char *name;
    const char *metadata;
    enum operation op;
    const char *key;
    int64_t timestamp_ms;
    bool inherited;
} rows[] = {
    {"a commit, and nothing else", "", OP_INSERT, "a", OLD, true},
    {"somebody else's words", "cleaner", OP_INSERT, "a", OLD, true},
    {"written after the take-over", "", OP_INSERT, "a", YOUNG, false},
    {"the earlier owner left in peace", "clean ", OP_INSERT, "a", OLD, false},
    {"nobody was there before", NULL, OP_INSERT, "a", OLD, false},
    {"no key that could be there twice", "", OP_INSERT, NULL, OLD, false},
    {"an upsert", "", OP_UPSERT, "a", OLD, false},
};

static void which_ones(void **state)
{
    const struct row *row = *state;
    struct fixture *f;
    set_up((void **)&f);
    const struct batch *b = batch_of(f, row->metadata, record(row->op, row->key, "1", NULL), row->timestamp_ms);
    assert_int_equal(b->writes[0]->inherited, row->inherited);
    assert_false(b->writes[0]->unanswered);
    tear_down((void **)&f);
}

static void settled_is_clean(void **state)
{
    struct fixture *f = *state;
    int64_t now = TAKEN_OVER + LINGER;
    answer(f, now, batch_of(f, "", record(OP_INSERT, "a", "1", NULL), OLD)->id, "a");
    now += COMMIT_EVERY;
    assert_null(last_metadata(f, now)); /* a regular one: more may be on its way soon */
    engine_committed(f->engine, now, true);
    engine_revoke(f->engine, now);
    assert_string_equal(last_metadata(f, now), "clean ");
}

static void given_up_is_not(void **state)
{
    struct fixture *f = *state;
    int64_t now = TAKEN_OVER + LINGER;
    assert_non_null(batch_of(f, "clean ", record(OP_INSERT, "a", "1", NULL), OLD));
    engine_record(f->engine, now, 0, message_of(f, OLD), record(OP_INSERT, "b", "1", NULL));
    engine_revoke(f->engine, now);
    now += DRAIN;
    assert_int_equal(next(f, now)->kind, ACTION_ABORT);
    assert_int_equal(next(f, now)->kind, ACTION_RELEASE); /* with nothing to say */
}

/* The insert goes back unsent, what is above it is finished: both are said, and understood. */
static void clean_goes_with_a_map(void **state)
{
    struct fixture *f = *state;
    f->offset = 40;
    engine_assign(f->engine, TAKEN_OVER, 7, "t", 3, 40, "clean ");
    engine_record(f->engine, TAKEN_OVER, 0, message_of(f, OLD), record(OP_INSERT, "a", "1", NULL));
    engine_skip(f->engine, TAKEN_OVER, 0, message_of(f, OLD));
    engine_revoke(f->engine, TAKEN_OVER);
    char *metadata = xstrdup(last_metadata(f, TAKEN_OVER));
    assert_int_equal(strncmp(metadata, "clean s1:", 9), 0);
    start_again(f, &usual_limits);
    f->offset = 41;
    engine_assign(f->engine, TAKEN_OVER, 7, "t", 3, 40, metadata);
    free(metadata);
    engine_skip(f->engine, TAKEN_OVER, 0, message_of(f, OLD));
    assert_int_equal(engine_counts(f->engine)->restored, 1);
    engine_record(f->engine, TAKEN_OVER, 0, message_of(f, OLD), record(OP_INSERT, "b", "1", NULL));
    assert_int_equal(next(f, TAKEN_OVER)->kind, ACTION_COMMIT);
    assert_false(next_batch(f, TAKEN_OVER + LINGER)->writes[0]->inherited);
}

/* It goes back without having been sent here; what the owner before did of it nobody knows. */
static void inherited_and_given_back_is_not(void **state)
{
    struct fixture *f = *state;
    f->offset = 40;
    engine_assign(f->engine, TAKEN_OVER, 7, "t", 3, 40, "");
    engine_record(f->engine, TAKEN_OVER, 0, message_of(f, OLD), record(OP_INSERT, "a", "1", NULL));
    engine_skip(f->engine, TAKEN_OVER, 0, message_of(f, OLD));
    engine_revoke(f->engine, TAKEN_OVER);
    const char *metadata = last_metadata(f, TAKEN_OVER);
    assert_non_null(metadata); /* a map of what was skipped */
    assert_int_not_equal(strncmp(metadata, "clean ", 6), 0);
}

static void upserts_say_nothing(void **state)
{
    struct fixture *f = *state;
    int64_t now = TAKEN_OVER + LINGER;
    answer(f, now, batch_of(f, "", record(OP_UPSERT, "a", "1", NULL), OLD)->id, "a");
    engine_revoke(f->engine, now);
    assert_null(last_metadata(f, now));
}

int main(void)
{
    struct CMUnitTest tests[sizeof rows / sizeof *rows + 5];
    size_t n = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        tests[n++] = (struct CMUnitTest){rows[i].name, which_ones, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    tests[n++] = (struct CMUnitTest)TEST(settled_is_clean);
    tests[n++] = (struct CMUnitTest)TEST(given_up_is_not);
    tests[n++] = (struct CMUnitTest)TEST(clean_goes_with_a_map);
    tests[n++] = (struct CMUnitTest)TEST(inherited_and_given_back_is_not);
    tests[n++] = (struct CMUnitTest)TEST(upserts_say_nothing);
    return cmocka_run_group_tests_name("engine_inherited", tests, NULL, NULL);
}
