/* SPDX-License-Identifier: Apache-2.0 */
/* schedules.c: the engine through random schedules.
 *
 *     schedules [--count N] [--seed S]
 *
 * Each seed makes a world: partitions, keys, limits, an org with faults; and then lets chance decide what happens next:
 * messages come, answers come or do not, partitions are revoked or lost, the process stops or is killed and starts
 * again from the last commit. After each step the books must balance; in the end every event must be settled and every
 * record as if the events had been applied one by one. */
#include "common/memory.h"
#include "tests/schedules/org.h"
#include "tests/schedules/wrong.h"
#include "worker/engine/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t current_seed;

void wrong(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "schedules: seed %llu: ", (unsigned long long)current_seed);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nagain with: schedules --seed %llu --count 1\n", (unsigned long long)current_seed);
    va_end(arguments);
    exit(1);
}

struct letter_out {
    uint64_t id;
    int partition;
    int64_t offset;
    int64_t report_at;
};

struct world {
    struct chance chance;
    struct stream stream;
    struct org org;
    struct route route;
    struct engine_limits limits;
    struct engine *engine;
    int64_t now;
    uint64_t last_lease;
    bool assigned, giving_back, stopping;
    int64_t commit_answer_at; /* -1: none is out */
    int64_t committing[PARTITIONS_MAX];
    struct letter_out letters[1024];
    size_t nletters;
    bool calm; /* no more faults: it must come to an end */
};

static void check_books(const struct world *w)
{
    const struct engine_counts *c = engine_counts(w->engine);
    uint64_t sum = c->pending;
    for (int d = 0; d < DISPOSITIONS; d++)
        sum += c->events[0][d];
    if (sum != c->consumed)
        wrong("the books do not balance: %llu consumed, %llu accounted for", (unsigned long long)c->consumed,
              (unsigned long long)sum);
    if (c->pending > w->limits.max_events)
        wrong("%llu events are held, %zu are allowed", (unsigned long long)c->pending, w->limits.max_events);
    if (c->in_flight > w->limits.in_flight)
        wrong("%u requests are on their way, %u are allowed", c->in_flight, w->limits.in_flight);
}

/* ---- what the engine asks for ---- */

/* One of a lower version than the record has by now is superseded, sent or not. */
static bool is_settled(const struct world *w, const struct event *event)
{
    return event->settled || (event->has_version && w->org.states[event->key].exists &&
                              event->version < w->org.states[event->key].version);
}

static void do_commit(struct world *w, const struct action *a)
{
    if (w->commit_answer_at >= 0)
        wrong("two commits at once");
    for (int i = 0; i < PARTITIONS_MAX; i++)
        w->committing[i] = -1;
    for (size_t i = 0; i < a->npoints; i++) {
        struct log *log = &w->stream.logs[a->points[i].partition];
        if (log->lease != a->points[i].lease || !log->lease)
            wrong("a commit for a partition that is not ours");
        size_t index = 0;
        while (index < log->n && log->events[index].offset < a->points[i].offset)
            if (!is_settled(w, &log->events[index++]))
                wrong("offset %lld of partition %d is committed and not settled",
                      (long long)log->events[index - 1].offset, a->points[i].partition);
        if ((int64_t)index < log->committed)
            wrong("a commit goes back");
        w->committing[a->points[i].partition] = (int64_t)index;
    }
    w->commit_answer_at = w->now + chance_of(&w->chance, 50);
}

static void do_letter(struct world *w, const struct action *a)
{
    const struct message *m = a->letter.message;
    if (w->stream.logs[m->partition].lease != m->lease)
        wrong("a dead letter of a partition that is not ours");
    if (w->nletters == sizeof w->letters / sizeof *w->letters)
        wrong("too many letters on their way");
    w->letters[w->nletters++] =
        (struct letter_out){a->letter.id, m->partition, m->offset, w->now + chance_of(&w->chance, 200)};
}

static void take_commit(struct world *w, bool ok)
{
    for (int i = 0; i < w->stream.partitions; i++) {
        if (ok && w->committing[i] > w->stream.logs[i].committed)
            w->stream.logs[i].committed = w->committing[i];
        w->committing[i] = -1;
    }
}

