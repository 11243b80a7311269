/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/settle.h"

#include "common/backoff.h"
#include "worker/engine/entries.h"
#include "worker/engine/lanes.h"
#include "worker/engine/letters.h"
#include "worker/engine/sendings.h"

/* A server may ask for any wait; more than this we do not believe. */
enum { LONGEST_WAIT_MS = 10 * 60 * 1000 };

static int64_t wait_after(struct engine *e, unsigned failures, int64_t asked_ms)
{
    int64_t wait = backoff_ms(e->limits.backoff_ms, e->limits.backoff_max_ms, failures, engine_random(e));
    if (asked_ms > LONGEST_WAIT_MS)
        asked_ms = LONGEST_WAIT_MS;
    return asked_ms > wait ? asked_ms : wait;
}

/* Partitions that are being given back: what is not settled now is not tried again. */
static bool gives_back(const struct engine *e)
{
    return e->phase != PHASE_RUNNING;
}

static void apply(struct engine *e, int64_t now, struct turn *t, enum disposition d)
{
    e->counts.merged += t->nentries - 1;
    for (struct entry *entry = t->first, *next; entry; entry = next) {
        next = entry->next;
        entry_finish(e, entry, entry->superseded ? DISPOSITION_SUPERSEDED : d);
    }
    lane_settled(e, now, t);
}

/* Takes the failure. Of several events only the bad one may be refused: each is asked for alone. */
static void refuse(struct engine *e, int64_t now, struct turn *t, struct failure *f)
{
    struct entry *entry = t->first;

    if (t->nentries == 1) {
        f->attempts = t->write.attempts;
        letters_add(e, entry, entry->record->op, NULL, f);
        lane_settled(e, now, t);
        return;
    }
    failure_free(f);
    if (gives_back(e))
        lane_return(e, now, t);
    else
        lane_take_apart(e, now, t);
}

static void again(struct engine *e, int64_t now, struct turn *t, unsigned failures)
{
    if (gives_back(e))
        lane_return(e, now, t);
    else
        lane_rest(e, now, t, wait_after(e, failures, -1));
}

static void settle_write(struct engine *e, int64_t now, struct turn *t, struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_APPLIED:
        apply(e, now, t, DISPOSITION_APPLIED);
        return;
    case OUTCOME_SUPERSEDED:
        apply(e, now, t, DISPOSITION_SUPERSEDED);
        return;
    case OUTCOME_INNOCENT:
    case OUTCOME_SUSPECT:
    case OUTCOME_HALT:
        again(e, now, t, 1);
        return;
    case OUTCOME_RETRY:
        if (++t->write.attempts < e->limits.max_attempts) {
            again(e, now, t, t->write.attempts);
            return;
        }
        break;
    case OUTCOME_REFUSED:
        t->write.attempts++;
        break;
    }
    refuse(e, now, t, outcome->failure);
    outcome->failure = NULL;
}

static void stop_waiting(struct engine *e)
{
    failure_free(e->waiting);
    e->waiting = NULL;
}

static void settle_results(struct engine *e, int64_t now, struct sending *s, struct answer *a)
{
    bool crowded = false;

    if (a->noutcomes != s->batch.nwrites)
        bug("%zu outcomes for %zu writes", a->noutcomes, s->batch.nwrites);
    for (size_t i = 0; i < a->noutcomes; i++)
        crowded = crowded || a->outcomes[i].kind == OUTCOME_RETRY;
    e->successes++;
    budget_succeeded(&e->budget, crowded);
    stop_waiting(e);
    for (size_t i = 0; i < a->noutcomes; i++)
        settle_write(e, now, sending_turn(s, i), &a->outcomes[i]);
    sending_free(e, s);
}

static void return_all(struct engine *e, int64_t now, struct sending *s)
{
    for (size_t i = 0; i < s->batch.nwrites; i++)
        lane_return(e, now, sending_turn(s, i));
    sending_free(e, s);
}

/* Takes the failure: a batch of one write that is refused for good. */
static void refuse_single(struct engine *e, int64_t now, struct sending *s, struct failure **f)
{
    struct turn *t = sending_turn(s, 0);
    t->write.attempts++;
    refuse(e, now, t, *f);
    *f = NULL;
    sending_free(e, s);
}

static void settle_refused(struct engine *e, int64_t now, struct sending *s, struct answer *a)
{
    budget_refused(&e->budget);
    stop_waiting(e);
    if (s->batch.nwrites == 1)
        refuse_single(e, now, s, &a->failure);
    else if (gives_back(e))
        return_all(e, now, s);
    else if (a->suspect >= 0 && (size_t)a->suspect < s->batch.nwrites)
        sending_isolate(e, s, (size_t)a->suspect);
    else
        sending_halve(e, s);
}

/* Is it the batch or the org? While others succeed it is the batch; a long outage is told from it by nothing but asking
 * with less. */
static void settle_failed(struct engine *e, int64_t now, struct sending *s, struct answer *a)
{
    int64_t pause = now + wait_after(e, e->budget.failures + 1, a->wait_ms);

    budget_failed(&e->budget, pause);
    if (s->tries++ > 0 && e->successes > s->successes_then)
        s->failures++;
    s->successes_then = e->successes;
    if (gives_back(e))
        return_all(e, now, s);
    else if (s->batch.nwrites > 1 && (s->failures >= 2 || s->tries >= e->limits.max_attempts))
        sending_halve(e, s);
    else if (s->batch.nwrites == 1 && s->failures >= e->limits.max_attempts)
        refuse_single(e, now, s, &a->failure);
    else
        sending_rest(e, s, now + wait_after(e, s->tries, a->wait_ms));
}

static void settle_wait(struct engine *e, int64_t now, struct sending *s, struct answer *a)
{
    int64_t pause = now + wait_after(e, ++e->budget.failures, a->wait_ms);

    if (pause > e->budget.open_at)
        e->budget.open_at = pause;
    e->budget.asking = true;
    stop_waiting(e);
    e->waiting = a->failure;
    a->failure = NULL;
    if (gives_back(e))
        return_all(e, now, s);
    else
        sending_rest(e, s, pause);
}

void settle(struct engine *e, int64_t now, struct answer *a)
{
    struct sending *s = sending_take_back(e, a->batch);

    if (!s) {
        e->counts.fenced++;
        answer_release(a);
        return;
    }
    switch (a->kind) {
    case ANSWER_RESULTS:
        settle_results(e, now, s, a);
        break;
    case ANSWER_UNKNOWN:
        for (size_t i = 0; i < s->batch.nwrites; i++)
            lane_hold(e, now, sending_turn(s, i));
        settle_failed(e, now, s, a);
        break;
    case ANSWER_FAILED:
        settle_failed(e, now, s, a);
        break;
    case ANSWER_REFUSED:
        settle_refused(e, now, s, a);
        break;
    case ANSWER_HALT:
    case ANSWER_WAIT:
        settle_wait(e, now, s, a);
        break;
    }
    answer_release(a);
}
