/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/schedules/actor.h"

#include "common/memory.h"
#include "tests/schedules/checks.h"
#include "tests/schedules/wrong.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

void actor_forget_letters(struct actor *a)
{
    for (int p = 0; p < a->stream->partitions; p++)
        for (size_t i = 0; a->shares[p].lease && i < a->stream->logs[p].n; i++)
            a->stream->logs[p].events[i].letter_out = false;
}

static void forget_partitions(struct actor *a)
{
    actor_forget_letters(a);
    for (int i = 0; i < a->stream->partitions; i++) {
        struct share *share = &a->shares[i];
        if (share->lease)
            share->before = share->lease;
        share->lease = 0;
        share->parked = false;
        share->committing = -1;
    }
    a->assigned = a->giving_back = false;
}

void actor_start(struct actor *a, uint64_t seed)
{
    a->limits->seed = seed;
    a->engine = engine_new(a->limits);
    a->most_events = a->limits->max_events;
    a->most_bytes = a->limits->max_bytes;
    a->life = LIFE_RUNNING;
    a->stopping = a->released = false;
    a->commit_answer_at = a->stopped_at = -1;
    a->nletters = 0;
    a->given = a->dead_letters = a->skipped = 0;
    a->closed_until = 0;
    memset(a->asking, 0, sizeof a->asking);
}

void actor_end(struct actor *a)
{
    engine_free(a->engine);
    a->engine = NULL;
    forget_partitions(a);
    a->life = LIFE_NONE;
}

/* ---- the group ---- */

/* What lies beside the commit may be somebody else's, or damaged; it is so for everybody who reads it then. */
static void maybe_damage(struct actor *a, struct log *log)
{
    size_t len = strlen(log->metadata);
    if (!chance_one_in(a->chance, 8))
        return;
    if (chance_percent(a->chance, 30) || len == 0)
        snprintf(log->metadata, sizeof log->metadata, "somebody else's");
    else
        log->metadata[(size_t)chance_of(a->chance, (int)len)] = (char)(' ' + chance_of(a->chance, 90));
}

void actor_assign(struct actor *a, int64_t now, int generation, const bool *partitions, uint64_t *last_lease)
{
    for (int i = 0; i < a->stream->partitions; i++) {
        struct log *log = &a->stream->logs[i];
        struct share *share = &a->shares[i];
        if (!partitions[i])
            continue;
        share->lease = ++*last_lease;
        org_new_owner(a->org, i);
        share->position = share->start = log->committed;
        share->committing = -1;
        maybe_damage(a, log);
        int64_t offset = log->committed ? log->events[log->committed - 1].offset + 1 : 0;
        trace(now, "w%d gets partition %d from offset %d", a->number, i, (int)offset);
        engine_assign(a->engine, now, share->lease, "topic", i, offset, log->metadata);
        for (int key = i; key < KEYS_MAX; key += a->stream->partitions)
            a->last_applied[key] = -1;
    }
    a->generation = generation;
    a->assigned = a->poked = true;
    a->released = false;
    check_books(a);
}

void actor_revoke(struct actor *a, int64_t now)
{
    trace(now, "w%d is told to give its partitions back", a->number);
    a->giving_back = true;
    engine_revoke(a->engine, now);
    a->poked = true;
    check_books(a);
}

void actor_lose(struct actor *a, int64_t now)
{
    trace(now, "w%d has lost its partitions", a->number);
    a->giving_back = true;
    engine_lost(a->engine, now);
    a->poked = true;
    check_books(a);
}

void actor_tune(struct actor *a, int64_t now)
{
    trace(now, "w%d takes over other limits", a->number);
    engine_tune(a->engine, a->limits);
    if (a->limits->max_events > a->most_events)
        a->most_events = a->limits->max_events;
    if (a->limits->max_bytes > a->most_bytes)
        a->most_bytes = a->limits->max_bytes;
    a->poked = true;
}

void actor_stop(struct actor *a, int64_t now, int64_t within_ms)
{
    trace(now, "w%d is to stop within %d ms", a->number, (int)within_ms);
    a->stopping = true;
    engine_stop(a->engine, now, within_ms);
    a->poked = true;
    check_books(a);
}

/* ---- what the engine asks for ---- */

