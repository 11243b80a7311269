/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/letters.h"

#include "common/backoff.h"
#include "worker/engine/entries.h"
#include "worker/engine/halts.h"

void letters_add(struct engine *e, struct entry *entry, enum operation op, const char *key, struct failure *f)
{
    struct dead *d = xcalloc(1, sizeof *d);
    d->id = ++e->last_id;
    d->entry = entry;
    d->op = op;
    d->key = key ? xstrdup(key) : NULL;
    d->failure = f;
    d->state = route_ended(e, entry->route, true, f) ? LETTER_HELD : LETTER_QUEUED;
    if (d->state == LETTER_QUEUED)
        DL_APPEND(e->letters, d);
    offsets_doubt(entry->part->offsets, entry->place);
    HASH_ADD(hh, e->dead_by_id, id, sizeof d->id, d);
    e->counts.dead_letters_waiting++;
}

struct dead *letters_next(struct engine *e)
{
    struct dead *d = e->letters;
    if (!d)
        return NULL;
    DL_DELETE(e->letters, d);
    d->state = LETTER_SENT;
    return d;
}

static void forget(struct engine *e, struct dead *d)
{
    timer_stop(e, &d->timer);
    if (d->state == LETTER_QUEUED)
        DL_DELETE(e->letters, d);
    HASH_DEL(e->dead_by_id, d);
    e->counts.dead_letters_waiting--;
    if (d->failures)
        e->counts.dead_letters_failing--;
    failure_free(d->failure);
    free(d->key);
    free(d);
}

static void return_letter(struct engine *e, struct dead *d)
{
    entry_return(e, d->entry);
    forget(e, d);
}

void letters_report(struct engine *e, int64_t now, uint64_t id, bool ok)
{
    struct dead *d;
    HASH_FIND(hh, e->dead_by_id, &id, sizeof id, d);
    if (!d || d->state != LETTER_SENT) {
        e->counts.fenced++;
        return;
    }
    if (ok) {
        struct entry *entry = d->entry;
        forget(e, d);
        entry_finish(e, entry, DISPOSITION_DEAD_LETTERED);
        return;
    }
    if (e->phase != PHASE_RUNNING) {
        return_letter(e, d);
        return;
    }
    if (d->failures++ == 0)
        e->counts.dead_letters_failing++;
    d->state = LETTER_RESTING;
    timer_set(e, &d->timer, TIMER_LETTER,
              now + backoff_ms(e->limits.backoff_ms, e->limits.backoff_max_ms, d->failures, engine_random(e)));
}

void letter_due(struct engine *e, struct dead *d)
{
    d->state = LETTER_QUEUED;
    DL_APPEND(e->letters, d);
}

void letters_return(struct engine *e, enum letter_state state)
{
    struct dead *d, *next;
    HASH_ITER(hh, e->dead_by_id, d, next)
    {
        if (d->state == state)
            return_letter(e, d);
    }
}

void letters_return_all(struct engine *e)
{
    struct dead *d, *next;
    HASH_ITER(hh, e->dead_by_id, d, next)
    {
        return_letter(e, d);
    }
}

void letters_free_all(struct engine *e)
{
    struct dead *d, *next;
    HASH_ITER(hh, e->dead_by_id, d, next)
    {
        forget(e, d);
    }
}
