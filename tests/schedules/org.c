/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/schedules/org.h"

#include "common/memory.h"
#include "tests/schedules/wrong.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- requests ---- */

static struct sent copy(const struct batch *batch, const struct write *w)
{
    const struct record *r = w->record;
    struct sent sent = {.key = record_key(r), .op = batch->op, .unanswered = w->unanswered, .group = -1};
    sent.route = (int)r->route->index;
    sent.has_version = r->has_version;
    sent.version = r->version;
    sent.offset = record_offset(r);
    if (r->group.at)
        sent.group = atoi(r->group.at + 1);
    for (int i = 0; i < SLOTS; i++)
        sent.value[i] = w->slots[i].at ? atoi(w->slots[i].at) : 0;
    return sent;
}

static void check_alone(const struct org *org, int worker, int key)
{
    for (int i = 0; i < REQUESTS_MAX; i++) {
        const struct request *r = &org->requests[i];
        /* two workers may write one record only where one of them is a zombie, and versions tell */
        if (!r->batch || r->done || (org->guarded && r->worker != worker))
            continue;
        for (size_t j = 0; j < r->n; j++)
            if (r->writes[j].key == key && !is_nameless(key))
                wrong("record %d is in two requests at once, or twice in one", key);
    }
}

static void trace_request(int64_t now, const struct request *r)
{
    char text[512] = "";
    size_t len = 0;
    for (size_t i = 0; tracing && i < r->n && len < sizeof text - 40; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, " %d@%d", r->writes[i].key, (int)r->writes[i].offset);
    trace(now, "w%d sends batch %d, %s (record@offset):%s", r->worker, (int)r->batch, operation_name(r->writes[0].op),
          text);
}

void org_take(struct org *org, int64_t now, int worker, const struct batch *batch)
{
    struct request *r = NULL;
    for (int i = 0; i < REQUESTS_MAX && !r; i++)
        if (!org->requests[i].batch)
            r = &org->requests[i];
    if (!r || batch->nwrites > WRITES_MAX || batch->nwrites == 0)
        wrong("a batch of %zu writes, or too many of them", batch->nwrites);
    r->n = 0;
    r->done = false;
    r->worker = worker;
    for (size_t i = 0; i < batch->nwrites; i++) {
        struct sent sent = copy(batch, batch->writes[i]);
        sent.partition = sent.key % org->stream->partitions;
        sent.era = org->eras[sent.partition];
        check_alone(org, worker, sent.key);
        r->batch = batch->id;
        r->writes[r->n++] = sent;
    }
    r->sent_at = now;
    r->answer_at = now + 1 + chance_of(org->chance, chance_percent(org->chance, 10) ? 3000 : 100);
    if (org->used > 50 && chance_percent(org->chance, 2))
        r->answer_at += 21000; /* slow enough to be noticed */
    org->calls++;
    trace_request(now, r);
}

static struct request *find(struct org *org, int worker, uint64_t batch)
{
    for (int i = 0; i < REQUESTS_MAX; i++)
        if (org->requests[i].batch == batch && org->requests[i].worker == worker)
            return &org->requests[i];
    return NULL;
}

/* ---- records ---- */

static bool is_refused(const struct org *org, const struct sent *w)
{
    return stream_poisoned(org->stream, w->value, POISON_RECORD) ||
           stream_poisoned(org->stream, w->value, POISON_HEALS);
}

/* Versions refuse what is older; without them it must not even come. (After what came late from before a hand-over the
 * new owner begins again where the commit is.) */
static void check_newest(struct org *org, const struct sent *w, const struct event *of)
{
    if (!org->guarded && !w->has_version && w->offset < org->newest[w->key])
        wrong("record %d: offset %lld is carried out after %lld", w->key, (long long)w->offset,
              (long long)org->newest[w->key]);
    if (!org->guarded && of->life < org->life[w->key])
        wrong("record %d: offset %lld is carried out after the record was deleted", w->key, (long long)w->offset);
    if (w->era != org->eras[w->partition])
        return;
    org->newest[w->key] = w->offset;
    org->life[w->key] = of->life;
}

