/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/schedules/stream.h"

#include "common/memory.h"

#include <stdio.h>
#include <stdlib.h>

static void choose_values(struct stream *s, struct event *event)
{
    bool all = s->versions; /* a guard refuses the whole record: only whole records converge */
    int sure = chance_of(s->chance, SLOTS);
    for (int i = 0; i < SLOTS; i++)
        if (all || i == sure || chance_percent(s->chance, 40))
            event->value[i] = ++s->last_value;
}

static enum operation choose_operation(struct stream *s)
{
    if (s->versions)
        return OP_UPSERT;
    if (s->all_operations)
        return (enum operation)chance_of(s->chance, OPERATIONS);
    return chance_percent(s->chance, 20) ? OP_DELETE : OP_UPSERT;
}

/* Refused whatever happens. It writes one slot only: merged into a later change that overwrites it, its value is gone,
 * as it would be alone. */
static void maybe_poison(struct stream *s, struct event *event)
{
    if (s->versions || event->op == OP_DELETE || !chance_percent(s->chance, 4))
        return;
    event->poison = (enum poison)(1 + chance_of(s->chance, 4));
    /* only another's success tells it from an outage: it must not be able to stop them all */
    if (event->poison == POISON_ALWAYS_FAILS && (s->partitions < 2 || s->stubborn++ > 0))
        event->poison = POISON_RECORD;
    /* a bad upsert and an update merged make a record that neither would make alone: right for the data, beyond this
     * oracle */
    if (s->all_operations)
        event->poison = POISON_UNDECODABLE;
    bool first = true;
    for (int i = 0; i < SLOTS; i++) {
        if (!first)
            event->value[i] = 0;
        first = first && !event->value[i];
    }
}

void stream_append(struct stream *s, int partition, bool filler)
{
    struct log *log = &s->logs[partition];
    if (log->n == log->room) {
        log->room = log->room ? log->room * 2 : 64;
        log->events = xreallocarray(log->events, log->room, sizeof *log->events);
    }
    struct event *event = &log->events[log->n];
    *event = (struct event){0};
    event->offset = (log->n ? log->events[log->n - 1].offset + 1 : 0) +
                    (chance_percent(s->chance, 10) ? 1 + chance_of(s->chance, 5) : 0);
    if (filler || !chance_percent(s->chance, 5)) {
        /* a key lives in one partition, as with any keyed producer */
        event->key = chance_of(s->chance, s->keys) / s->partitions * s->partitions + partition;
        event->op = filler ? OP_UPSERT : choose_operation(s);
        if (event->op != OP_DELETE)
            choose_values(s, event);
        if (s->versions) {
            event->has_version = true;
            event->version = (int64_t)log->n + chance_of(s->chance, 4) * 3;
        }
        if (!filler)
            maybe_poison(s, event);
    } else {
        event->key = -1;
    }
    log->n++;
}

void stream_make(struct stream *s, struct chance *chance, size_t events)
{
    *s = (struct stream){.chance = chance, .stubborn = s->stubborn};
    s->partitions = 1 + chance_of(chance, PARTITIONS_MAX);
    s->keys = 1 + chance_of(chance, KEYS_MAX - PARTITIONS_MAX);
    s->versions = chance_percent(chance, 20);
    s->all_operations = !s->versions && chance_percent(chance, 40);
    for (size_t i = 0; i < events; i++)
        stream_append(s, chance_of(chance, s->partitions), false);
}

void stream_free(struct stream *s)
{
    for (int i = 0; i < PARTITIONS_MAX; i++)
        free(s->logs[i].events);
}

struct message *stream_message(const struct log *log, int partition, const struct event *event)
{
    char key[32];
    snprintf(key, sizeof key, "%d", event->key);
    return message_new(log->lease, "topic", partition, event->offset, -1, text_of(key), text_of("value"), NULL, 0);
}

/* Keys differ in case now and then, to show that the identity orders what the key does not merge. */
struct record *stream_record(const struct route *route, const struct event *event)
{
    size_t size = sizeof(struct record) + SLOTS * (sizeof(slot) + 16) + 64;
    struct record *r = xcalloc(1, size);
    char *at = (char *)(r->slots + SLOTS);

    r->route = route;
    r->op = event->op;
    r->has_version = event->has_version;
    r->version = event->version;
    r->key_space = route->key_space;
    int len = sprintf(at, "%c%d", event->offset % 7 == 0 ? 'K' : 'k', event->key);
    r->key = text_make(at, (size_t)len);
    at += len + 1;
    len = sprintf(at, "k%d", event->key);
    r->identity = text_make(at, (size_t)len);
    at += len + 1;
    len = sprintf(at, "%lld", (long long)event->offset);
    r->group = text_make(at, (size_t)len);
    at += len + 1;
    r->bytes = size;
    r->overhead = 20;
    r->nslots = SLOTS;
    for (int i = 0; i < SLOTS; i++) {
        if (!event->value[i])
            continue;
        len = sprintf(at, "%d", event->value[i]);
        r->slots[i] = text_make(at, (size_t)len);
        at += len + 1;
    }
    return r;
}

struct event *stream_event(struct stream *s, int partition, int64_t offset)
{
    struct log *log = &s->logs[partition];
    for (size_t i = 0; i < log->n; i++)
        if (log->events[i].offset == offset)
            return &log->events[i];
    return NULL;
}

bool state_apply(struct state *state, const struct event *event)
{
    if (event->op == OP_DELETE) {
        *state = (struct state){0};
        return true;
    }
    if ((event->op == OP_INSERT && state->exists) || (event->op == OP_UPDATE && !state->exists))
        return false;
    if (event->has_version && state->exists && event->version < state->version)
        return true;
    state->exists = true;
    state->version = event->version;
    for (int i = 0; i < SLOTS; i++)
        if (event->value[i])
            state->value[i] = event->value[i];
    return true;
}

void stream_fold(const struct stream *s, struct state *states)
{
    for (int i = 0; i < s->partitions; i++)
        for (size_t j = 0; j < s->logs[i].n; j++) {
            const struct event *event = &s->logs[i].events[j];
            if (event->key >= 0 && event->poison == POISON_NONE)
                state_apply(&states[event->key], event);
        }
}
