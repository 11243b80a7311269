/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/plan.h"

#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/dlq/values.h"

#include <stdlib.h>

static const struct {
    const char *name, *why;
    bool trouble;
} verdicts[] = {
    [NOT_MEANT] = {"not_meant", "not meant", false},
    [GOES] = {"goes", "goes", false},
    [SENT] = {"sent", "sent", false},
    [OUT_LIMIT] = {"max_replays", "replayed dead_letter.max_replays times; raise it to try again", false},
    [OUT_SUPERSEDED] = {"superseded", "superseded: all that it would write was written later; --even-if-superseded",
                        false},
    [OUT_STUCK] = {"superseded_in_part",
                   "superseded in part: it would undo newer changes that cannot be sent again; --even-if-superseded",
                   false},
    [OUT_NOWHERE] = {"no_origin", "its headers do not say where it came from", true},
    [OUT_NO_TOPIC] = {"no_topic", "the topic that it came from does not exist", true},
    [OUT_COMPACTED] = {"compacted",
                       "the topic is compacted, so it could become the value that stays: only with --into-compacted",
                       true},
    [OUT_GONE] = {"value_gone", "it was too large for the letter to be whole, and its source is gone", true},
    [OUT_CHANGED] = {"value_changed", "it was too large for the letter to be whole, and another event is at its source",
                     true},
    [OUT_LOST] = {"letter_gone", "the letter is not in its topic any more", true},
    [OUT_REFUSED] = {"refused", "Kafka does not take it", true},
};

const char *verdict_why(enum verdict v)
{
    return verdicts[v].why;
}

const char *verdict_name(enum verdict v)
{
    return verdicts[v].name;
}

bool verdict_is_trouble(enum verdict v)
{
    return verdicts[v].trouble;
}

uint64_t plan_count(const struct plan *p, enum verdict v)
{
    uint64_t n = 0;
    for (size_t i = 0; i < p->catalogue->n; i++)
        n += p->verdicts[i] == v;
    return n;
}

const char *plan_topic(const struct plan *p, const struct entry *e)
{
    return p->options->to ? p->options->to : catalogue_topic(p->catalogue, e);
}

/* ---- has it a place to go to? ---- */

static bool place_it(struct plan *p, const struct entry *entry, enum verdict *v, struct error *e)
{
    const char *from = catalogue_topic(p->catalogue, entry);

    *v = OUT_NOWHERE;
    if (!from)
        return true;
    *v = OUT_LIMIT;
    if (entry->replays >= (uint32_t)p->catalogue->config->dead_letter.max_replays)
        return true;
    const struct target *t = targets_find(&p->targets, plan_topic(p, entry), e);
    if (!t)
        return false;
    *v = GOES;
    if (!t->partitions)
        *v = OUT_NO_TOPIC;
    else if (t->policy != POLICY_KEPT && !p->options->into_compacted)
        *v = OUT_COMPACTED;
    return true;
}

/* ---- which record is it? ---- */

static bool can_be_overtaken(const struct route *route, const struct record *r)
{
    return r->identity.at && (route->version_field < 0 || r->op == OP_DELETE || route->on_delete == ON_DELETE_DELETE);
}

static bool watch(struct plan *p, const struct entry *entry, const struct message *event, const struct record *r,
                  struct error *e)
{
    struct origin origin = catalogue_origin(p->catalogue, entry);
    const char *topic = catalogue_topic(p->catalogue, entry);
    struct target *from = targets_find(&p->targets, topic, e);
    struct placing placing;

    if (!from)
        return false;
    if (!from->partitions) /* --to, from a topic that is gone */
        return true;
    if (!targets_place(&p->targets, from, event->key, &origin, &placing, e))
        return false;
    struct watch *w = overtaken_watch(p->overtaken, &origin, r);
    p->watches[entry - p->catalogue->entries] = w;
    if (origin.partition >= from->partitions) { /* made anew, smaller */
        origin.partition = placing.partition;
        origin.offset = -1;
        scan_need(&p->scan, topic, &origin, -1, w);
    } else {
        scan_need(&p->scan, topic, &origin, placing.partition != origin.partition ? placing.partition : placing.other,
                  w);
    }
    return true;
}

static bool map_it(struct plan *p, const struct entry *entry, const struct letter *l, const struct message *source,
                   struct error *e)
{
    const struct route *route = config_route_of(p->catalogue->config, catalogue_topic(p->catalogue, entry));
    bool good = true;

