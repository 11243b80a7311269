/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/settle.h"

#include "common/backoff.h"
#include "config/route.h"
#include "worker/engine/entries.h"
#include "worker/engine/halts.h"
#include "worker/engine/lanes.h"
#include "worker/engine/letters.h"
#include "worker/engine/queues.h"
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

/* ---- one write ---- */

static void apply(struct engine *e, int64_t now, struct turn *t, enum disposition d)
{
    e->counts.merged += t->nentries - 1;
    if (d == DISPOSITION_APPLIED)
        lane_applied(t);
    for (struct entry *entry = t->first, *next; entry; entry = next) {
        next = entry->next;
        entry_finish(e, entry, entry->superseded ? DISPOSITION_SUPERSEDED : d);
    }
    lane_settled(e, now, t);
}

/* Takes the failure. */
static void dead_letter(struct engine *e, const struct turn *t, struct entry *entry, struct failure *f)
{
    f->attempts = t->write.attempts;
    letters_add(e, entry, entry->record->op, NULL, f);
}

/* Takes the failure. Of several events only the bad one may be refused: each is asked for alone. */
static void refuse(struct engine *e, int64_t now, struct turn *t, struct failure *f)
{
    if (t->nentries == 1) {
        dead_letter(e, t, t->first, f);
        lane_settled(e, now, t);
        return;
    }
    failure_free(f);
    if (gives_back(e))
        lane_return(e, now, t);
    else
        lane_take_apart(e, now, t);
}

/* Takes the failure: no verdict on the data, but tried often enough. What got no answer once may have been carried out:
 * alone, its older events would be written over its newer ones. So they go together. */
static void give_up_on(struct engine *e, int64_t now, struct turn *t, struct failure *f)
{
    if (!t->write.unanswered) {
        refuse(e, now, t, f);
        return;
    }
    for (struct entry *entry = t->first, *next; entry; entry = next) {
        next = entry->next;
        dead_letter(e, t, entry, failure_copy(f));
    }
    failure_free(f);
    lane_settled(e, now, t);
}

static void again(struct engine *e, int64_t now, struct turn *t, unsigned failures)
{
    if (gives_back(e))
        lane_return(e, now, t);
    else
        lane_rest(e, now, t, wait_after(e, failures, -1));
}

/* Takes the failure. The write waits with its route. */
static void halt(struct engine *e, int64_t now, struct turn *t, struct failure *f, int64_t wait_ms)
{
    struct route_state *route = &e->routes[turn_route(t)];
    if (route->halted && now < route->probe_at) /* said already, by another write of this answer or of another */
        failure_free(f);
    else
        route_halt(e, now, turn_route(t), f, wait_ms);
    if (gives_back(e))
        lane_return(e, now, t);
    else
        queue_back(e, t);
}

static struct failure *take_failure(struct outcome *outcome)
{
    struct failure *f = outcome->failure;
    outcome->failure = NULL;
    return f;
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
    case OUTCOME_HALT:
        halt(e, now, t, take_failure(outcome), -1);
        return;
    case OUTCOME_INNOCENT:
        again(e, now, t, 1);
        return;
    case OUTCOME_RETRY:
        if (++t->write.attempts < e->limits.max_attempts) {
            again(e, now, t, t->write.attempts);
            return;
        }
        if (!outcome->congested)
            break;
        give_up_on(e, now, t, take_failure(outcome));
        return;
    case OUTCOME_REFUSED:
    case OUTCOME_SUSPECT: /* a single one */
        t->write.attempts++;
        break;
    case OUTCOME_UNKNOWN: /* goes again with the others of its part */
        return;
    }
    refuse(e, now, t, take_failure(outcome));
}

/* ---- a batch ---- */

static void stop_waiting(struct engine *e)
{
    failure_free(e->waiting);
    failure_free(e->failing);
    e->waiting = e->failing = NULL;
}

static void return_all(struct engine *e, int64_t now, struct sending *s)
{
    for (size_t i = 0; i < s->batch.nwrites; i++)
        lane_return(e, now, sending_turn(s, i));
    sending_free(e, s);
}

struct tally {
    size_t of[OUTCOME_REFUSED + 1];
    size_t congested;
};

