/* SPDX-License-Identifier: Apache-2.0 */
#include "common/memory.h"
#include "config/route.h"
#include "worker/kafka/letter_headers.h"
#include "worker/kafka/letter_size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { LIMIT = 16384, GIANT = 1 << 20 };

static char *giant; /* so many times 'g' */

static int make_giant(void **state)
{
    (void)state;
    giant = xmalloc(GIANT + 1);
    memset(giant, 'g', GIANT);
    giant[GIANT] = '\0';
    return 0;
}

static int free_giant(void **state)
{
    (void)state;
    free(giant);
    return 0;
}

static struct header header(const char *name, const char *value)
{
    return (struct header){text_of(name), text_of(value)};
}

/* The value of the only header of this name; NULL: there is none. */
static const char *value_of(const struct small_letter *l, const char *name)
{
    static char value[2048];
    const struct header *found = NULL;
    for (size_t i = 0; i < l->nheaders; i++) {
        if (!text_is(l->headers[i].name, name))
            continue;
        assert_null(found);
        found = &l->headers[i];
    }
    if (!found)
        return NULL;
    snprintf(value, sizeof value, "%.*s", (int)found->value.len, found->value.at);
    return value;
}

static size_t size_of(const struct small_letter *l)
{
    size_t bytes = l->key.len + l->value.len;
    for (size_t i = 0; i < l->nheaders; i++)
        bytes += l->headers[i].name.len + l->headers[i].value.len + 10;
    return bytes;
}

/* SHA-256 of "value" */
#define DIGEST "cd42404d52ad55ccfa9aca4adc828aa5800ad9d385a0671fbcbf724118320619"

static void without_value(void **state)
{
    const struct header all[] = {header("trace", "1"), header("sfsink.error.code", "X"), header("sfsink.errors", "[]")};
    struct small_letter l;
    (void)state;
    assert_true(letter_shrink(LETTER_STUB, text_of("k"), text_of("value"), all, COUNT(all), &l));
    assert_true(text_is(l.key, "k") && text_is(l.value, ""));
    assert_string_equal(value_of(&l, "sfsink.value.omitted"), "5");
    assert_string_equal(value_of(&l, "sfsink.value.sha256"), DIGEST);
    assert_string_equal(value_of(&l, "trace"), "1");
    assert_string_equal(value_of(&l, "sfsink.errors"), "[]");
    assert_int_equal(l.nheaders, COUNT(all) + 2);
    small_letter_release(&l);
}

static void without_what_its_event_brought(void **state)
{
    const struct header all[] = {header("trace", "1"), header("trace", NULL), header("sfsink.snapshot", "begin"),
                                 header("sfsink.error.code", "X"), header("sfsink.record.key", giant)};
    struct small_letter l;
    (void)state;
    assert_true(letter_shrink(LETTER_BARE, text_of(giant), text_of("value"), all, COUNT(all), &l));
    assert_null(l.key.at);
    assert_string_equal(value_of(&l, "sfsink.key.omitted"), "1048576");
    assert_int_equal(strlen(value_of(&l, "sfsink.key.sha256")), 64);
    assert_string_equal(value_of(&l, "sfsink.headers.omitted"), "3");
    assert_string_equal(value_of(&l, "sfsink.value.sha256"), DIGEST);
    assert_null(value_of(&l, "trace"));
    assert_null(value_of(&l, "sfsink.record.key"));
    assert_string_equal(value_of(&l, "sfsink.error.code"), "X");
    small_letter_release(&l);
}

static void a_key_of_usual_size_stays(void **state)
{
    const struct header all[] = {header("large", giant), header("sfsink.record.key", "k")};
    struct small_letter l;
    (void)state;
    assert_true(letter_shrink(LETTER_BARE, text_of("k"), TEXT_NONE, all, COUNT(all), &l));
    assert_true(text_is(l.key, "k"));
    assert_null(l.value.at);
    assert_string_equal(value_of(&l, "sfsink.record.key"), "k");
    assert_string_equal(value_of(&l, "sfsink.headers.omitted"), "1");
    assert_null(value_of(&l, "sfsink.value.omitted"));
    assert_null(value_of(&l, "sfsink.key.omitted"));
    small_letter_release(&l);
}

