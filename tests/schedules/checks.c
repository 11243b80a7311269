/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/schedules/checks.h"

#include "tests/schedules/wrong.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_WAIT_MS = 10 * 60 * 1000, USAGE_PAUSE_MS = 4 * 60 * 1000, ONE_EVENT = 2000 };

static bool is_settled(const struct event *event)
{
    return event->settled || event->superseded;
}

/* ---- books ---- */

static uint64_t disposed(const struct actor *a, enum disposition d)
{
    const struct engine_counts *c = engine_counts(a->engine);
    uint64_t sum = 0;
    for (size_t r = 0; r < a->limits->nroutes; r++)
        sum += c->events[r][d];
    return sum;
}

void check_books(const struct actor *a)
{
    const struct engine_counts *c = engine_counts(a->engine);
    uint64_t sum = c->pending;
    for (int d = 0; d < DISPOSITIONS; d++)
        sum += disposed(a, (enum disposition)d);
    if (sum != c->consumed)
        wrong("the books do not balance: %llu consumed, %llu accounted for", (unsigned long long)c->consumed,
              (unsigned long long)sum);
    if (c->consumed + c->dropped + c->restored != a->given)
        wrong("%llu messages were given, %llu are known of", (unsigned long long)a->given,
              (unsigned long long)(c->consumed + c->dropped + c->restored));
    if (disposed(a, DISPOSITION_DEAD_LETTERED) != a->dead_letters)
        wrong("dead letters are counted that were not acknowledged, or the other way round");
    if (c->pending > a->most_events)
        wrong("%llu events are held, %zu are allowed", (unsigned long long)c->pending, a->most_events);
    if (c->pending_bytes > a->most_bytes + ONE_EVENT)
        wrong("%llu bytes are held, %zu are allowed", (unsigned long long)c->pending_bytes, a->most_bytes);
    if (c->in_flight > a->limits->in_flight || c->allowed_in_flight > a->limits->in_flight || !c->allowed_in_flight)
        wrong("%u requests are on their way, %u are allowed", c->in_flight, a->limits->in_flight);
}

/* ---- sending ---- */

static void check_size(const struct actor *a, const struct batch *batch)
{
    size_t most = a->limits->batch_records * a->limits->collections;
    size_t now = engine_counts(a->engine)->batch_sizes[batch->route->target];
    if (batch->nwrites > most || (batch->bytes > a->limits->batch_bytes && batch->nwrites > 1))
        wrong("a batch is too big");
    if (now < 1 || now > most)
        wrong("a batch may have %zu writes", now);
}

/* Of a halted route one batch at a time goes out, and nothing else in it. */
static void check_halted(struct actor *a, const struct batch *batch)
{
    for (size_t i = 0; i < batch->nwrites; i++) {
        size_t route = batch->writes[i]->record->route->index;
        if (!engine_halted(a->engine, route))
            continue;
        if (a->asking[route] && a->asking[route] != batch->id)
            wrong("two batches of a halted route are on their way");
        if (strcmp(engine_halted(a->engine, route)->refusals[0].code, "STOPPED_ABOVE_PERCENT") == 0)
            wrong("a batch of a route that has stopped");
        if (batch->writes[i]->record->route != batch->route)
            wrong("a batch of a halted route takes others along");
        a->asking[route] = batch->id;
    }
}

static void check_groups(const struct actor *a, const struct batch *batch)
{
    for (int i = 0; i < REQUESTS_MAX && a->limits->group; i++) {
        const struct request *r = &a->org->requests[i];
        for (size_t j = 0; r->batch && r->worker == a->number && j < r->n; j++)
            for (size_t k = 0; k < batch->nwrites; k++) {
                const struct record *record = batch->writes[k]->record;
                const struct route *other = &a->stream->routes[r->writes[j].route];
                if (record->group.at && atoi(record->group.at + 1) == r->writes[j].group &&
                    strcmp(record->route->object, other->object) == 0)
                    wrong("records of one group are in two requests at once");
            }
    }
}

static void check_order(const struct actor *a, const struct batch *batch)
{
    for (size_t i = 0; i < batch->nwrites; i++) {
        const struct record *r = batch->writes[i]->record;
        int key = record_key(r);
        if (!a->shares[key % a->stream->partitions].lease)
            wrong("a write of a partition that was given up");
        if (!r->has_version && !is_nameless(key) && record_offset(r) <= a->last_applied[key])
            wrong("record %d: offset %lld goes out after %lld was applied", key, (long long)record_offset(r),
                  (long long)a->last_applied[key]);
    }
}

void check_send(struct actor *a, int64_t now, const struct batch *batch)
{
    if (!a->assigned || a->giving_back)
        wrong("a batch is sent while partitions are given back");
    if (now < a->closed_until)
        wrong("a batch is sent before the time that the org asked for");
    if (a->stopped_at >= 0 && now < a->stopped_at + USAGE_PAUSE_MS)
        wrong("a batch is sent though the daily calls are used up");
    check_size(a, batch);
    check_halted(a, batch);
    check_groups(a, batch);
    check_order(a, batch);
}

/* ---- letters, commits ---- */

void check_letter(const struct actor *a, const struct letter *letter)
{
    const struct message *m = letter->message;
    const struct event *event = stream_event(a->stream, m->partition, m->offset);
    if (a->shares[m->partition].lease != m->lease)
        wrong("a dead letter of a partition that is not ours");
    if (event->poison == POISON_NONE && !event->refused && !org_excuses(a->org, event))
        wrong("offset %lld of partition %d is dead-lettered and there is nothing wrong with it", (long long)m->offset,
              m->partition);
    if (a->nletters == LETTERS_MAX)
        wrong("too many letters on their way");
}

