/* SPDX-License-Identifier: Apache-2.0 */
#include "common/metrics.h"

#include "common/memory.h"

#define uthash_fatal(msg) memory_exhausted()
#include <uthash.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

struct series {
    struct metric *metric;
    double value;     /* of a histogram: the sum */
    uint64_t *counts; /* of a histogram: each bucket's own, nbounds + 1 */
    UT_hash_handle hh;
    size_t key_len;
    char key[]; /* the label values, each with its NUL */
};

struct metric {
    enum kind kind;
    const char *name, *help, *labels;
    size_t nlabels;
    const double *bounds;
    size_t nbounds;
    struct series *series; /* uthash by label values, in the order in which they were added */
    struct metric *next;
};

struct metrics {
    struct metric *first, **end;
};

struct metrics *metrics_new(void)
{
    struct metrics *m = xcalloc(1, sizeof *m);
    m->end = &m->first;
    return m;
}

void metric_clear(struct metric *f)
{
    struct series *s, *next;
    HASH_ITER(hh, f->series, s, next)
    {
        HASH_DEL(f->series, s);
        free(s->counts);
        free(s);
    }
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    while (m->first) {
        struct metric *f = m->first;
        m->first = f->next;
        metric_clear(f);
        free(f);
    }
    free(m);
}

static size_t count_labels(const char *labels)
{
    size_t n = *labels ? 1 : 0;
    for (const char *at = labels; *at; at++)
        n += *at == ',';
    return n;
}

static struct metric *add_metric(struct metrics *m, enum kind kind, const char *name, const char *help,
                                 const char *labels)
{
    for (const struct metric *f = m->first; f; f = f->next)
        if (strcmp(f->name, name) == 0)
            bug("metric %s added twice", name);
    struct metric *f = xcalloc(1, sizeof *f);
    *f = (struct metric){.kind = kind, .name = name, .help = help, .labels = labels, .nlabels = count_labels(labels)};
    if (f->nlabels > METRIC_MAX_LABELS)
        bug("metric %s has %zu labels", name, f->nlabels);
    *m->end = f;
    m->end = &f->next;
    return f;
}

struct metric *metrics_counter(struct metrics *m, const char *name, const char *help, const char *labels)
{
    return add_metric(m, KIND_COUNTER, name, help, labels);
}

struct metric *metrics_gauge(struct metrics *m, const char *name, const char *help, const char *labels)
{
    return add_metric(m, KIND_GAUGE, name, help, labels);
}

struct metric *metrics_histogram(struct metrics *m, const char *name, const char *help, const char *labels,
                                 const double *bounds, size_t nbounds)
{
    struct metric *f = add_metric(m, KIND_HISTOGRAM, name, help, labels);
    f->bounds = bounds;
    f->nbounds = nbounds;
    return f;
}

static struct series *add_series(struct metric *f, const char *key, size_t len)
{
    struct series *s = xcalloc(1, sizeof *s + len);
    s->metric = f;
    s->key_len = len;
    if (len)
        memcpy(s->key, key, len);
    if (f->kind == KIND_HISTOGRAM)
        s->counts = xcalloc(f->nbounds + 1, sizeof *s->counts);
    HASH_ADD_KEYPTR(hh, f->series, s->key, s->key_len, s);
    return s;
}

struct series *metric_at_values(struct metric *f, const char *const *values, size_t nvalues)
{
    struct buffer key = BUFFER_INIT(1 << 20);
    struct series *s;

    if (nvalues != f->nlabels)
        bug("metric %s wants %zu label values, not %zu", f->name, f->nlabels, nvalues);
    for (size_t i = 0; i < nvalues; i++)
        buffer_add(&key, values[i], strlen(values[i]) + 1);
    HASH_FIND(hh, f->series, key.bytes ? key.bytes : "", key.len, s);
    if (!s)
        s = add_series(f, key.bytes, key.len);
    buffer_release(&key);
    return s;
}

struct series *metric_only(struct metric *f)
{
    return metric_at_values(f, NULL, 0);
}

void metric_add(struct series *s, double by)
{
    if (s->metric->kind == KIND_COUNTER && !(by >= 0))
        bug("counter %s falls", s->metric->name);
    s->value += by;
}

