/* SPDX-License-Identifier: Apache-2.0 */
#include "common/memory.h"
#include "common/metrics.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/kafka/consumer.h"
#include "worker/loop_history.h"
#include "worker/loop_state.h"
#include "worker/salesforce/sender.h"
#include "worker/web/web.h"

#include <stdio.h>
#include <stdlib.h>

enum { METRICS_CEILING = 8 * 1024 * 1024, PARTITIONS_SHOWN = 4096 };

static const double batch_sizes[] = {1, 2, 5, 10, 25, 50, 100, 150, 200};

struct loop_metrics {
    struct metrics *table;
    struct metric *consumed, *events, *pending, *pending_bytes, *records, *calls, *duration, *age, *batch, *in_flight,
        *lag, *oldest, *letters, *letters_waiting, *usage, *limit, *refreshes, *assigned, *build, *ready, *merged,
        *dropped, *fenced, *cross_partition, *doubtful, *restored, *allowed, *halted;
    double duration_bounds[sizeof sender_buckets_ms / sizeof sender_buckets_ms[0]], age_bounds[ENGINE_AGES - 1];
    struct consumer_lag lags[PARTITIONS_SHOWN];
};

static void declare_engine(struct loop_metrics *m)
{
    struct metrics *t = m->table;
    m->consumed = metrics_counter(t, "sfsink_events_consumed_total", "Events taken from Kafka.", "");
    m->events =
        metrics_counter(t, "sfsink_events_total", "Events that came to an end, by route and how.", "route,disposition");
    m->pending = metrics_gauge(t, "sfsink_events_pending", "Events held and not settled.", "");
    m->pending_bytes = metrics_gauge(t, "sfsink_pending_bytes", "Memory that those events occupy.", "");
    m->oldest =
        metrics_gauge(t, "sfsink_oldest_pending_seconds", "How long the oldest of them has been held; 0: none is.", "");
    m->age =
        metrics_histogram(t, "sfsink_end_to_end_seconds", "From an event's timestamp to Salesforce's confirmation.", "",
                          m->age_bounds, ENGINE_AGES - 1);
    m->merged =
        metrics_counter(t, "sfsink_events_merged_total", "Events that went along in another change's record.", "");
    m->dropped = metrics_counter(t, "sfsink_events_dropped_total",
                                 "Messages dropped on arrival: seen before, or of a partition given up.", "");
    m->fenced = metrics_counter(t, "sfsink_fenced_results_total", "Answers that came for a partition given up.", "");
    m->cross_partition = metrics_counter(
        t, "sfsink_cross_partition_events_total",
        "Changes of a record of which another partition has changes too: their order is not known.", "");
    m->doubtful = metrics_counter(t, "sfsink_inserts_doubtful_total",
                                  "Inserts without external id sent again after no answer: maybe doubled.", "");
    m->restored = metrics_counter(
        t, "sfsink_events_restored_total",
        "Messages that an earlier owner had finished above its commit point; not counted as consumed.", "");
    m->halted = metrics_gauge(t, "sfsink_routes_halted", "Routes that stand still for a trouble of their own.", "");
    m->letters = metrics_counter(t, "sfsink_dead_letters_total", "Events refused, by error code.", "code");
    m->letters_waiting =
        metrics_gauge(t, "sfsink_dead_letters_waiting", "Dead letters that Kafka has not acknowledged.", "");
}

static void declare_salesforce(struct loop_metrics *m)
{
    struct metrics *t = m->table;
    m->records = metrics_counter(t, "sfsink_records_total",
                                 "Records answered by Salesforce, by object, mode and result.", "object,mode,result");
    m->calls =
        metrics_counter(t, "sfsink_api_calls_total",
                        "Calls of Salesforce's API, by resource and HTTP status; 0: no answer.", "resource,status");
    m->duration = metrics_histogram(t, "sfsink_api_call_duration_seconds", "How long Salesforce took to answer.", "",
                                    m->duration_bounds, sizeof m->duration_bounds / sizeof *m->duration_bounds);
    m->batch = metrics_histogram(t, "sfsink_batch_records", "Records in a request.", "", batch_sizes,
                                 sizeof batch_sizes / sizeof *batch_sizes);
    m->in_flight = metrics_gauge(t, "sfsink_requests_in_flight", "Batches on their way to Salesforce.", "");
    m->allowed = metrics_gauge(t, "sfsink_requests_allowed",
                               "Batches that may be on their way at once; falls while Salesforce struggles.", "");
    m->usage = metrics_gauge(t, "sfsink_api_usage",
                             "API calls of the org in the last 24 hours, as Salesforce reported them last.", "");
    m->limit = metrics_gauge(t, "sfsink_api_limit", "API calls that the org may make in 24 hours.", "");
    m->refreshes =
        metrics_counter(t, "sfsink_token_refreshes_total", "Logins with the stored credentials, by result.", "result");
}

struct loop_metrics *loop_metrics_new(const struct config *config)
{
    struct loop_metrics *m = xcalloc(1, sizeof *m);
    m->table = metrics_new();
    for (size_t i = 0; i < sizeof m->duration_bounds / sizeof *m->duration_bounds; i++)
        m->duration_bounds[i] = sender_buckets_ms[i] / 1000.0;
    for (size_t i = 0; i < ENGINE_AGES - 1; i++)
        m->age_bounds[i] = (double)engine_ages_ms[i] / 1000;
    declare_engine(m);
    declare_salesforce(m);
    m->lag = metrics_gauge(m->table, "sfsink_partition_lag", "Messages in a partition that are not committed yet.",
                           "topic,partition");
    m->assigned = metrics_gauge(m->table, "sfsink_assigned_partitions", "Partitions that this worker has.", "");
    m->ready =
        metrics_gauge(m->table, "sfsink_ready", "1: joined, logged in, nothing halted; 0: /readyz says why.", "");
    m->build = metrics_gauge(m->table, "sfsink_build_info", "Always 1.", "version,worker");
    metric_set(metric_at(m->build, SFSINK_VERSION, config->worker.name), 1);
    metric_add(metric_at(m->refreshes, "success"), 0);
    metric_add(metric_at(m->refreshes, "failure"), 0);
    return m;
}

