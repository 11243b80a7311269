/* SPDX-License-Identifier: Apache-2.0 */
/* The text that Prometheus reads, byte for byte. */
#include "common/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static void expect_text(struct metrics *m, const char *expected)
{
    struct buffer b = BUFFER_INIT(1 << 16);
    metrics_text(m, &b);
    assert_string_equal(b.bytes ? b.bytes : "", expected);
    buffer_release(&b);
    metrics_free(m);
}

static void nothing_is_no_text(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    metrics_counter(m, "a_total", "Never counted.", "x");
    expect_text(m, "");
}

static void a_counter(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *f = metrics_counter(m, "calls_total", "Calls.", "");
    metric_add(metric_only(f), 1);
    metric_add(metric_only(f), 2);
    expect_text(m, "# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total 3\n");
}

static void labels_make_series(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *f = metrics_gauge(m, "lag", "Lag.", "topic,partition");
    metric_set(metric_at(f, "a", "0"), 7);
    metric_set(metric_at(f, "a", "1"), 8);
    metric_set(metric_at(f, "a", "0"), 9);
    expect_text(
        m,
        "# HELP lag Lag.\n# TYPE lag gauge\nlag{topic=\"a\",partition=\"0\"} 9\nlag{topic=\"a\",partition=\"1\"} 8\n");
}

/* "ab" + "c" and "a" + "bc" are two series. */
static void label_values_do_not_run_together(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *f = metrics_gauge(m, "g", "G.", "x,y");
    metric_set(metric_at(f, "ab", "c"), 1);
    metric_set(metric_at(f, "a", "bc"), 2);
    metric_set(metric_at(f, "", ""), 3);
    expect_text(m, "# HELP g G.\n# TYPE g gauge\ng{x=\"ab\",y=\"c\"} 1\ng{x=\"a\",y=\"bc\"} 2\ng{x=\"\",y=\"\"} 3\n");
}

static void what_could_break_a_line_is_escaped(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *f = metrics_gauge(m, "g", "One\nline, a \\ and a \".", "x");
    metric_set(metric_at(f, "a\\b\"c\nd"), 1);
    expect_text(m, "# HELP g One\\nline, a \\\\ and a \".\n# TYPE g gauge\ng{x=\"a\\\\b\\\"c\\nd\"} 1\n");
}

static void a_histogram_adds_up(void **state)
{
    static const double bounds[] = {0.1, 1, 2.5};
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *f = metrics_histogram(m, "s_seconds", "S.", "r", bounds, N(bounds));
    struct series *s = metric_at(f, "q");
    metric_observe(s, 0.1); /* a bound belongs to its bucket */
    metric_observe(s, 0.5);
    metric_observe(s, 3);
    expect_text(m, "# HELP s_seconds S.\n# TYPE s_seconds histogram\n"
                   "s_seconds_bucket{r=\"q\",le=\"0.1\"} 1\ns_seconds_bucket{r=\"q\",le=\"1\"} 2\n"
                   "s_seconds_bucket{r=\"q\",le=\"2.5\"} 2\ns_seconds_bucket{r=\"q\",le=\"+Inf\"} 3\n"
                   "s_seconds_sum{r=\"q\"} 3.6\ns_seconds_count{r=\"q\"} 3\n");
}

static void a_histogram_counted_elsewhere(void **state)
{
    static const double bounds[] = {1, 2};
    static const uint64_t counts[] = {4, 0, 2};
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *f = metrics_histogram(m, "h", "H.", "", bounds, N(bounds));
    metric_set_histogram(metric_only(f), counts, 12.25);
    expect_text(m,
                "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 4\nh_bucket{le=\"2\"} 4\nh_bucket{le=\"+Inf\"} 6\n"
                "h_sum 12.25\nh_count 6\n");
}

static void cleared_series_are_gone(void **state)
{
    (void)state;
    struct metrics *m = metrics_new();
    struct metric *f = metrics_gauge(m, "lag", "Lag.", "p");
    metric_set(metric_at(f, "1"), 1);
    metric_set(metric_at(f, "2"), 1);
    metric_clear(f);
    metric_set(metric_at(f, "2"), 5);
    expect_text(m, "# HELP lag Lag.\n# TYPE lag gauge\nlag{p=\"2\"} 5\n");
}

static const struct row {
    const char *name;
    double value;
    const char *text;
} rows[] = {
    {"zero", 0, "0"},
    {"a large count has no exponent", 1234567890123, "1234567890123"},
    {"2^53 - 1 is exact", 9007199254740991, "9007199254740991"},
    {"a tenth is short", 0.1, "0.1"},
    {"a third has all its digits", 1.0 / 3, "0.3333333333333333"},
    {"below zero", -2.5, "-2.5"},
    {"infinity", (double)INFINITY, "+Inf"},
    {"below infinity", -(double)INFINITY, "-Inf"},
    {"not a number", (double)NAN, "NaN"},
};

static void number(void **state)
{
    const struct row *row = *state;
    char expected[128];
    struct metrics *m = metrics_new();
    metric_set(metric_only(metrics_gauge(m, "g", "G.", "")), row->value);
    snprintf(expected, sizeof expected, "# HELP g G.\n# TYPE g gauge\ng %s\n", row->text);
    expect_text(m, expected);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(nothing_is_no_text),
        cmocka_unit_test(a_counter),
        cmocka_unit_test(labels_make_series),
        cmocka_unit_test(label_values_do_not_run_together),
        cmocka_unit_test(what_could_break_a_line_is_escaped),
        cmocka_unit_test(a_histogram_adds_up),
        cmocka_unit_test(a_histogram_counted_elsewhere),
        cmocka_unit_test(cleared_series_are_gone),
    };
    struct CMUnitTest tests[N(rows) + N(others)];

    for (size_t i = 0; i < N(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, number, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    for (size_t i = 0; i < N(others); i++)
        tests[N(rows) + i] = others[i];
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