static struct tally tally_of(const struct answer *a)
{
    struct tally tally = {{0}, 0};
    for (size_t i = 0; i < a->noutcomes; i++) {
        tally.of[a->outcomes[i].kind]++;
        tally.congested += a->outcomes[i].congested;
    }
    return tally;
}

/* A lock or two among hundreds is everyday life. */
static bool is_congested(const struct tally *tally, const struct answer *a)
{
    return tally->congested * 50 > a->noutcomes;
}

static struct batch_size *size_of(const struct engine *e, const struct sending *s)
{
    return &e->sizes[sending_turn(s, 0)->write.record->route->target];
}

static void learn(struct engine *e, int64_t now, const struct sending *s, bool congested)
{
    bool crowded = congested || now - s->sent_at > SLOW_ANSWER_MS;
    budget_succeeded(&e->budget, s->batch.id, e->last_id, crowded);
    if (crowded)
        batch_size_bad(size_of(e, s), s->batch.id, e->last_id, 1);
    else
        batch_size_good(size_of(e, s), s->batch.nwrites);
}

/* Those of its writes with this outcome, as a batch of their own; NULL: fewer than `least`. */
static struct sending *take_those(struct engine *e, const struct sending *s, const struct answer *a,
                                  enum outcome_kind kind, size_t least)
{
    struct turn **turns = xcalloc(a->noutcomes, sizeof(struct turn *));
    size_t n = 0;
    for (size_t i = 0; i < a->noutcomes; i++)
        if (a->outcomes[i].kind == kind)
            turns[n++] = sending_turn(s, i);
    struct sending *those = n >= least ? sending_of(e, s->batch.op, turns, n) : NULL;
    free(turns);
    return those;
}

/* Several writes whose part of the request was refused whole: the culprit among them is searched for. */
static void settle_suspects(struct engine *e, int64_t now, struct sending *suspects)
{
    if (suspects && gives_back(e))
        return_all(e, now, suspects);
    else if (suspects)
        sending_search(e, suspects);
}

static void hold_all(struct engine *e, int64_t now, const struct sending *s)
{
    for (size_t i = 0; i < s->batch.nwrites; i++)
        lane_hold(e, now, sending_turn(s, i));
}

/* Writes whose part of the request got no answer, while others did. They stay together: one that always fails is found
 * as in any batch. */
static void settle_unanswered(struct engine *e, int64_t now, struct sending *unanswered)
{
    if (!unanswered)
        return;
    hold_all(e, now, unanswered);
    if (gives_back(e))
        return_all(e, now, unanswered);
    else
        sending_rest(e, unanswered, now + wait_after(e, 1, -1));
}

static void settle_results(struct engine *e, int64_t now, struct sending *s, struct answer *a)
{
    if (a->noutcomes != s->batch.nwrites)
        bug("%zu outcomes for %zu writes", a->noutcomes, s->batch.nwrites);
    struct tally tally = tally_of(a);
    size_t nsuspects = tally.of[OUTCOME_SUSPECT], nunknown = tally.of[OUTCOME_UNKNOWN];

    e->successes++;
    e->misled = e->misled || s->pointed_at;
    learn(e, now, s, nunknown || is_congested(&tally, a));
    stop_waiting(e);
    if (s->probe >= 0 && !tally.of[OUTCOME_HALT])
        route_resume(e, (size_t)s->probe);
    sending_tell_partner(e, s, !nsuspects && !nunknown && !tally.of[OUTCOME_HALT]);
    for (size_t i = 0; i < a->noutcomes; i++)
        if (nsuspects == 1 || a->outcomes[i].kind != OUTCOME_SUSPECT)
            settle_write(e, now, sending_turn(s, i), &a->outcomes[i]);
    /* now that a route may have been halted */
    struct sending *suspects = take_those(e, s, a, OUTCOME_SUSPECT, 2);
    struct sending *unanswered = take_those(e, s, a, OUTCOME_UNKNOWN, 1);
    sending_free(e, s);
    settle_suspects(e, now, suspects);
    settle_unanswered(e, now, unanswered);
}

