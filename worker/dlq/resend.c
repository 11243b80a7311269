/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/resend.h"

#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/dlq/outgoing.h"
#include "worker/dlq/send_order.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 250, BATCH_BYTES = 8 << 20, TRIES = 8, PAUSE_MS = 500, SEEN_MS = 10000 };

struct touched { /* a partition, and the last that was committed to it */
    const char *topic;
    int32_t partition;
    int64_t offset;
};

struct resend {
    struct plan *plan;
    struct replay_producer *producer;
    struct log_reader *letters;
    size_t *order; /* entries, as they are to be sent */
    size_t norder, at;
    struct outgoing batch[BATCH];
    size_t n;
    size_t from, to;  /* what of the batch is in the transaction: all, or where Kafka refuses a part, less */
    int64_t *until;   /* of each span of the scan, for one check */
    int64_t may_send; /* not before */
    struct touched *touched;
    size_t ntouched;
};

static bool goes(const struct resend *r, size_t i)
{
    return r->plan->verdicts[r->batch[i].entry] == GOES;
}

/* ---- a batch ---- */

static void collect(struct resend *r)
{
    const struct catalogue *c = r->plan->catalogue;
    int64_t rate = r->plan->options->rate;
    size_t most = rate && rate < BATCH ? (size_t)rate : BATCH, bytes = 0;

    r->n = 0;
    for (; r->at < r->norder && r->n < most && bytes < BATCH_BYTES; r->at++) {
        size_t entry = r->order[r->at];
        plan_judge(r->plan, entry);
        if (r->plan->verdicts[entry] != GOES)
            continue;
        bytes += c->entries[entry].bytes;
        r->batch[r->n++] = (struct outgoing){.entry = entry};
    }
}

static const struct catalogue *sorting; /* qsort() has no room for it */

static int by_letter(const void *x, const void *y)
{
    const struct entry *a = &sorting->entries[(*(const struct outgoing *const *)x)->entry],
                       *b = &sorting->entries[(*(const struct outgoing *const *)y)->entry];
    if (a->source != b->source)
        return a->source - b->source;
    if (a->letter_partition != b->letter_partition)
        return a->letter_partition < b->letter_partition ? -1 : 1;
    return (a->letter_offset > b->letter_offset) - (a->letter_offset < b->letter_offset);
}

/* In the order in which the letters lie: offsets that ascend are read without seeking. */
static bool load(struct resend *r, struct error *e)
{
    struct outgoing *order[BATCH];
    bool good = true;

    for (size_t i = 0; i < r->n; i++)
        order[i] = &r->batch[i];
    sorting = r->plan->catalogue;
    if (r->n)
        qsort(order, r->n, sizeof *order, by_letter);
    for (size_t i = 0; good && i < r->n; i++)
        good = outgoing_load(order[i], r->plan, r->letters, e);
    return good;
}

static void release(struct resend *r)
{
    for (size_t i = 0; i < r->n; i++)
        outgoing_release(&r->batch[i]);
    r->n = 0;
}

/* ---- was it overtaken while it was sent? ---- */

static void read_until(struct resend *r, size_t span, const struct outgoing *o)
{
    int64_t to = INT64_MAX;

    if (span == SCAN_NOWHERE)
        return;
    if (!r->plan->options->to && r->plan->scan.spans[span].partition == o->partition)
        to = o->reports[0].offset + 1;
    if (to > r->until[span])
        r->until[span] = to;
}

static bool look_behind(struct resend *r, struct error *e)
{
    struct plan *p = r->plan;
    bool good = true;

    r->until = xreallocarray(r->until, p->scan.n + 1, sizeof *r->until);
    for (size_t s = 0; s < p->scan.n; s++)
        r->until[s] = -1;
    for (size_t i = r->from; i < r->to; i++) {
        struct watch *w = p->watches[r->batch[i].entry];
        if (!w || !goes(r, i))
            continue;
        if (p->options->to)
            watch_send(w, -1, INT64_MAX);
        else
            watch_send(w, r->batch[i].partition, r->batch[i].reports[0].offset);
        read_until(r, w->spans[0], &r->batch[i]);
        read_until(r, w->spans[1], &r->batch[i]);
    }
    for (size_t s = 0; good && s < p->scan.n; s++)
        good = r->until[s] < 0 || scan_tail(&p->scan, s, r->until[s], e);
    return good;
}