    if (!route || p->options->even_if_superseded)
        return true;
    struct message *event = letter_revive(l, source);
    struct meaning m = mapper_map(p->mapper, route, event);
    if (m.kind == MEANING_RECORD && can_be_overtaken(route, m.record))
        good = watch(p, entry, event, m.record, e);
    free(m.record);
    failure_free(m.failure);
    free(m.key);
    free(event);
    return good;
}

struct pass {
    struct plan *plan;
    size_t *visited; /* entries that may go, the oldest failure first */
    size_t n;
};

static bool consider(void *opaque, struct entry *entry, const struct letter *l, struct error *e)
{
    struct pass *pass = opaque;
    struct plan *p = pass->plan;
    unsigned char *verdict = &p->verdicts[entry - p->catalogue->entries];
    struct message *source = NULL;
    enum verdict v;

    if (!place_it(p, entry, &v, e))
        return false;
    bool good = true;
    if (v == GOES) {
        enum value_found found = value_find(p->sources, l, &source, e);
        v = found == VALUE_GONE ? OUT_GONE : found == VALUE_CHANGED ? OUT_CHANGED : GOES;
        good = found != VALUE_FAILED && (v != GOES || map_it(p, entry, l, source, e));
        free(source);
    }
    *verdict = (unsigned char)v;
    if (v == GOES)
        pass->visited[pass->n++] = (size_t)(entry - p->catalogue->entries);
    return good;
}

/* ---- the whole ---- */

static bool check_to(struct plan *p, struct error *e)
{
    if (!p->options->to)
        return true;
    const struct target *t = targets_find(&p->targets, p->options->to, e);
    if (!t || t->partitions)
        return t != NULL;
    return error_set(e, STATUS_USAGE, "dlq --to %s: Kafka has no such topic", p->options->to);
}

/* After the scan: letters that stay behind use up nothing of the limit, or the oldest of them would block it for ever. */
static void keep_limit(struct plan *p, const struct pass *pass)
{
    int64_t going = 0, limit = p->options->limit;

    for (size_t i = 0; limit && i < pass->n; i++) {
        unsigned char *verdict = &p->verdicts[pass->visited[i]];
        if (going == limit)
            *verdict = NOT_MEANT;
        going += *verdict == GOES;
    }
}

bool plan_make(struct plan *p, struct catalogue *c, const struct dlq_options *o, const struct terminal *show,
               struct error *e)
{
    *p = (struct plan){.catalogue = c, .options = o, .mapper = mapper_new(), .overtaken = overtaken_new()};
    p->scan = (struct scan){.catalogue = c, .mapper = p->mapper, .overtaken = p->overtaken};
    p->verdicts = xcalloc(c->n + 1, 1);
    p->watches = xcalloc(c->n + 1, sizeof(struct watch *));
    struct pass pass = {.plan = p, .visited = xcalloc(c->n + 1, sizeof(size_t))};
    p->sources = log_reader_new(c->config, LOG_COMMITTED, e);
    bool good = p->sources && targets_begin(&p->targets, c->config, e) && check_to(p, e) &&
                catalogue_each(c, false, 0, consider, &pass, e) && scan_run(&p->scan, show, e);
    for (size_t i = 0; good && i < c->n; i++)
        plan_judge(p, i);
    if (good)
        keep_limit(p, &pass);
    free(pass.visited);
    return good;
}

void plan_judge(struct plan *p, size_t entry)
{
    const struct watch *w = p->watches[entry];
    if (p->verdicts[entry] == GOES && w && (w->overtaken || w->stuck))
        p->verdicts[entry] = w->overtaken ? OUT_SUPERSEDED : OUT_STUCK;
}

void plan_drop_replayed(struct plan *p)
{
    for (size_t i = 0; i < p->catalogue->n; i++)
        if (p->catalogue->entries[i].state != LETTER_OPEN)
            p->verdicts[i] = NOT_MEANT;
}

void plan_release(struct plan *p)
{
    scan_release(&p->scan);
    overtaken_free(p->overtaken);
    mapper_free(p->mapper);
    targets_release(&p->targets);
    log_reader_free(p->sources);
    free(p->verdicts);
    free(p->watches);
    *p = (struct plan){0};
}
