/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/loop_trouble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void answer_with(struct trouble *t, int64_t wall_ms, const char *code, const char *message)
{
    struct outcome outcomes[2] = {
        {.kind = OUTCOME_APPLIED},
        {.kind = OUTCOME_REFUSED, .failure = failure_new(STAGE_WRITE, code, message, "Title")}};
    trouble_answer(t, wall_ms, &(struct answer){.kind = ANSWER_RESULTS, .outcomes = outcomes, .noutcomes = 2});
    failure_free(outcomes[1].failure);
}

static void letter_of(struct trouble *t, int64_t wall_ms, enum stage stage, const char *code, int64_t offset)
{
    struct message *m = message_new(1, "orders", 3, offset, 0, text_of("secret-key"), text_of("secret-value"), NULL, 0);
    struct failure *f = failure_new(stage, code, "secret-message", "LastName");
    trouble_letter(t, wall_ms, "route", &(struct letter){.message = m, .failure = f});
    failure_free(f);
    free(m);
}

static const char *text_in(const json_t *all, size_t i, const char *name)
{
    return json_string_value(json_object_get(json_array_get(all, i), name));
}

static json_int_t number_in(const json_t *all, size_t i, const char *name)
{
    return json_integer_value(json_object_get(json_array_get(all, i), name));
}

static void errors_are_counted_with_what_to_do(void **state)
{
    struct trouble *t = trouble_new();
    (void)state;
    answer_with(t, 1000, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record");
    answer_with(t, 3000, "STRING_TOO_LONG", "Title: data value too large");
    answer_with(t, 2000, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record");
    answer_with(t, 500, "NEVER_HEARD_OF", "?");

    json_t *all = trouble_errors(t);
    assert_int_equal(json_array_size(all), 3);
    assert_string_equal(text_in(all, 0, "code"), "STRING_TOO_LONG"); /* the latest first */
    assert_string_equal(text_in(all, 1, "code"), "UNABLE_TO_LOCK_ROW");
    assert_int_equal(number_in(all, 1, "count"), 2);
    assert_string_equal(text_in(all, 1, "last_at"), "1970-01-01T00:00:02.000Z");
    assert_true(strlen(text_in(all, 0, "what_to_do")) > 10);
    assert_string_equal(text_in(all, 2, "what_to_do"), "");
    json_decref(all);
    trouble_free(t);
}

static void a_letter_is_counted_once(void **state)
{
    struct trouble *t = trouble_new();
    (void)state;
    answer_with(t, 1000, "STRING_TOO_LONG", "");
    letter_of(t, 1001, STAGE_WRITE, "STRING_TOO_LONG", 7); /* its answer was counted */
    letter_of(t, 1002, STAGE_MAP, "MAP_REQUIRED", 8);      /* no answer ever came for it */

    json_t *all = trouble_errors(t);
    assert_int_equal(json_array_size(all), 2);
    assert_int_equal(number_in(all, 0, "count"), 1);
    assert_int_equal(number_in(all, 1, "count"), 1);
    json_decref(all);
    trouble_free(t);
}

static void only_the_last_letters_are_kept_and_no_value_of_them(void **state)
{
    struct trouble *t = trouble_new();
    (void)state;
    for (int i = 0; i < TROUBLE_LETTERS + 3; i++)
        letter_of(t, i, STAGE_MAP, "MAP_TYPE", i);

    json_t *all = trouble_letters(t);
    assert_int_equal(json_array_size(all), TROUBLE_LETTERS);
    assert_int_equal(number_in(all, 0, "offset"), TROUBLE_LETTERS + 2);
    assert_int_equal(number_in(all, TROUBLE_LETTERS - 1, "offset"), 3);
    assert_string_equal(text_in(all, 0, "topic"), "orders");
    assert_string_equal(text_in(all, 0, "fields"), "LastName");
    char *text = json_dumps(all, 0);
    assert_null(strstr(text, "secret"));
    free(text);
    json_decref(all);
    trouble_free(t);
}

static void many_codes_push_out_the_oldest(void **state)
{
    struct trouble *t = trouble_new();
    char code[32];
    (void)state;
    for (int i = 0; i < TROUBLE_CODES + 1; i++) {
        snprintf(code, sizeof code, "CODE_%d", i);
        answer_with(t, i, code, "");
    }
    json_t *all = trouble_errors(t);
    assert_int_equal(json_array_size(all), TROUBLE_CODES);
    assert_string_equal(text_in(all, TROUBLE_CODES - 1, "code"), "CODE_1"); /* CODE_0 made room */
    json_decref(all);
    trouble_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_counted_with_what_to_do),
        cmocka_unit_test(a_letter_is_counted_once),
        cmocka_unit_test(only_the_last_letters_are_kept_and_no_value_of_them),
        cmocka_unit_test(many_codes_push_out_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
