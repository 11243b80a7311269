/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/retry_check.h"

#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/change/change.h"
#include "worker/dlq/letter_json.h"
#include "worker/dlq/tally.h"
#include "worker/dlq/values.h"
#include "worker/failure_codes.h"
#include "worker/salesforce/describes.h"
#include "worker/salesforce/record_check.h"
#include "worker/salesforce/visit.h"

#include <inttypes.h>
#include <stdlib.h>

#define NO_VALUE "(its value is gone)"

struct check {
    struct catalogue *catalogue;
    struct mapper *mapper;
    struct describes *describes; /* NULL: the org cannot be asked */
    struct log_reader *sources;
    uint64_t n, pass, skipped;
    struct tally passing; /* by the code that they failed with */
    struct tally failing; /* by the code that they would fail with now */
};

static void fails(struct check *k, const char *code)
{
    tally_add(&k->failing, text_of(code));
}

static void take(struct check *k, const struct letter *l, struct meaning *m)
{
    struct failure *f = m->failure;

    if (m->kind == MEANING_RECORD && k->describes)
        f = record_check(k->describes, m->record);
    if (f) {
        fails(k, f->refusals[0].code);
    } else if (m->kind == MEANING_SKIP) {
        k->skipped++;
    } else {
        k->pass++;
        tally_add(&k->passing, l->code);
    }
    failure_free(f);
    free(m->record);
    free(m->key);
}

static bool check_one(void *opaque, struct entry *entry, const struct letter *l, struct error *e)
{
    struct check *k = opaque;
    const char *topic = catalogue_topic(k->catalogue, entry);
    const struct route *route = topic ? config_route_of(k->catalogue->config, topic) : NULL;
    struct message *source = NULL;

    k->n++;
    if (!route) {
        fails(k, CODE_ROUTE_MISSING);
        return true;
    }
    enum value_found found = value_find(k->sources, l, &source, e);
    if (found == VALUE_THERE) {
        struct message *event = letter_revive(l, source);
        struct meaning m = mapper_map(k->mapper, route, event);
        take(k, l, &m);
        free(event);
    } else if (found != VALUE_FAILED) {
        fails(k, NO_VALUE);
    }
    free(source);
    return found != VALUE_FAILED;
}

/* Without the org the mapping alone is checked, which is said. */
static void ask_org(struct check *k)
{
    struct error e = {0};
    struct visit *v = visit_new(k->catalogue->config);

    k->describes = describes_fetch(v, k->catalogue->config, &e);
    visit_free(v);
    if (!k->describes)
        fprintf(stderr, "sfsink: dlq retry-check: the mapping alone is checked: %s\n", e.text);
}

static json_t *tally_json(const struct tally *t)
{
    json_t *o = json_object();
    for (size_t i = 0; i < t->n; i++)
        json_object_set_new(o, t->lines[i].name, json_integer((json_int_t)t->lines[i].n));
    return o;
}

static void report(const struct check *k, bool json)
{
    uint64_t failing = k->n - k->pass - k->skipped;
    struct terminal t = terminal_of(stdout);

    if (json) {
        letter_json_print(json_pack("{s:I, s:I, s:I, s:I, s:b, s:o, s:o}", "letters", (json_int_t)k->n, "would_pass",
                                    (json_int_t)k->pass, "would_be_skipped", (json_int_t)k->skipped, "would_fail",
                                    (json_int_t)failing, "org_asked", k->describes != NULL, "would_pass_by_code",
                                    tally_json(&k->passing), "would_fail_by_code", tally_json(&k->failing)));
        return;
    }
    printf("%" PRIu64 " letter%s: %" PRIu64 " would pass now, %" PRIu64 " would be skipped, %" PRIu64
           " would fail again\n%s",
           k->n, k->n == 1 ? "" : "s", k->pass, k->skipped, failing,
           k->describes ? "checked with the present mapping and the org's describe; what triggers and rules say is not "
                          "known before it is sent\n"
                        : "checked with the present mapping alone\n");
    tally_print(&k->passing, "code, would pass", &t);
    tally_print(&k->failing, "code, would fail", &t);
}

bool retry_check(struct catalogue *c, const struct dlq_options *o, bool *found, struct error *e)
{
    uint64_t n = catalogue_count(c, o->all), most = o->limit ? (uint64_t)o->limit : n;
    struct check k = {.catalogue = c, .mapper = mapper_new()};

    ask_org(&k);
    k.sources = log_reader_new(c->config, LOG_COMMITTED, e);
    bool good = k.sources && catalogue_each(c, o->all, n > most ? n - most : 0, check_one, &k, e);
    tally_sort(&k.passing);
    tally_sort(&k.failing);
    if (good)
        report(&k, o->json);
    *found = k.failing.n > 0;
    tally_release(&k.passing);
    tally_release(&k.failing);
    describes_free(k.describes);
    mapper_free(k.mapper);
    log_reader_free(k.sources);
    return good;
}