static void its_words_are_cut(void **state)
{
    const struct header all[] = {header("sfsink.error.message", giant), header("sfsink.errors", giant),
                                 header("sfsink.error.fields", giant), header("sfsink.record.key", "k")};
    struct small_letter l;
    (void)state;
    assert_true(letter_shrink(LETTER_SHORT, text_of("k"), TEXT_NONE, all, COUNT(all), &l));
    assert_int_equal(strlen(value_of(&l, "sfsink.error.message")), LETTER_WORDS_MAX);
    assert_int_equal(strlen(value_of(&l, "sfsink.error.fields")), LETTER_WORDS_MAX);
    assert_null(value_of(&l, "sfsink.errors"));
    assert_string_equal(value_of(&l, "sfsink.record.key"), "k");
    small_letter_release(&l);
}

static void nothing_to_leave_out(void **state)
{
    const struct header all[] = {header("sfsink.error.code", "X"), header("sfsink.record.key", "k")};
    struct small_letter l;
    (void)state;
    for (enum letter_size to = LETTER_STUB; to <= LETTER_SHORT; to++)
        assert_false(letter_shrink(to, text_of("k"), text_of(""), all, COUNT(all), &l));
    assert_false(letter_shrink(LETTER_STUB, text_of(giant), TEXT_NONE, all, COUNT(all), &l));
}

/* As a broker refuses it, time and again. */
static void step_by_step_it_says_all_that_is_left_out(void **state)
{
    const struct header all[] = {header("large", giant), header("sfsink.error.message", giant)};
    struct small_letter stub, bare, brief;
    (void)state;
    assert_true(letter_shrink(LETTER_STUB, text_of(giant), text_of("value"), all, COUNT(all), &stub));
    assert_true(letter_shrink(LETTER_BARE, stub.key, stub.value, stub.headers, stub.nheaders, &bare));
    assert_true(letter_shrink(LETTER_SHORT, bare.key, bare.value, bare.headers, bare.nheaders, &brief));
    assert_string_equal(value_of(&brief, "sfsink.value.omitted"), "5");
    assert_string_equal(value_of(&brief, "sfsink.value.sha256"), DIGEST);
    assert_string_equal(value_of(&brief, "sfsink.key.omitted"), "1048576");
    assert_string_equal(value_of(&brief, "sfsink.headers.omitted"), "1");
    small_letter_release(&stub);
    small_letter_release(&bare);
    small_letter_release(&brief);
}

/* All that the worker writes, as long as the others let it become. */
static void the_last_fits_any_sane_limit(void **state)
{
    struct header own[200];
    struct route route = {.name = giant, .object = giant};
    struct failure *f = failure_new(STAGE_WRITE, giant, giant, giant);
    struct small_letter l;
    (void)state;
    for (size_t i = 0; i < COUNT(own); i++)
        own[i] = header("x", giant);
    struct message *m = message_new(1, giant, 3, 42, 1700000000000, text_of(giant), text_of(giant), own, COUNT(own));
    struct dead_letter letter = {1, m, &route, OP_UPSERT, text_make(giant, LETTER_KEY_MAX), f};
    const struct letter_place place = {giant, giant, "2026-11-23T10:15:30.000Z"};
    struct letter_headers h = letter_headers_make(&letter, &place);
    assert_true(letter_shrink(LETTER_SHORT, text_make(giant, LETTER_KEY_MAX), m->value, h.all, h.n, &l));
    assert_true(size_of(&l) < LIMIT);
    for (size_t i = 0; i < l.nheaders; i++)
        assert_true(letter_header_is_ours(l.headers[i].name));
    small_letter_release(&l);
    letter_headers_release(&h);
    failure_free(f);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_value),
        cmocka_unit_test(without_what_its_event_brought),
        cmocka_unit_test(a_key_of_usual_size_stays),
        cmocka_unit_test(its_words_are_cut),
        cmocka_unit_test(nothing_to_leave_out),
        cmocka_unit_test(step_by_step_it_says_all_that_is_left_out),
        cmocka_unit_test(the_last_fits_any_sane_limit),
    };
    return cmocka_run_group_tests(tests, make_giant, free_giant);
}