void org_new_owner(struct org *org, int partition)
{
    org->eras[partition]++;
    for (int key = partition; key < KEYS_MAX; key += org->stream->partitions)
        org->newest[key] = org->life[key] = -1;
}

/* What is older, of the same life of the record, need not be sent any more. (Deletes in an ordeal may end as dead letters:
 * then a record has one life only.) */
static void note_version(struct org *org, const struct sent *w, const struct event *of)
{
    struct log *log = &org->stream->logs[w->partition];
    for (size_t i = 0; i < log->n; i++) {
        struct event *event = &log->events[i];
        bool same = event->key == w->key && (event->life == of->life || event->key == org->ordeal.key);
        if (same && event->has_version && event->version < w->version)
            event->superseded = true;
    }
}

/* True if Salesforce takes it. */
static bool apply(struct org *org, const struct sent *w)
{
    struct event event = {.op = w->op, .has_version = w->has_version, .version = w->version};
    if (is_refused(org, w) || stream_poisoned(org->stream, w->value, POISON_TIRES))
        return false;
    memcpy(event.value, w->value, sizeof event.value);
    struct event *of = stream_event(org->stream, w->partition, w->offset);
    org->repeated += of->sent++ > 0;
    if (is_nameless(w->key))
        return true;
    bool taken = state_apply(&org->states[w->key], &event);
    if (taken)
        check_newest(org, w, of);
    if (w->has_version && org->states[w->key].version == w->version)
        note_version(org, w, of);
    return taken;
}

static bool is_stale(const struct org *org, const struct sent *w)
{
    const struct state *state = &org->states[w->key];
    return w->has_version && state->exists && w->version < state->version;
}

static struct outcome bad(enum outcome_kind kind, const char *code)
{
    return (struct outcome){.kind = kind, .failure = failure_new(STAGE_WRITE, code, "", NULL)};
}

static bool suffers(const struct org *org, int64_t now, int key, bool silent)
{
    const struct ordeal *o = &org->ordeal;
    return o->key == key && o->silent == silent && now >= o->from && now < o->until;
}

bool org_excuses(const struct org *org, const struct event *event)
{
    return event->key >= 0 && event->key == org->ordeal.key;
}

static struct event *newest_in(const struct org *org, const struct sent *w)
{
    return stream_event(org->stream, w->partition, w->offset);
}

static struct outcome outcome_of(struct org *org, int64_t now, const struct sent *w)
{
    int luck = 1000 - chance_of(org->chance, 1000); /* 1000 is dull */
    struct outcome locked = {.kind = OUTCOME_RETRY, .congested = true};