void loop_metrics_free(struct loop_metrics *m)
{
    if (!m)
        return;
    metrics_free(m->table);
    free(m);
}

void loop_count_batch(struct loop *l, const struct batch *b)
{
    metric_observe(metric_only(l->metrics->batch), (double)b->nwrites);
}

static const char *result_name(const struct outcome *o)
{
    switch (o->kind) {
    case OUTCOME_APPLIED:
        return o->created ? "created" : "done";
    case OUTCOME_SUPERSEDED:
        return "superseded";
    case OUTCOME_RETRY:
    case OUTCOME_INNOCENT:
    case OUTCOME_SUSPECT:
    case OUTCOME_UNKNOWN:
        return "again";
    case OUTCOME_HALT:
        return "halted";
    case OUTCOME_REFUSED:
        return "refused";
    }
    return "";
}

void loop_count_answer(struct loop *l, const struct batch_note *note, const struct answer *a)
{
    for (size_t i = 0; note->route && i < a->noutcomes; i++)
        metric_add(
            metric_at(l->metrics->records, note->route->object, operation_name(note->op), result_name(&a->outcomes[i])),
            1);
}

void loop_count_letter(struct loop *l, const char *code)
{
    metric_add(metric_at(l->metrics->letters, code), 1);
}

static void carry_engine(struct loop *l)
{
    struct loop_metrics *m = l->metrics;
    const struct engine_counts *c = engine_counts(l->engine);

    metric_set(metric_only(m->consumed), (double)c->consumed);
    for (size_t i = 0; i < l->config->nroutes; i++)
        for (int d = 0; d < DISPOSITIONS; d++)
            metric_set(metric_at(m->events, l->config->routes[i]->name, disposition_name((enum disposition)d)),
                       (double)c->events[i][d]);
    metric_set(metric_only(m->pending), (double)c->pending);
    metric_set(metric_only(m->pending_bytes), (double)c->pending_bytes);
    metric_set(metric_only(m->oldest), c->oldest_pending_ms < 0 ? 0 : (double)(l->now - c->oldest_pending_ms) / 1000);
    metric_set_histogram(metric_only(m->age), c->ages, c->ages_sum_s);
    metric_set(metric_only(m->merged), (double)c->merged);
    metric_set(metric_only(m->dropped), (double)(c->dropped + (l->consumer ? consumer_dropped(l->consumer) : 0)));
    metric_set(metric_only(m->fenced), (double)c->fenced);
    metric_set(metric_only(m->cross_partition), (double)c->cross_partition);
    metric_set(metric_only(m->doubtful), (double)c->inserts_doubtful);
    metric_set(metric_only(m->letters_waiting), c->dead_letters_waiting);
    metric_set(metric_only(m->in_flight), c->in_flight);
    metric_set(metric_only(m->allowed), c->allowed_in_flight);
    metric_set(metric_only(m->restored), (double)c->restored);
    metric_set(metric_only(m->halted), c->halted);
}

static void carry_salesforce(struct loop *l)
{
    struct loop_metrics *m = l->metrics;
    const struct sender_counts *c = sender_counts(l->sender);

    for (size_t i = 0; i < c->ncalls; i++) {
        char status[16];
        snprintf(status, sizeof status, "%d", c->calls[i].status);
        metric_set(metric_at(m->calls, c->calls[i].resource, status), (double)c->calls[i].calls);
    }
    metric_set_histogram(metric_only(m->duration), c->duration_bucket, c->duration_sum_s);
    if (c->api_limit >= 0) {
        metric_set(metric_only(m->usage), (double)c->api_used);
        metric_set(metric_only(m->limit), (double)c->api_limit);
    }
    metric_set(metric_at(m->refreshes, "success"), (double)c->refreshes_ok);
    metric_set(metric_at(m->refreshes, "failure"), (double)c->refreshes_failed);
}

static size_t carry_kafka(struct loop *l)
{
    struct loop_metrics *m = l->metrics;
    size_t n = l->consumer ? consumer_lags(l->consumer, m->lags, PARTITIONS_SHOWN) : 0;

    metric_clear(m->lag);
    for (size_t i = 0; i < n && i < PARTITIONS_SHOWN; i++) {
        char partition[16];
        snprintf(partition, sizeof partition, "%d", (int)m->lags[i].partition);
        if (m->lags[i].lag >= 0)
            metric_set(metric_at(m->lag, m->lags[i].topic, partition), (double)m->lags[i].lag);
    }
    metric_set(metric_only(m->assigned), (double)n);
    return n;
}

void loop_publish(struct loop *l)
{
    struct buffer text = BUFFER_INIT(METRICS_CEILING);
    struct web_snapshot snapshot = {0};

    if (!l->web)
        return;
    carry_engine(l);
    carry_salesforce(l);
    carry_kafka(l);
    snapshot.readiness = loop_readiness(l, &snapshot.ready);
    metric_set(metric_only(l->metrics->ready), snapshot.ready);
    metrics_text(l->metrics->table, &text);
    snapshot.metrics = buffer_steal(&text);
    loop_history_take(l);
    snapshot.status = loop_status(l, snapshot.readiness);
    web_publish(l->web, &snapshot);
}
