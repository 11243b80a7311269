/* SPDX-License-Identifier: Apache-2.0 */
/* The text beside a commit, and what the engine makes of it. */
#include "worker/engine/commit_map.h"

#include "tests/unit/engine_fixture.h"

#include <openssl/evp.h>
#include <zlib.h>

static char *text_of_runs(int64_t base, const int64_t (*runs)[2], size_t n)
{
    struct commit_map_writer w;
    commit_map_begin(&w, base);
    for (size_t i = 0; i < n; i++)
        commit_map_add(&w, runs[i][0], runs[i][1]);
    return commit_map_end(&w);
}

static void test_comes_back_as_it_went(void **state)
{
    static const int64_t runs[][2] = {{42, 44}, {45, 46}, {1000000, 1000001}, {INT64_MAX - 9, INT64_MAX}};
    (void)state;
    char *text = text_of_runs(41, runs, 4);
    struct commit_map *m = commit_map_parse(text, 41);
    assert_non_null(m);
    static const struct {
        int64_t offset;
        bool held, reached;
    } rows[] = {{0, false, true},       {41, false, true},           {42, true, true},
                {43, true, true},       {44, false, true},           {45, true, true},
                {46, false, true},      {999999, false, true},       {1000000, true, true},
                {1000001, false, true}, {INT64_MAX - 1, true, true}, {INT64_MAX, false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(commit_map_holds(m, rows[i].offset), rows[i].held);
        assert_int_equal(commit_map_reaches(m, rows[i].offset), rows[i].reached);
    }
    int64_t from = 43, to;
    assert_true(commit_map_next_run(m, &from, &to));
    assert_int_equal(from, 43);
    assert_int_equal(to, 44);
    from = INT64_MAX;
    assert_false(commit_map_next_run(m, &from, &to));
    commit_map_free(m);
    free(text);
}

static void test_nothing_finished_is_no_text(void **state)
{
    (void)state;
    assert_null(text_of_runs(41, NULL, 0));
}

static void test_of_another_commit_is_ignored(void **state)
{
    static const int64_t runs[][2] = {{42, 44}};
    (void)state;
    char *text = text_of_runs(41, runs, 1);
    assert_null(commit_map_parse(text, 40));
    assert_null(commit_map_parse(text, 42));
    free(text);
}

static void test_foreign_text_is_ignored(void **state)
{
    static const char *const texts[] = {
        "",
        "s",
        "s1:",
        "s2:KQEC",
        "s1:KQE",
        "s1:KQEC",
        "s1:====",
        "s1: KQECAA",
        "NO_MAP",
        "s1:KQEC\n$",
        "\x01\x02\x03\x04",
        "s1:AAAAAAAAAAAA",
        "s1:AAAAAAAAAAAAAA==",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_null(commit_map_parse(texts[i], 41));
    char *long_one = xmalloc(5001);
    memset(long_one, 'A', 5000);
    memcpy(long_one, "s1:", 3);
    long_one[5000] = '\0';
    assert_null(commit_map_parse(long_one, 0));
    free(long_one);
}

static void test_any_damage_is_noticed(void **state)
{
    static const int64_t runs[][2] = {{42, 44}, {50, 51}, {60, 70}};
    (void)state;
    char *text = text_of_runs(41, runs, 3);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        for (int c = ' '; c < 127; c++) {
            char was = text[i];
            text[i] = (char)c;
            struct commit_map *m = commit_map_parse(text, 41);
            if (c != was && m) /* base64 leaves bits of its last letter unused */
                assert_true(i + 3 >= len && commit_map_holds(m, 42) && commit_map_holds(m, 69));
            commit_map_free(m);
            text[i] = was;
        }
    for (size_t i = 0; i < len; i++) {
        text[len - i - 1] = '\0';
        assert_null(commit_map_parse(text, 41));
    }
    free(text);
}

/* As a map is: base64 of these bytes and their checksum. */
static char *text_of_bytes(const unsigned char *bytes, size_t len)
{
    unsigned char with_sum[64];
    char *text = xcalloc(1, 128);
    uint32_t sum = (uint32_t)crc32(0, bytes, (uInt)len);
    memcpy(with_sum, bytes, len);
    for (int i = 0; i < 4; i++)
        with_sum[len + (size_t)i] = (unsigned char)(sum >> 8 * i);
    memcpy(text, "s1:", 3);
    EVP_EncodeBlock((unsigned char *)text + 3, with_sum, (int)len + 4);
    return text;
}

/* Its checksum is right, and yet it is none. */
static void test_nonsense_is_ignored(void **state)
{
#define MOST 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f /* INT64_MAX */
    static const struct {
        const char *name;
        size_t len;
        unsigned char bytes[32];
    } rows[] = {
        {"ends within the commit point", 1, {0x80}},
        {"has no run", 1, {41}},
        {"ends before a length", 2, {41, 1}},
        {"has a number of more than 63 bits", 12, {41, 1, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}},
        {"has an empty run", 3, {41, 1, 0}},
        {"begins beyond all offsets", 11, {41, MOST, 1}},
        {"ends beyond all offsets", 11, {41, 1, MOST}},
    };
    static const unsigned char right[] = {41, 1, 2};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = text_of_bytes(rows[i].bytes, rows[i].len);
        if (commit_map_parse(text, 41) || commit_map_parse(text, 0))
            fail_msg("a map that %s is believed", rows[i].name);
        free(text);
    }
    char *text = text_of_bytes(right, sizeof right);
    struct commit_map *m = commit_map_parse(text, 41);
    assert_true(commit_map_holds(m, 42) && commit_map_holds(m, 43) && !commit_map_holds(m, 44));
    commit_map_free(m);
    free(text);
}

static void test_what_does_not_fit_is_left_out(void **state)
{
    struct commit_map_writer w;
    (void)state;
    commit_map_begin(&w, 0);
    for (int64_t i = 0; i < 100000; i++)
        commit_map_add(&w, 1000 * i + 1, 1000 * i + 2);
    char *text = commit_map_end(&w);
    assert_in_range(strlen(text), 3400, COMMIT_MAP_TEXT_MAX);
    struct commit_map *m = commit_map_parse(text, 0);
    assert_true(commit_map_holds(m, 1));
    assert_true(commit_map_holds(m, 500001));
    assert_false(commit_map_holds(m, 99000001));
    commit_map_free(m);
    free(text);
}

/* ---- in the engine ---- */

static void start_with_map(struct fixture *f)
{
    struct engine_limits limits = usual_limits;
    limits.commit_map = true;
    limits.batch_records = 1;
    limits.in_flight = 8;
    limits.linger_ms = 0;
    start_again(f, &limits);
}

/* Feeds ten and answers all but those of `open`; gives the commit. */
static struct commit_point commit_of_ten(struct fixture *f, const char *open)
{
    uint64_t ids[10];
    static char copy[4096];
    for (int i = 0; i < 10; i++) {
        char key[2] = {(char)('0' + i), '\0'};
        feed(f, 0, record(OP_UPSERT, key, "1", NULL));
    }
    for (int i = 0; i < 8; i++)
        ids[i] = next_batch(f, 0)->id;
    for (int i = 0; i < 8; i++)
        if (!strchr(open, '0' + i))
            answer(f, 0, ids[i], "a");
    const struct action *a = next(f, 0);
    while (a->kind == ACTION_SEND)
        a = next(f, 0);
    assert_int_equal(a->kind, ACTION_COMMIT);
    struct commit_point point = a->points[0];
    snprintf(copy, sizeof copy, "%s", point.metadata ? point.metadata : "");
    point.metadata = copy;
    return point;
}

static void test_what_is_finished_is_not_sent_again(void **state)
{
    struct fixture *f = *state;
    start_with_map(f);
    struct commit_point point = commit_of_ten(f, "25");
    assert_int_equal(point.offset, 2);
    engine_free(f->engine);
    f->engine = engine_new(&usual_limits);
    engine_assign(f->engine, 0, 1, "t", 0, point.offset, point.metadata);
    f->offset = 2;
    for (int i = 2; i < 10; i++)
        feed(f, 0, record(OP_UPSERT, (char[2]){(char)('0' + i), '\0'}, "1", NULL));
    assert_int_equal(engine_counts(f->engine)->restored, 4); /* 3, 4, 6, 7 */
    assert_int_equal(engine_counts(f->engine)->consumed, 4);
    const struct batch *b = next_batch(f, 0);
    assert_string_equal(text(b->writes[0]->record->key), "2");
    assert_string_equal(text(b->writes[1]->record->key), "5");
    answer_all(f, 0, b, 'a');
    assert_int_equal(next(f, 0)->kind, ACTION_COMMIT);
    assert_int_equal(f->action.points[0].offset, 9);
}

static void test_without_the_setting_none_is_written(void **state)
{
    struct fixture *f = *state;
    struct engine_limits limits = usual_limits;
    limits.batch_records = 1;
    limits.in_flight = 8;
    limits.linger_ms = 0;
    start_again(f, &limits);
    assert_string_equal(commit_of_ten(f, "25").metadata, "");
}

static void test_a_log_that_begins_below_is_another(void **state)
{
    struct fixture *f = *state;
    start_with_map(f);
    struct commit_point point = commit_of_ten(f, "25");
    engine_free(f->engine);
    f->engine = engine_new(&usual_limits);
    engine_assign(f->engine, 0, 1, "t", 0, point.offset, point.metadata);
    f->offset = 0;
    for (int i = 0; i < 10; i++)
        feed(f, 0, record(OP_UPSERT, (char[2]){(char)('0' + i), '\0'}, "1", NULL));
    assert_int_equal(engine_counts(f->engine)->restored, 0);
}

/* A dead letter without acknowledgement comes again, and may be taken then: what came after it must come again too. */
static void test_nothing_behind_a_dead_letter_on_its_way(void **state)
{
    struct fixture *f = *state;
    start_with_map(f);
    uint64_t ids[4];
    for (int i = 0; i < 4; i++)
        feed(f, 0, record(OP_UPSERT, (char[2]){(char)('0' + i), '\0'}, "1", NULL));
    for (int i = 0; i < 4; i++)
        ids[i] = next_batch(f, 0)->id;
    answer(f, 0, ids[1], "a");
    answer(f, 0, ids[2], "x");
    answer(f, 0, ids[3], "a");
    assert_int_equal(next(f, 0)->kind, ACTION_DEAD_LETTER);
    uint64_t letter = f->action.letter.id;
    assert_int_equal(next(f, 0)->kind, ACTION_COMMIT);
    struct commit_map *m = commit_map_parse(f->action.points[0].metadata, 0);
    assert_true(commit_map_holds(m, 1));
    assert_false(commit_map_holds(m, 3));
    commit_map_free(m);
    engine_committed(f->engine, 0, true);
    engine_report(f->engine, 1, letter, true);
    assert_int_equal(next(f, COMMIT_EVERY)->kind, ACTION_COMMIT);
    m = commit_map_parse(f->action.points[0].metadata, 0);
    assert_true(commit_map_holds(m, 2) && commit_map_holds(m, 3));
    commit_map_free(m);
}

static void test_unread_runs_stay(void **state)
{
    static const int64_t runs[][2] = {{12, 13}, {20, 30}};
    struct fixture *f = *state;
    start_with_map(f);
    char *old = text_of_runs(10, runs, 2);
    engine_assign(f->engine, 0, 3, "t", 2, 10, old);
    f->offset = 10;
    feed_to(f, 0, 3, 0, record(OP_UPSERT, "x", "1", NULL));
    f->offset = 12;
    feed_to(f, 0, 3, 0, record(OP_UPSERT, "y", "1", NULL)); /* restored */
    assert_non_null(next_batch(f, 0));
    assert_int_equal(next(f, 0)->kind, ACTION_COMMIT);
    assert_int_equal(f->action.points[0].offset, 10);
    assert_string_equal(f->action.points[0].metadata, old);
    free(old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back_as_it_went),         cmocka_unit_test(test_nothing_finished_is_no_text),
        cmocka_unit_test(test_of_another_commit_is_ignored),  cmocka_unit_test(test_foreign_text_is_ignored),
        cmocka_unit_test(test_any_damage_is_noticed),         cmocka_unit_test(test_nonsense_is_ignored),
        cmocka_unit_test(test_what_does_not_fit_is_left_out), TEST(test_what_is_finished_is_not_sent_again),
        TEST(test_without_the_setting_none_is_written),       TEST(test_a_log_that_begins_below_is_another),
        TEST(test_nothing_behind_a_dead_letter_on_its_way),   TEST(test_unread_runs_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
