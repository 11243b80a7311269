/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/loop_history.h"

#include "common/memory.h"
#include "config/config.h"
#include "worker/kafka/consumer.h"
#include "worker/loop_state.h"

#include <stdlib.h>
#include <string.h>

struct samples { /* NOT_KNOWN: not known; a ring, all rings of a history stand at the same place */
    double at[HISTORY_STEPS];
};
static const double NOT_KNOWN = -1;

struct watched {
    char *topic;
    int32_t partition;
    uint64_t lease;
    int64_t lag, committed;
    uint64_t ages[ENGINE_AGES]; /* of this lease */
    struct samples lags, rates, p95_s;
    bool seen; /* in this sample */
};

struct loop_history {
    int64_t due_at, taken_at;
    size_t taken; /* samples so far */
    uint64_t settled, ages[ENGINE_AGES];
    struct samples settled_per_s, p95_s, lag, in_flight;
    struct watched *watched; /* HISTORY_PARTITIONS of them at the most */
    size_t nwatched;
    struct consumer_lag lags[HISTORY_PARTITIONS];
    json_t *json, *partitions;
};

struct loop_history *loop_history_new(void)
{
    return xcalloc(1, sizeof(struct loop_history));
}

void loop_history_free(struct loop_history *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->nwatched; i++)
        free(h->watched[i].topic);
    free(h->watched);
    json_decref(h->json);
    json_decref(h->partitions);
    free(h);
}

/* ---- one sample ---- */

static uint64_t settled_of(const struct loop *l)
{
    const struct engine_counts *c = engine_counts(l->engine);
    uint64_t sum = 0;
    for (size_t i = 0; i < l->config->nroutes; i++)
        for (int d = 0; d < DISPOSITIONS; d++)
            sum += d == DISPOSITION_RETURNED ? 0 : c->events[i][d];
    return sum;
}

/* Below which 95 of 100 ages lie, in seconds, as between the bounds of its bucket; NOT_KNOWN where nothing was applied. */
static double p95_of(const uint64_t ages[ENGINE_AGES])
{
    double all = 0, below = 0;
    for (size_t i = 0; i < ENGINE_AGES; i++)
        all += (double)ages[i];
    for (size_t i = 0; all > 0 && i < ENGINE_AGES - 1; i++) {
        double from = i ? (double)engine_ages_ms[i - 1] : 0, to = (double)engine_ages_ms[i], here = (double)ages[i];
        if (below + here >= 0.95 * all)
            return (from + (to - from) * (0.95 * all - below) / here) / 1000;
        below += here;
    }
    return all > 0 ? (double)engine_ages_ms[ENGINE_AGES - 2] / 1000 : NOT_KNOWN;
}

/* The same of the events since the last sample, whose counts `before` holds: they become those of `now`. */
static double p95_since(uint64_t before[ENGINE_AGES], const uint64_t now[ENGINE_AGES])
{
    uint64_t ages[ENGINE_AGES];
    for (size_t i = 0; i < ENGINE_AGES; i++) {
        ages[i] = now[i] - before[i];
        before[i] = now[i];
    }
    return p95_of(ages);
}

static struct watched *watch(struct loop_history *h, const struct consumer_lag *now)
{
    for (size_t i = 0; i < h->nwatched; i++)
        if (h->watched[i].partition == now->partition && strcmp(h->watched[i].topic, now->topic) == 0)
            return &h->watched[i];
    h->watched = xreallocarray(h->watched, ++h->nwatched, sizeof *h->watched);
    struct watched *w = &h->watched[h->nwatched - 1];
    *w = (struct watched){.topic = xstrdup(now->topic), .partition = now->partition, .committed = -1};
    for (size_t i = 0; i < HISTORY_STEPS; i++)
        w->lags.at[i] = w->rates.at[i] = w->p95_s.at[i] = NOT_KNOWN;
    return w;
}

static double p95_of_partition(struct watched *w, const struct engine *e, uint64_t lease)
{
    const uint64_t *ages = engine_ages(e, lease);
    if (w->lease != lease)
        memset(w->ages, 0, sizeof w->ages); /* it was given up and came back */
    w->lease = lease;
    return ages ? p95_since(w->ages, ages) : NOT_KNOWN;
}

static void forget_the_gone(struct loop_history *h)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->nwatched; i++) {
        if (h->watched[i].seen)
            h->watched[kept++] = h->watched[i];
        else
            free(h->watched[i].topic);
    }
    h->nwatched = kept;
}