    if (stream_poisoned(org->stream, w->value, POISON_TIRES))
        return bad(OUTCOME_RETRY, "CANNOT_EXECUTE_FLOW_TRIGGER");
    if (suffers(org, now, w->key, false) || (luck < org->trouble && newest_in(org, w)->grudge++ < 2)) {
        locked.failure = failure_new(STAGE_WRITE, "UNABLE_TO_LOCK_ROW", "", NULL);
        return locked;
    }
    if (luck < org->trouble + org->trouble / 4)
        return bad(OUTCOME_INNOCENT, "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    newest_in(org, w)->grudge = 0;
    if (is_stale(org, w))
        return (struct outcome){.kind = OUTCOME_SUPERSEDED};
    if (apply(org, w) || (w->op == OP_INSERT && w->unanswered && !is_refused(org, w)))
        return (struct outcome){.kind = OUTCOME_APPLIED};
    return bad(OUTCOME_REFUSED, "REFUSED");
}

/* ---- what breaks ---- */

static int find_poison(const struct org *org, const struct request *r, size_t from, size_t to, enum poison poison)
{
    for (size_t i = from; i < to && i < r->n; i++)
        if (stream_poisoned(org->stream, r->writes[i].value, poison))
            return (int)i;
    return -1;
}

static bool is_hopeless(const struct org *org, const struct request *r)
{
    return find_poison(org, r, 0, r->n, POISON_BATCH) >= 0 || find_poison(org, r, 0, r->n, POISON_FAILS) >= 0;
}

/* What a broken request did: nothing, all at once, or all of it later. */
static void break_off(struct org *org, int64_t now, const struct request *r, bool at_once)
{
    int what = chance_of(org->chance, 3);
    int64_t span = org->guarded ? 60000 : org->hold_ms;
    if (is_hopeless(org, r))
        return;
    for (size_t i = 0; i < r->n && what > 0; i++) {
        if (is_refused(org, &r->writes[i])) /* now, not by what the org allows some day */
            continue;
        if (what == 1 || at_once || org->nlate == LATE_MAX)
            apply(org, &r->writes[i]);
        else
            org->late[org->nlate++] = (struct late){now + chance_of(org->chance, (int)span), r->worker, r->writes[i]};
    }
    trace(now, "   batch %d of w%d %s", (int)r->batch, r->worker,
          what == 0              ? "was not carried out"
          : what == 1 || at_once ? "was carried out"
                                 : "will be carried out later");
}

void org_apply_late(struct org *org, int64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < org->nlate; i++) {
        if (org->late[i].at > now) {
            org->late[kept++] = org->late[i];
            continue;
        }
        trace(now, "   a late write of record %d by w%d", org->late[i].write.key, org->late[i].worker);
        apply(org, &org->late[i].write);
    }
    org->nlate = kept;
}

int64_t org_late_due(const struct org *org)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < org->nlate; i++)
        if (org->late[i].at < due)
            due = org->late[i].at;
    return due;
}

void org_abort(struct org *org, int64_t now, int worker, uint64_t batch)
{
    struct request *r = find(org, worker, batch);
    if (!r)
        wrong("a batch is aborted that is not on its way");
    trace(now, "w%d aborts batch %d", worker, (int)batch);
    if (!r->done)
        break_off(org, now, r, org->immediate);
    r->batch = 0;
}

void org_settle_worker(struct org *org, int64_t now, int worker, bool gone)
{
    for (int i = 0; i < REQUESTS_MAX; i++) {
        struct request *r = &org->requests[i];
        if (!r->batch || r->worker != worker)
            continue;
        if (!r->done)
            break_off(org, now, r, !org->guarded);
        r->done = true;
        if (gone)
            r->batch = 0;
    }
    for (size_t i = 0; i < org->nlate && !org->guarded; i++)
        if (org->late[i].worker == worker)
            org->late[i].at = now;
    org_apply_late(org, now);
}

/* ---- answers ---- */

static bool is_part_refused(const struct org *org, const struct request *r, size_t i)
{
    size_t from = i / org->part * org->part;
    return find_poison(org, r, from, from + org->part, POISON_BATCH) >= 0;
}

/* One part of several comes without an answer, as if it had broken by itself; -1: all are there. */
static int lose_part(struct org *org, int64_t now, const struct request *r)
{
    size_t nparts = (r->n + org->part - 1) / org->part;
    if (nparts < 2 || !chance_percent(org->chance, org->trouble / 3))
        return -1;
    int lost = chance_of(org->chance, (int)nparts);
    struct request part = *r;
    size_t from = (size_t)lost * org->part;
    part.n = from + org->part < r->n ? org->part : r->n - from;
    memmove(part.writes, &r->writes[from], part.n * sizeof part.writes[0]);
    trace(now, "   part %d of batch %d gets no answer", lost, (int)r->batch);
    break_off(org, now, &part, false);
    return lost;
}