static void unassign(struct world *w)
{
    if (w->commit_answer_at >= 0)
        take_commit(w, chance_percent(&w->chance, 50)); /* before the next owner asks; the answer comes when it comes */
    for (int i = 0; i < w->stream.partitions; i++) {
        w->stream.logs[i].lease = 0;
        w->stream.logs[i].parked = false;
    }
    w->assigned = w->giving_back = false;
}

static void park(struct world *w, uint64_t lease, bool parked)
{
    for (int i = 0; i < w->stream.partitions; i++)
        if (w->stream.logs[i].lease == lease)
            w->stream.logs[i].parked = parked;
}

static void send(struct world *w, const struct batch *batch)
{
    if (!w->assigned || w->giving_back)
        wrong("a batch is sent while partitions are given back");
    if (batch->nwrites > w->limits.batch_records || (batch->bytes > w->limits.batch_bytes && batch->nwrites > 1))
        wrong("a batch is too big");
    org_take(&w->org, w->now, batch);
}

static void run_actions(struct world *w)
{
    struct action a;
    for (int n = 0; engine_next(w->engine, w->now, &a); n++) {
        if (n > 100000)
            wrong("the engine never comes to rest");
        switch (a.kind) {
        case ACTION_SEND:
            send(w, a.batch);
            break;
        case ACTION_ABORT:
            org_abort(&w->org, w->now, a.batch_id);
            break;
        case ACTION_DEAD_LETTER:
            do_letter(w, &a);
            break;
        case ACTION_COMMIT:
            do_commit(w, &a);
            break;
        case ACTION_PARK:
        case ACTION_UNPARK:
            park(w, a.lease, a.kind == ACTION_PARK);
            break;
        case ACTION_RELEASE:
            unassign(w);
            break;
        }
        check_books(w);
    }
    if (engine_due(w->engine) <= w->now)
        wrong("the engine says that something is due and does nothing");
}

/* ---- what happens to the engine ---- */

static void assign(struct world *w)
{
    for (int i = 0; i < w->stream.partitions; i++) {
        struct log *log = &w->stream.logs[i];
        log->lease = ++w->last_lease;
        log->position = (size_t)log->committed;
        engine_assign(w->engine, w->now, log->lease, "topic", i,
                      log->committed ? log->events[log->committed - 1].offset + 1 : 0, "");
    }
    w->assigned = true;
}

static bool readable(const struct world *w, int partition)
{
    const struct log *log = &w->stream.logs[partition];
    return w->assigned && !w->giving_back && !log->parked && log->position < log->n && engine_wants_more(w->engine);
}

static void give_message(struct world *w)
{
    int partition = chance_of(&w->chance, w->stream.partitions);
    if (!readable(w, partition))
        return;
    struct log *log = &w->stream.logs[partition];
    struct event *event = &log->events[log->position++];
    struct message *m = stream_message(log, partition, event);

    if (event->key < 0) {
        event->settled = true;
        engine_skip(w->engine, w->now, 0, m);
    } else if (event->poison == POISON_UNDECODABLE) {
        engine_refuse(w->engine, w->now, 0, m, event->op, NULL, failure_new(STAGE_DECODE, "BAD", "", NULL));
    } else {
        engine_record(w->engine, w->now, 0, m, stream_record(&w->route, event));
    }
}

/* A write settles the events of its record up to the newest that is in it; with versions, all that are not newer. */
static void note_settled(struct world *w, const struct request *r, const struct answer *a)
{
    for (size_t i = 0; i < r->n && a->kind == ANSWER_RESULTS; i++) {
        const struct sent *sent = &r->writes[i];
        if (a->outcomes[i].kind != OUTCOME_APPLIED && a->outcomes[i].kind != OUTCOME_SUPERSEDED)
            continue;
        struct log *log = &w->stream.logs[sent->key % w->stream.partitions];
        for (size_t j = 0; j < log->position; j++) {
            struct event *event = &log->events[j];
            bool covered = event->offset <= sent->offset || (event->has_version && event->version <= sent->version);
            if (event->key == sent->key && event->poison != POISON_UNDECODABLE && covered)
                event->settled = true;
        }
    }
}

