/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/kafka/consumer.h"
#include "worker/kafka/dead_letters.h"
#include "worker/loop_state.h"
#include "worker/loop_trouble.h"
#include "worker/redact.h"
#include "worker/salesforce/sender.h"

#include <stdlib.h>

static void perform_send(struct loop *l, const struct batch *b)
{
    size_t i = 0;
    while (i < l->nbatches && l->batches[i].id)
        i++;
    if (i == l->nbatches)
        l->batches = xreallocarray(l->batches, ++l->nbatches, sizeof *l->batches);
    l->batches[i] = (struct batch_note){b->id, b->route, b->op, b->nwrites, b, l->now};
    loop_count_batch(l, b);
    l->batches_sent++;
    l->records_sent += b->nwrites;
    sender_send(l->sender, l->now, b);
}

static void perform_abort(struct loop *l, uint64_t id)
{
    for (size_t i = 0; i < l->nbatches; i++)
        if (l->batches[i].id == id)
            l->batches[i].id = 0;
    log_event(LOG_LEVEL_WARN, "batch_aborted", "batch", LOG_INT(id), NULL);
    sender_abort(l->sender, id);
}

/* Salesforce's words for a person, the record's own values taken out. What is wrong before there is a record is said by
 * its code. */
static void log_letter(const struct route *route, const struct letter *letter)
{
    const struct refusal *r = &letter->failure->refusals[0];
    const struct origin *origin = &letter->message->origin;
    char *why = letter->record ? redact(r->message, letter->record) : xstrdup("");

    log_event(LOG_LEVEL_WARN, "record_failed", "route", LOG_STR(route->name), "object", LOG_STR(route->object), "stage",
              LOG_STR(stage_name(letter->failure->stage)), "code", LOG_STR(r->code), "fields", LOG_STR(r->fields),
              "why", LOG_STR(why), "topic", LOG_STR(letter->message->topic), "partition",
              LOG_INT(letter->message->partition), "offset", LOG_INT(letter->message->offset), "attempts",
              LOG_INT(letter->failure->attempts), "replays", LOG_INT(origin->replays), NULL);
    free(why);
}

static void perform_letter(struct loop *l, const struct letter *letter)
{
    const struct route *route = l->config->routes[letter->route_index];

    if (!letter->again) {
        log_letter(route, letter);
        loop_count_letter(l, letter->failure->refusals[0].code);
        trouble_letter(l->trouble, clock_wall_ms(), route->name, letter);
    }
    dead_letters_publish(
        l->dead_letters, clock_wall_ms(),
        &(struct dead_letter){letter->id, letter->message, route, letter->op, letter->key, letter->failure});
}

static void perform_commit(struct loop *l, const struct action *a)
{
    struct consumer_offset *offsets = xcalloc(a->npoints, sizeof *offsets);
    for (size_t i = 0; i < a->npoints; i++)
        offsets[i] = (struct consumer_offset){a->points[i].topic, a->points[i].partition, a->points[i].lease,
                                              a->points[i].offset, a->points[i].metadata};
    consumer_commit(l->consumer, offsets, a->npoints);
    free(offsets);
}

void loop_perform(struct loop *l, const struct action *a)
{
    switch (a->kind) {
    case ACTION_SEND:
        perform_send(l, a->batch);
        break;
    case ACTION_ABORT:
        perform_abort(l, a->batch_id);
        break;
    case ACTION_DEAD_LETTER:
        perform_letter(l, &a->letter);
        break;
    case ACTION_COMMIT:
        perform_commit(l, a);
        break;
    case ACTION_PARK:
        consumer_park(l->consumer, a->lease);
        break;
    case ACTION_UNPARK:
        consumer_unpark(l->consumer, a->lease);
        break;
    case ACTION_RELEASE:
        consumer_release(l->consumer);
        l->nstalled = 0;
        log_event(LOG_LEVEL_INFO, "released", NULL);
        break;
    }
}
