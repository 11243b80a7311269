/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/log.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/change/change.h"
#include "worker/kafka/consumer.h"
#include "worker/kafka/dead_letters.h"
#include "worker/loop_state.h"
#include "worker/loop_trouble.h"
#include "worker/redact.h"
#include "worker/routing.h"
#include "worker/salesforce/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many messages, then Salesforce and the control side have their turn again: a few milliseconds of mapping. */
enum { MESSAGES_A_TURN = 500 };

/* ---- Kafka's control side ---- */

static void take_leases(struct loop *l, const struct consumer_event *event)
{
    for (size_t i = 0; i < event->nassigned; i++) {
        const struct assigned *a = &event->assigned[i];
        engine_assign(l->engine, l->now, a->lease, a->topic, a->partition, a->offset, a->metadata);
        log_event(LOG_LEVEL_DEBUG, "partition_assigned", "topic", LOG_STR(a->topic), "partition", LOG_INT(a->partition),
                  NULL);
    }
}

static void take_assignment(struct loop *l, const struct consumer_event *event)
{
    l->problem[0] = '\0';
    l->nstalled = 0;
    take_leases(l, event);
    log_event(LOG_LEVEL_INFO, "assigned", "partitions", LOG_INT(event->nassigned), NULL);
}

static void take_stall(struct loop *l, const struct consumer_event *event)
{
    log_event(LOG_LEVEL_ERROR, "partition_stalled", "why", LOG_STR(event->why), NULL);
    if (l->nstalled == STALLED_MAX)
        return;
    struct stalled *s = &l->stalled[l->nstalled++];
    s->lease = event->lease;
    snprintf(s->why, sizeof s->why, "%s", event->why);
}

static void take_problem(struct loop *l, const struct consumer_event *event)
{
    if (event->why[0])
        log_event(LOG_LEVEL_WARN, "kafka_problem", "why", LOG_STR(event->why), NULL);
    else if (l->problem[0])
        log_event(LOG_LEVEL_INFO, "kafka_recovered", NULL);
    snprintf(l->problem, sizeof l->problem, "%s", event->why);
}

static void take_kafka_event(struct loop *l, const struct consumer_event *event)
{
    switch (event->kind) {
    case CONSUMER_NOTHING:
        break;
    case CONSUMER_ASSIGNED:
        take_assignment(l, event);
        break;
    case CONSUMER_REVOKED:
        log_event(LOG_LEVEL_INFO, "revoked", "pending", LOG_INT(engine_counts(l->engine)->pending), "in_flight",
                  LOG_INT(engine_counts(l->engine)->in_flight), NULL);
        engine_revoke(l->engine, l->now);
        break;
    case CONSUMER_CONFIRMED:
        log_event(LOG_LEVEL_INFO, "confirmed", NULL);
        l->confirming = false;
        break;
    case CONSUMER_LOST:
        l->confirming = false;
        log_event(LOG_LEVEL_WARN, "partitions_lost", "why", LOG_STR(event->why), "pending",
                  LOG_INT(engine_counts(l->engine)->pending), NULL);
        engine_lost(l->engine, l->now);
        break;
    case CONSUMER_COMMITTED:
        if (!event->ok)
            log_event(LOG_LEVEL_WARN, "commit_failed", "why", LOG_STR(event->why), NULL);
        engine_committed(l->engine, l->now, event->ok);
        break;
    case CONSUMER_STALLED:
        take_stall(l, event);
        break;
    case CONSUMER_DATA_LOSS:
        log_event(LOG_LEVEL_ERROR, "data_loss", "why", LOG_STR(event->why), NULL);
        take_leases(l, event);
        break;
    case CONSUMER_PROBLEM:
        take_problem(l, event);
        break;
    case CONSUMER_FATAL:
        log_event(LOG_LEVEL_ERROR, "kafka_fatal", "why", LOG_STR(event->why), NULL);
        l->exit_status = STATUS_UNAVAILABLE;
        break;
    }
}

void loop_take_kafka_events(struct loop *l)
{
    struct consumer_event event;
    for (consumer_next_event(l->consumer, &event); event.kind != CONSUMER_NOTHING;
         consumer_next_event(l->consumer, &event))
        take_kafka_event(l, &event);
}