static void give_results(struct org *org, int64_t now, const struct request *r, struct answer *out)
{
    int lost = lose_part(org, now, r);
    out->kind = ANSWER_RESULTS;
    out->noutcomes = r->n;
    out->outcomes = xcalloc(r->n, sizeof *out->outcomes);
    for (size_t i = 0; i < r->n; i++) {
        newest_in(org, &r->writes[i])->ill_luck = 0;
        if (lost >= 0 && i / org->part == (size_t)lost)
            out->outcomes[i] = bad(OUTCOME_UNKNOWN, "UNUSABLE_ANSWER");
        else if (is_part_refused(org, r, i))
            out->outcomes[i] = bad(OUTCOME_SUSPECT, "JSON_PARSER_ERROR");
        else if (r->writes[i].route == org->halted && now < org->halted_until)
            out->outcomes[i] = bad(OUTCOME_HALT, "INVALID_FIELD");
        else
            out->outcomes[i] = outcome_of(org, now, &r->writes[i]);
    }
}

static bool has_halted(const struct org *org, int64_t now, const struct request *r)
{
    for (size_t i = 0; i < r->n && now < org->halted_until; i++)
        if (r->writes[i].route == org->halted)
            return true;
    return false;
}

static bool is_in_silence(const struct org *org, int64_t now, const struct request *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (suffers(org, now, r->writes[i].key, true))
            return true;
    return false;
}

static enum answer_kind kind_of(struct org *org, int64_t now, const struct request *r)
{
    int luck = 100 - chance_of(org->chance, 100); /* 100 is dull */
    bool several = r->n > org->part;

    if (find_poison(org, r, 0, r->n, POISON_FAILS) >= 0)
        return ANSWER_FAILED;
    if (is_in_silence(org, now, r))
        return ANSWER_UNKNOWN;
    /* who fails alone often enough is dead-lettered: not by chance */
    if (luck < org->trouble / 3 * 2 && (r->n > 1 || newest_in(org, &r->writes[0])->ill_luck++ < 2))
        return luck < org->trouble / 3 ? ANSWER_FAILED : ANSWER_UNKNOWN;
    if (luck < org->trouble)
        return ANSWER_WAIT;
    if (find_poison(org, r, 0, r->n, POISON_BATCH) >= 0 && (!several || chance_percent(org->chance, 50)))
        return ANSWER_REFUSED;
    if (has_halted(org, now, r) && chance_percent(org->chance, 50))
        return ANSWER_HALT;
    return ANSWER_RESULTS;
}

static void answer(struct org *org, int64_t now, const struct request *r, struct answer *out)
{
    int bad_one = find_poison(org, r, 0, r->n, POISON_BATCH);

    *out = (struct answer){.batch = r->batch, .kind = kind_of(org, now, r), .suspect = -1, .wait_ms = -1};
    if (chance_percent(org->chance, 10))
        out->wait_ms = chance_of(org->chance, 2000);
    if (chance_one_in(org->chance, 1000))
        out->wait_ms = 24 * 3600 * 1000; /* not to be believed */
    if (out->kind == ANSWER_RESULTS) {
        give_results(org, now, r, out);
        return;
    }
    if (out->kind == ANSWER_UNKNOWN)
        break_off(org, now, r, false);
    if (out->kind == ANSWER_REFUSED && chance_percent(org->chance, 50))
        out->suspect = chance_percent(org->chance, 20) ? chance_of(org->chance, (int)r->n) : bad_one;
    out->failure = failure_new(STAGE_WRITE, "TROUBLE", "", NULL);
}

bool org_answer(struct org *org, int64_t now, int worker, struct answer *out, struct request *of)
{
    static const char *const names[] = {"results", "failed", "no answer", "refused whole", "halt", "wait"};
    for (int i = 0; i < REQUESTS_MAX; i++) {
        struct request *r = &org->requests[i];
        if (!r->batch || r->done || r->worker != worker || r->answer_at > now)
            continue;
        answer(org, now, r, out);
        trace(now, "w%d batch %d: %s", worker, (int)r->batch, names[out->kind]);
        *of = *r;
        r->batch = 0;
        return true;
    }
    return false;
}

int64_t org_due(const struct org *org, int worker)
{
    int64_t due = INT64_MAX;
    for (int i = 0; i < REQUESTS_MAX; i++) {
        const struct request *r = &org->requests[i];
        if (r->batch && !r->done && r->worker == worker && r->answer_at < due)
            due = r->answer_at;
    }
    return due;
}