void check_commit(const struct actor *a, const struct action *action)
{
    if (a->commit_answer_at >= 0)
        wrong("two commits at once");
    for (size_t i = 0; i < action->npoints; i++) {
        const struct commit_point *p = &action->points[i];
        const struct log *log = &a->stream->logs[p->partition];
        if (a->shares[p->partition].lease != p->lease || !p->lease)
            wrong("a commit for a partition that is not ours");
        if (p->metadata && strlen(p->metadata) > 3500)
            wrong("the commit's metadata are too long");
        for (size_t j = 0; j < log->n && log->events[j].offset < p->offset; j++)
            if (!is_settled(&log->events[j]))
                wrong("offset %lld of partition %d (record %d, poison %d) is committed and not settled",
                      (long long)log->events[j].offset, p->partition, log->events[j].key, (int)log->events[j].poison);
    }
}

void check_released(const struct actor *a)
{
    const struct engine_counts *c = engine_counts(a->engine);
    if (!a->giving_back)
        wrong("partitions are given back that nobody asked for");
    if (c->pending || c->in_flight)
        wrong("%llu events are held at the release", (unsigned long long)c->pending);
    if (engine_outage(a->engine))
        wrong("there is trouble, and nothing that could tell when it is over");
}

/* ---- answers ---- */

/* A write settles the events of its record up to the newest that is in it. Those on their way to the dead-letter topic
 * wait for that. */
static void note_applied(struct actor *a, const struct sent *sent)
{
    struct log *log = &a->stream->logs[sent->partition];
    if (is_nameless(sent->key)) {
        stream_event(a->stream, sent->partition, sent->offset)->settled = true;
        return;
    }
    for (size_t i = 0; i < log->n && log->events[i].offset <= sent->offset; i++) {
        struct event *event = &log->events[i];
        if (event->key == sent->key && event->poison != POISON_UNDECODABLE && !event->letter_out)
            event->settled = true;
    }
    if (sent->offset < a->last_applied[sent->key] && !sent->has_version)
        wrong("record %d: offset %lld is applied after %lld", sent->key, (long long)sent->offset,
              (long long)a->last_applied[sent->key]);
    a->last_applied[sent->key] = sent->offset;
}

void note_answer(struct actor *a, int64_t now, const struct request *r, const struct answer *answer)
{
    int64_t wait = answer->wait_ms > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : answer->wait_ms;
    bool closes = answer->kind == ANSWER_FAILED || answer->kind == ANSWER_UNKNOWN || answer->kind == ANSWER_WAIT;
    if (closes && now + wait > a->closed_until)
        a->closed_until = now + wait;
    for (size_t i = 0; i < r->n && answer->kind == ANSWER_RESULTS; i++) {
        enum outcome_kind kind = answer->outcomes[i].kind;
        if ((kind == OUTCOME_APPLIED || kind == OUTCOME_SUPERSEDED) && a->shares[r->writes[i].partition].lease)
            note_applied(a, &r->writes[i]);
    }
}

/* ---- the end ---- */

static bool is_same(const struct state *a, const struct state *b)
{
    return a->exists == b->exists && memcmp(a->value, b->value, sizeof a->value) == 0;
}

static void check_states(const struct stream *s, const struct org *org)
{
    struct state without[KEYS_MAX] = {{0}}, with[KEYS_MAX] = {{0}};
    stream_fold(s, without, false);
    stream_fold(s, with, true);
    for (int key = 0; key < KEYS_MAX; key++) {
        const struct state *have = &org->states[key], *want = &without[key];
        if (is_same(have, want) || is_same(have, &with[key]) || key == org->ordeal.key)
            continue;
        if (have->exists != want->exists)
            wrong("record %d %s", key, have->exists ? "should not be there" : "is missing");
        wrong("record %d is %d %d %d, should be %d %d %d", key, have->value[0], have->value[1], have->value[2],
              want->value[0], want->value[1], want->value[2]);
    }
}

void check_end(const struct stream *s, const struct org *org)
{
    check_states(s, org);
    for (int p = 0; p < s->partitions; p++)
        for (size_t i = 0; i < s->logs[p].n; i++) {
            const struct event *event = &s->logs[p].events[i];
            if (event->poison == POISON_UNDECODABLE && !event->dead)
                wrong("offset %lld of partition %d is not in the dead-letter topic", (long long)event->offset, p);
            if (!is_settled(event))
                wrong("offset %lld of partition %d came to no end", (long long)event->offset, p);
            if (is_nameless(event->key) && event->poison == POISON_NONE && !event->sent)
                wrong("offset %lld of partition %d was never inserted", (long long)event->offset, p);
        }
}

void check_doubled(const struct stream *s, const struct actor *a)
{
    uint64_t doubled = 0, known = engine_counts(a->engine)->inserts_doubtful;
    for (int p = 0; p < s->partitions; p++)
        for (size_t i = 0; i < s->logs[p].n; i++)
            if (is_nameless(s->logs[p].events[i].key) && s->logs[p].events[i].sent)
                doubled += s->logs[p].events[i].sent - 1;
    if (doubled > known)
        wrong("%llu inserts were doubled, %llu are known of", (unsigned long long)doubled, (unsigned long long)known);
}