static void do_commit(struct actor *a, int64_t now, const struct action *action)
{
    check_commit(a, action);
    for (int i = 0; i < a->stream->partitions; i++)
        a->shares[i].committing = -1;
    for (size_t i = 0; i < action->npoints; i++) {
        const struct commit_point *p = &action->points[i];
        struct share *share = &a->shares[p->partition];
        share->committing = (int64_t)stream_index(a->stream, p->partition, p->offset);
        snprintf(share->metadata, sizeof share->metadata, "%s", p->metadata ? p->metadata : "");
        trace(now, "w%d commits offset %d of partition %d%s%s", a->number, (int)p->offset, p->partition,
              p->metadata ? ", map " : "", p->metadata ? p->metadata : "");
    }
    a->commit_generation = a->generation;
    a->commit_answer_at = now + chance_of(a->chance, 50);
}

static void do_letter(struct actor *a, int64_t now, const struct letter *letter)
{
    const struct message *m = letter->message;
    check_letter(a, letter);
    stream_event(a->stream, m->partition, m->offset)->letter_out = true;
    trace(now, "w%d publishes the dead letter of offset %d of partition %d", a->number, (int)m->offset, m->partition);
    a->letters[a->nletters++] =
        (struct letter_out){letter->id, m->partition, m->offset, now + 1 + chance_of(a->chance, 200)};
}

static void do_park(struct actor *a, int64_t now, const struct action *action)
{
    for (int i = 0; i < a->stream->partitions; i++)
        if (a->shares[i].lease == action->lease) {
            a->shares[i].parked = action->kind == ACTION_PARK;
            trace(now, "w%d parks or unparks partition %d", a->number, i);
        }
}

static void do_send(struct actor *a, int64_t now, const struct batch *batch)
{
    check_send(a, now, batch);
    if (a->stopped_at >= 0)
        a->stopped_at = now;
    org_take(a->org, now, a->number, batch);
}

static void forget_asking(struct actor *a, uint64_t batch)
{
    for (int i = 0; i < ROUTES_MAX; i++)
        if (a->asking[i] == batch)
            a->asking[i] = 0;
}

static void do_action(struct actor *a, int64_t now, const struct action *action)
{
    switch (action->kind) {
    case ACTION_SEND:
        do_send(a, now, action->batch);
        break;
    case ACTION_ABORT:
        forget_asking(a, action->batch_id);
        org_abort(a->org, now, a->number, action->batch_id);
        break;
    case ACTION_DEAD_LETTER:
        do_letter(a, now, &action->letter);
        break;
    case ACTION_COMMIT:
        do_commit(a, now, action);
        break;
    case ACTION_PARK:
    case ACTION_UNPARK:
        do_park(a, now, action);
        break;
    case ACTION_RELEASE:
        trace(now, "w%d has given its partitions back", a->number);
        check_released(a);
        if (a->org->immediate) /* its late requests are what is left to the version guard */
            org_settle_worker(a->org, now, a->number, false);
        forget_partitions(a);
        a->released = true;
        break;
    }
}

static void run_actions(struct actor *a, int64_t now)
{
    struct action action;
    for (int n = 0; engine_next(a->engine, now, &action); n++) {
        if (n > 100000)
            wrong("the engine never comes to rest");
        do_action(a, now, &action);
        check_books(a);
    }
    if (engine_due(a->engine) <= now)
        wrong("the engine says that something is due and does nothing");
}

/* ---- what happens to it ---- */

static bool is_readable(const struct actor *a, int partition)
{
    const struct share *share = &a->shares[partition];
    return share->lease && !a->giving_back && !share->parked && !a->kafka_down &&
           share->position < a->stream->logs[partition].n;
}

bool actor_can_read(const struct actor *a)
{
    for (int i = 0; i < a->stream->partitions && a->life == LIFE_RUNNING; i++)
        if (is_readable(a, i) && engine_wants_more(a->engine))
            return true;
    return false;
}

static void give(struct actor *a, int64_t now, int partition, struct event *event, uint64_t lease)
{
    size_t route = (size_t)event->route;
    struct message *m = stream_message(lease, partition, event);

    a->given++;
    if (event->key < 0) {
        event->settled = true;
        engine_skip(a->engine, now, route, m);
    } else if (event->poison == POISON_UNDECODABLE) {
        engine_refuse(a->engine, now, route, m, event->op, NULL, failure_new(STAGE_DECODE, "BAD", "", NULL));
    } else {
        engine_record(a->engine, now, route, m, stream_record(a->stream, event));
    }
    check_books(a);
}