/* A batch of one write, which comes to an end. */
static void end_single(struct engine *e, int64_t now, struct sending *s, struct answer *a,
                       void (*end)(struct engine *, int64_t, struct turn *, struct failure *))
{
    struct turn *t = sending_turn(s, 0);
    struct failure *f = a->failure;
    a->failure = NULL;
    t->write.attempts++;
    end(e, now, t, f);
    sending_free(e, s);
}

static void settle_refused(struct engine *e, int64_t now, struct sending *s, struct answer *a)
{
    budget_refused(&e->budget);
    stop_waiting(e);
    if (s->probe >= 0) /* for what is in it: no more for what the route is */
        route_resume(e, (size_t)s->probe);
    sending_tell_partner(e, s, false);
    if (s->batch.nwrites == 1)
        end_single(e, now, s, a, refuse);
    else if (gives_back(e))
        return_all(e, now, s);
    else if (!e->misled && a->suspect >= 0 && (size_t)a->suspect < s->batch.nwrites)
        sending_isolate(e, s, (size_t)a->suspect);
    else
        sending_search(e, s);
}

/* The batch stays as it is and goes again; one that went out to ask for its route gives way to another. */
static void rest(struct engine *e, int64_t now, struct sending *s, int64_t until)
{
    if (gives_back(e)) {
        return_all(e, now, s);
    } else if (s->probe >= 0) {
        route_ask_later(e, now, (size_t)s->probe);
        sending_put_last(e, s);
    } else {
        sending_rest(e, s, until);
    }
}

/* It failed twice while others succeeded, or for long, or is larger than what its target takes by now. */
static bool is_too_much(const struct engine *e, const struct sending *s)
{
    if (gives_back(e) || s->probe >= 0 || s->batch.nwrites == 1)
        return false;
    return s->failures >= 2 || s->tries >= e->limits.max_attempts || s->batch.nwrites > size_of(e, s)->allowed;
}

static bool is_bad_alone(const struct engine *e, const struct sending *s)
{
    return !gives_back(e) && s->probe < 0 && s->batch.nwrites == 1 && s->failures >= e->limits.max_attempts;
}

/* Is it the batch or the org? While others succeed it is the batch; a long outage is told from it by nothing but asking
 * with less. */
static void settle_failed(struct engine *e, int64_t now, struct sending *s, struct answer *a)
{
    int64_t pause = now + wait_after(e, e->budget.failures + 1, a->wait_ms);

    budget_failed(&e->budget, s->batch.id, e->last_id, pause);
    failure_free(e->failing);
    e->failing = failure_copy(a->failure);
    if (s->tries++ > 0 && e->successes > s->successes_then)
        s->failures++;
    s->successes_then = e->successes;
    if (is_too_much(e, s)) {
        sending_tell_partner(e, s, false);
        sending_halve(e, s);
    } else if (is_bad_alone(e, s)) {
        sending_tell_partner(e, s, false);
        end_single(e, now, s, a, give_up_on);
    } else {
        if (s->batch.nwrites == 1)
            part_let_in(e, sending_turn(s, 0)->first->part);
        rest(e, now, s, now + wait_after(e, s->tries, a->wait_ms));
    }
}

static void settle_unknown(struct engine *e, int64_t now, struct sending *s, struct answer *a)
{
    hold_all(e, now, s);
    batch_size_bad(size_of(e, s), s->batch.id, e->last_id, size_of(e, s)->ceiling / 8 + 1);
    settle_failed(e, now, s, a);
}

/* The org answers, but these routes cannot be written now. Each of them asks for itself, later. */
static void settle_halt(struct engine *e, int64_t now, struct sending *s, struct answer *a)
{
    budget_refused(&e->budget);
    stop_waiting(e);
    sending_tell_partner(e, s, false);
    for (size_t i = s->batch.nwrites; i-- > 0;)
        halt(e, now, sending_turn(s, i), failure_copy(a->failure), a->wait_ms);
    sending_free(e, s);
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
    rest(e, now, s, pause);
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
        settle_unknown(e, now, s, a);
        break;
    case ANSWER_FAILED:
        settle_failed(e, now, s, a);
        break;
    case ANSWER_REFUSED:
        settle_refused(e, now, s, a);
        break;
    case ANSWER_HALT:
        settle_halt(e, now, s, a);
        break;
    case ANSWER_WAIT:
        settle_wait(e, now, s, a);
        break;
    }
    answer_release(a);
}
