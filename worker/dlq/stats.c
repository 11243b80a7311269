/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/stats.h"

#include "common/memory.h"
#include "worker/dlq/letter_json.h"
#include "worker/dlq/tally.h"

#include <inttypes.h>
#include <stdlib.h>

/* Ages, each up to so much. */
static const struct {
    const char *name;
    int64_t below_ms;
} ages[] = {
    {"less than 1 h", 3600000},      {"1 h to 6 h", 6 * 3600000LL},     {"6 h to 1 day", 86400000LL},
    {"1 to 7 days", 7 * 86400000LL}, {"7 to 30 days", 30 * 86400000LL}, {"more than 30 days", INT64_MAX},
};

enum { BY_ROUTE, BY_CODE, BY_OBJECT, BY_AGE, GROUPS };
static const char *const titles[GROUPS] = {"route", "code", "object", "age"};

struct stats {
    struct tally by[GROUPS];
    uint64_t n, replayed, repeated;
    int64_t now_ms;
};

static const char *age_of(int64_t age_ms)
{
    size_t i = 0;
    while (age_ms >= ages[i].below_ms && ages[i].below_ms < INT64_MAX)
        i++;
    return ages[i].name;
}

static bool count(void *opaque, struct entry *e, const struct letter *l, struct error *error)
{
    struct stats *s = opaque;
    (void)error;
    tally_add(&s->by[BY_ROUTE], l->route);
    tally_add(&s->by[BY_CODE], l->code);
    tally_add(&s->by[BY_OBJECT], l->object);
    tally_add(&s->by[BY_AGE], text_of(age_of(s->now_ms - l->failed_at_ms)));
    s->n++;
    s->replayed += e->state == LETTER_REPLAYED;
    s->repeated += e->state == LETTER_REPEATED;
    return true;
}

/* Ages in their order, all others by number. */
static void order_ages(struct tally *t)
{
    size_t at = 0;
    for (size_t a = 0; a < sizeof ages / sizeof *ages; a++)
        for (size_t i = at; i < t->n; i++)
            if (strcmp(t->lines[i].name, ages[a].name) == 0) {
                struct tally_line line = t->lines[i];
                t->lines[i] = t->lines[at];
                t->lines[at++] = line;
            }
}

static void print_json(const struct stats *s, bool all)
{
    static const char *const names[GROUPS] = {"by_route", "by_code", "by_object", "by_age"};
    json_t *o = json_object();
    json_object_set_new(o, "letters", json_integer((json_int_t)s->n));
    if (all) {
        json_object_set_new(o, "open", json_integer((json_int_t)(s->n - s->replayed - s->repeated)));
        json_object_set_new(o, "replayed", json_integer((json_int_t)s->replayed));
        json_object_set_new(o, "repeated", json_integer((json_int_t)s->repeated));
    }
    for (int g = 0; g < GROUPS; g++) {
        json_t *group = json_object();
        for (size_t i = 0; i < s->by[g].n; i++)
            json_object_set_new(group, s->by[g].lines[i].name, json_integer((json_int_t)s->by[g].lines[i].n));
        json_object_set_new(o, names[g], group);
    }
    letter_json_print(o);
}

static void print_text(const struct stats *s, bool all)
{
    struct terminal t = terminal_of(stdout);

    printf("%" PRIu64 " %sletter%s\n", s->n, all ? "" : "open ", s->n == 1 ? "" : "s");
    if (all && s->n)
        printf("%" PRIu64 " open, %" PRIu64 " replayed, %" PRIu64 " repeated\n", s->n - s->replayed - s->repeated,
               s->replayed, s->repeated);
    for (int g = 0; g < GROUPS; g++)
        tally_print(&s->by[g], titles[g], &t);
}

bool stats_print(struct catalogue *c, const struct dlq_options *o, int64_t now_ms, struct error *e)
{
    uint64_t n = catalogue_count(c, o->all), most = o->limit ? (uint64_t)o->limit : n;
    struct stats s = {.now_ms = now_ms};
    bool good = catalogue_each(c, o->all, n > most ? n - most : 0, count, &s, e);

    for (int g = 0; good && g < GROUPS; g++)
        tally_sort(&s.by[g]);
    order_ages(&s.by[BY_AGE]);
    if (good && o->json)
        print_json(&s, o->all);
    else if (good)
        print_text(&s, o->all);
    for (int g = 0; g < GROUPS; g++)
        tally_release(&s.by[g]);
    return good;
}