static void give_message(struct actor *a, int64_t now)
{
    int first = chance_of(a->chance, a->stream->partitions), partition = first;
    while (!is_readable(a, partition)) {
        partition = (partition + 1) % a->stream->partitions;
        if (partition == first)
            return;
    }
    struct share *share = &a->shares[partition];
    struct log *log = &a->stream->logs[partition];
    if (!engine_wants_more(a->engine))
        return;
    if (chance_one_in(a->chance, 200) && share->position > share->start)
        share->position -=
            1 + (size_t)chance_of(a->chance, (int)(share->position - share->start)); /* again: matrix 17 */
    give(a, now, partition, &log->events[share->position++], share->lease);
    if (chance_one_in(a->chance, 500) && share->before)
        give(a, now, partition, &log->events[share->position - 1], share->before); /* of a lease that is gone */
}

/* One that was fetched before the partitions were to be given back: the engine must drop it. */
static void give_late_message(struct actor *a, int64_t now)
{
    for (int i = 0; i < a->stream->partitions; i++) {
        const struct share *share = &a->shares[i];
        struct log *log = &a->stream->logs[i];
        if (!share->lease || share->position >= log->n || log->events[share->position].key < 0)
            continue;
        give(a, now, i, &log->events[share->position], share->lease);
        return;
    }
}

static void tell_usage(struct actor *a, int64_t now)
{
    if (now > a->org->used_until)
        a->org->used = 10;
    engine_usage(a->engine, now, a->org->used * 1000, 100000);
    bool stop = (unsigned)a->org->used >= a->limits->usage_stop_at;
    if (stop && a->stopped_at < 0)
        a->stopped_at = now;
    if (!stop)
        a->stopped_at = -1;
}

static bool give_answer(struct actor *a, int64_t now)
{
    static struct request of;
    struct answer answer;
    if (!org_answer(a->org, now, a->number, &answer, &of))
        return false;
    note_answer(a, now, &of, &answer);
    forget_asking(a, of.batch);
    if (chance_percent(a->chance, 50))
        tell_usage(a, now);
    engine_answer(a->engine, now, &answer);
    check_books(a);
    return true;
}

static bool give_report(struct actor *a, int64_t now)
{
    for (size_t i = 0; i < a->nletters; i++) {
        struct letter_out letter = a->letters[i];
        if (letter.report_at > now)
            continue;
        a->letters[i] = a->letters[--a->nletters];
        bool ok = a->calm || !(a->kafka_down || chance_percent(a->chance, 20));
        struct event *event = stream_event(a->stream, letter.partition, letter.offset);
        if (ok || chance_percent(a->chance, 30)) /* it may be there, and the report not */
            event->dead = true;
        if (ok && a->shares[letter.partition].lease) {
            event->settled = true;
            event->letter_out = false;
        }
        uint64_t fenced = engine_counts(a->engine)->fenced;
        engine_report(a->engine, now, letter.id, ok);
        a->dead_letters += ok && engine_counts(a->engine)->fenced == fenced;
        check_books(a);
        return true;
    }
    return false;
}

void actor_step(struct actor *a, int64_t now)
{
    int messages = a->assigned && !a->stopping ? MAX_BURST - chance_of(a->chance, MAX_BURST) : 0;
    if (a->giving_back && chance_percent(a->chance, 5))
        give_late_message(a, now);
    for (int i = 0; i < messages; i++)
        give_message(a, now);
    while (give_answer(a, now))
        continue;
    while (give_report(a, now))
        continue;
    run_actions(a, now);
    a->poked = false;
}

bool actor_commit_due(const struct actor *a, int64_t now)
{
    return a->life == LIFE_RUNNING && a->commit_answer_at >= 0 && a->commit_answer_at <= now;
}

void actor_commit_answer(struct actor *a, int64_t now, bool taken, bool told)
{
    a->commit_answer_at = -1;
    for (int i = 0; i < a->stream->partitions; i++) {
        struct share *share = &a->shares[i];
        struct log *log = &a->stream->logs[i];
        if (taken && share->committing >= 0) {
            if ((size_t)share->committing < log->committed)
                wrong("a commit goes back");
            log->committed = (size_t)share->committing;
            memcpy(log->metadata, share->metadata, sizeof log->metadata);
        }
        share->committing = -1;
    }
    engine_committed(a->engine, now, taken && told);
    a->poked = true;
    check_books(a);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t actor_due(const struct actor *a, int64_t now)
{
    if (a->life != LIFE_RUNNING)
        return INT64_MAX;
    if (a->poked)
        return now + 1;
    int64_t due = earlier(engine_due(a->engine), org_due(a->org, a->number));
    if (a->commit_answer_at >= 0)
        due = earlier(due, a->commit_answer_at);
    for (size_t i = 0; i < a->nletters; i++)
        due = earlier(due, a->letters[i].report_at);
    return actor_can_read(a) && chance_percent(a->chance, 50) ? now + 1 : due;
}
