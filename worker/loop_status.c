/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/kafka/consumer.h"
#include "worker/loop_state.h"
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
    const struct failure *waiting = engine_waiting(l->engine);
    const struct sender_counts *c = sender_counts(l->sender);
    bool authenticated = sender_authenticated(l->sender, why, sizeof why);

    return json_pack("{s:b, s:s, s:s, s:i, s:I, s:I}", "authenticated", authenticated, "why_not",
                     authenticated ? "" : why, "waiting_for", waiting ? waiting->refusals[0].code : "",
                     "requests_in_flight", (int)engine_counts(l->engine)->in_flight, "api_used",
                     (json_int_t)c->api_used, "api_limit", (json_int_t)c->api_limit);
}

char *loop_status(const struct loop *l)
{
    const struct engine_counts *c = engine_counts(l->engine);
    char now[CLOCK_TEXT_SIZE];
    clock_text(clock_wall_ms(), now);
    json_t *held =
        json_pack("{s:I, s:I, s:I, s:i, s:i}", "consumed", (json_int_t)c->consumed, "pending", (json_int_t)c->pending,
                  "pending_bytes", (json_int_t)c->pending_bytes, "dead_letters_waiting", (int)c->dead_letters_waiting,
                  "dead_letters_failing", (int)c->dead_letters_failing);
    json_t *all = json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "version", SFSINK_VERSION, "worker",
                            l->config->worker.name, "time", now, "joined", l->consumer && consumer_joined(l->consumer),
                            "events", held, "salesforce", salesforce_of(l), "routes", routes_of(l));
    char *text = json_dumps(all, JSON_INDENT(2));
    json_decref(all);
    return text ? text : xstrdup("{}");
}
