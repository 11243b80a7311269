/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/outgoing.h"

#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/dlq/listing.h"
#include "worker/dlq/values.h"

#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>

enum { HIDDEN_MS = 5000 };
enum { REPORT_EVENT, REPORT_MARK, REPORT_REPEATS };

static struct entry *entry_of(const struct outgoing *o, const struct plan *p)
{
    return &p->catalogue->entries[o->entry];
}

/* ---- reading ---- */

static void give_up(struct outgoing *o, struct plan *p, enum verdict v)
{
    p->verdicts[o->entry] = (unsigned char)v;
}

static bool place(struct outgoing *o, struct plan *p, struct error *e)
{
    const struct entry *entry = entry_of(o, p);
    struct origin origin = catalogue_origin(p->catalogue, entry);
    struct target *t = targets_find(&p->targets, plan_topic(p, entry), e);
    struct placing placing;

    if (!t || !targets_place(&p->targets, t, o->event->key, &origin, &placing, e))
        return false;
    /* another topic has its own partitions: the key alone says which, so that a record's events stay together */
    o->partition = placing.partition;
    if (p->options->to)
        o->partition =
            o->event->key.at ? replay_partition_of(o->event->key, t->partitions) : origin.partition % t->partitions;
    return true;
}

bool outgoing_load(struct outgoing *o, struct plan *p, struct log_reader *letters, struct error *e)
{
    const struct entry *entry = entry_of(o, p);
    struct message *m, *source = NULL;
    struct letter l;

    if (!log_fetch(letters, p->catalogue->sources[entry->source], entry->letter_partition, entry->letter_offset, &m, e))
        return false;
    if (!m) {
        give_up(o, p, OUT_LOST);
        return true;
    }
    letter_read(m, &l);
    enum value_found found = value_find(p->sources, &l, &source, e);
    if (found == VALUE_THERE)
        o->event = letter_revive(&l, source);
    else if (found != VALUE_FAILED)
        give_up(o, p, found == VALUE_GONE ? OUT_GONE : OUT_CHANGED);
    free(source);
    free(m);
    return found != VALUE_FAILED && (!o->event || place(o, p, e));
}

/* A moment after our own transaction was aborted, what lies behind it may still be hidden; behind one of others it stays hidden. */
static bool wait_until_committed(struct plan *p, const char *topic, const struct repeat *repeat, struct error *e)
{
    int64_t low, high = -1, until = clock_ms() + HIDDEN_MS;

    while (log_ends(p->sources, topic, repeat->partition, &low, &high, e)) {
        if (high > repeat->offset || clock_ms() > until)
            return true;
        poll(NULL, 0, 20);
    }
    return false;
}

/* A copy of an earlier replay lies behind events that are newer than it is: by first arrival, then, so that the newest has the last word. */
static void put_in_order(struct outgoing *o)
{
    for (size_t i = 1; i < o->nrepeats; i++)
        for (size_t k = i; k > 0; k--) {
            struct message *before = o->repeats[k - 1], *m = o->repeats[k];
            if (overtaken_is_later(&m->origin, &before->origin))
                break;
            o->repeats[k - 1] = m;
            o->repeats[k] = before;
        }
}

/* One that is not to be read is of a transaction that is still open, or gone. */
bool outgoing_load_repeats(struct outgoing *o, struct plan *p, struct error *e)
{
    const struct watch *w = p->watches[o->entry];
    const char *topic = catalogue_topic(p->catalogue, entry_of(o, p));
    size_t n = w ? w->nrepeats : 0;

    if (n > o->nrepeats)
        o->repeats = xreallocarray(o->repeats, n, sizeof(struct message *));
    for (; o->nrepeats < n; o->nrepeats++) {
        const struct repeat *repeat = &w->repeats[o->nrepeats];
        struct message *m;
        if (!wait_until_committed(p, topic, repeat, e) ||
            !log_fetch(p->sources, topic, repeat->partition, repeat->offset, &m, e))
            return false;
        if (!m) {
            give_up(o, p, OUT_STUCK);
            return true;
        }
        o->repeats[o->nrepeats] = letter_repeat(m);
        free(m);
    }
    put_in_order(o);
    return true;
}

/* ---- sending ---- */

/* By where it first came from: a later letter of the same event has a higher number of replays. */
static void mark(struct outgoing *o, const struct plan *p, struct replay_producer *producer)
{
    const struct entry *entry = entry_of(o, p);
    const char *topic = catalogue_topic(p->catalogue, entry);
    char *key = xasprintf("%s/%" PRId32 "/%" PRId64, topic, entry->partition, entry->offset),
         *id = listing_id(p->catalogue, entry), at[CLOCK_TEXT_SIZE];
    json_t *value = json_object();

    clock_text(clock_wall_ms(), at);
    json_object_set_new(value, "replays", json_integer(entry->replays + 1));
    if (entry->timestamp_ms >= 0)
        json_object_set_new(value, "timestamp", json_integer(entry->timestamp_ms));
    json_object_set_new(value, "letter", json_string(id));
    json_object_set_new(value, "to", json_string(plan_topic(p, entry)));
    json_object_set_new(value, "at", json_string(at));
    char *text = json_dumps(value, JSON_COMPACT);
    replay_mark(producer, p->catalogue->config->dead_letter.progress_topic, text_of(key), text_of(text),
                &o->reports[REPORT_MARK]);
    free(text);
    json_decref(value);
    free(id);
    free(key);
}

void outgoing_send(struct outgoing *o, const struct plan *p, struct replay_producer *producer)
{
    const char *topic = plan_topic(p, entry_of(o, p));

    o->reports = xreallocarray(o->reports, REPORT_REPEATS + o->nrepeats, sizeof *o->reports);
    replay_send(producer, topic, o->partition, o->event, &o->reports[REPORT_EVENT]);
    for (size_t i = 0; i < o->nrepeats; i++)
        replay_send(producer, topic, o->partition, o->repeats[i], &o->reports[REPORT_REPEATS + i]);
    mark(o, p, producer);
}

const struct replay_report *outgoing_failure(const struct outgoing *o)
{
    const struct replay_report *worst = NULL;
    for (size_t i = 0; i < REPORT_REPEATS + o->nrepeats; i++)
        if (o->reports[i].failed && (!worst || (i != REPORT_MARK && o->reports[i].hopeless)))
            worst = &o->reports[i];
    return worst;
}

void outgoing_release(struct outgoing *o)
{
    for (size_t i = 0; i < o->nrepeats; i++)
        free(o->repeats[i]);
    free(o->repeats);
    free(o->reports);
    free(o->event);
    *o = (struct outgoing){0};
}
