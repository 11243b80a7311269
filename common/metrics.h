/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h: counters, gauges and histograms in one table, and their Prometheus text.
 *
 *     struct metrics *m = metrics_new();
 *     struct metric *calls = metrics_counter(m, "sfsink_api_calls_total", "Calls of the REST API.", "resource,status");
 *     metric_add(metric_at(calls, "collections", "200"), 1);
 *     metrics_text(m, &buffer);
 *
 * A metric is a name with its label names; metric_at() finds or makes the series of some label values. A series stays
 * where it is until metric_clear() or metrics_free(), so that the loop can keep the pointer. Totals that are counted
 * elsewhere are carried over with metric_set(): a counter that falls is a defect.
 *
 * Not locked and not atomic: one thread, the loop's, owns the table and publishes the text, which is then one
 * consistent snapshot. Memory: as many series as label values were given; callers give values out of a bounded set only
 * (names of the configuration, codes, partitions owned). */
#ifndef SFSINK_COMMON_METRICS_H
#define SFSINK_COMMON_METRICS_H

#include "common/buffer.h"

#include <stddef.h>
#include <stdint.h>

struct metrics;
struct metric;
struct series;

enum { METRIC_MAX_LABELS = 4 };

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m); /* NULL is fine */

/* Add a metric, in the order in which they shall be shown; each name once. name, help and labels ("a,b", "" for none,
 * at most METRIC_MAX_LABELS) are constants and not copied. Names carry their unit, counters end in _total. */
struct metric *metrics_counter(struct metrics *m, const char *name, const char *help, const char *labels);
struct metric *metrics_gauge(struct metrics *m, const char *name, const char *help, const char *labels);
/* bounds: rising upper bounds, not copied; +Inf is added. */
struct metric *metrics_histogram(struct metrics *m, const char *name, const char *help, const char *labels,
                                 const double *bounds, size_t nbounds);

/* The series of these label values: as many strings as the metric has labels, which are copied. */
struct series *metric_at_values(struct metric *f, const char *const *values, size_t nvalues);
#define metric_at(f, ...)                                                                                              \
    metric_at_values((f), (const char *const[]){__VA_ARGS__},                                                          \
                     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
struct series *metric_only(struct metric *f); /* the one series of a metric without labels */

/* Forgets all series, as for partitions that are no longer owned. */
void metric_clear(struct metric *f);

void metric_add(struct series *s, double by);        /* counter (by at least 0) or gauge */
void metric_set(struct series *s, double to);        /* gauge; counter: never below what it was */
void metric_observe(struct series *s, double value); /* histogram */
/* Carries over a histogram counted elsewhere with the same bounds: counts[i] of bucket i alone, nbounds + 1 of them. */
void metric_set_histogram(struct series *s, const uint64_t *counts, double sum);

/* Appends the whole table in Prometheus' text format 0.0.4. Metrics without series are left out. */
void metrics_text(const struct metrics *m, struct buffer *out);

#endif
