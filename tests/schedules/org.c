/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/schedules/org.h"

#include "common/memory.h"
#include "tests/schedules/wrong.h"

#include <stdlib.h>

static struct sent copy(const struct batch *batch, const struct write *w)
{
    struct sent sent = {.key = atoi(w->record->key.at + 1), .op = batch->op, .unanswered = w->unanswered};
    sent.has_version = w->record->has_version;
    sent.version = w->record->version;
    sent.offset = strtoll(w->record->group.at, NULL, 10);
    for (int i = 0; i < SLOTS; i++)
        sent.value[i] = w->slots[i].at ? atoi(w->slots[i].at) : 0;
    return sent;
}

static void check_alone(const struct org *org, int key)
{
    for (int i = 0; i < REQUESTS_MAX; i++)
        for (size_t j = 0; org->requests[i].batch && j < org->requests[i].n; j++)
            if (org->requests[i].writes[j].key == key)
                wrong("record %d is in two requests at once, or twice in one", key);
}

void org_take(struct org *org, int64_t now, const struct batch *batch)
{
    struct request *r = NULL;
    for (int i = 0; i < REQUESTS_MAX && !r; i++)
        if (!org->requests[i].batch)
            r = &org->requests[i];
    if (!r || batch->nwrites > 32 || batch->nwrites == 0)
        wrong("a batch of %zu writes, or too many of them", batch->nwrites);
    r->n = 0;
    for (size_t i = 0; i < batch->nwrites; i++) {
        check_alone(org, atoi(batch->writes[i]->record->key.at + 1));
        r->batch = batch->id;
        r->writes[r->n++] = copy(batch, batch->writes[i]);
    }
    r->answer_at = now + 1 + chance_of(org->chance, chance_percent(org->chance, 10) ? 3000 : 100);
    org->calls++;
}

static bool is_poisoned(const struct org *org, const struct sent *w, enum poison poison)
{
    for (int p = 0; p < org->stream->partitions; p++)
        for (size_t i = 0; i < org->stream->logs[p].n; i++) {
            const struct event *event = &org->stream->logs[p].events[i];
            if (event->poison != poison || event->key != w->key)
                continue;
            for (int s = 0; s < SLOTS; s++)
                if (event->value[s] && event->value[s] == w->value[s])
                    return true;
        }
    return false;
}

/* True if Salesforce takes it. */
static bool apply(struct org *org, const struct sent *w)
{
    struct event event = {.op = w->op, .has_version = w->has_version, .version = w->version};
    if (is_poisoned(org, w, POISON_RECORD))
        return false;
    for (int i = 0; i < SLOTS; i++)
        event.value[i] = w->value[i];
    return state_apply(&org->states[w->key], &event);
}

static bool is_stale(const struct org *org, const struct sent *w)
{
    const struct state *state = &org->states[w->key];
    return w->has_version && state->exists && w->version < state->version;
}

static struct outcome outcome_of(struct org *org, const struct sent *w)
{
    int luck = chance_of(org->chance, 1000);

    if (luck < org->trouble)
        return (struct outcome){.kind = OUTCOME_RETRY,
                                .failure = failure_new(STAGE_WRITE, "UNABLE_TO_LOCK_ROW", "", NULL)};
    if (luck < org->trouble + org->trouble / 4)
        return (struct outcome){.kind = OUTCOME_INNOCENT,
                                .failure = failure_new(STAGE_WRITE, "ALL_OR_NONE_OPERATION_ROLLED_BACK", "", NULL)};
    if (is_stale(org, w))
        return (struct outcome){.kind = OUTCOME_SUPERSEDED};
    if (apply(org, w) || (w->op == OP_INSERT && w->unanswered && !is_poisoned(org, w, POISON_RECORD)))
        return (struct outcome){.kind = OUTCOME_APPLIED};
    return (struct outcome){.kind = OUTCOME_REFUSED, .failure = failure_new(STAGE_WRITE, "REFUSED", "", NULL)};
}

static int find_poison(const struct org *org, const struct request *r, enum poison poison)
{
    for (size_t i = 0; i < r->n; i++)
        if (is_poisoned(org, &r->writes[i], poison))
            return (int)i;
    return -1;
}

/* What a broken request did: nothing, all at once, or all of it later, up to the hold. */
static void break_off(struct org *org, int64_t now, const struct request *r)
{
    int what = chance_of(org->chance, 3);
    if (find_poison(org, r, POISON_BATCH) >= 0 || find_poison(org, r, POISON_ALWAYS_FAILS) >= 0)
        return;
    for (size_t i = 0; i < r->n && what > 0; i++) {
        if (what == 1)
            apply(org, &r->writes[i]);
        else if (org->nlate < LATE_MAX)
            org->late[org->nlate++] = (struct late){now + chance_of(org->chance, (int)org->hold_ms), r->writes[i]};
    }
}

void org_apply_late(struct org *org, int64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < org->nlate; i++) {
        if (org->late[i].at <= now)
            apply(org, &org->late[i].write);
        else
            org->late[kept++] = org->late[i];
    }
    org->nlate = kept;
}

void org_abort(struct org *org, int64_t now, uint64_t batch)
{
    for (int i = 0; i < REQUESTS_MAX; i++) {
        if (org->requests[i].batch != batch)
            continue;
        break_off(org, now, &org->requests[i]);
        org->requests[i].batch = 0;
        return;
    }
    wrong("batch %llu is aborted that is not on its way", (unsigned long long)batch);
}

static void answer(struct org *org, int64_t now, const struct request *r, struct answer *out)
{
    int luck = chance_of(org->chance, 100), bad = find_poison(org, r, POISON_BATCH);

    *out = (struct answer){.batch = r->batch,
                           .wait_ms = chance_percent(org->chance, 10) ? chance_of(org->chance, 2000) : -1,
                           .suspect = -1};
    if (luck < org->trouble / 3 || find_poison(org, r, POISON_ALWAYS_FAILS) >= 0) {
        out->kind = ANSWER_FAILED;
    } else if (luck < org->trouble / 3 * 2) {
        out->kind = ANSWER_UNKNOWN;
        break_off(org, now, r);
    } else if (luck < org->trouble) {
        out->kind = ANSWER_WAIT;
    } else if (bad >= 0) {
        out->kind = ANSWER_REFUSED;
        out->suspect = chance_percent(org->chance, 50) ? bad : -1;
    } else {
        out->kind = ANSWER_RESULTS;
        out->noutcomes = r->n;
        out->outcomes = xcalloc(r->n, sizeof *out->outcomes);
        for (size_t i = 0; i < r->n; i++)
            out->outcomes[i] = outcome_of(org, &r->writes[i]);
        return;
    }
    out->failure = failure_new(STAGE_WRITE, "TROUBLE", "", NULL);
}

bool org_answer(struct org *org, int64_t now, struct answer *out)
{
    for (int i = 0; i < REQUESTS_MAX; i++) {
        struct request *r = &org->requests[i];
        if (!r->batch || r->answer_at > now)
            continue;
        answer(org, now, r, out);
        r->batch = 0;
        return true;
    }
    return false;
}

int64_t org_due(const struct org *org)
{
    int64_t due = INT64_MAX;
    for (int i = 0; i < REQUESTS_MAX; i++)
        if (org->requests[i].batch && org->requests[i].answer_at < due)
            due = org->requests[i].answer_at;
    return due;
}
