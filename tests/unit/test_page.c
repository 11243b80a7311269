/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/web/charts.h"
#include "worker/web/html.h"
#include "worker/web/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define THIN "\xe2\x80\xaf"

enum { ROOM = 1 << 16 };

static void numbers_are_written_for_people(void **state)
{
    static const struct {
        void (*write)(struct buffer *, double);
        double value;
        const char *text;
    } cases[] = {
        {html_count, 0, "0"},
        {html_count, 999, "999"},
        {html_count, 1000, "1" THIN "000"},
        {html_count, 1234567, "1" THIN "234" THIN "567"},
        {html_count, 12345678, "12.3" THIN "M"},
        {html_count, 2.5e9, "2.5" THIN "G"},
        {html_rate, 0, "0"},
        {html_rate, 0.123, "0.12"},
        {html_rate, 7.06, "7.1"},
        {html_rate, 42.4, "42"},
        {html_rate, 1812, "1" THIN "812"},
        {html_duration, -1, "\xe2\x80\x93"},
        {html_duration, 0.35, "350" THIN "ms"},
        {html_duration, 4.21, "4.2" THIN "s"},
        {html_duration, 59, "59" THIN "s"},
        {html_duration, 185, "3" THIN "min 5" THIN "s"},
        {html_duration, 7620, "2" THIN "h 7" THIN "min"},
        {html_duration, 273600, "3" THIN "d 4" THIN "h"},
        {html_bytes, 12288, "12" THIN "KiB"},
        {html_bytes, 3565158, "3.4" THIN "MiB"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer b = BUFFER_INIT(ROOM);
        cases[i].write(&b, cases[i].value);
        assert_string_equal(b.bytes, cases[i].text);
        buffer_release(&b);
    }
}

static void text_never_becomes_markup(void **state)
{
    struct buffer b = BUFFER_INIT(ROOM);
    (void)state;
    html_text(&b, "<a href=\"x\" b='y'>&");
    assert_string_equal(b.bytes, "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
    html_text(&b, NULL);
    buffer_release(&b);
}

static char *line_of(const double *values, size_t n)
{
    struct buffer b = BUFFER_INIT(ROOM);
    chart_spark(&b, values, n, "a chart");
    char *from = strstr(b.bytes, "class=\"line\" d=\"");
    assert_non_null(from);
    from += strlen("class=\"line\" d=\"");
    char *line = strndup(from, strcspn(from, "\""));
    buffer_release(&b);
    return line;
}

static void charts_have_gaps_where_nothing_is_known(void **state)
{
    static const struct {
        double values[4];
        size_t n;
        const char *line; /* 90 wide, 20 high; the largest value at 2, zero at 19 */
    } cases[] = {
        {{0}, 0, ""},
        {{-1, -1, -1, -1}, 4, ""},
        {{0, 5, 10, 0}, 4, "M0.0 19.0L30.0 10.5L60.0 2.0L90.0 19.0"},
        {{10, -1, 10, 5}, 4, "M0.0 2.0h-2M60.0 2.0L90.0 10.5"},
        {{0, 0, 0, 0}, 4, "M0.0 19.0L30.0 19.0L60.0 19.0L90.0 19.0"},
        {{7}, 1, "M90.0 2.0h-2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *line = line_of(cases[i].values, cases[i].n);
        assert_string_equal(line, cases[i].line);
        free(line);
    }
}

static void bars_take_the_colour_of_the_limit_they_are_past(void **state)
{
    static const struct {
        double part;
        const char *drawn;
    } cases[] = {
        {-0.5, "part good\" width=\"0.0\""},  {0.5, "part good\" width=\"120.0\""},
        {0.8, "part warn\" width=\"192.0\""}, {0.95, "part bad\" width=\"228.0\""},
        {7, "part bad\" width=\"240.0\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer b = BUFFER_INIT(ROOM);
        chart_bar(&b, cases[i].part, 0.8, 0.95, "used");
        assert_non_null(strstr(b.bytes, cases[i].drawn));
        buffer_release(&b);
    }
}

static void the_page_shows_what_the_status_says(void **state)
{
    static const struct {
        const char *status, *shown, *not_shown;
    } cases[] = {
        {NULL, "starting", "ready"},
        {"nonsense", "starting", "ready"},
        {"{}", "not ready", "Errors by code"},
        {"{\"ready\":true,\"worker\":\"w-1\"}", "<p class=\"pill good\">ready</p>", "reasons"},
        {"{\"ready\":false,\"reasons\":[\"a <b>\"]}", "<li>a &lt;b&gt;</li>", "<b>\"]"},
        {"{\"ready\":true,\"reasons\":[]}", "API budget", "class=\"reasons\""},
        {"{\"salesforce\":{\"api_used\":-1,\"api_limit\":-1}}", "not known before the first call", "nan"},
        {"{\"salesforce\":{\"api_used\":960,\"api_limit\":1000,\"slow_at\":80,\"stop_at\":95}}", "part bad", "nan"},
        {"{\"partitions\":[]}", "more workers than partitions", "nan"},
        {"{\"partitions\":[{\"topic\":\"t\",\"partition\":3,\"lag\":null,\"lags\":[],\"rates\":[]}]}",
         "<td class=\"rest\">t</td>", "nan"},
        {"{\"routes\":[{\"name\":\"r\",\"halted\":\"INVALID_FIELD\"}]}", "class=\"failed\">INVALID_FIELD", "runs"},
        {"{\"errors\":[{\"code\":\"X\",\"count\":3,\"what_to_do\":\"Do it.\"}]}", "Do it.", "Last dead letters"},
        {"{\"errors\":[{\"code\":\"X\",\"what_to_do\":\"run `sfsink <x>`, `y\"}]}",
         "run <code>sfsink &lt;x&gt;</code>, <code>y</code></td>", "`"},
        {"{\"dead_letters\":[{\"code\":\"X\",\"offset\":81234}]}", "81234", "Errors by code"},
        {"{\"configuration\":\"a = \\\"***\\\";\"}", "<pre>a = &quot;***&quot;;</pre>", "nan"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *page = page_render(cases[i].status);
        assert_non_null(strstr(page, cases[i].shown));
        assert_null(strstr(page, cases[i].not_shown));
        assert_non_null(strstr(page, "</html>"));
        free(page);
    }
}

static void many_partitions_make_no_endless_page(void **state)
{
    struct buffer b = BUFFER_INIT(1 << 20);
    (void)state;
    buffer_add_string(&b, "{\"partitions\":[");
    for (int i = 0; i < 100; i++)
        buffer_printf(&b, "%s{\"topic\":\"t\",\"partition\":%d,\"lag\":1}", i ? "," : "", i);
    buffer_add_string(&b, "]}");
    char *page = page_render(b.bytes);
    assert_non_null(strstr(page, "and 52 more"));
    free(page);
    buffer_release(&b);
}

static void the_files_are_in_the_binary(void **state)
{
    (void)state;
    assert_non_null(strstr(page_css, "prefers-color-scheme: dark"));
    assert_non_null(strstr(page_js, "use strict"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_for_people),
        cmocka_unit_test(text_never_becomes_markup),
        cmocka_unit_test(charts_have_gaps_where_nothing_is_known),
        cmocka_unit_test(bars_take_the_colour_of_the_limit_they_are_past),
        cmocka_unit_test(the_page_shows_what_the_status_says),
        cmocka_unit_test(many_partitions_make_no_endless_page),
        cmocka_unit_test(the_files_are_in_the_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
