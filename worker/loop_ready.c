/* SPDX-License-Identifier: Apache-2.0 */
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/kafka/consumer.h"
#include "worker/loop_state.h"
#include "worker/salesforce/sender.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void add_reason(json_t *reasons, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_reason(json_t *reasons, const char *format, ...)
{
    char reason[2 * WHY_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    json_t *text = json_string(reason);
    json_array_append_new(reasons, text ? text : json_string("a trouble whose words are no text: see the log"));
}

/* Salesforce's own words are not repeated where they could quote a record: a code says enough. */
static void add_org(const struct loop *l, json_t *reasons)
{
    const struct failure *waiting = engine_waiting(l->engine), *outage = engine_outage(l->engine);
    char why[WHY_SIZE] = "";

    if (!sender_authenticated(l->sender, why, sizeof why))
        add_reason(reasons, "not logged in to Salesforce: %s", why[0] ? why : "no answer yet");
    else if (waiting)
        add_reason(reasons, "Salesforce makes us wait: %s: %s", waiting->refusals[0].code,
                   waiting->refusals[0].message);
    else if (outage)
        add_reason(reasons, "Salesforce does not answer: %s: %s", outage->refusals[0].code,
                   outage->refusals[0].message);
}

static void add_routes(const struct loop *l, json_t *reasons)
{
    for (size_t i = 0; i < l->config->nroutes; i++) {
        const struct failure *f = engine_halted(l->engine, i);
        if (f)
            add_reason(reasons, "route \"%s\" is halted: %s: %s", l->config->routes[i]->name, f->refusals[0].code,
                       f->refusals[0].message);
    }
}

static void add_kafka(const struct loop *l, json_t *reasons)
{
    if (l->problem[0])
        add_reason(reasons, "Kafka: %s", l->problem);
    if (l->confirming)
        add_reason(reasons, "the worker stood still: the group has not confirmed yet that it is still a member");
    if (!l->consumer || !consumer_joined(l->consumer))
        add_reason(reasons, "has not joined the consumer group \"%s\"", l->config->kafka.group);
    for (size_t i = 0; i < l->nstalled; i++)
        add_reason(reasons, "a partition stands still: %s", l->stalled[i].why);
    unsigned failing = engine_counts(l->engine)->dead_letters_failing;
    if (failing)
        add_reason(reasons, "the dead-letter topic \"%s\" does not take %u dead letters", l->config->dead_letter.topic,
                   failing);
}

char *loop_readiness(const struct loop *l, bool *ready)
{
    json_t *reasons = json_array();

    if (l->stopping)
        add_reason(reasons, "stopping");
    add_kafka(l, reasons);
    add_org(l, reasons);
    add_routes(l, reasons);
    *ready = json_array_size(reasons) == 0;

    json_t *all = json_pack("{s:b, s:o}", "ready", *ready, "reasons", reasons);
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text ? text : xstrdup("{\"ready\":false,\"reasons\":[\"not known\"]}");
}