void metric_set(struct series *s, double to)
{
    if (s->metric->kind == KIND_COUNTER && !(to >= s->value))
        bug("counter %s falls", s->metric->name);
    s->value = to;
}

void metric_observe(struct series *s, double value)
{
    const struct metric *f = s->metric;
    size_t i = 0;
    while (i < f->nbounds && value > f->bounds[i])
        i++;
    s->counts[i]++;
    s->value += value;
}

void metric_set_histogram(struct series *s, const uint64_t *counts, double sum)
{
    memcpy(s->counts, counts, (s->metric->nbounds + 1) * sizeof *counts);
    s->value = sum;
}

/* ---- the text ---- */

/* Help escapes backslash and line feed; a label value its quote, too. */
static void add_escaped(struct buffer *out, const char *s, bool quotes)
{
    for (; *s; s++) {
        if (*s == '\\')
            buffer_add_string(out, "\\\\");
        else if (*s == '\n')
            buffer_add_string(out, "\\n");
        else if (*s == '"' && quotes)
            buffer_add_string(out, "\\\"");
        else
            buffer_add_char(out, *s);
    }
}

/* The shortest text that reads back as the same number. */
static void add_number(struct buffer *out, double v)
{
    if (isnan(v)) {
        buffer_add_string(out, "NaN");
    } else if (isinf(v)) {
        buffer_add_string(out, v > 0 ? "+Inf" : "-Inf");
    } else if (v == floor(v) && fabs(v) < 9007199254740992.0) {
        buffer_printf(out, "%.0f", v);
    } else {
        char text[32];
        for (int digits = 6; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, v);
            if (strtod(text, NULL) >= v && strtod(text, NULL) <= v)
                break;
        }
        buffer_add_string(out, text);
    }
}

/* {a="x",b="y"} and, of a bucket, its bound as "le". */
static void add_labels(struct buffer *out, const struct series *s, const double *le)
{
    const char *name = s->metric->labels, *value = s->key;

    if (s->metric->nlabels == 0 && !le)
        return;
    buffer_add_char(out, '{');
    for (size_t i = 0; i < s->metric->nlabels; i++) {
        size_t len = strcspn(name, ",");
        buffer_printf(out, "%s%.*s=\"", i ? "," : "", (int)len, name);
        add_escaped(out, value, true);
        buffer_add_char(out, '"');
        name += len + 1;
        value += strlen(value) + 1;
    }
    if (le) {
        buffer_printf(out, "%sle=\"", s->metric->nlabels ? "," : "");
        add_number(out, *le);
        buffer_add_char(out, '"');
    }
    buffer_add_char(out, '}');
}

static void add_sample(struct buffer *out, const struct series *s, const char *suffix, const double *le, double value)
{
    buffer_add_string(out, s->metric->name);
    buffer_add_string(out, suffix);
    add_labels(out, s, le);
    buffer_add_char(out, ' ');
    add_number(out, value);
    buffer_add_char(out, '\n');
}

static void add_histogram(struct buffer *out, const struct series *s)
{
    const struct metric *f = s->metric;
    uint64_t sum = 0;

    for (size_t i = 0; i <= f->nbounds; i++) {
        double le = i < f->nbounds ? f->bounds[i] : (double)INFINITY;
        sum += s->counts[i];
        add_sample(out, s, "_bucket", &le, (double)sum);
    }
    add_sample(out, s, "_sum", NULL, s->value);
    add_sample(out, s, "_count", NULL, (double)sum);
}

void metrics_text(const struct metrics *m, struct buffer *out)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};

    for (const struct metric *f = m->first; f; f = f->next) {
        if (!f->series)
            continue;
        buffer_printf(out, "# HELP %s ", f->name);
        add_escaped(out, f->help, false);
        buffer_printf(out, "\n# TYPE %s %s\n", f->name, kinds[f->kind]);
        for (const struct series *s = f->series; s; s = s->hh.next) {
            if (f->kind == KIND_HISTOGRAM)
                add_histogram(out, s);
            else
                add_sample(out, s, "", NULL, s->value);
        }
    }
}
