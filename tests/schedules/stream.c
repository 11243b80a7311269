/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/schedules/stream.h"

#include "common/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int new_value(struct stream *s)
{
    if ((size_t)++s->last_value >= s->poison_room) {
        s->poison_room = s->poison_room ? s->poison_room * 2 : 1024;
        s->poison_of = xrealloc(s->poison_of, s->poison_room);
    }
    s->poison_of[s->last_value] = POISON_NONE;
    return s->last_value;
}

static void choose_values(struct stream *s, struct event *event)
{
    bool all = s->kind == KIND_VERSIONS; /* the guard refuses whole records: only whole records converge */
    int sure = chance_of(s->chance, SLOTS);
    for (int i = 0; i < SLOTS; i++)
        if (all || i == sure || chance_percent(s->chance, 40))
            event->value[i] = new_value(s);
}

static enum operation choose_operation(struct stream *s)
{
    if (s->kind == KIND_OPERATIONS)
        return (enum operation)chance_of(s->chance, OPERATIONS);
    if (s->kind == KIND_VERSIONS && !s->deletes)
        return OP_UPSERT;
    return chance_percent(s->chance, 20) ? OP_DELETE : OP_UPSERT;
}

/* They rise, but not always; unique, since equal ones pass the guard. After a delete, which has none, they begin anew. */
static void choose_version(struct stream *s, struct event *event, int64_t rank)
{
    struct lives *lives = &s->lives[event->key];
    event->life = lives->n;
    event->has_version = event->op != OP_DELETE;
    event->version = (rank - lives->born + chance_of(s->chance, 4) * 3) * 10000 + rank;
    if (event->op == OP_DELETE)
        *lives = (struct lives){lives->n + 1, rank};
}

static enum poison choose_poison(struct stream *s)
{
    enum poison poison = (enum poison)(1 + chance_of(s->chance, POISON_HEALS));
    /* a bad upsert and an update merged make a record that neither would make alone: right for the data, beyond this
     * oracle */
    if (s->kind == KIND_OPERATIONS)
        return POISON_UNDECODABLE;
    /* only another's success tells it from an outage: it must not be able to stop them all */
    if (poison == POISON_FAILS && s->stubborn)
        return POISON_RECORD;
    if (poison == POISON_HEALS && s->heals)
        return POISON_RECORD;
    s->stubborn = s->stubborn || poison == POISON_FAILS;
    s->heals = s->heals || poison == POISON_HEALS;
    return poison;
}

/* It writes one slot only: merged into a later change that overwrites it, its value is gone, as it would be alone. */
static void maybe_poison(struct stream *s, struct event *event)
{
    if (s->kind == KIND_VERSIONS || event->op == OP_DELETE || !chance_percent(s->chance, 4))
        return;
    event->poison = choose_poison(s);
    bool first = true;
    for (int i = 0; i < SLOTS; i++) {
        if (!first)
            event->value[i] = 0;
        if (event->value[i])
            s->poison_of[event->value[i]] = (unsigned char)event->poison;
        first = first && !event->value[i];
    }
}

static struct event *new_event(struct log *log, int64_t gap)
{
    if (log->n == log->room) {
        log->room = log->room ? log->room * 2 : 64;
        log->events = xreallocarray(log->events, log->room, sizeof *log->events);
    }
    struct event *event = &log->events[log->n];
    *event = (struct event){.key = -1};
    event->offset = (log->n ? log->events[log->n - 1].offset + 1 : 0) + gap;
    return event;
}

/* Routes 0 and 1 are of one object. */
static int choose_route(const struct stream *s, int partition)
{
    int route = partition % s->nroutes;
    bool replayed = s->replays && route < 2 && chance_percent(s->chance, 10);
    return replayed ? 1 - route : route;
}

static void choose_record(struct stream *s, struct event *event, int partition, bool filler)
{
    int key = chance_of(s->chance, s->keys);
    bool nameless = !filler && s->nameless && chance_percent(s->chance, 20);
    if (nameless)
        key = NAMED_MAX + s->partitions - 1;
    event->key = key / s->partitions * s->partitions + partition;
    event->group = event->key % s->groups;
    if (chance_percent(s->chance, 10)) /* it moves to another parent, or the event says nothing of it */
        event->group = chance_of(s->chance, s->groups + 1) - 1;
    event->op = nameless ? OP_INSERT : filler ? OP_UPSERT : choose_operation(s);
}

void stream_append(struct stream *s, int partition, bool filler)
{
    struct log *log = &s->logs[partition];
    struct event *event = new_event(log, chance_percent(s->chance, 10) ? 1 + chance_of(s->chance, 5) : 0);
    int64_t rank = (int64_t)log->n++;

    event->route = choose_route(s, partition);
    if (!filler && chance_percent(s->chance, 5))
        return; /* skipped by a rule */
    choose_record(s, event, partition, filler);
    if (event->op != OP_DELETE)
        choose_values(s, event);
    if (s->kind == KIND_VERSIONS)
        choose_version(s, event, rank);
    if (!filler)
        maybe_poison(s, event);
    if (event->poison == POISON_NONE && !is_nameless(event->key))
        event->refused = !state_apply(&s->states[event->key], event);
}

