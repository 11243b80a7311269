/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/kafka/consumer.h"
#include "worker/loop_history.h"
#include "worker/loop_state.h"
#include "worker/loop_trouble.h"
#include "worker/salesforce/sender.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *events_of(const struct loop *l, size_t route)
{
    const struct engine_counts *c = engine_counts(l->engine);
    json_t *all = json_object();
    for (int d = 0; d < DISPOSITIONS; d++)
        json_object_set_new(all, disposition_name((enum disposition)d), number(c->events[route][d]));
    return all;
}

static json_t *routes_of(const struct loop *l)
{
    json_t *all = json_array();
    for (size_t i = 0; i < l->config->nroutes; i++) {
        const struct route *r = l->config->routes[i];
        const struct failure *halted = engine_halted(l->engine, i);
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", r->name, "topic", r->topic,
                                             "object", r->object, "mode", mode_name(r->mode), "halted",
                                             halted ? halted->refusals[0].code : "", "events", events_of(l, i)));
    }
    return all;
}

static json_t *salesforce_of(const struct loop *l)
{
    char why[WHY_SIZE] = "";
    const struct config *config = l->config;
    const struct failure *waiting = engine_waiting(l->engine);
    const struct sender_counts *c = sender_counts(l->sender);
    bool authenticated = sender_authenticated(l->sender, why, sizeof why);

    json_t *all =
        json_pack("{s:b, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:i, s:i}", "authenticated", authenticated, "why_not",
                  authenticated ? "" : why, "instance_url", sender_instance_url(l->sender), "waiting_for",
                  waiting ? waiting->refusals[0].code : "", "requests_in_flight",
                  (int)engine_counts(l->engine)->in_flight, "requests_limit", config->salesforce.requests_in_flight,
                  "api_used", (json_int_t)c->api_used, "api_limit", (json_int_t)c->api_limit, "slow_at",
                  config->salesforce.api_usage.slow_at, "stop_at", config->salesforce.api_usage.stop_at);
    double mean = l->batches_sent ? (double)l->records_sent / (double)l->batches_sent : 0;
    json_object_set_new(all, "batch_mean", json_real(mean));
    json_object_set_new(all, "batch_most",
                        json_integer((json_int_t)config->batch.max_records * config->batch.collections_per_call));
    return all;
}

static json_t *held_of(const struct loop *l)
{
    const struct engine_counts *c = engine_counts(l->engine);
    return json_pack("{s:I, s:I, s:i, s:I, s:I, s:i, s:i}", "consumed", (json_int_t)c->consumed, "pending",
                     (json_int_t)c->pending, "pending_most", l->config->buffer.max_events, "pending_bytes",
                     (json_int_t)c->pending_bytes, "pending_bytes_most",
                     (json_int_t)l->config->buffer.max_mb * 1024 * 1024, "dead_letters_waiting",
                     (int)c->dead_letters_waiting, "dead_letters_failing", (int)c->dead_letters_failing);
}

/* A value that json_pack() would refuse as NULL is left out. */
static void add(json_t *all, const char *name, json_t *value)
{
    if (value)
        json_object_set_new(all, name, value);
}

char *loop_status(const struct loop *l, const char *readiness)
{
    char now[CLOCK_TEXT_SIZE];
    json_t *all = json_loads(readiness, 0, NULL); /* ready, reasons */

    clock_text(clock_wall_ms(), now);
    if (!all)
        all = json_object();
    add(all, "version", json_string(SFSINK_VERSION));
    add(all, "worker", json_string(l->config->worker.name));
    add(all, "group", json_string(l->config->kafka.group));
    add(all, "time", json_string(now));
    add(all, "uptime_s", json_integer((l->now - l->started_at) / 1000));
    add(all, "joined", json_boolean(l->consumer && consumer_joined(l->consumer)));
    add(all, "events", held_of(l));
    add(all, "salesforce", salesforce_of(l));
    add(all, "routes", routes_of(l));
    add(all, "history", loop_history_json(l->history));
    add(all, "partitions", loop_history_partitions(l->history));
    add(all, "errors", trouble_errors(l->trouble));
    add(all, "dead_letters", trouble_letters(l->trouble));
    add(all, "configuration", json_string(l->config_text));
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text ? text : xstrdup("{}");
}