static bool give_answer(struct world *w)
{
    struct answer a;
    struct request before[REQUESTS_MAX];
    memcpy(before, w->org.requests, sizeof before);
    if (!org_answer(&w->org, w->now, &a))
        return false;
    for (int i = 0; i < REQUESTS_MAX; i++)
        if (before[i].batch == a.batch)
            note_settled(w, &before[i], &a);
    engine_answer(w->engine, w->now, &a);
    return true;
}

static bool give_report(struct world *w)
{
    for (size_t i = 0; i < w->nletters; i++) {
        struct letter_out letter = w->letters[i];
        if (letter.report_at > w->now)
            continue;
        w->letters[i] = w->letters[--w->nletters];
        bool ok = w->calm || !chance_percent(&w->chance, 20);
        struct event *event = stream_event(&w->stream, letter.partition, letter.offset);
        if (ok)
            event->settled = event->dead = true;
        engine_report(w->engine, w->now, letter.id, ok);
        return true;
    }
    return false;
}

static void give_commit_answer(struct world *w)
{
    bool ok = w->calm || !chance_percent(&w->chance, 15);
    w->commit_answer_at = -1;
    take_commit(w, ok);
    engine_committed(w->engine, w->now, ok);
}

static void start(struct world *w)
{
    w->limits.seed = chance_next(&w->chance);
    w->engine = engine_new(&w->limits);
    w->stopping = false;
}

/* The process is gone. What it had sent may still have been carried out, but nothing comes later than the next
 * process's start. */
static void die(struct world *w)
{
    for (int i = 0; i < REQUESTS_MAX; i++)
        if (w->org.requests[i].batch)
            org_abort(&w->org, w->now, w->org.requests[i].batch);
    org_apply_late(&w->org, INT64_MAX);
    engine_free(w->engine);
    unassign(w);
    w->commit_answer_at = -1;
    w->nletters = 0;
    start(w);
}

static void stop_if_done(struct world *w)
{
    if (w->stopping && engine_idle(w->engine))
        die(w);
}

static void surprise(struct world *w)
{
    switch (chance_of(&w->chance, 5)) {
    case 0:
        die(w);
        break;
    case 1:
        engine_stop(w->engine, w->now, chance_of(&w->chance, 3000));
        w->stopping = true;
        break;
    case 2:
        if (w->assigned) {
            engine_lost(w->engine, w->now);
            w->giving_back = true;
        }
        break;
    default:
        if (w->assigned && !w->giving_back) {
            engine_revoke(w->engine, w->now);
            w->giving_back = true;
        }
        break;
    }
}

static int64_t earliest(const struct world *w)
{
    int64_t due = engine_due(w->engine), answer = org_due(&w->org);
    if (answer < due)
        due = answer;
    if (w->commit_answer_at >= 0 && w->commit_answer_at < due)
        due = w->commit_answer_at;
    for (size_t i = 0; i < w->nletters; i++)
        if (w->letters[i].report_at < due)
            due = w->letters[i].report_at;
    for (size_t i = 0; i < w->org.nlate; i++)
        if (w->org.late[i].at < due)
            due = w->org.late[i].at;
    return due;
}

static bool anything_readable(const struct world *w)
{
    for (int i = 0; i < w->stream.partitions; i++)
        if (readable(w, i))
            return true;
    return false;
}

static void step(struct world *w)
{
    if (!w->assigned && !w->stopping && chance_percent(&w->chance, 30))
        assign(w);
    int messages = chance_of(&w->chance, 40);
    for (int i = 0; i < messages; i++) {
        give_message(w);
        check_books(w);
    }
    org_apply_late(&w->org, w->now);
    while (give_answer(w))
        check_books(w);
    while (give_report(w))
        check_books(w);
    if (w->commit_answer_at >= 0 && w->commit_answer_at <= w->now)
        give_commit_answer(w);
    if (!w->calm && chance_of(&w->chance, 150) == 0)
        surprise(w);
    run_actions(w);
    check_books(w);
    stop_if_done(w);
    int64_t due = earliest(w);
    if (due == INT64_MAX || (anything_readable(w) && chance_percent(&w->chance, 50)) || !w->assigned)
        w->now += 1;
    else if (due > w->now)
        w->now = due;
}