static bool is_disturbed(struct resend *r)
{
    bool disturbed = false;
    for (size_t i = r->from; i < r->to; i++) {
        const struct watch *w = r->plan->watches[r->batch[i].entry];
        if (!w || !goes(r, i) || !w->disturbed)
            continue;
        plan_judge(r->plan, r->batch[i].entry);
        disturbed = true;
    }
    return disturbed;
}

/* ---- a transaction ---- */

enum round {
    ROUND_DONE,
    ROUND_AGAIN,    /* something was left out or added */
    ROUND_APART,    /* Kafka refuses something, and with it whatever went in the same request: halves */
    ROUND_TROUBLED, /* Kafka had trouble: again, but not for ever */
    ROUND_FAILED
};

/* What lay behind a letter's first try did not disturb it, and lies before its next one: so each is judged anew. */
static bool prepare(struct resend *r, size_t *going, struct error *e)
{
    *going = 0;
    for (size_t i = r->from; i < r->to; i++) {
        plan_judge(r->plan, r->batch[i].entry);
        if (goes(r, i) && !outgoing_load_repeats(&r->batch[i], r->plan, e))
            return false;
        *going += goes(r, i);
    }
    return true;
}

/* No letter's fault, and none would fare better. Kafka does not say which topic it is. */
static enum round take_denial(const struct resend *r, size_t i, struct error *e)
{
    const struct catalogue *c = r->plan->catalogue;
    error_set(e, STATUS_NOT_ALLOWED,
              "dlq replay: Kafka does not let it write to %s, or to %s, or to another topic of these events",
              plan_topic(r->plan, &c->entries[r->batch[i].entry]), c->config->dead_letter.progress_topic);
    error_hint(e, "the user in kafka.properties needs the right WRITE on each topic that events go back to, and on "
                  "dead_letter.progress_topic; then start the replay again");
    return ROUND_FAILED;
}

static enum round take_failures(struct resend *r, struct error *e)
{
    for (size_t i = r->from; i < r->to; i++) {
        const struct replay_report *failure = goes(r, i) ? outgoing_failure(&r->batch[i]) : NULL;
        if (failure && failure->hopeless)
            return ROUND_APART;
        if (failure && failure->dropped && !e->status && replay_was_denied(r->producer))
            return take_denial(r, i, e);
        if (failure)
            error_set(e, STATUS_UNAVAILABLE, "dlq replay: %s", failure->why);
    }
    return e->status ? ROUND_TROUBLED : ROUND_DONE;
}

static enum round fill(struct resend *r, struct error *e)
{
    for (size_t i = r->from; i < r->to; i++)
        if (goes(r, i))
            outgoing_send(&r->batch[i], r->plan, r->producer);
    if (!replay_flush(r->producer, e))
        return ROUND_TROUBLED;
    enum round round = take_failures(r, e);
    if (round != ROUND_DONE)
        return round;
    if (!look_behind(r, e))
        return ROUND_FAILED;
    return is_disturbed(r) ? ROUND_AGAIN : ROUND_DONE;
}

static void touch(struct resend *r, const char *topic, int32_t partition, int64_t offset)
{
    for (size_t i = 0; i < r->ntouched; i++)
        if (r->touched[i].partition == partition && strcmp(r->touched[i].topic, topic) == 0) {
            if (offset > r->touched[i].offset)
                r->touched[i].offset = offset;
            return;
        }
    r->touched = xreallocarray(r->touched, r->ntouched + 1, sizeof *r->touched);
    r->touched[r->ntouched++] = (struct touched){topic, partition, offset};
}

static void settle(struct resend *r)
{
    const char *progress = r->plan->catalogue->config->dead_letter.progress_topic;

    for (size_t i = r->from; i < r->to; i++) {
        struct entry *entry = &r->plan->catalogue->entries[r->batch[i].entry];
        if (!goes(r, i))
            continue;
        r->plan->verdicts[r->batch[i].entry] = SENT;
        touch(r, plan_topic(r->plan, entry), r->batch[i].partition, r->batch[i].reports[0].offset);
        touch(r, progress, r->batch[i].reports[1].partition, r->batch[i].reports[1].offset);
        entry->replayed = entry->replays + 1;
        entry->state = LETTER_REPLAYED;
    }
}

