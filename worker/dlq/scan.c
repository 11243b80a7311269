/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/scan.h"

#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/routing.h"

#include <stdlib.h>

static size_t span_of(struct scan *s, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->spans[i].partition == partition && strcmp(s->spans[i].topic, topic) == 0)
            return i;
    s->spans = xreallocarray(s->spans, s->n + 1, sizeof *s->spans);
    s->spans[s->n] =
        (struct scan_span){.topic = topic, .partition = partition, .from = INT64_MAX, .from_ms = INT64_MAX};
    return s->n++;
}

void scan_need(struct scan *s, const char *topic, const struct origin *origin, int32_t other, struct watch *w)
{
    size_t own = span_of(s, topic, origin->partition), second = SCAN_NOWHERE;

    if (origin->offset + 1 < s->spans[own].from)
        s->spans[own].from = origin->offset + 1;
    if (other >= 0) {
        int64_t from_ms = origin->timestamp_ms < 0 ? 0 : origin->timestamp_ms;
        second = span_of(s, topic, other);
        if (from_ms < s->spans[second].from_ms)
            s->spans[second].from_ms = from_ms;
    }
    w->spans[0] = own;
    w->spans[1] = second;
}

/* ---- one event ---- */

static void look_at(struct scan *s, const struct message *m)
{
    const struct route *route = routing_find(s->catalogue->config, m, config_route_of(s->catalogue->config, m->topic));

    if (!route || !catalogue_counts(s->catalogue, &m->origin))
        return;
    struct meaning meaning = mapper_map(s->mapper, route, m);
    if (meaning.kind == MEANING_RECORD)
        overtaken_take(s->overtaken, m, meaning.record);
    free(meaning.record);
    failure_free(meaning.failure);
    free(meaning.key);
}

/* ---- the first time ---- */

static bool open_span(struct log_reader *r, struct scan_span *span, size_t *number, struct error *e)
{
    int64_t low, high, by_time = INT64_MAX;

    if (!log_ends(r, span->topic, span->partition, &low, &high, e) ||
        (span->from_ms < INT64_MAX && !log_offset_at(r, span->topic, span->partition, span->from_ms, &by_time, e)))
        return false;
    if (by_time < span->from)
        span->from = by_time;
    if (span->from > high)
        span->from = high;
    span->read_to = high;
    return log_open(r, span->topic, span->partition, span->from, high, number, e);
}

static void draw(struct progress *p, const struct log_reader *r, bool end)
{
    uint64_t done, total;

    if (!p->terminal->live)
        return;
    log_progress(r, &done, &total);
    if (end)
        progress_end(p, clock_ms(), done, total);
    else
        progress_draw(p, clock_ms(), done, total);
}

bool scan_run(struct scan *s, const struct terminal *show, struct error *e)
{
    struct log_reader *r = log_reader_new(s->catalogue->config, LOG_COMMITTED, e);
    struct progress p;
    struct message *m;
    size_t number, seen = 0;
    bool good = r != NULL;

    for (size_t i = 0; good && i < s->n; i++)
        good = open_span(r, &s->spans[i], &number, e);
    progress_begin(&p, show, "later events looked at", clock_ms());
    for (size_t i = 0; good && i < s->n; i++)
        while ((good = log_next(r, i, &m, e)) && m) {
            look_at(s, m);
            free(m);
            if (++seen % 256 == 0)
                draw(&p, r, false);
        }
    if (good && s->n)
        draw(&p, r, true);
    log_reader_free(r);
    return good;
}

/* ---- from there on ---- */

static bool open_tails(struct scan *s, struct error *e)
{
    if (!s->tail)
        s->tail = log_reader_new(s->catalogue->config, LOG_ALL, e);
    for (; s->tail && s->tails < s->n; s->tails++) {
        struct scan_span *span = &s->spans[s->tails];
        if (!log_open(s->tail, span->topic, span->partition, span->read_to, span->read_to, &span->open, e))
            return false;
    }
    return s->tail != NULL;
}

bool scan_tail(struct scan *s, size_t number, int64_t to, struct error *e)
{
    struct message *m;
    int64_t low;

    if (!open_tails(s, e))
        return false;
    struct scan_span *span = &s->spans[number];
    if (to == INT64_MAX && !log_ends(s->tail, span->topic, span->partition, &low, &to, e))
        return false;
    if (to <= span->read_to)
        return true;
    log_until(s->tail, span->open, to);
    while (log_next(s->tail, span->open, &m, e)) {
        if (!m) {
            span->read_to = to;
            return true;
        }
        look_at(s, m);
        free(m);
    }
    return false;
}

void scan_release(struct scan *s)
{
    log_reader_free(s->tail);
    free(s->spans);
    *s = (struct scan){0};
}