static bool all_committed(const struct world *w)
{
    for (int i = 0; i < w->stream.partitions; i++)
        if (w->stream.logs[i].committed < (int64_t)w->stream.logs[i].n)
            return false;
    return w->org.nlate == 0;
}

static void check_states(const struct world *w)
{
    struct state want[KEYS_MAX] = {{0}};
    stream_fold(&w->stream, want);
    for (int key = 0; key < KEYS_MAX; key++) {
        const struct state *have = &w->org.states[key];
        if (have->exists != want[key].exists)
            wrong("record %d %s", key, have->exists ? "should not be there" : "is missing");
        for (int i = 0; i < SLOTS; i++)
            if (have->value[i] != want[key].value[i])
                wrong("record %d: slot %d is %d, should be %d", key, i, have->value[i], want[key].value[i]);
    }
}

static void set_up(struct world *w, uint64_t seed)
{
    w->chance.state = seed * 0x2545f4914f6cdd1du + 1;
    w->limits = (struct engine_limits){
        .max_events = (size_t)(10 + chance_of(&w->chance, 300)),
        .max_bytes = 1 << 20,
        .batch_records = (size_t)(1 + chance_of(&w->chance, 30)),
        .batch_bytes = (size_t)(60 + chance_of(&w->chance, 2000)),
        .linger_ms = chance_of(&w->chance, 200),
        .in_flight = (unsigned)(1 + chance_of(&w->chance, 8)),
        .max_attempts = 40,
        .backoff_ms = 1 + chance_of(&w->chance, 100),
        .backoff_max_ms = 500,
        .hold_ms = 1 + chance_of(&w->chance, 1000),
        .commit_every_ms = 1 + chance_of(&w->chance, 300),
        .drain_ms = chance_of(&w->chance, 2000),
        .max_merge = (size_t)(1 + chance_of(&w->chance, 20)),
        .nroutes = 1,
    };
    /* what fails always fills a small window with its followers, and then nothing is left that could succeed */
    w->stream.stubborn = w->limits.max_events < 200;
    stream_make(&w->stream, &w->chance, (size_t)(50 + chance_of(&w->chance, 500)));
    w->route = (struct route){.name = (char *)"r", .object = (char *)"Contact"};
    w->org = (struct org){
        .stream = &w->stream, .chance = &w->chance, .hold_ms = w->limits.hold_ms, .trouble = chance_of(&w->chance, 40)};
    w->commit_answer_at = -1;
    start(w);
}

/* A replay of inserts and updates from an earlier point refuses what was taken before: those converge only without a
 * restart. */
static bool may_restart(const struct world *w)
{
    return !w->stream.all_operations;
}

static uint64_t run(uint64_t seed)
{
    struct world *w = xcalloc(1, sizeof *w);
    current_seed = seed;
    set_up(w, seed);
    bool restless = may_restart(w);
    w->calm = !restless;
    for (int steps = 0; !all_committed(w); steps++) {
        if (steps == 4000) {
            w->calm = true;
            w->org.trouble = 0;
        }
        /* one that fails whenever it is tried is told from an outage only by others' success */
        if (steps > 4000 && steps % 20 == 0 && steps < 60000)
            stream_append(&w->stream, chance_of(&w->chance, w->stream.partitions), true);
        if (steps > 200000)
            wrong("it never comes to an end: %llu pending", (unsigned long long)engine_counts(w->engine)->pending);
        step(w);
    }
    check_states(w);
    engine_free(w->engine);
    uint64_t calls = w->org.calls;
    stream_free(&w->stream);
    free(w);
    return calls;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, count = 2000, calls = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc)
            count = strtoull(argv[++i], NULL, 10);
        else
            return fprintf(stderr, "usage: schedules [--seed S] [--count N]\n"), 64;
    }
    for (uint64_t i = 0; i < count; i++)
        calls += run(seed + i);
    printf("schedules: %llu seeds from %llu, %llu requests: nothing lost, nothing out of order, books balanced\n",
           (unsigned long long)count, (unsigned long long)seed, (unsigned long long)calls);
    return 0;
}