static enum round transact(struct resend *r, struct error *e)
{
    size_t going;

    if (!prepare(r, &going, e))
        return ROUND_FAILED;
    if (!going)
        return ROUND_DONE;
    if (!replay_begin(r->producer, e))
        return ROUND_FAILED;
    enum round round = fill(r, e);
    if (round == ROUND_DONE) {
        enum replay_end end = replay_commit(r->producer, e);
        if (end == REPLAY_DONE)
            settle(r);
        if (end != REPLAY_AGAIN)
            return end == REPLAY_DONE ? ROUND_DONE : ROUND_FAILED;
        round = ROUND_TROUBLED;
    }
    struct error of_abort = {0};
    if (replay_abort(r->producer, &of_abort))
        return round;
    if (round != ROUND_FAILED)
        *e = of_abort; /* it knows more: another replay may have taken over */
    return ROUND_FAILED;
}

static bool send_window(struct resend *r, size_t from, size_t to, struct error *e);

static bool send_halves(struct resend *r, size_t from, size_t to, struct error *e)
{
    if (to - from == 1) {
        r->plan->verdicts[r->batch[from].entry] = OUT_REFUSED;
        return true;
    }
    size_t middle = from + (to - from) / 2;
    return send_window(r, from, middle, e) && send_window(r, middle, to, e);
}

/* The last trouble is told where it does not end. */
static bool send_window(struct resend *r, size_t from, size_t to, struct error *e)
{
    for (int tries = 0; tries < TRIES;) {
        struct error trouble = {0};
        r->from = from;
        r->to = to;
        switch (transact(r, &trouble)) {
        case ROUND_DONE:
            return true;
        case ROUND_AGAIN:
            break;
        case ROUND_APART:
            return send_halves(r, from, to, e);
        case ROUND_TROUBLED:
            tries++;
            poll(NULL, 0, PAUSE_MS);
            break;
        case ROUND_FAILED:
            tries = TRIES;
            break;
        }
        if (tries == TRIES)
            *e = trouble;
    }
    if (!e->status)
        error_set(e, STATUS_UNAVAILABLE, "dlq replay: the transaction was aborted by Kafka %d times", TRIES);
    return false;
}

/* ---- the whole ---- */

static void keep_pace(struct resend *r)
{
    int64_t rate = r->plan->options->rate;

    for (int64_t wait; (wait = r->may_send - clock_ms()) > 0;)
        poll(NULL, 0, (int)(wait < 60000 ? wait : 60000));
    r->may_send = rate ? clock_ms() + (int64_t)r->n * 1000 / rate : 0;
}

/* Kafka says that a transaction is committed a moment before its readers see it. Whoever looks after the replay is to see it. */
static bool wait_until_seen(struct resend *r, struct error *e)
{
    int64_t until = clock_ms() + SEEN_MS;

    for (size_t i = 0; i < r->ntouched;) {
        int64_t low, high;
        if (!log_ends(r->letters, r->touched[i].topic, r->touched[i].partition, &low, &high, e))
            return false;
        if (high > r->touched[i].offset || clock_ms() > until)
            i++;
        else
            poll(NULL, 0, 20);
    }
    return true;
}

bool resend_all(struct plan *p, struct replay_producer *producer, const struct terminal *show, struct error *e)
{
    struct resend *r = xcalloc(1, sizeof *r);
    uint64_t total = plan_count(p, GOES), passed = 0;
    struct progress progress;
    bool good;

    r->plan = p;
    r->producer = producer;
    r->order = send_order(p, &r->norder);
    r->letters = log_reader_new(p->catalogue->config, LOG_COMMITTED, e);
    good = r->letters != NULL;
    progress_begin(&progress, show, "events sent back", clock_ms());
    for (collect(r); good && r->n; collect(r)) {
        size_t n = r->n;
        good = load(r, e);
        keep_pace(r);
        good = good && send_window(r, 0, r->n, e);
        release(r);
        passed += good ? n : 0;
        progress_draw(&progress, clock_ms(), passed, total);
    }
    good = good && wait_until_seen(r, e);
    progress_end(&progress, clock_ms(), passed, total);
    release(r);
    log_reader_free(r->letters);
    free(r->order);
    free(r->until);
    free(r->touched);
    free(r);
    return good;
}