/* Routes 0 and 1 may share a target, so that their records share requests. */
static void make_routes(struct stream *s)
{
    static const char *const names[ROUTES_MAX] = {"r0", "r1", "r2"};
    bool shared = chance_percent(s->chance, 50);
    s->nroutes = 1 + chance_of(s->chance, ROUTES_MAX);
    if (s->nroutes > s->partitions)
        s->nroutes = s->partitions;
    for (int i = 0; i < s->nroutes; i++) {
        s->routes[i].index = (size_t)i;
        s->routes[i].name = (char *)names[i];
        s->routes[i].object = (char *)(i == 2 ? "Account" : "Contact");
        s->routes[i].target = (uint32_t)(i == 1 && shared ? 0 : i);
        s->routes[i].key_field = s->routes[i].id_field = -1; /* no slot names the record */
    }
}

enum { A_FEW_KEYS = 6 };

void stream_make(struct stream *s, struct chance *chance, enum kind kind, size_t events, bool may_stall)
{
    *s = (struct stream){.chance = chance, .kind = kind};
    s->partitions = 1 + chance_of(chance, PARTITIONS_MAX);
    s->keys = 1 + chance_of(chance, chance_percent(chance, 30) ? A_FEW_KEYS : NAMED_MAX - PARTITIONS_MAX);
    s->groups = 1 + chance_of(chance, GROUPS_MAX);
    s->deletes = kind == KIND_VERSIONS && chance_percent(chance, 50);
    s->stubborn = !may_stall || s->keys < 4 * s->partitions; /* a worker may have but one partition */
    make_routes(s);
    s->nameless = chance_percent(chance, 25);
    s->replays = s->nroutes > 1 && chance_percent(chance, 25);
    for (size_t i = 0; i < events; i++)
        stream_append(s, chance_of(chance, s->partitions), false);
}

void stream_free(struct stream *s)
{
    for (int i = 0; i < PARTITIONS_MAX; i++)
        free(s->logs[i].events);
    free(s->poison_of);
}

bool stream_poisoned(const struct stream *s, const int *values, enum poison poison)
{
    for (int i = 0; i < SLOTS; i++)
        if (values[i] && s->poison_of[values[i]] == poison)
            return poison != POISON_HEALS || !s->healed;
    return false;
}

/* ---- as the worker sees them ---- */

struct message *stream_message(uint64_t lease, int partition, const struct event *event)
{
    char key[32];
    snprintf(key, sizeof key, "%d", event->key);
    return message_new(lease, "topic", partition, event->offset, -1, text_of(key), text_of("value"), NULL, 0);
}

static struct text put(char **at, const char *format, int number)
{
    char *start = *at;
    int len = sprintf(start, format, number);
    *at += len + 1;
    return text_make(start, (size_t)len);
}

/* Keys differ in case now and then, to show that the identity orders what the key does not merge. */
struct record *stream_record(const struct stream *s, const struct event *event)
{
    size_t size = sizeof(struct record) + SLOTS * (sizeof(slot) + 16) + sizeof *event + 64;
    struct record *r = xcalloc(1, size);
    char *at = (char *)(r->slots + SLOTS);

    r->route = &s->routes[event->route];
    r->op = event->op;
    r->has_version = event->has_version;
    r->version = event->version;
    memcpy(at, event, sizeof *event);
    at += sizeof *event;
    if (!is_nameless(event->key)) {
        r->key = put(&at, event->offset % 7 == 0 ? "K%d" : "k%d", event->key);
        r->identity = put(&at, "k%d", event->key);
    }
    if (event->op != OP_DELETE && event->group >= 0)
        r->group = put(&at, "g%d", event->group);
    r->bytes = size;
    r->overhead = 20;
    r->nslots = SLOTS;
    for (int i = 0; i < SLOTS; i++)
        if (event->value[i])
            r->slots[i] = put(&at, "%d", event->value[i]);
    return r;
}

static struct event event_of(const struct record *r)
{
    struct event event;
    memcpy(&event, r->slots + SLOTS, sizeof event);
    return event;
}

int64_t record_offset(const struct record *r)
{
    return event_of(r).offset;
}

int record_key(const struct record *r)
{
    return event_of(r).key;
}

size_t stream_index(const struct stream *s, int partition, int64_t offset)
{
    const struct log *log = &s->logs[partition];
    size_t low = 0, high = log->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (log->events[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct event *stream_event(struct stream *s, int partition, int64_t offset)
{
    return &s->logs[partition].events[stream_index(s, partition, offset)];
}

/* ---- what they come to ---- */

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

void stream_fold(const struct stream *s, struct state *states, bool with_healed)
{
    for (int i = 0; i < s->partitions; i++)
        for (size_t j = 0; j < s->logs[i].n; j++) {
            const struct event *event = &s->logs[i].events[j];
            bool counts = event->poison == POISON_NONE || (event->poison == POISON_HEALS && with_healed);
            if (event->key >= 0 && !is_nameless(event->key) && counts)
                state_apply(&states[event->key], event);
        }
}