/* Returns the lag of all of them together. */
static double take_partitions(struct loop *l, size_t place, double seconds)
{
    struct loop_history *h = l->history;
    size_t n = l->consumer ? consumer_lags(l->consumer, h->lags, HISTORY_PARTITIONS) : 0;
    double sum = 0;

    for (size_t i = 0; i < h->nwatched; i++)
        h->watched[i].seen = false;
    for (size_t i = 0; i < n && i < HISTORY_PARTITIONS; i++) {
        const struct consumer_lag *now = &h->lags[i];
        struct watched *w = watch(h, now);
        bool moved = w->committed >= 0 && now->committed >= w->committed && seconds > 0;
        w->lags.at[place] = now->lag < 0 ? NOT_KNOWN : (double)now->lag;
        w->rates.at[place] = moved ? (double)(now->committed - w->committed) / seconds : NOT_KNOWN;
        w->p95_s.at[place] = p95_of_partition(w, l->engine, now->lease);
        w->lag = now->lag;
        w->committed = now->committed;
        w->seen = true;
        sum += now->lag > 0 ? (double)now->lag : 0;
    }
    forget_the_gone(h);
    return sum;
}

static void take_sample(struct loop *l)
{
    struct loop_history *h = l->history;
    const struct engine_counts *c = engine_counts(l->engine);
    size_t place = h->taken % HISTORY_STEPS;
    double seconds = h->taken ? (double)(l->now - h->taken_at) / 1000 : 0;
    uint64_t settled = settled_of(l);

    h->settled_per_s.at[place] = seconds > 0 ? (double)(settled - h->settled) / seconds : NOT_KNOWN;
    h->p95_s.at[place] = p95_since(h->ages, c->ages);
    h->lag.at[place] = take_partitions(l, place, seconds);
    h->in_flight.at[place] = c->in_flight;
    h->settled = settled;
    h->taken_at = l->now;
    h->taken++;
}

/* ---- as JSON ---- */

static json_t *series_json(const struct loop_history *h, const struct samples *s)
{
    json_t *all = json_array();
    size_t n = h->taken < HISTORY_STEPS ? h->taken : HISTORY_STEPS;
    for (size_t i = h->taken - n; i < h->taken; i++) {
        double v = s->at[i % HISTORY_STEPS];
        double rounded = (double)(int64_t)(v * 1000 + 0.5) / 1000;
        json_array_append_new(all, v < 0 ? json_null() : json_real(rounded));
    }
    return all;
}

/* Lags that differ by less than a factor of four are as good as equal: rows that change places all the time cannot be read. */
static int magnitude(int64_t lag)
{
    int n = 0;
    for (; lag > 0; lag /= 4)
        n++;
    return n;
}

static int by_lag(const void *a, const void *b)
{
    const struct watched *x = a, *y = b;
    if (magnitude(x->lag) != magnitude(y->lag))
        return magnitude(y->lag) - magnitude(x->lag);
    int order = strcmp(x->topic, y->topic);
    return order ? order : (x->partition > y->partition) - (x->partition < y->partition);
}

static json_t *partitions_json(struct loop_history *h)
{
    json_t *all = json_array();
    if (h->nwatched) /* no array at all before the first partition */
        qsort(h->watched, h->nwatched, sizeof *h->watched, by_lag);
    for (size_t i = 0; i < h->nwatched; i++) {
        const struct watched *w = &h->watched[i];
        json_t *lag = w->lag < 0 ? json_null() : json_integer(w->lag);
        json_array_append_new(all, json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "topic", w->topic, "partition",
                                             (int)w->partition, "lag", lag, "lags", series_json(h, &w->lags), "rates",
                                             series_json(h, &w->rates), "p95_s", series_json(h, &w->p95_s)));
    }
    return all;
}

void loop_history_take(struct loop *l)
{
    struct loop_history *h = l->history;
    if (l->now < h->due_at)
        return;
    h->due_at = l->now + HISTORY_EVERY_MS;
    take_sample(l);
    json_decref(h->json);
    json_decref(h->partitions);
    h->json = json_pack("{s:f, s:o, s:o, s:o, s:o}", "every_s", HISTORY_EVERY_MS / 1000.0, "settled_per_s",
                        series_json(h, &h->settled_per_s), "p95_s", series_json(h, &h->p95_s), "lag",
                        series_json(h, &h->lag), "in_flight", series_json(h, &h->in_flight));
    h->partitions = partitions_json(h);
}

json_t *loop_history_json(const struct loop_history *h)
{
    return json_incref(h->json);
}

json_t *loop_history_partitions(const struct loop_history *h)
{
    return json_incref(h->partitions);
}
