/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on standard error, byte for byte but for the time. */
#include "common/log.h"

#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static char written[1 << 20];
static int real_stderr = -1;
static FILE *catcher;

static void catch_begin(void)
{
    catcher = tmpfile();
    assert_non_null(catcher);
    real_stderr = dup(STDERR_FILENO);
    dup2(fileno(catcher), STDERR_FILENO);
}

/* Ends catching and returns what was written, folded lines included. */
static const char *catch_end(void)
{
    log_flush();
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(catcher);
    size_t n = fread(written, 1, sizeof written - 1, catcher);
    written[n] = '\0';
    fclose(catcher);
    return written;
}

/* Behind "time=2026-11-23T10:15:30.000Z", whose form is checked. */
static const char *after_time(const char *line)
{
    int year, n = 0;
    assert_int_equal(sscanf(line, "time=%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ%n", &year, &n), 1);
    assert_int_equal(n, strlen("time=2026-11-23T10:15:30.000Z"));
    return line + n;
}

static const struct row {
    const char *name;
    const char *value;
    const char *logfmt;
} rows[] = {
    {"a plain value stands as it is", "abc-1.2/x:y", "abc-1.2/x:y"},
    {"a blank is quoted", "two words", "\"two words\""},
    {"an equals sign is quoted", "a=b", "\"a=b\""},
    {"a quote is escaped", "say \"hi\"", "\"say \\\"hi\\\"\""},
    {"a backslash is escaped", "a\\b", "\"a\\\\b\""},
    {"empty is visible", "", "\"\""},
    {"none is visible", NULL, "\"\""},
    {"a line break stays in its line", "a\nlevel=error", "\"a\\nlevel=error\""},
    {"a terminal's escape is harmless", "\x1b[31mred", "\"\\u001b[31mred\""},
    {"DEL is harmless", "\x7f", "\"\\u007f\""},
    {"C1 controls are harmless", "\xc2\x9b", "\"\\u009b\""},
    {"UTF-8 stays", "Zoë 東京 🙂", "\"Zoë 東京 🙂\""},
    {"a broken byte is replaced",
     "a\xff"
     "b",
     "\"a\xef\xbf\xbd"
     "b\""},
    {"an overlong slash is no slash", "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"half a character at the end", "a\xe6\x9d", "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
    {"a surrogate is no character", "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
};

static void logfmt_value(void **state)
{
    const struct row *row = *state;
    char expected[256];

    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    catch_begin();
    log_event(LOG_LEVEL_WARN, "something", "v", LOG_STR(row->value), "n", LOG_INT(-5), NULL);
    snprintf(expected, sizeof expected, " level=warn event=something v=%s n=-5\n", row->logfmt);
    assert_string_equal(after_time(catch_end()), expected);
}

/* Whatever the value, a line of JSON is one object that a parser takes. */
static void json_value(void **state)
{
    const struct row *row = *state;

    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    catch_begin();
    log_event(LOG_LEVEL_ERROR, "something", "v", LOG_STR(row->value), "n", LOG_INT(INT64_MIN), NULL);
    const char *line = catch_end();
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(o);
    assert_string_equal(json_string_value(json_object_get(o, "level")), "error");
    assert_string_equal(json_string_value(json_object_get(o, "event")), "something");
    assert_int_equal(json_integer_value(json_object_get(o, "n")), INT64_MIN);
    if (row->value && !strstr(row->logfmt, "\xef\xbf\xbd"))
        assert_string_equal(json_string_value(json_object_get(o, "v")), row->value);
    assert_int_equal(json_is_null(json_object_get(o, "v")), row->value == NULL);
    json_decref(o);
}

static void the_level_decides(void **state)
{
    (void)state;
    log_setup(LOG_LEVEL_WARN, LOG_FORMAT_LOGFMT);
    assert_false(log_enabled(LOG_LEVEL_INFO));
    assert_true(log_enabled(LOG_LEVEL_WARN));
    catch_begin();
    log_event(LOG_LEVEL_INFO, "not_this", NULL);
    log_event(LOG_LEVEL_ERROR, "this", NULL);
    assert_string_equal(after_time(catch_end()), " level=error event=this\n");
}

static void repeats_are_one_line_and_a_number(void **state)
{
    (void)state;
    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    catch_begin();
    for (int i = 0; i < 1000; i++)
        log_event(LOG_LEVEL_WARN, "again", "n", LOG_INT(7), NULL);
    log_event(LOG_LEVEL_WARN, "again", "n", LOG_INT(8), NULL);
    const char *line = after_time(catch_end());
    const char *second = strchr(line, '\n') + 1, *third = strchr(second, '\n') + 1;
    assert_int_equal(strncmp(line, " level=warn event=again n=7\n", (size_t)(second - line)), 0);
    assert_int_equal(strncmp(after_time(second), " level=warn event=again n=8\n", 28), 0);
    assert_string_equal(after_time(third), " level=warn event=again n=7 repeated=999\n");
}

static void a_long_value_is_cut_between_characters(void **state)
{
    (void)state;
    char value[8192];
    for (size_t i = 0; i + 3 < sizeof value; i += 3)
        memcpy(value + i, "東", 3);
    value[sizeof value - 2] = '\0';

    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    catch_begin();
    log_event(LOG_LEVEL_INFO, "long", "v", LOG_STR(value), NULL);
    json_t *o = json_loads(catch_end(), 0, NULL);
    assert_non_null(o);
    const char *v = json_string_value(json_object_get(o, "v"));
    assert_true(strlen(v) <= 2048 + 3);
    assert_string_equal(v + strlen(v) - 6, "東…");
    json_decref(o);
}

enum { THREADS = 4, LINES = 500 };

static void *write_lines(void *arg)
{
    for (int i = 0; i < LINES; i++)
        log_event(LOG_LEVEL_INFO, "line", "thread", LOG_INT(*(int *)arg), "i", LOG_INT(i), "pad",
                  LOG_STR("0123456789 0123456789"), NULL);
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int numbers[THREADS], lines = 0;

    log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    catch_begin();
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, write_lines, &numbers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    catch_end();
    for (char *at = written, *end; (end = strchr(at, '\n')); at = end + 1, lines++) {
        json_t *o = json_loadb(at, (size_t)(end - at), 0, NULL);
        assert_non_null(o);
        json_decref(o);
    }
    assert_int_equal(lines, THREADS * LINES);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(the_level_decides),
        cmocka_unit_test(repeats_are_one_line_and_a_number),
        cmocka_unit_test(a_long_value_is_cut_between_characters),
        cmocka_unit_test(threads_do_not_mix_their_lines),
    };
    struct CMUnitTest tests[2 * N(rows) + N(others)];
    static char names[N(rows)][80];

    for (size_t i = 0; i < N(rows); i++) {
        void *row = (void *)(uintptr_t)&rows[i];
        snprintf(names[i], sizeof names[i], "JSON: %s", rows[i].name);
        tests[i] = (struct CMUnitTest){rows[i].name, logfmt_value, NULL, NULL, row};
        tests[N(rows) + i] = (struct CMUnitTest){names[i], json_value, NULL, NULL, row};
    }
    memcpy(tests + 2 * N(rows), others, sizeof others);
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