void loop_take_reports(struct loop *l)
{
    struct dead_letter_report report;
    while (dead_letters_next_report(l->dead_letters, &report)) {
        if (!report.ok)
            log_event(LOG_LEVEL_WARN, "dead_letter_refused", "why", LOG_STR(report.why), NULL);
        engine_report(l->engine, l->now, report.id, report.ok);
    }
}

/* ---- Salesforce's answers ---- */

static struct batch_note take_note(struct loop *l, uint64_t id)
{
    for (size_t i = 0; i < l->nbatches; i++) {
        if (l->batches[i].id != id)
            continue;
        struct batch_note note = l->batches[i];
        l->batches[i].id = 0;
        return note;
    }
    return (struct batch_note){0};
}

static const char *answer_name(enum answer_kind kind)
{
    static const char *const names[] = {"results", "failed", "unknown", "refused", "halt", "wait"};
    return names[kind];
}

static void log_answer(const struct loop *l, const struct batch_note *note, const struct answer *a)
{
    const char *object = note->route ? note->route->object : "";
    int64_t took = l->now - note->sent_at;

    if (a->kind == ANSWER_RESULTS) {
        log_event(LOG_LEVEL_DEBUG, "batch_answered", "batch", LOG_INT(a->batch), "object", LOG_STR(object), "op",
                  LOG_STR(operation_name(note->op)), "records", LOG_INT(note->writes), "ms", LOG_INT(took), NULL);
        return;
    }
    const struct failure *f = a->failure;
    char *why = redact_batch(f ? f->refusals[0].message : "", note->batch);
    log_event(a->kind == ANSWER_WAIT ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "batch_not_done", "answer",
              LOG_STR(answer_name(a->kind)), "object", LOG_STR(object), "op", LOG_STR(operation_name(note->op)),
              "records", LOG_INT(note->writes), "status", LOG_INT(f ? f->http_status : 0), "code",
              LOG_STR(f ? f->refusals[0].code : ""), "why", LOG_STR(why), NULL);
    free(why);
}

static void take_usage(struct loop *l)
{
    const struct sender_counts *c = sender_counts(l->sender);
    if (c->api_limit <= 0 || (c->api_used == l->api_used && c->api_limit == l->api_limit))
        return;
    l->api_used = c->api_used;
    l->api_limit = c->api_limit;
    engine_usage(l->engine, l->now, c->api_used, c->api_limit);
}

void loop_take_answers(struct loop *l)
{
    struct answer a;
    while (sender_next_answer(l->sender, l->now, &a)) {
        struct batch_note note = take_note(l, a.batch);
        log_answer(l, &note, &a);
        loop_count_answer(l, &note, &a);
        trouble_answer(l->trouble, clock_wall_ms(), &a);
        engine_answer(l->engine, l->now, &a);
    }
    take_usage(l);
}

/* ---- messages ---- */

/* What an event that could not be read would have been: what its route does. */
static enum operation operation_of(const struct route *route)
{
    static const enum operation by_mode[] = {
        [MODE_UPSERT] = OP_UPSERT, [MODE_INSERT] = OP_INSERT, [MODE_UPDATE] = OP_UPDATE};
    return by_mode[route->mode];
}

static void take_message(struct loop *l, const struct route *of_topic, struct message *m)
{
    const struct route *route = routing_find(l->config, m, of_topic);
    struct meaning meaning = mapper_map(l->mapper, route, m);

    switch (meaning.kind) {
    case MEANING_RECORD:
        engine_record(l->engine, l->now, route->index, m, meaning.record);
        break;
    case MEANING_SKIP:
        engine_skip(l->engine, l->now, route->index, m);
        break;
    case MEANING_REFUSE:
        engine_refuse(l->engine, l->now, route->index, m, meaning.op_known ? meaning.op : operation_of(route),
                      meaning.key, meaning.failure);
        free(meaning.key);
        break;
    }
}

bool loop_take_messages(struct loop *l)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        const struct route *route;
        if (!engine_wants_more(l->engine))
            return false;
        struct message *m = consumer_next_message(l->consumer, &route);
        if (!m)
            return false;
        take_message(l, route, m);
    }
    return true;
}
